"""VOSviewer Online as it is kept, and the maps that it is given: those that are drawn."""

import gzip
import hashlib
import json
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, Playwright

from systematic_review import figures, keyword_map, vosviewer
from systematic_review.vosviewer.map_json import FEWEST, describe_map

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")
TOOLS = Path(__file__).parents[1] / "tools" / "vosviewer"
#: Nothing of another host, no text that is evaluated, no connection at all.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "font-src 'self'; connect-src 'none'"
)
HOSTILE = "<img src=x onerror=alert(1)> & co"
WORDS = [
    "city",
    "governance",
    "smart",
    "urban",
    "policy",
    "mobility",
    "transport",
    "data",
    "energy",
    "water",
    "waste",
    "privacy",
    "platform",
    "participation",
    "citizen",
    "digital",
    "infrastructure",
    "sustainability",
    "innovation",
    "resilience",
    "sensor",
    "monitoring",
    "planning",
    "framework",
]


def made_up_works(keywords: int) -> pd.DataFrame:
    """Return works that share about so many keywords of six subjects, the same each time."""
    chance = random.Random(1)
    phrases = (" ".join(chance.sample(WORDS, chance.choice([1, 2, 2, 3]))) for _ in range(4 * keywords))
    labels = list(dict.fromkeys(phrases))[:keywords]
    rows = []
    for place in range(keywords * 6):
        own = labels[place % 6 :: 6]
        others = (labels[int(chance.random() ** 2 * keywords)] for _ in range(6))
        rows.append("; ".join(dict.fromkeys(chance.choice(own) if chance.random() < 0.85 else word for word in others)))
    return pd.DataFrame({"keywords": rows, "year": 2020})


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


# What is kept


def test_the_script_is_the_one_described() -> None:
    described = json.loads((vosviewer.FOLDER / "bundle.json").read_text(encoding="utf-8"))
    script = vosviewer.SCRIPT.read_bytes()
    assert hashlib.sha256(script).hexdigest() == described["sha256"]
    assert len(script) == described["bytes"]
    assert len(gzip.compress(script, 9)) == pytest.approx(described["gzipped"], rel=0.01)


