"""Pictures of each kind of page against those last accepted, so that a change of how it looks is seen and meant.

``pytest tests/book/test_pictures.py --accept-pictures`` takes the pictures anew. Pages are set
in the font that the book keeps, for fonts differ between machines; how letters are
drawn differs between versions of Chromium, so that another one than that of the
pictures is a reason to skip. Like the other tests in a browser they need Chromium
(:mod:`test_browser`).
"""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PIL import Image
from pixelmatch.contrib.PIL import pixelmatch
from playwright.sync_api import Browser, Page

from checkable_book.book import current_book
from checkable_book.sphinx_ext import pdf, vendor
from whole_book import Opened, chapters_address, scrolled

pytestmark = pytest.mark.skipif(
    pdf.find_chromium() is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM"
)

ACCEPTED = current_book().root / "tests" / "reference" / "pictures"
VERSION = ACCEPTED / "chromium.txt"
CHANGED = current_book().root / "_build" / "screenshots"
HEIGHT = 900
#: By how many pixels a picture may differ: fewer than a short label has.
TOLERATED = 12
#: How far apart two shades must be to differ, as a share.
THRESHOLD = 0.2
#: Each kind of page: an example, and what of it is looked at.
KINDS = {
    "front": ("index", "h1"),
    "charts": ("policies", ".chart"),
    "table": ("definitions", "table.data-table"),
    "country": ("country_malaysia", "h1"),
    "dimension": ("dimension_mobility", "table.data-table"),
    "claims": ("claims", ".chart"),
    "data": ("data", "#file-countries"),
    "ask": ("ask", "#ask-form"),
    "flow": ("methods", ".flow"),
    "slopes": ("beyond", "#the-order-of-the-countries-depends-on-the-measure"),
    "stages": ("discussion", ".chart"),
    "explorer": ("explorer", "table.data-table"),
    "references": ("references", "#bibliography"),
}


#: Signs that pages show and the pinned font does not hold.
SIGNS = "▾▸▴◂→←↑↓↗≤≥≠✓✗●■▲◆⌘⏎☰ ‹›«» ₂²³ ½ Ω α"
#: One font; nothing that comes and goes.
PINNED = """
*, *::before, *::after { font-family: Pinned !important; caret-color: transparent !important; }
html { scroll-behavior: auto !important; overflow-anchor: none; }
#pst-back-to-top { display: none !important; }
"""


@dataclass(frozen=True)
class Shot:
    """What a picture is taken of."""

    kind: str
    language: str
    width: int
    scheme: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.language}-{self.width}-{self.scheme}"


SHOTS = [
    *(Shot(kind, "en", 360, "light") for kind in KINDS),
    *(Shot(kind, "id", 1280, "dark") for kind in KINDS),
    *(Shot(kind, "id", 360, "dark") for kind in ("front", "charts")),
    *(Shot(kind, "en", 1280, "light") for kind in ("front", "charts")),
]


@pytest.fixture
def accepts(request: pytest.FixtureRequest, browser: Browser) -> bool:
    """Say whether pictures are taken anew; skip where they cannot be compared."""
    if request.config.getoption("accept_pictures"):
        return True
    pictures_of, signs = VERSION.read_text(encoding="utf-8").split()
    if major(browser) != pictures_of:
        pytest.skip(f"the pictures are of Chromium {pictures_of}, this is {major(browser)}: see --accept-pictures")
    if signs_digest(browser) != signs:
        pytest.skip("this machine's fonts draw the signs that the book's own font lacks in another way")
    return False


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_page_looks_as_accepted(
    shot: Shot, address: str, visit: Callable[..., Opened], browser: Browser, accepts: bool
) -> None:
    picture = taken(opened(shot, address, visit), shot)
    path = ACCEPTED / f"{shot.name}.png"
    if accepts:
        ACCEPTED.mkdir(exist_ok=True)
        picture.save(path, optimize=True)
        VERSION.write_text(f"{major(browser)} {signs_digest(browser)}\n", encoding="utf-8")
        return
    differing, shown = compared(Image.open(path), picture)
    if differing > TOLERATED:
        CHANGED.mkdir(parents=True, exist_ok=True)
        picture.save(CHANGED / f"{shot.name}-now.png")
        shown.save(CHANGED / f"{shot.name}-differs.png")
    assert differing <= TOLERATED, f"{differing} pixels differ: look at {CHANGED}/{shot.name}-differs.png"


