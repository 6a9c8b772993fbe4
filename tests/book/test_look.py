"""How the pages look: open to every reader, and every word on every chart can be read, at three widths.

Like the other tests in a browser they need Chromium (:mod:`test_browser`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from checkable_book.book import current_book
from checkable_book.sphinx_ext import pdf
from whole_book import BookCopy, Opened, axe_found, scrolled, visiting

pytestmark = pytest.mark.skipif(
    pdf.find_chromium() is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM"
)

#: What is wrong with the words of the charts in view: too small, cut by the frame, or one upon another.
FAULTS = """
() => [...document.querySelectorAll(".chart-view svg, .flow-view svg")].flatMap((svg) => {
  if (!svg.getClientRects().length) return [];
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


#: How much of its column each chart fills, and how many tables run beyond theirs.
SHARES = """
() => [...document.querySelectorAll(".chart-view, .flow-view")].map((view) => [...view.querySelectorAll("svg")]
  .reduce((most, svg) => Math.max(most, svg.getBoundingClientRect().width), 0)
  / view.closest("section").getBoundingClientRect().width)
"""
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
BEYOND = """
() => [...document.querySelectorAll("article table.data-table")].filter((table) => {
  const view = table.closest(".table-view"); // which takes the margin where its words need it
  const room = view.matches(".full-width") ? view : table.closest("section");
  return table.getClientRects().length
    && table.getBoundingClientRect().right > Math.min(room.getBoundingClientRect().right, innerWidth) + 1;
}).length
"""


#: A phone, a tablet and a desktop; the last two see the same page, made narrower where it holds charts.
WIDTHS = {360: [360], 1280: [768, 1280]}


@dataclass(frozen=True)
class Look:
    """How a page looks, before its charts are drawn over and after, at each width, and what axe finds on it."""

    complaints: list[str]
    sideways: list[int]
    still: list[str]
    drawn: list[str]
    shares: list[float]
    beyond: int
    barred: list[str]


@pytest.fixture(scope="module", params=WIDTHS)
def looks(
    request: pytest.FixtureRequest, book: BookCopy, address: str, browser: Browser, keep: Callable[[Page, str], None]
) -> dict[str, Look]:
    """Return how each page looks on a kind of screen.

    axe looks at each page on a phone in one scheme and on a desktop in the other, at its twin the other way round.
    """
    found = {}
    with visiting(browser) as visit:
        for twin, code in enumerate(current_book().languages):
            chapters = sorted(book.chapters(code).glob("*.html"))
            scheme = ("light", "dark")[(twin + (request.param == 1280)) % 2]
            page, complaints = visit("about:blank", request.param, scheme, reduced_motion="reduce")
            edition = book.chapters(code).parents[1]
            for file in [*chapters, edition / "404.html", edition / "search.html"]:
                name = file.relative_to(book.site).as_posix()
                charts = re.search('class="(chart|flow)"', file.read_text(encoding="utf-8"))
                widths = WIDTHS[request.param] if charts else [request.param]
                page.goto(address + name)
                keep(page, f"{name.replace('/', '-')}-{request.param}")
                still = [fault for width in widths for fault in at(page, width).evaluate(FAULTS)]
                scrolled(page)
                seen = {
                    w: [at(page, w).evaluate(asked) for asked in (SIDEWAYS, FAULTS, SHARES, BEYOND)] for w in widths
                }
                found[name] = Look(
                    list(complaints),  # before axe, which asks for styles that it finds named in others
                    [width for width, (sideways, *_) in seen.items() if sideways],
                    still,
                    [fault for _, faults, *_ in seen.values() for fault in faults],
                    [share for *_, shares, _ in seen.values() for share in shares],
                    sum(beyond for *_, beyond in seen.values()),
                    axe_found(page),  # last, since it takes rows away
                )
                complaints.clear()
    return found


def at(page: Page, width: int) -> Page:
    """Return a page once it is so wide."""
    if page.viewport_size != {"width": width, "height": 900}:
        page.set_viewport_size({"width": width, "height": 900})
    return page


def test_axe_finds_nothing(looks: dict[str, Look]) -> None:
    assert {name: look.barred for name, look in looks.items() if look.barred} == {}


def test_every_page_is_whole_by_itself_and_makes_no_complaint(looks: dict[str, Look]) -> None:
    assert {name: look.complaints for name, look in looks.items() if look.complaints} == {}
    assert [name for name, look in looks.items() if look.sideways] == []


def test_the_words_of_every_chart_can_be_read(looks: dict[str, Look]) -> None:
    assert {name: look.still for name, look in looks.items() if look.still} == {}
    assert {name: look.drawn for name, look in looks.items() if look.drawn} == {}


@pytest.mark.parametrize("width", [480, 600, 700, 1024])
def test_they_can_be_read_between_those_widths_too(address: str, visit: Callable[..., Opened], width: int) -> None:
    page, _ = visit("about:blank", width)
    for name in ("methods", "dimensions", "policies", "worked_example"):
        page.goto(f"{address}id/chapters/id/{name}.html")
        page.evaluate("document.fonts.ready.then(() => null)")  # words are placed for the book's own font
        assert page.evaluate(FAULTS) == [], name
        assert min(page.evaluate(SHARES)) > 0.6, name


def test_charts_fill_their_column(looks: dict[str, Look]) -> None:
    assert any(look.shares for look in looks.values())
    assert {name: look.shares for name, look in looks.items() if min(look.shares, default=1) <= 0.9} == {}


def test_tables_keep_to_their_column(looks: dict[str, Look]) -> None:
    assert {name: look.beyond for name, look in looks.items() if look.beyond} == {}


def test_a_fault_on_a_chart_is_seen(book: BookCopy, address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(address + "chapters/en/dimensions.html", java_script_enabled=False)
    page.evaluate(
        "() => { const [first, second] = document.querySelectorAll('.chart-wide text');"
        " second.setAttribute('transform', first.getAttribute('transform')); first.setAttribute('font-size', '8px');"
        " first.parentNode.append(Object.assign(first.cloneNode(true), {textContent: 'far'.repeat(200)})); }"
    )
    found = " ".join(page.evaluate(FAULTS))
    for fault in ("pixels", "cut", "lies on"):
        assert fault in found


def test_what_bars_readers_is_seen(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(address + "chapters/en/glossary.html")
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")
    assert any(line.startswith("image-alt: ") for line in axe_found(page))


#: Words in two lines, words past the edge, how wide the page is, and what is too small to be tapped.
LAID_OUT = r"""
() => {
  const inner = document.documentElement.clientWidth;
  const found = {cut: [], beyond: [], wide: document.documentElement.scrollWidth - innerWidth, small: []};
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walker.nextNode());) {
    const parent = text.parentElement;
    if (!parent.closest("article, .bd-header-article, .prev-next-footer") || !parent.getClientRects().length) continue;
    if (parent.closest("svg, pre, .visually-hidden, .ask-scroller, details:not([open]) > :not(summary)")) continue;
    if (parent.closest('a[href^="http"]')) continue; // an address breaks where it must
    const head = parent.closest("thead");
    if (head && getComputedStyle(head).position === "absolute") continue;
    for (const word of text.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5);
      const tops = boxes.map((box) => box.top);
      if (Math.max(...tops) - Math.min(...tops) > 6) found.cut.push(word[0]);
      if (boxes.some((box) => box.right > inner + 1 || box.left < -1)) found.beyond.push(word[0]);
    }
  }
  const inLine = "p, li, dd, td, th, figcaption";
  for (const target of document.querySelectorAll("article :is(a[href], button, select, input, summary)")) {
    const box = target.getBoundingClientRect();
    if (!box.width || target.closest("svg, .visually-hidden, .headerlink")) continue;
    const least = target.matches(`:is(${inLine}) a:not(.value)`) ? 16 : 23.9; // words of a line may be short
    const size = `${box.width.toFixed(0)} by ${box.height.toFixed(0)}`;
    if (box.height < 23.9 || box.width < least) found.small.push(`${target.textContent.trim().slice(0, 30)}: ${size}`);
  }
  return found;
}
"""
TEN_WIDTHS = (320, 360, 414, 600, 768, 993, 1100, 1280, 1600, 1920)


@pytest.mark.parametrize("language", current_book().languages)
def test_no_word_is_cut_or_past_the_edge_at_ten_widths(
    book: BookCopy, address: str, visit: Callable[..., Opened], language: str
) -> None:
    page, _ = visit("about:blank", reduced_motion="reduce")
    faults = {}
    for file in sorted(book.chapters(language).glob("*.html")):
        page.goto(address + file.relative_to(book.site).as_posix())
        for width in TEN_WIDTHS:
            found = at(page, width).evaluate(LAID_OUT)
            wrong = {fault: seen[:5] for fault in ("cut", "beyond") if (seen := found[fault])}
            if found["wide"] > 0:
                wrong["wide"] = found["wide"]
            if width == 320 and found["small"]:
                wrong["small"] = found["small"][:5]
            if wrong:
                faults[f"{file.stem}, {width}"] = wrong
    assert faults == {}


def test_a_fault_of_layout_is_seen(address: str, visit: Callable[..., Opened]) -> None:
    page, _ = visit(address + "chapters/en/methods.html", 320)
    page.evaluate(
        "() => { const cell = document.querySelector('table.data-table td'); cell.style.cssText = 'width: 4em; "
        "overflow-wrap: anywhere'; cell.textContent = 'Verwaltungsgericht'; cell.closest('table').insertAdjacentHTML("
        '\'afterend\', \'<p style="width: 120vw; text-align: right">far <a href="#" style="padding: 0">x</a></p>\'); }'
    )
    found = page.evaluate(LAID_OUT)
    assert "Verwaltungsgericht" in found["cut"]
    assert "far" in found["beyond"]
    assert found["wide"] > 0
    assert any(line.startswith("x: ") for line in found["small"])
