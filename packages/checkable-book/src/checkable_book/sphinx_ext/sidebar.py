"""The list of all pages in the sidebar: made once a build, where the theme makes it anew for every page.

The theme resolves, parses and prints the whole contents for each page, which
takes longer with every page that a book has. The list differs from page to page
only in its addresses and in the branch that leads to the page itself. So the
theme's own code prints it once, for a page that no contents name, and each page
fills in what is its own. Other settings than the usual ones, and a theme that
prints something else, get the theme's own list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import unwrap
from typing import Any

from bs4.element import Tag
from sphinx.application import Sphinx
from sphinx.environment.adapters.toctree import TocTree
from sphinx.util.osutil import relative_uri

#: The theme's template for the list, and ours around it.
_THEIRS, _OURS = "sbt-sidebar-nav", "sidebar_contents.html"
_MARK = "\ue000"  # stands in no text
_SLOT = re.compile(
    rf' (?:class|open)="{_MARK}(\d+){_MARK}"|{_MARK}(\d+){_MARK} | {_MARK}(\d+){_MARK}|{_MARK}(\d+){_MARK}'
)
_SIDEBAR = re.compile(r'<nav class="bd-links bd-docs-nav".*?</nav>', re.DOTALL)
#: What marks the branch of the page itself.
_BRANCH = (' class="current"', " current active", 'class="current ', ' open="open"')


@dataclass(frozen=True)
class _Contents:
    """The list as it is on any page.

    Parameters
    ----------
    pieces : its text, in parts; each second part is left to the page.
    addresses : the address, from the root of the site, of each part that holds one, by its place in ``pieces``.
    branches : what to write on the page with an address, by places in ``pieces``; one for each time that it is listed.
    """

    pieces: list[str]
    addresses: dict[int, str]
    branches: dict[str, list[dict[int, str]]]


class SidebarContents:
    """The list of all pages, for each page of one build."""

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self._made: dict[Any, _Contents] = {}
        self._in_folder: dict[Any, list[str]] = {}
        self._compared: set[Any] = set()
        self._theirs_only = False

    def offer_contents(self, app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
        """Let the template of a page take the list from here; to be called before the theme renders it."""
        context["sidebars"] = [
            _OURS if name.removesuffix(".html") == _THEIRS else name for name in context.get("sidebars") or []
        ]
        context["sidebar_contents"] = lambda **options: self.contents(page, context, **options)

    def contents(self, page: str, context: dict[str, Any], **options: Any) -> str:
        """Return the list for a page, as the theme prints it."""
        theirs = context["generate_toctree_html"]
        usual = options.get("kind") == "sidebar" and options.get("startdepth") == 0 and not options.get("collapse")
        if self._theirs_only or not usual or not options.get("show_nav_level"):
            return str(theirs(**options))
        key = tuple(sorted(options.items()))
        if key not in self._made:
            self._made[key] = self._print_for_no_page(theirs, context, options)
        made = self._made[key]
        own = str(self.app.builder.get_target_uri(page))
        branches = made.branches.get(own, [])
        if len(branches) > 1 or (not branches and self._is_listed(page)):
            return str(theirs(**options))  # listed twice, or deeper than the list goes
        folder = own[: own.rfind("/") + 1]
        if (key, folder) not in self._in_folder:
            pieces = list(made.pieces)
            for place, address in made.addresses.items():
                pieces[place] = relative_uri(f"{folder}{_MARK}", address)
            self._in_folder[key, folder] = pieces
        pieces = list(self._in_folder[key, folder])
        for place, text in branches[0].items() if branches else ():
            pieces[place] = text
        text = "".join(pieces)
        kind = (key, len(branches[0]) if branches else 0)
        if kind not in self._compared:  # once for each depth
            self._compared.add(kind)
            expected = str(theirs(**options))
            self._theirs_only = text != expected
            return expected
        return text

    def _is_listed(self, page: str) -> bool:
        return any(page in listed for listed in self.app.env.toctree_includes.values())

    def _print_for_no_page(
        self, theirs: Callable[..., Any], context: dict[str, Any], options: dict[str, Any]
    ) -> _Contents:
        nowhere, builder = _MARK, self.app.builder

        def toctree(**kwargs: Any) -> str:
            tree = TocTree(self.app.env).get_toctree_for(nowhere, builder, **kwargs)
            return str(builder.render_partial(tree)["fragment"])  # type: ignore[attr-defined]

        usual, context["toctree"] = context["toctree"], toctree
        try:
            soup = unwrap(theirs)(**options)  # without what the theme keeps for the page
        finally:
            context["toctree"] = usual
        return _split_where_pages_differ(soup)


def _split_where_pages_differ(soup: Tag) -> _Contents:
    """Return the list in pieces, cut where pages differ."""
    addresses: dict[int, str] = {}
    slots: dict[int, int] = {}  # of each element of a branch
    own: list[str] = []  # what the page itself writes into each slot
    open_anyway = {id(element) for element in soup.select("details[open]")}

    def add_slot(text: str) -> str:
        own.append(text)
        return f"{_MARK}{len(own) - 1}{_MARK}"

    def slot_of(element: Tag) -> int:
        if id(element) not in slots:
            slots[id(element)] = len(own)
            classes: list[str] = list(element.get("class") or [])
            if element.name == "details":
                element["open"] = add_slot(' open="open"')
            elif element.name == "li":
                element["class"] = [*classes[:1], add_slot(" current active"), *classes[1:]]  # type: ignore[assignment]
            else:
                text = add_slot("current " if classes else ' class="current"')
                element["class"] = [text, *classes]  # type: ignore[assignment]
        return slots[id(element)]

    branches: dict[str, list[list[int]]] = {}
    for link in soup.select("a.reference.internal"):
        around = [link, *link.find_next_siblings("details"), *link.find_parents(["details", "li", "ul"])]
        branch = [slot_of(element) for element in around if id(element) not in open_anyway]
        address = str(link["href"])
        addresses[len(own)] = address
        branches.setdefault(address, []).append([*branch, len(own)])
        link["href"] = add_slot("#")
    pieces: list[str] = []
    places: dict[int, int] = {}
    at, text = 0, str(soup)
    for found in _SLOT.finditer(text):
        places[int("".join(filter(None, found.groups())))] = len(pieces) + 1
        pieces += [text[at : found.start()], ""]
        at = found.end()
    return _Contents(
        [*pieces, text[at:]],
        {places[number]: address for number, address in addresses.items()},
        {
            address: [{places[number]: own[number] for number in branch} for branch in found]
            for address, found in branches.items()
        },
    )


def split_sidebar(page: str) -> tuple[str, str]:
    """Return a built page without the list of all pages, and that list; nothing where it has none, or several.

    Examples
    --------
    >>> split_sidebar('<body><nav class="bd-links bd-docs-nav"><a href="a.html">A</a></nav><p>Text</p></body>')
    ('<body><p>Text</p></body>', '<nav class="bd-links bd-docs-nav"><a href="a.html">A</a></nav>')
    """
    found = _SIDEBAR.findall(page)
    return (page.replace(found[0], "", 1), found[0]) if len(found) == 1 else (page, "")


def plain_sidebar(sidebar: str, own: str) -> str:
    """Return a list of all pages as it is on every page of a folder: without the branch of the page itself.

    Parameters
    ----------
    own : the name of the page's file, for which ``#`` stands.

    Examples
    --------
    >>> plain_sidebar('<li class="l1 current active"><a class="current reference" href="#">A</a></li>', "a.html")
    '<li class="l1"><a class="reference" href="a.html">A</a></li>'
    """
    for marked in _BRANCH:
        sidebar = sidebar.replace(marked, 'class="' if marked == 'class="current ' else "")
    return sidebar.replace('href="#"', f'href="{own}"')
