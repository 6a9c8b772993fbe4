"""A copy of the whole project to build and to change, and what tests in a browser share."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pandas as pd
from playwright.sync_api import Browser, Page

from checkable_book import data
from checkable_book.book import Book, current_book
from checkable_book.sphinx_ext import multilingual, pdf
from checkable_book.verify import site_checks

CHROMIUM = pdf.find_chromium()
AXE = next(Path(axe_playwright_python.__path__[0]).rglob("axe.min.js"))
SCREENS = [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")]
#: A cell of the data that several tests change: Thailand's speed, as the file holds it, and one a little higher.
SPEED = str(data.peek_table("internet_use").set_index("country").loc["Thailand", "internet_speed_mbps"])
HIGHER = str(round(float(SPEED) + 1.11, 2))
#: A page, and what the browser complained of.
Opened = tuple[Page, list[str]]


@dataclass(frozen=True)
class BookCopy:
    """A copy of the whole project, which tests may change and build."""

    root: Path

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    @property
    def sources(self) -> list[Path]:
        """The folders of its packages."""
        return [self.root / "src", *sorted(self.root.glob("packages/*/src"))]

    def chapters(self, language: str) -> Path:
        """Return the folder of the built pages of a language."""
        return self.site / chapters_address(language)

    def pages(self) -> list[Path]:
        """Return all built pages of the contents."""
        return list(site_checks.built_pages(self.site, current_book()).values())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment with the copy's own package and data."""
        return subprocess.run(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, self.sources)), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )

    def build(self) -> subprocess.CompletedProcess[str]:
        """Build strictly; what was read is in the output."""
        return self.run("jb", "build", ".", "-W", "-n", "--keep-going")

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Change a file of the copy for a while."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} holds no {old!r} to change"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(text, encoding="utf-8")


def edit(book: Book, path: str, old: str, new: str) -> None:
    """Change the first place of a text in a file of a book, and let the book read its files anew."""
    file = book.root / path
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{path} holds no {old!r} to change"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    book.forget()


def change_cells(book: Book, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change the rows of a table of a book, read as text, and let the book read its files anew."""
    file = data.package_of(book).table(table).path
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    change(frame).to_csv(file, index=False)
    book.forget()


def chapters_address(language: str) -> str:
    """Return the address of the folder of the pages of a language, from that of the site on."""
    return (multilingual.edition_folder(Path(), language, current_book()) / "chapters" / language).as_posix()


@contextmanager
def visiting(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Lend a function that opens an address and returns its page, with every complaint and every foreign request."""
    contexts = []

    def opened(address: str, width: int = 1280, scheme: str = "light", **options: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        complaints: list[str] = []
        own = ("http://127.0.0.1" if address.startswith(("http", "about")) else "file://", "data:", "blob:")
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith(own) else complaints.append(f"asked {asked.url}"))
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page, complaints

    yield opened
    for context in contexts:
        context.close()


def scrolled(page: Page) -> None:
    """Bring everything into view once, so that what is lazy is drawn."""
    for chart in page.query_selector_all(".chart"):
        chart.scroll_into_view_if_needed()
        page.wait_for_function("chart => chart.querySelector('[data-drawn]')", arg=chart, timeout=15000)


#: Rows of a table and entries of a list that are made alike, but for their words and addresses, are looked at once.
_ONE_OF_A_KIND = """() => {
  for (const list of document.querySelectorAll("tbody, ul, ol")) {
    const seen = new Set();
    for (const entry of [...list.children]) {
      const parts = [entry, ...entry.querySelectorAll("*")];
      const kind = parts.map((part) => `${part.tagName}.${part.getAttribute("class")}`).join();
      if (seen.has(kind)) entry.remove();
      seen.add(kind);
    }
  }
}"""


def axe_found(page: Page) -> list[str]:
    """Return what bars readers from a page, as axe finds it."""
    page.evaluate(_ONE_OF_A_KIND)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {node['html'][:160]}" for v in report["violations"] for node in v["nodes"]]
