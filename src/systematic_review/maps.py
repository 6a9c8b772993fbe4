"""The trend of publications by year, and the map of keywords that occur together.

The map follows VOSviewer: two keywords are linked as often as works have both,
links are normalised by association strength (Van Eck and Waltman 2009, JASIST
60(8)), counted in full or fractionally (Perianes-Rodriguez, Waltman and Van Eck
2016, Journal of Informetrics 10(4)), and keywords that belong together are
clustered with association strength as the weight and the constant Potts model
as the quality (Waltman, Van Eck and Noyons 2010, Journal of Informetrics 4(4)),
here by the Leiden algorithm (Traag, Waltman and Van Eck 2019, Scientific
Reports 9). Keywords are placed by VOS mapping (:mod:`~systematic_review.layout`).
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from systematic_review import boxes, layout, records
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure, said
from systematic_review.protocol import Protocol
from systematic_review.words import number, text

if TYPE_CHECKING:
    import igraph

#: The columns of VOSviewer's map file that are written, in its own words.
VOSVIEWER = [
    "id",
    "label",
    "x",
    "y",
    "cluster",
    "weight<Links>",
    "weight<Total link strength>",
    "weight<Occurrences>",
    "score<Avg. pub. year>",
]
_MAPPED = 500  # keywords on a map: places take memory that grows with the square of their number
_SHOWN = 100  # keywords on a chart, which more would make unreadable
_NAMED = 40  # of them with their names written beside, where there is room
_HEIGHT, _EDGE = 440, 30  # of a map in pixels, and how far keywords keep from its edge
_SIZES, _TYPE = (40, 600), 12  # of circles, the least and the largest, and of names
_STAGES = ["identified", "screened", "included"]


def trend(found: pd.DataFrame, works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the number of publications by year, source and stage.

    Parameters
    ----------
    found, works, settled : records as imported, works as merged, decisions as settled.

    Returns
    -------
    Columns ``year``, ``source`` (empty: each work once, wherever it was found),
    ``stage`` (``identified`` counts records, ``screened`` and ``included`` works)
    and ``publications``. What has no year is left out.

    Examples
    --------
    >>> found = pd.DataFrame({"id": ["a", "b"], "source": ["sage", "scopus"], "year": [2020, 2020]})
    >>> works = pd.DataFrame({"id": ["a"], "sources": ["sage; scopus"], "year": [2020]})
    >>> counted = trend(found, works, pd.DataFrame({"record": ["a"], "decision": ["include"]}))
    >>> counted[counted["source"] == ""].to_numpy().tolist()
    [[2020, '', 'identified', 2], [2020, '', 'screened', 1], [2020, '', 'included', 1]]
    """
    included = works[works["id"].isin(settled.loc[settled["decision"] == "include", "record"])]
    parts = []
    for stage, frame in zip(_STAGES, (found.rename(columns={"source": "sources"}), works, included), strict=True):
        dated = frame.dropna(subset=["year"])[["year", "sources"]]
        each = dated.assign(source=dated["sources"].str.split("; ")).explode("source")
        whole = dated.assign(source="")
        parts.append(pd.concat([whole, each])[["year", "source"]].assign(stage=stage))
    counted = pd.concat(parts).value_counts().rename("publications").reset_index()
    counted["stage"] = pd.Categorical(counted["stage"], _STAGES)
    ordered = counted.sort_values(["stage", "source", "year"], ignore_index=True)
    return ordered.astype({"stage": "str", "source": "str", "year": "int64"})


def read_thesaurus(path: Path) -> dict[str, str]:
    r"""Return what each synonym is replaced by, from a file as VOSviewer's thesaurus.

    Parameters
    ----------
    path : CSV or tab-separated file with the columns ``label`` and ``replace by``, which
        may be missing. An empty replacement drops the keyword.

    Raises
    ------
    ReviewError : a column is missing, or a label is there twice.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "thesaurus.csv"
    ...     _ = path.write_text("label,replace by\nICT,information technology\n")
    ...     read_thesaurus(path)
    {'ict': 'information technology'}
    """
    found = records.rows(path, ["label", "replace by"]) if path.exists() else []
    replaced: dict[str, str] = {}
    for row, cells in found:
        label = cells["label"].strip().lower()
        if label in replaced:
            raise ReviewError(f"{path}, row {row}, column label: found {label!r} again, expected it once")
        replaced[label] = cells["replace by"].strip().lower()
    return replaced


