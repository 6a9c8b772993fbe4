"""What the pages of an author's build load from other hosts: listed, and left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from checkable_book.adoption.book import AdoptedBook

#: Where builds put the site, from the folder of the configuration.
_SITES = ("_build/html", "../_build/html", "build/html", "../build/html")
_LOADED = {
    "script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data",
}  # fmt: skip
_KINDS = {"script": "script", "img": "picture", "link": "style", "iframe": "page"}
#: Addresses in a script that are those of scripts and styles: by their ending, or by the host.
_LOADED_BY_SCRIPT = re.compile(
    r"""(?<=["'`(])https?://(?:[\w.-]*(?:cdn|unpkg)[\w.-]*/[^\s"'`)<>]*|[^\s"'`)<>]+\.(?:m?js|css)\b[^\s"'`)<>]*)"""
)
#: What a link of the head names without loading it.
_NOT_LOADED = {"canonical", "alternate", "next", "prev", "author", "license", "search", "index", "dns-prefetch"}


def built_site(book: AdoptedBook) -> Path | None:
    """Return the folder of the author's last build; ``None`` where there is none."""
    found = [book.root / name for name in _SITES if (book.root / name).is_dir()]
    return max(found, key=lambda path: path.stat().st_mtime).resolve() if found else None


def foreign_things(book: AdoptedBook, site: Path) -> Iterator[tuple[str, str, str]]:
    """Yield what each page loads from another host: the page, the kind of thing, its address."""
    for page in book.pages:
        path = site / f"{page.docname}.html"
        if path.is_file():
            parser = _Loaded()
            parser.feed(path.read_text(encoding="utf-8", errors="replace"))
            for kind, address in dict.fromkeys(parser.found):
                yield page.docname, kind, address


class _Loaded(HTMLParser):
    """What of a page is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of what an element loads."""
        given = dict(attrs)
        address = given.get(_LOADED.get(tag, "")) or ""
        if tag == "link" and set((given.get("rel") or "").split()) & _NOT_LOADED:
            return
        if urlsplit(address).netloc:
            self.found.append((_KINDS.get(tag, "file"), address))
        self.in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a script."""
        self.in_script = False

    def handle_data(self, data: str) -> None:
        """Note what a script on the page loads."""
        if self.in_script:
            self.found += [("script", address) for address in _LOADED_BY_SCRIPT.findall(data)]
