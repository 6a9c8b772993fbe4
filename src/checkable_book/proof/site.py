"""The built site: building it strictly, and what can be wrong with its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import nbformat
from bs4 import BeautifulSoup

from checkable_book import project
from checkable_book.build import languages

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LOADED = (("script", "src"), ("link", "href"), ("img", "src"), ("source", "src"), ("iframe", "src"))


def path() -> Path:
    """Return where a build puts the site."""
    return project.root() / "_build" / "html"


def anew() -> Path:
    """Return where the build of the verification puts its site, apart from the author's own."""
    return project.root() / "_build" / "verification" / "_build" / "html"


def build() -> list[str]:
    """Build the book strictly; return the lines that say why it failed, none if it did not."""
    return _build()


def build_anew() -> list[str]:
    """Build the book strictly from nothing, apart from the author's own build; return why it failed, if it did."""
    folder = anew().parents[1]
    shutil.rmtree(folder, ignore_errors=True)
    return _build("--path-output", str(folder))


def executed(html: Path) -> dict[str, nbformat.NotebookNode]:
    """Return the notebooks that a build executed, by language and name, as in ``en/index``."""
    return {
        f"{language}/{path.stem}": nbformat.read(path, as_version=4)
        for language in project.languages()
        for path in sorted((languages.edition(html, language) / "notebooks" / language).glob("*.ipynb"))
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
    _identified.cache_clear()
    if result.returncode == 0:
        return []
    lines = _COLOURS.sub("", result.stdout + result.stderr).splitlines()
    return [line for line in lines if "WARNING" in line or "ERROR" in line or line.startswith("data/")] or lines[-3:]


def pages(html: Path) -> list[Path]:
    """Return the chapters of the built site, in every language."""
    return languages.pages(html)


def faults(html: Path) -> list[str]:
    """Return a line for each broken link, repeated identifier, and thing loaded from another host."""
    return [fault for page in pages(html) for check in (_links, _identifiers, _hosts) for fault in check(page)]


def _links(page: Path) -> list[str]:
    broken = []
    for name, attribute in (("a", "href"), *_LOADED):
        for tag in _parsed(page).find_all(name, attrs={attribute: True}):
            address = str(tag[attribute])
            path, anchor = urldefrag(address)
            if urlsplit(address).scheme or path.startswith("//"):
                continue
            inside = unquote(urlsplit(path).path)
            target = (page.parent / inside).resolve() if inside else page
            if not target.is_file():
                broken.append(f"{_named(page)}: {address} leads to no file")
            elif anchor and target.suffix == ".html" and unquote(anchor) not in _identified(target):
                broken.append(f"{_named(page)}: {address} leads to no anchor")
    return broken


def _identifiers(page: Path) -> list[str]:
    ids = [str(tag["id"]) for tag in _parsed(page).find_all(id=True)]
    return [
        f"{_named(page)}: the identifier {id} stands {ids.count(id)} times"
        for id in _identified(page)
        if ids.count(id) > 1
    ]


def _hosts(page: Path) -> list[str]:
    return [
        f"{_named(page)}: {tag[attribute]} is loaded from another host"
        for name, attribute in _LOADED
        for tag in _parsed(page).find_all(name, attrs={attribute: True})
        if "//" in str(tag[attribute]) and "canonical" not in (tag.get("rel") or [])
    ]


def _named(page: Path) -> str:
    return f"{page.parent.name}/{page.stem}"


@lru_cache
def _parsed(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@lru_cache
def _identified(page: Path) -> frozenset[str]:
    return frozenset(str(tag["id"]) for tag in _parsed(page).find_all(id=True))