def keywords(works: pd.DataFrame, thesaurus: dict[str, str]) -> list[list[str]]:
    """Return each work's keywords in lower case, synonyms replaced, each once.

    Spellings that differ in case, in asterisks (PubMed marks the main topics by
    them), or in hyphens and blanks are one keyword, written as most works write it.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["Smart City; IoT", "smart-city; *Internet of Things"]})
    >>> keywords(works, {"iot": "internet of things"})
    [['smart city', 'internet of things'], ['smart city', 'internet of things']]
    """
    listed: list[list[str]] = []
    spelt: dict[str, Counter[str]] = {}
    for cell in works["keywords"]:
        words = [_bare(word) for word in re.split(r"[;|\n]", str(cell))]
        if len(words) == 1 and words[0].count(",") > 1:  # a tool that separates them by commas
            words = [_bare(word) for word in words[0].split(",")]
        replaced = [thesaurus.get(word, thesaurus.get(_joined(word), word)) for word in words]
        listed.append([word for word in replaced if word])
        for word in set(listed[-1]):
            spelt.setdefault(_joined(word), Counter())[word] += 1
    written = {key: min(spellings, key=lambda w: (-spellings[w], w)) for key, spellings in spelt.items()}
    return [list(dict.fromkeys(written[_joined(word)] for word in words)) for words in listed]


def _bare(word: str) -> str:
    """Return a keyword in lower case, without asterisks, quotation marks and what ends a sentence."""
    bare = " ".join(word.replace("*", " ").lower().split()).replace("/ ", "/").strip(" .,")
    return bare[1:-1].strip(" .,") if re.fullmatch('(?:".*"|\u201c.*\u201d)', bare) else bare


def _joined(word: str) -> str:
    """Return a keyword with one blank for whatever separates its words."""
    return " ".join(re.sub(r"[-_\u2010-\u2015]", " ", word).split())


def links(documents: list[list[str]], *, fractional: bool = False) -> pd.DataFrame:
    """Return how often keywords occur together, and their association strength.

    Parameters
    ----------
    documents : the keywords of each work, each once.
    fractional : whether each work gives each of its n keywords one link in
        all, 1 / (n - 1) with each other, rather than one with each other.

    Returns
    -------
    Columns ``a``, ``b`` (keywords in alphabetical order), ``together`` (the
    weight c of the link) and ``strength``, 2 m c / (k_a k_b), where k is the
    sum of a keyword's links and m that of all links: how many times more
    often than by chance.

    Examples
    --------
    >>> links([["kerb", "street"], ["kerb", "street"], ["kerb"]]).to_dict("records")
    [{'a': 'kerb', 'b': 'street', 'together': 2, 'strength': 2.0}]
    """
    together: Counter[tuple[str, str]] = Counter()
    for words in documents:
        for pair in combinations(sorted(words), 2):
            together[pair] += 1 / (len(words) - 1) if fractional else 1  # type: ignore[assignment]
    total: Counter[str] = Counter()
    for (a, b), weight in together.items():
        total[a] += weight
        total[b] += weight
    twice = sum(total.values())
    rows = [(a, b, weight, twice * weight / (total[a] * total[b])) for (a, b), weight in sorted(together.items())]
    return pd.DataFrame(rows, columns=["a", "b", "together", "strength"])