def test_the_pictures_are_those_of_the_kinds_of_pages_and_small() -> None:
    files = list(ACCEPTED.glob("*.png"))
    assert {path.stem for path in files} == {shot.name for shot in SHOTS}
    assert sum(path.stat().st_size for path in files) <= 2_500_000


@pytest.mark.parametrize("width", [360, 1280])
def test_a_label_that_is_cut_is_noticed(address: str, visit: Callable[..., Opened], width: int) -> None:
    shot = Shot("charts", "en", width, "light")
    page = opened(shot, address, visit)
    before = taken(page, shot)
    assert compared(before, taken(page, shot))[0] == 0
    cut = page.evaluate(
        "(width) => { const label = [...document.querySelectorAll('.chart-view text')].find((text) =>"
        " text.textContent.length > 8 && text.getClientRects().length"
        " && text.getBoundingClientRect().top > 0 && text.getBoundingClientRect().bottom < innerHeight);"
        " const said = label.textContent; label.textContent = said.slice(0, -4); return said; }",
        width,
    )
    differing, _ = compared(before, taken(page, shot))
    assert differing > TOLERATED, cut


def opened(shot: Shot, address: str, visit: Callable[..., Opened]) -> Page:
    """Open a page in the font of the book, everything drawn, at what is looked at."""
    page_name, selector = KINDS[shot.kind]
    name = f"{chapters_address(shot.language)}/{page_name}.html"
    page, _ = visit(address + name, shot.width, shot.scheme, bypass_csp=True, reduced_motion="reduce")
    page.add_style_tag(content=fonts())
    page.evaluate("document.fonts.load('400 1em Pinned').then(() => document.fonts.load('700 1em Pinned'))")
    scrolled(page)
    page.wait_for_timeout(150)  # for what is laid out late
    page.locator(f"article {selector}").first.evaluate("(found) => found.scrollIntoView({block: 'start'})")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
    return page


def taken(page: Page, shot: Shot) -> Image.Image:
    """Return a picture of what is in view, of a wide page at half its size."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    return picture.reduce(2) if shot.width > 1000 else picture


def compared(accepted: Image.Image, picture: Image.Image) -> tuple[int, Image.Image]:
    """Return how many pixels differ to the eye, and a picture of where."""
    if accepted.size != picture.size:
        return picture.width * picture.height, picture
    if accepted.convert("RGB").tobytes() == picture.tobytes():
        return 0, picture
    shown = Image.new("RGBA", picture.size)
    return pixelmatch(accepted.convert("RGBA"), picture.convert("RGBA"), shown, threshold=THRESHOLD), shown


def fonts() -> str:
    """Return the style that sets everything in the font that the book keeps."""
    faces = ""
    for weight in (400, 700):
        font = base64.b64encode((vendor.FOLDER / f"source-sans-3-latin-{weight}-normal.woff2").read_bytes()).decode()
        faces += (
            f'@font-face {{ font-family: Pinned; font-weight: {weight}; src: url("data:font/woff2;base64,{font}"); }}'
        )
    return faces + PINNED


def major(browser: Browser) -> str:
    return browser.version.partition(".")[0]


def signs_digest(browser: Browser) -> str:
    """Return a digest of how signs are drawn that the pinned font lacks: these come from the machine's own fonts."""
    page = browser.new_page(viewport={"width": 600, "height": 200})
    page.set_content(f"<style>{fonts()}</style><p>{SIGNS}</p><p style='font-weight: 700'>{SIGNS}</p>")
    page.evaluate("document.fonts.load('400 1em Pinned').then(() => document.fonts.load('700 1em Pinned'))")
    digest = hashlib.sha256(Image.open(io.BytesIO(page.screenshot())).convert("RGB").tobytes()).hexdigest()[:12]
    page.close()
    return digest
