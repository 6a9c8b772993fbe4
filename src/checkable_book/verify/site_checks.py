"""The built site: building it strictly, and what can be wrong with its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import nbformat

from checkable_book import project
from checkable_book.sphinx_ext import multilingual

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: The attribute of an element that leads elsewhere, or loads something.
_ADDRESSES = {"a": "href", "script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src"}


def path() -> Path:
    """Return where a build puts the site.

    Examples
    --------
    >>> path().relative_to(project.root()).as_posix()
    '_build/html'
    """
    return project.root() / "_build" / multilingual.SITE


def anew() -> Path:
    """Return where the build of the verification puts its site, apart from the author's own.

    Examples
    --------
    >>> anew().relative_to(project.root()).as_posix()
    '_build/verification/_build/html'
    """
    return project.root() / "_build" / "verification" / "_build" / multilingual.SITE


def build() -> list[str]:
    """Build the book strictly; return the lines that say why it failed, none if it did not."""
    return _build()


def build_anew() -> list[str]:
    """Build the book strictly from nothing, apart from the author's own build; return why it failed, if it did."""
    folder = anew().parents[1]
    shutil.rmtree(folder, ignore_errors=True)
    return _build("--path-output", str(folder))


def executed(html: Path) -> dict[str, nbformat.NotebookNode]:
    """Return the notebooks that a build executed, by language and name, as in ``en/index``.

    Examples
    --------
    >>> executed(Path("no site"))
    {}
    """
    return {
        f"{language}/{path.stem}": nbformat.read(path, as_version=4)
        for language in project.languages()
        for path in sorted((multilingual.edition(html, language) / "notebooks" / language).glob("*.ipynb"))
    }


def _build(*options: str) -> list[str]:
    command = [
        str(Path(sys.executable).with_name("jb")),
        "build",
        str(project.root()),
        "-W",
        "-n",
        "--keep-going",
        *options,
    ]
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"})
    _parsed.cache_clear()
    if result.returncode == 0:
        return []
    lines = _COLOURS.sub("", result.stdout + result.stderr).splitlines()
    return [line for line in lines if "WARNING" in line or "ERROR" in line or line.startswith("data/")] or lines[-3:]


def pages(html: Path) -> list[Path]:
    """Return the chapters of the built site, in every language.

    Examples
    --------
    >>> pages(Path("no site"))
    []
    """
    return multilingual.pages(html)


def faults(html: Path) -> list[str]:
    """Return a line for each broken link, repeated identifier, and thing loaded from another host.

    Examples
    --------
    >>> faults(Path("no site"))
    []
    """
    return [fault for page in pages(html) for check in (_links, _identifiers, _hosts) for fault in check(page)]


def _links(page: Path) -> list[str]:
    broken = []
    for address in dict.fromkeys(address for _, address in _parsed(page).addresses):
        path, anchor = urldefrag(address)
        if urlsplit(address).scheme or path.startswith("//"):
            continue
        inside = unquote(urlsplit(path).path)
        target = (page.parent / inside).resolve() if inside else page
        if not target.is_file():
            broken.append(f"{_named(page)}: {address} leads to no file")
        elif anchor and target.suffix == ".html" and unquote(anchor) not in _parsed(target).identifiers:
            broken.append(f"{_named(page)}: {address} leads to no anchor")
    return broken


def _identifiers(page: Path) -> list[str]:
    counted = _parsed(page).identifiers.items()
    return [f"{_named(page)}: the identifier {id} stands {count} times" for id, count in counted if count > 1]


def _hosts(page: Path) -> list[str]:
    return [
        f"{_named(page)}: {address} is loaded from another host"
        for loaded, address in _parsed(page).addresses
        if loaded and "//" in address
    ]


def _named(page: Path) -> str:
    return f"{page.parent.name}/{page.stem}"


class _Parsed(HTMLParser):
    """What of a page is checked: its addresses, each with whether it is loaded, and how often an identifier stands."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[bool, str]] = []
        self.identifiers: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the identifier of an element."""
        given = dict(attrs)
        if address := given.get(_ADDRESSES.get(tag, "")):
            self.addresses.append((tag != "a" and "canonical" not in (given.get("rel") or ""), address))
        if identifier := given.get("id"):
            self.identifiers[identifier] += 1


@lru_cache
def _parsed(page: Path) -> _Parsed:
    return _Parsed(page.read_text(encoding="utf-8"))