def mapped(works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the works that the map shows: those included, or all to be screened as long as none is.

    ``settled`` holds what :func:`systematic_review.screening.settle` returns.

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a", "b"], "keywords": ["kerb", "street"]})
    >>> mapped(works, pd.DataFrame({"record": ["a", "b"], "decision": ["include", "exclude"]}))["id"].tolist()
    ['a']
    """
    included = works[works["id"].isin(settled.loc[settled["decision"] == "include", "record"])]
    return included if len(included) else works


def keyword_map(
    works: pd.DataFrame,
    thesaurus: dict[str, str] | None = None,
    *,
    at_least: int = 2,
    at_most: int = _MAPPED,
    fractional: bool = False,
    resolution: float = 1.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the map of the works' keywords: its items and its links.

    Parameters
    ----------
    at_least : in how many works a keyword must occur to be on the map.
    at_most : how many keywords, the most frequent, are on it.
    fractional : as in :func:`links`.
    resolution : the higher, the more clusters.

    Returns
    -------
    Items with the columns of :data:`VOSVIEWER`, the most frequent first, and
    links as :func:`links` returns them. The same works give the same map.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street", "kerb; wall"], "year": [2020, 2021, 2022]})
    >>> items, linked = keyword_map(works, at_least=2)
    >>> items[["label", "weight<Occurrences>"]].to_numpy().tolist()
    [['kerb', 3], ['street', 2]]
    """
    documents = keywords(works, thesaurus or {})
    occurrences = Counter(word for words in documents for word in words)
    kept = sorted(
        (word for word, count in occurrences.items() if count >= at_least), key=lambda w: (-occurrences[w], w)
    )[:at_most]
    chosen = set(kept)
    linked = links([[word for word in words if word in chosen] for words in documents], fractional=fractional)
    years: dict[str, list[int]] = {word: [] for word in kept}
    for words, year in zip(documents, works["year"], strict=True):
        for word in chosen.intersection(words) if not pd.isna(year) else ():
            years[word].append(int(year))
    graph = _graph(kept, linked)
    rows = []
    if kept:
        with _seeded():
            found = graph.community_leiden("CPM", weights="strength", resolution=resolution, n_iterations=-1)
        placed = layout.vos(np.array(graph.get_adjacency(attribute="strength").data, dtype=float))
        # Clusters are numbered by their size, the largest first, as VOSviewer does.
        sizes = Counter(found.membership)
        rank = {
            c: place for place, c in enumerate(sorted(sizes, key=lambda c: (-sizes[c], found.membership.index(c))), 1)
        }
        for place, word in enumerate(kept):
            x, y = placed[place]
            dated = years[word]
            rows.append(
                (
                    place + 1,
                    word,
                    round(float(x), 4) + 0.0,  # no negative nought
                    round(float(y), 4) + 0.0,
                    rank[found.membership[place]],
                    graph.degree(place),
                    round(graph.strength(place, weights="together"), 4),
                    occurrences[word],
                    round(sum(dated) / len(dated), 4) if dated else None,
                )
            )
    return pd.DataFrame(rows, columns=VOSVIEWER), linked


def write_map(items: pd.DataFrame, linked: pd.DataFrame, folder: Path) -> None:
    """Write a map for VOSviewer (map and network file), as GraphML, and as CSV.

    The files are ``keywords-map.txt``, ``keywords-network.txt``,
    ``keywords.graphml``, ``keywords.csv`` and ``keyword-links.csv``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street"], "year": [2020, 2021]})
    >>> with TemporaryDirectory() as folder:
    ...     write_map(*keyword_map(works, at_least=1), Path(folder))
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['keyword-links.csv', 'keywords-map.txt', 'keywords-network.txt', 'keywords.csv', 'keywords.graphml']
    """
    ids = dict(zip(items["label"], items["id"], strict=True))
    with records.replacing(folder / "keywords-map.txt") as file:
        # VOSviewer's manual: a label with a comma or semicolon stands in quotation marks.
        quoted = items.assign(label=[_quoted(label) for label in items["label"]]).astype(object)
        for row in [VOSVIEWER, *quoted.where(quoted.notna(), "").to_numpy().tolist()]:
            file.write("\t".join(map(str, row)) + "\n")
    with records.replacing(folder / "keywords-network.txt") as file:
        network = linked.assign(a=linked["a"].map(ids), b=linked["b"].map(ids))[["a", "b", "together"]]
        network.to_csv(file, sep="\t", index=False, header=False, lineterminator="\n")
    graph = _graph(list(items["label"]), linked)
    for ours, theirs in {"cluster": "cluster", "occurrences": "weight<Occurrences>", "x": "x", "y": "y"}.items():
        graph.vs[ours] = items[theirs].tolist()
    with records.replacing(folder / "keywords.graphml") as file:
        # igraph closes what it writes to, so it writes beside and what it wrote is taken over.
        path = Path(f"{file.name}.graphml")
        try:
            graph.write_graphml(str(path))
            file.write(path.read_text(encoding="utf-8"))
        finally:
            path.unlink(missing_ok=True)
    records.write(items, folder / "keywords.csv")
    records.write(linked, folder / "keyword-links.csv")


def _quoted(label: str) -> str:
    plain = label.replace('"', "'")
    return f'"{plain}"' if re.search("[,;]", plain) else plain


def _graph(labels: list[str], linked: pd.DataFrame) -> igraph.Graph:
    import igraph

    ids = {label: place for place, label in enumerate(labels)}
    graph = igraph.Graph(len(labels), [(ids[a], ids[b]) for a, b in linked[["a", "b"]].itertuples(index=False)])
    graph.vs["label"] = labels
    graph.es["together"] = linked["together"].tolist()
    graph.es["strength"] = linked["strength"].tolist()
    return graph


@contextmanager
def _seeded() -> Iterator[None]:
    """Let igraph draw the same numbers every time."""
    import igraph

    igraph.set_random_number_generator(random.Random(0))
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)