def test_what_is_bundled_is_what_the_recipe_asks_for_and_has_its_licence() -> None:
    described = json.loads((vosviewer.FOLDER / "bundle.json").read_text(encoding="utf-8"))
    asked = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    held = {name: found["version"] for name, found in described["packages"].items()}
    assert described["bundler"] == f"esbuild {asked.pop('esbuild')}"
    assert asked.items() <= held.items()
    locked = json.loads((TOOLS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in held.items():
        found = [one for path, one in locked.items() if path.endswith(f"node_modules/{name}")]
        assert version in {one["version"] for one in found}, name
        assert all(one["integrity"].startswith("sha512-") for one in found), name
    text = (vosviewer.FOLDER / "vosviewer.LICENSE").read_text(encoding="utf-8")
    headed = {
        name
        for part in re.split(r"^-{72}$", text, flags=re.MULTILINE)
        for name in part.strip().splitlines()[0].split(", ")
    }
    assert headed == {*held, *described["within_vosviewer_online"]}
    licences = {found["licence"] for found in described["packages"].values()}
    assert licences == {"MIT", "ISC", "BSD-3-Clause", "(MPL-2.0 OR Apache-2.0)"}


# What it is given


def drawn(figure: figures.Figure) -> tuple[list[dict], list[dict], list]:
    """Return the keywords, the lines and the colours of a chart, as its specification has them."""
    specification = figure.chart.to_dict()  # type: ignore[union-attr]
    rows = specification["datasets"].values()
    circles = next(data for data in rows if data and "works" in data[0])
    lines = next((data for data in rows if data and "x2" in data[0]), [])
    colour = next(layer["encoding"]["color"] for layer in specification["layer"] if "color" in layer["encoding"])
    return circles, lines, [colour["sort"], colour["scale"]["range"]]


@pytest.mark.parametrize("keywords", [12, 50, 200])
def test_the_network_is_the_one_that_is_drawn(keywords: int) -> None:
    items, linked = keyword_map.build_map(made_up_works(keywords))
    circles, lines, (clusters, colours) = drawn(keyword_map.draw_map(items, linked))
    described = describe_map(items, linked)
    given = described["network"]
    assert len(given["items"]) == min(keywords, 100)
    assert [(item["label"], item["x"], item["y"], str(item["cluster"])) for item in given["items"]] == [
        (circle["label"], circle["x"], circle["y"], circle["cluster"]) for circle in circles
    ]
    assert [item["weights"]["Works"] for item in given["items"]] == [circle["works"] for circle in circles]
    assert [item["weights"]["Links"] for item in given["items"]] == [circle["links"] for circle in circles]
    assert [item["scores"]["Mean year"] for item in given["items"]] == [circle["year"] for circle in circles]
    place = {item["id"]: (item["x"], item["y"]) for item in given["items"]}
    assert [(*place[link["source_id"]], *place[link["target_id"]]) for link in given["links"]] == [
        (line["x"], line["y"], line["x2"], line["y2"]) for line in lines
    ]
    together = {(row.a, row.b): row.together for row in linked.itertuples()}
    label = {item["id"]: item["label"] for item in given["items"]}
    for link in given["links"]:
        assert link["strength"] == together[label[link["source_id"]], label[link["target_id"]]]
    assert {str(one["cluster"]): one["color"] for one in described["config"]["color_schemes"]["cluster_colors"]} == {
        cluster: colours[at % len(colours)] for at, cluster in enumerate(clusters)
    }


def test_a_keyword_without_years_has_no_score() -> None:
    works = pd.DataFrame({"keywords": ["a; b", "a; b"], "year": [None, None]})
    assert all("scores" not in item for item in describe_map(*keyword_map.build_map(works))["network"]["items"])


# In the browser


@needs_browser
def test_it_shows_the_map_from_a_file_under_a_strict_policy(chromium: Browser, tmp_path: Path) -> None:
    works = pd.DataFrame(
        {"keywords": [f"{HOSTILE}; street; kerb", f"{HOSTILE}; street; kerb", "kerb; street"], "year": 2020}
    )
    items, linked = keyword_map.build_map(works)
    assert len(items) == FEWEST
    given = json.dumps(describe_map(items, linked, "id")).replace("<", "\\u003c")
    shutil.copy(vosviewer.SCRIPT, tmp_path)
    (tmp_path / "show.js").write_text(
        "window.broken = [];"
        "addEventListener('securitypolicyviolation', (event) => broken.push(event.violatedDirective));"
        f"window.takeAway = vosviewer.show(document.getElementById('place'), {given}, true);",
        encoding="utf-8",
    )
    (tmp_path / "page.html").write_text(
        f'<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta charset="utf-8"></head><body><div id="place" style="height: 500px"></div>'
        '<script src="vosviewer.js"></script><script src="show.js"></script></body></html>',
        encoding="utf-8",
    )
    page = chromium.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda one: asked.append(one.url))
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_text(re.compile("Kata kunci: 3")).wait_for()
    assert re.search(r"Tautan: 3\b", page.locator("#place").inner_text())
    assert page.evaluate("broken") == []
    assert complaints == []
    assert [Path(url).name for url in asked if not url.startswith("blob:")] == ["page.html", "vosviewer.js", "show.js"]
    assert page.locator("#place img[src=x]").count() == 0
    page.evaluate("takeAway()")
    assert page.locator("#place").inner_html() == ""
    page.close()


def label_boxes(page: Page, labels: set[str]) -> list[tuple[str, float, float, float, float]]:
    """Return the names of keywords on a page and the box that the browser gives each."""
    found = page.locator("svg text").evaluate_all(
        "texts => texts.map((text) => [text.textContent, text.getBoundingClientRect()])"
        ".map(([said, box]) => [said, box.left, box.top, box.right, box.bottom])"
    )
    return [tuple(one) for one in found if one[0] in labels]


@needs_browser
@pytest.mark.parametrize("width", [560, 240])
@pytest.mark.parametrize("keywords", [50, 100, 200])
def test_no_name_lies_on_another_and_the_most_frequent_is_there(chromium: Browser, keywords: int, width: int) -> None:
    items, linked = keyword_map.build_map(made_up_works(keywords))
    page = chromium.new_page()
    page.set_content(figures.draw_figure(keyword_map.draw_map(items, linked, width=width)))
    boxes = label_boxes(page, set(items["label"]))
    edge = page.locator("svg").first.bounding_box()
    page.close()
    assert edge is not None
    assert len(boxes) >= 15
    assert items["label"].iloc[0] in {box[0] for box in boxes}
    for at, (name, left, top, right, bottom) in enumerate(boxes):
        assert left >= edge["x"] - 1, name
        assert right <= edge["x"] + edge["width"] + 1, name
        for other, left_too, top_too, right_too, bottom_too in boxes[:at]:
            apart = min(right, right_too) <= max(left, left_too) or min(bottom, bottom_too) <= max(top, top_too)
            assert apart, (name, other)
