"""The addresses inside outputs: where a table is printed, where a page or a file of the site is.

An output does not know the page that it stands on. So a link in it says what it
leads to (``data-link``: ``table:gardens``, ``page:chapters/en/findings``,
``file:data/gardens.csv``), and the build puts the address there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_LINK = re.compile(r'<a\b[^>]*?\sdata-link="([^"]*)"[^>]*>')
_ANCHORS = re.compile(r'\sdata-anchors="([^"]*)"')
_PLACE = re.compile(r"(?:[?][^#]|#.).*")  # what is asked of the page, and the place in it
_ADDRESS = re.compile(r'\shref="([^"]*)"')


def anchors_of(env: BuildEnvironment) -> dict[str, str]:
    """Return the page that prints each table, by the name of the table."""
    if not hasattr(env, "checkable_book_anchors"):
        env.checkable_book_anchors = {}  # type: ignore[attr-defined]
    pages: dict[str, dict[str, None]] = env.checkable_book_anchors  # type: ignore[attr-defined]
    found: dict[str, str] = {}
    for page, names in pages.items():
        for name in names:
            found.setdefault(name, page)
    return found


def note_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Note which tables a page prints."""
    env = app.env
    anchors_of(env)
    names: dict[str, None] = {}
    for raw in doctree.findall(nodes.raw):
        names.update(dict.fromkeys(_ANCHORS.findall(raw.astext())))
    env.checkable_book_anchors[env.docname] = names  # type: ignore[attr-defined]


def forget_anchors(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget which tables a page prints."""
    anchors_of(env)
    env.checkable_book_anchors.pop(page, None)  # type: ignore[attr-defined]


def pages_after_move(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let every page be written again where a table is printed on another page than before."""
    now = anchors_of(env)
    before = getattr(env, "checkable_book_anchors_written", None)
    env.checkable_book_anchors_written = now  # type: ignore[attr-defined]
    return sorted(env.found_docs) if before is not None and before != now else []


def pages_after_renaming(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let every page be written again where what pages say of each other has changed: titles, labels, numbers.

    Sphinx writes again what it reads again; another page would keep the title or the number that it knew.
    """
    said: list[Any] = [sorted((page, title.astext()) for page, title in env.titles.items())]
    said += [sorted((page, [node.astext() for node in toc.findall(nodes.reference)]) for page, toc in env.tocs.items())]
    said += [sorted(env.toc_fignumbers.items()), sorted(env.toc_secnumbers.items())]
    said.append(sorted((page, list(listed)) for page, listed in env.toctree_includes.items()))
    for domain, part in (("std", "labels"), ("std", "anonlabels"), ("math", "objects")):
        said.append(sorted((key, str(value)) for key, value in env.get_domain(domain).data.get(part, {}).items()))
    now = hashlib.sha256(repr(said).encode()).hexdigest()
    before = getattr(env, "checkable_book_said_written", None)
    env.checkable_book_said_written = now  # type: ignore[attr-defined]
    return sorted(env.found_docs) if before is not None and before != now else []


def resolve_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the addresses into the outputs of a page that is about to be written."""
    resolve = address_resolver(app, page)
    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        if "data-link=" in text:
            raw.children[:] = []
            raw += nodes.Text(replace_addresses(text, resolve))


def address_resolver(app: Sphinx, page: str) -> Callable[[str, str], str | None]:
    """Return what gives, on a page, the address of what a link leads to, with the place in it."""
    anchors = anchors_of(app.env)
    builder: Any = app.builder

    def resolve(target: str, anchor: str) -> str | None:
        kind, _, name = target.partition(":")
        if kind == "file":
            return relative_file(builder, page, name)
        docname = anchors.get(name) if kind == "table" else name
        if docname is None or docname not in app.env.found_docs:
            return None
        if docname == page:
            return anchor or "#"
        return builder.get_relative_uri(page, docname) + anchor  # type: ignore[no-any-return]

    return resolve


def relative_file(builder: Any, page: str, name: str) -> str:
    """Return the address of a file of the site, seen from a page."""
    up = "../" * builder.get_target_uri(page).count("/")
    return f"{up}{quote_path(name)}"


def quote_path(path: str) -> str:
    """Return a path as an address writes it.

    Examples
    --------
    >>> quote_path("data/my table.csv")
    'data/my%20table.csv'
    """
    return "/".join(map(quote, path.split("/")))


def replace_addresses(html: str, resolve: Callable[[str, str], str | None]) -> str:
    """Return HTML whose links lead to what they say; a link to what there is not loses its address.

    Examples
    --------
    >>> link = '<a data-link="table:gardens" href="#pond">4</a>'
    >>> replace_addresses(link, lambda target, anchor: f"data.html{anchor}")
    '<a href="data.html#pond">4</a>'
    """

    def fill(found: re.Match[str]) -> str:
        tag = found[0]
        address = _ADDRESS.search(tag)
        place = _PLACE.search(address[1] if address else "")
        target = resolve(found[1], place[0] if place else "")
        tag = tag.replace(f' data-link="{found[1]}"', "")
        if target is None:
            return _ADDRESS.sub("", tag)
        return _ADDRESS.sub(lambda _: f' href="{target}"', tag) if address else tag

    return _LINK.sub(fill, html)