#: The room for a year along an axis, in pixels.
_YEAR = 44


def trend_chart(counted: pd.DataFrame, language: str = "en", width: int = 300) -> Figure:
    """Return publications by year as bars, a colour a stage, each work counted once.

    Parameters
    ----------
    counted : what :func:`trend` returns.
    width : of the bars, in pixels.

    Examples
    --------
    >>> counted = pd.DataFrame({"year": [2020, 2021], "source": "", "stage": "screened", "publications": [3, 5]})
    >>> trend_chart(counted).title
    '2021 has the most publications, 5 of 8'
    """
    whole = counted[counted["source"] == ""]
    stages = [stage for stage in _STAGES if stage in set(whole["stage"])]
    names = {stage: text(f"stage_{stage}", language) for stage in stages}
    shown = whole.assign(name=whole["stage"].map(names))[["year", "name", "publications"]]
    shown["said"] = said(shown, ["year", "name", "publications"])
    years = list(range(shown["year"].min(), shown["year"].max() + 1)) if len(shown) else []
    named = years[:: -(-len(years) * _YEAR // width) or 1]  # as many as stand side by side
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            description="said:N",
            x=alt.X(
                "year:O",
                title=None,
                scale=alt.Scale(domain=years),
                axis=alt.Axis(labelAngle=0, labelPadding=8, values=named),
            ),
            y=alt.Y("publications:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            xOffset=alt.XOffset("name:N", sort=list(names.values())),
            color=alt.Color(
                "name:N",
                sort=list(names.values()),
                scale=alt.Scale(domain=list(names.values()), range=["#7f8c8d", "#9c4400", "#003a63"][-len(names) :]),
                legend=alt.Legend(orient="top", title=None, columns=1, labelLimit=0, rowPadding=6),
            ),
            tooltip=[
                alt.Tooltip("year:O", title=text("year", language)),
                alt.Tooltip("name:N", title=text("stage", language)),
                alt.Tooltip("publications:Q", title=text("publications", language)),
            ],
        )
        .properties(width=width, height=180)
    )
    stages_said = [
        text(
            "alt_trend_stage",
            language,
            stage=names[str(stage)],
            total=number(int(part["publications"].sum()), language),
            first=part["year"].min(),
            last=part["year"].max(),
            peak=", ".join(map(str, part.loc[part["publications"] == part["publications"].max(), "year"])),
            most=number(int(part["publications"].max()), language),
        )
        for stage, part in whole.groupby("stage", sort=False)
    ]
    titles = [text(key, language) for key in ("year", "stage", "publications")]
    return Figure(
        _peak(whole, language),
        text("alt_trend", language, stages="; ".join(stages_said)),
        shown.drop(columns="said").astype({"year": "str"}).set_axis(titles, axis=1),
        chart,
        unit=text("publications", language),
    )


def _peak(whole: pd.DataFrame, language: str) -> str:
    """Return which year has most of the publications at the first stage, where one has."""
    first = whole[whole["stage"] == whole["stage"].iloc[0]] if len(whole) else whole
    most = first[first["publications"] == first["publications"].max()]
    if len(most) != 1:
        return text("chart_trend", language)
    values = {"most": int(most["publications"].iloc[0]), "total": int(first["publications"].sum())}
    said = {name: number(value, language) for name, value in values.items()}
    return text("find_trend", language, year=str(most["year"].iloc[0]), **said)


def map_chart(
    items: pd.DataFrame,
    linked: pd.DataFrame,
    language: str = "en",
    *,
    overlay: bool = False,
    width: int = _HEIGHT,
) -> Figure:
    """Return the map of the most frequent keywords: a circle each, larger the more works have it.

    Parameters
    ----------
    items, linked : what :func:`keyword_map` returns.
    overlay : whether colours tell the mean year of the works rather than the cluster.
    width : of the map, in pixels. Names that would lie on others are left out; all stand in the table.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street"], "year": [2020, 2021]})
    >>> map_chart(*keyword_map(works, at_least=1)).table.iloc[:, 0].tolist()
    ['kerb', 'street']
    """
    items = items.head(_SHOWN)
    linked = linked[linked["a"].isin(items["label"]) & linked["b"].isin(items["label"])]
    shown = items.set_axis(["id", "label", "x", "y", "cluster", "links", "strength", "works", "year"], axis=1)
    shown = shown.assign(cluster=shown["cluster"].astype("str"), said=said(shown, ["label", "works"]))
    place = shown.set_index("label")[["x", "y"]]
    ends = linked.sort_values(["strength", "a", "b"], ascending=[False, True, True]).head(300)
    lines = pd.DataFrame(
        {
            "x": place["x"].reindex(ends["a"]).to_numpy(),
            "y": place["y"].reindex(ends["a"]).to_numpy(),
            "x2": place["x"].reindex(ends["b"]).to_numpy(),
            "y2": place["y"].reindex(ends["b"]).to_numpy(),
        }
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=_reach(shown["x"]), padding=_EDGE))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=_reach(shown["y"]), padding=_EDGE))
    legend: dict[str, Any] = {
        "title": text("mean_year" if overlay else "cluster", language),
        "titleColor": "currentColor",
        "orient": "bottom",
    }
    colour = (
        alt.Color(
            "year:Q",
            scale=alt.Scale(scheme="viridis"),
            # As symbols: the renderer numbers gradients through, so that no two drawings would be the same.
            legend=alt.Legend(format="d", type="symbol", **legend),
        )
        if overlay
        else alt.Color(
            "cluster:N",
            sort=sorted(set(shown["cluster"]), key=int),
            scale=alt.Scale(scheme="dark2"),
            legend=alt.Legend(symbolLimit=12, **legend),
        )
    )
    base = alt.Chart(shown).encode(x=x, y=y, description="said:N")
    chart = (
        alt.Chart(lines).mark_rule(opacity=0.2, color="#888888", aria=False).encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
        + base.mark_circle(opacity=0.85).encode(
            size=alt.Size("works:Q", legend=None, scale=alt.Scale(domain=[0, _most(shown)], range=list(_SIZES))),
            color=colour,
            tooltip=[
                alt.Tooltip("label:N", title=text("keyword", language)),
                alt.Tooltip("works:Q", title=text("works", language)),
                alt.Tooltip("links:Q", title=text("links", language)),
                alt.Tooltip("cluster:N", title=text("cluster", language)),
                alt.Tooltip("year:Q", title=text("mean_year", language), format=".1f"),
            ],
        )
        + alt.Chart(_names(shown, width)).mark_text(fontSize=_TYPE, aria=False).encode(x=x, y=y, text="label:N")
    ).properties(width=width, height=_HEIGHT)
    table = shown[["label", "works", "links", "cluster", "year"]].assign(
        year=["" if pd.isna(year) else number(round(float(year), 1), language, grouped=False) for year in shown["year"]]
    )
    first = [f"{row.label} ({number(int(str(row.works)), language)})" for row in shown.head(5).itertuples()]
    titles = [text(key, language) for key in ("keyword", "works", "links", "cluster", "mean_year")]
    unit = text("chart_overlay" if overlay else "chart_map", language)
    named = {"first": str(shown["label"].iloc[0]), "works": number(_most(shown), language)} if len(shown) else {}
    return Figure(
        text("find_map", language, **named) if named else unit,
        text(
            "alt_map",
            language,
            keywords=number(len(items), language),
            links=number(len(linked), language),
            clusters=number(items["cluster"].nunique(), language),
            first=", ".join(first),
        ),
        table.set_axis(titles, axis=1),
        chart,
        unit=unit,
    )


