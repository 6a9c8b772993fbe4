"""How the pages look: every word on every chart can be read, at three widths and in both languages.

Like the other tests in a browser they need Chromium (:mod:`test_browser`).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkable_book.build import languages, pdf
from whole_book import Book, Opened, scrolled

pytestmark = pytest.mark.skipif(pdf.chromium() is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")

WIDTHS = [360, 768, 1280]
#: What is wrong with the words of the charts in view: too small, cut by the frame, or one upon another.
FAULTS = """
() => [...document.querySelectorAll(".chart-view svg")].filter((svg) => svg.getClientRects().length).flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const frame = svg.getBoundingClientRect();
  const words = [...svg.querySelectorAll("text")].filter(
    (text) => text.textContent.trim() && text.getAttribute("opacity") !== "0");
  const turned = (text) => (text.getAttribute("transform") ?? "").includes("rotate(");
  const boxes = words.map((text) => text.getBoundingClientRect());
  const name = (at) => words[at].textContent;
  const found = [];
  words.forEach((text, at) => {
    const size = parseFloat(getComputedStyle(text).fontSize) * scale;
    if (size < 11.95) found.push(`${name(at)}: ${size.toFixed(1)} pixels`);
    const { left, right, top, bottom } = boxes[at];
    if (left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 2 || bottom > frame.bottom + 2) {
      found.push(`${name(at)}: cut`);
    }
    for (let other = at + 1; other < words.length; other += 1) {
      const theirs = boxes[other];
      const across = Math.min(right, theirs.right) - Math.max(left, theirs.left);
      const down = Math.min(bottom, theirs.bottom) - Math.max(top, theirs.top);
      if (turned(text) && turned(words[other])) continue; // their boxes meet where they do not
      if (across > 1 && down > 3) found.push(`${name(at)} lies on ${name(other)}`);
    }
  });
  return found;
})
"""


def with_charts(book: Book) -> Iterator[Path]:
    for page in languages.pages(book.site):
        if 'class="chart"' in page.read_text(encoding="utf-8"):
            yield page.relative_to(book.site)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_words_of_every_chart_can_be_read(
    book: Book,
    address: str,
    visit: Callable[..., Opened],
    width: int,
) -> None:
    found = []
    for name in with_charts(book):
        page, _ = visit(address + name.as_posix(), width, java_script_enabled=True)
        found += [f"{name}, still: {fault}" for fault in page.evaluate(FAULTS)]
        scrolled(page)
        found += [f"{name}, drawn: {fault}" for fault in page.evaluate(FAULTS)]
        page.context.close()
    assert found == []


def test_a_fault_on_a_chart_is_seen(book: Book, address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(address + "chapters/en/dimensions.html", java_script_enabled=True)
    page.evaluate(
        "() => { const [first, second] = document.querySelectorAll('.chart-wide text');"
        " second.setAttribute('transform', first.getAttribute('transform')); first.setAttribute('font-size', '8px');"
        " first.parentNode.append(Object.assign(first.cloneNode(true), {textContent: 'far'.repeat(200)})); }"
    )
    found = " ".join(page.evaluate(FAULTS))
    for fault in ("pixels", "cut", "lies on"):
        assert fault in found


@pytest.mark.parametrize("width", WIDTHS)
def test_charts_fill_their_column(
    book: Book,
    address: str,
    visit: Callable[..., Opened],
    width: int,
) -> None:
    for name in with_charts(book):
        page, _ = visit(address + name.as_posix(), width)
        shares = page.evaluate(
            "[...document.querySelectorAll('.chart-view')].map((view) => [...view.querySelectorAll('svg')]"
            ".reduce((most, svg) => Math.max(most, svg.getBoundingClientRect().width), 0)"
            " / view.closest('section').getBoundingClientRect().width)"
        )
        assert all(share > 0.9 for share in shares), f"{name}: {shares}"
        page.context.close()


def test_tables_keep_to_their_column(book: Book, address: str, visit: Callable[..., Opened]) -> None:
    beyond = (
        "[...document.querySelectorAll('article table.data-table')].filter((table) => table.getClientRects().length &&"
        " table.getBoundingClientRect().right > table.closest('section').getBoundingClientRect().right + 1).length"
    )
    found = {}
    for name in (page.relative_to(book.site).as_posix() for page in languages.pages(book.site)):
        page, _ = visit(address + name)
        found[name] = page.evaluate(beyond)
        page.context.close()
    assert {name: n for name, n in found.items() if n} == {}
