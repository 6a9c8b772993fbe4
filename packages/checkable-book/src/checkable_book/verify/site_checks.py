"""The built site: building it strictly, and what can be wrong with its pages and files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import nbformat

from checkable_book.book import Book, current_book
from checkable_book.contents import Page, all_pages
from checkable_book.sphinx_ext import multilingual, postprocess_html, sidebar, site_manifest
from checkable_book.sphinx_ext.termination import PIPE_VARIABLE

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"WARNING|ERROR|^(?:data|chapters|locales|tests)/|^_toc\.yml|^_config|: found .*, expected ")
#: The attribute of an element that leads elsewhere, or loads something.
_ADDRESSES = {"a": "href", "script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src"}
#: The reserved name by which a build of the verification knows itself.
VERIFICATION = "verification"


def site_path(book: Book | None = None) -> Path:
    """Return where a build puts the site."""
    return (book or current_book()).root / "_build" / multilingual.SITE


def verification_site(book: Book | None = None) -> Path:
    """Return where the build of the verification puts its site, apart from the author's own."""
    return (book or current_book()).root / "_build" / VERIFICATION / "_build" / multilingual.SITE


def build_site(book: Book | None = None) -> list[str]:
    """Build the book strictly; return the lines that say why it failed, none if it did not."""
    return _build(book or current_book())


def build_verification_site(book: Book | None = None) -> list[str]:
    """Build the book strictly from nothing, apart from the author's own build; return why it failed, if it did."""
    book = book or current_book()
    folder = verification_site(book).parents[1]
    shutil.rmtree(folder, ignore_errors=True)
    return _build(book, "--path-output", str(folder))


def executed_notebooks(site: Path, book: Book | None = None) -> dict[str, nbformat.NotebookNode]:
    """Return the notebooks that a build executed, by the name of their page."""
    book = book or current_book()
    found = {}
    for page in all_pages(book):
        path = multilingual.edition_folder(site, page.language, book) / postprocess_html.notebook_name(page.docname)
        if path.is_file():
            found[page.name] = nbformat.read(path, as_version=4)
    return found


def built_pages(site: Path, book: Book | None = None) -> dict[Page, Path]:
    """Return the files of the pages of the contents that are in the site, in every language."""
    book = book or current_book()
    files = {page: multilingual.page_file(site, page, book) for page in all_pages(book)}
    return {page: path for page, path in files.items() if path.is_file()}


def page_faults(site: Path, book: Book | None = None) -> list[str]:
    """Return a line for each missing page, broken link, repeated identifier, and thing loaded from another host."""
    book = book or current_book()
    found = built_pages(site, book)
    faults = [f"{page.name}: found no built page, expected one" for page in all_pages(book) if page not in found]
    for page, path in found.items():
        faults += [*_link_faults(page, path), *_identifier_faults(page, path), *_host_faults(page, path)]
    for kept in (_parse, _parse_sidebar, _broken_in_sidebar):
        kept.cache_clear()
    return faults


def changed_site_files(book: Book | None = None) -> list[str]:
    """Return a line for each file of the author's own site that is not as the build wrote it."""
    book = book or current_book()
    site = site_path(book)
    faults = []
    for language in book.languages:
        folder = multilingual.edition_folder(site, language, book)
        doctrees = site.parent / (".doctrees" if language == book.first_language else f"{language}/.doctrees")
        faults += [
            f"{book.shown_path(folder / name)}: is missing or not as the build wrote it; jb build writes it again"
            for name in site_manifest.changed_files(folder, doctrees)
        ]
    return faults


def _build(book: Book, *options: str) -> list[str]:
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]  # wherever jb itself may be
    command += ["build", str(book.root), "-W", "-n", "--keep-going", *options]
    environment = os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"}
    if os.name == "posix":  # so that the build ends with this process, however it ends
        reading, writing = os.pipe()
        environment[PIPE_VARIABLE] = str(reading)
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            errors="replace", pass_fds=[reading],
        )  # fmt: skip
        os.close(reading)
    else:
        writing = -1
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    try:
        output, _ = process.communicate()
    except BaseException:
        process.kill()
        raise
    finally:
        if writing >= 0:
            os.close(writing)
    if process.returncode == 0:
        return []
    lines = _COLOURS.sub("", output).splitlines()
    return [line for line in lines if _LINE.search(line)] or lines[-3:]


def _link_faults(page: Page, path: Path) -> list[str]:
    parsed = _parse(path)
    listed = _broken_in_sidebar(path.parent, parsed.sidebar) if parsed.sidebar else ()
    broken = [*_broken_links(path, parsed.addresses), *listed]
    return [f"{page.name}: {line}" for line in dict.fromkeys(broken)]


def _broken_links(path: Path, addresses: Iterable[tuple[bool, str]]) -> Iterator[str]:
    for address in dict.fromkeys(address for _, address in addresses):
        target_path, anchor = urldefrag(address)
        if urlsplit(address).scheme or target_path.startswith("//"):
            continue
        inside = unquote(urlsplit(target_path).path)
        target = (path.parent / inside).resolve() if inside else path
        if not target.is_file():
            yield f"{address} leads to no file"
        elif anchor and target.suffix == ".html" and unquote(anchor) not in _parse(target).identifiers:
            yield f"{address} leads to no anchor"


@cache
def _broken_in_sidebar(folder: Path, sidebar: _PageAddresses) -> tuple[str, ...]:
    """Return the broken links of the list of all pages as it is on the pages of a folder, which is looked at once."""
    return tuple(_broken_links(folder / "index.html", sidebar.addresses))


def _identifier_faults(page: Page, path: Path) -> list[str]:
    counted = _parse(path).identifiers.items()
    return [f"{page.name}: the identifier {id} stands {count} times" for id, count in counted if count > 1]


def _host_faults(page: Page, path: Path) -> list[str]:
    parsed = _parse(path)
    listed = parsed.sidebar.address_faults if parsed.sidebar else []
    return [f"{page.name}: {line}" for line in [*parsed.address_faults, *listed]]


class _PageAddresses(HTMLParser):
    """What of a page is checked: its addresses, each with whether it is loaded, and how often an identifier stands."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[bool, str]] = []
        self.identifiers: Counter[str] = Counter()
        self.sidebar: _PageAddresses | None = None  # the list of all pages, which is not among the addresses
        self.feed(text)

    @property
    def address_faults(self) -> list[str]:
        """What is wrong with the addresses themselves: another host, a script."""
        return [
            f"{address} is loaded from another host" for loaded, address in self.addresses if loaded and "//" in address
        ] + [
            f"{address[:60]} runs a script, expected an address"
            for _, address in self.addresses
            if address.strip().lower().startswith(("javascript:", "vbscript:"))
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the identifier of an element."""
        given = dict(attrs)
        if address := given.get(_ADDRESSES.get(tag, "")):
            self.addresses.append((tag != "a" and "canonical" not in (given.get("rel") or ""), address))
        if identifier := given.get("id"):
            self.identifiers[identifier] += 1


@lru_cache(maxsize=4096)
def _parse(page: Path) -> _PageAddresses:
    rest, listed = sidebar.split_sidebar(page.read_text(encoding="utf-8"))
    parsed = _PageAddresses(rest)
    if listed:
        parsed.sidebar = _parse_sidebar(sidebar.plain_sidebar(listed, page.name))
        parsed.identifiers += parsed.sidebar.identifiers
    return parsed


@cache
def _parse_sidebar(text: str) -> _PageAddresses:
    return _PageAddresses(text)