def _reach(places: pd.Series[float]) -> list[float]:
    return [float(places.min()), float(places.max())] if len(places) and places.min() < places.max() else [-1.0, 1.0]


def _most(shown: pd.DataFrame) -> int:
    return int(shown["works"].max()) if len(shown) else 1


def _names(shown: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return the names that are written on a map and where, above or below their circles, so that none lies on another.

    The most frequent keyword comes first; a name for which there is no room is left out.
    """
    rows: list[tuple[str, float, float]] = []
    taken: list[tuple[float, float, float]] = []
    (left, right), (low, high) = _reach(shown["x"]), _reach(shown["y"])
    across, along = (right - left) / (width - 2 * _EDGE), (high - low) / (_HEIGHT - 2 * _EDGE)
    for label, x, y, works in shown[["label", "x", "y", "works"]].head(_NAMED).itertuples(index=False):
        half = boxes.width(label, _TYPE) / 2
        radius = ((_SIZES[0] + (_SIZES[1] - _SIZES[0]) * works / _most(shown)) / np.pi) ** 0.5
        middle = min(max((x - left) / across + _EDGE, half), max(width - half, half))
        for away in (radius + _TYPE * 0.7, -radius - _TYPE * 0.7):
            level = (y - low) / along + away
            if all(abs(middle - at) >= half + far or abs(level - height) >= _TYPE * 1.3 for at, height, far in taken):
                taken.append((middle, level, half))
                rows.append((label, left + (middle - _EDGE) * across, low + level * along))
                break
    return pd.DataFrame(rows, columns=["label", "x", "y"])


def by_source(counted: pd.DataFrame, protocol: Protocol, language: str = "en") -> pd.DataFrame:
    """Return publications by year (rows) and source (columns) at the first stage.

    ``counted`` holds what :func:`trend` returns.

    Examples
    --------
    >>> counted = pd.DataFrame({"year": [2020, 2021], "source": "sage", "stage": "identified", "publications": [3, 5]})
    >>> by_source(counted, Protocol({"sage": "Sage"})).to_numpy().tolist()
    [['2020', 3], ['2021', 5]]
    """
    found = counted[(counted["stage"] == _STAGES[0]) & (counted["source"] != "")]
    wide = found.pivot(index="year", columns="source", values="publications").fillna(0).astype("int64")
    wide.columns = pd.Index([protocol.source(str(source)) for source in wide.columns])
    return wide.reset_index(names=text("year", language)).astype({text("year", language): "str"})
