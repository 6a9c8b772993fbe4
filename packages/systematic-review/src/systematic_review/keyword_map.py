"""The map of keywords that occur together.

It follows VOSviewer: two keywords are linked as often as works have both,
links are normalised by association strength (Van Eck and Waltman 2009, JASIST
60(8)), counted in full or fractionally (Perianes-Rodriguez, Waltman and Van Eck
2016, Journal of Informetrics 10(4)), and keywords that belong together are
clustered with association strength as the weight and the constant Potts model
as the quality (Waltman, Van Eck and Noyons 2010, Journal of Informetrics 4(4)),
here by the Leiden algorithm (Traag, Waltman and Van Eck 2019, Scientific
Reports 9). Keywords are placed by VOS mapping (:mod:`~systematic_review.vos_layout`).
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

from systematic_review import flow_layout, records, vos_layout
from systematic_review.errors import ReviewError
from systematic_review.figures import Figure, describe_marks
from systematic_review.i18n import format_number, translate

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
_SHOWN, _LINES = 100, 300  # keywords and links on a chart, which more would make unreadable
#: The colours of clusters, the first for the largest.
CLUSTER_COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#666666")
_HEIGHT, _EDGE = 440, 30  # of a map in pixels, and how far keywords keep from its edge
_SIZES, _TYPE = (40, 600), 12  # of circles, the least and the largest, and of names


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
    found = records.read_numbered_rows(path, ["label", "replace by"]) if path.exists() else []
    replaced: dict[str, str] = {}
    for row, cells in found:
        label = cells["label"].strip().lower()
        if label in replaced:
            raise ReviewError(f"{path}, row {row}, column label: found {label!r} again, expected it once")
        replaced[label] = cells["replace by"].strip().lower()
    return replaced


def work_keywords(works: pd.DataFrame, thesaurus: dict[str, str]) -> list[list[str]]:
    """Return each work's keywords in lower case, synonyms replaced, each once.

    MEDLINE's check tags (humans, male, adult ...) are left out, and headings with
    a qualifier (``hiv infections/epidemiology``) are the heading alone, unless
    the thesaurus names them: a label that is replaced by itself stays as it is.

    Spellings that differ in case, in asterisks (PubMed marks the main topics by
    them), or in hyphens and blanks are one keyword, written as most works write it.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["Smart City; IoT", "smart-city; *Internet of Things"]})
    >>> work_keywords(works, {"iot": "internet of things"})
    [['smart city', 'internet of things'], ['smart city', 'internet of things']]
    """
    listed: list[list[str]] = []
    spelt: dict[str, Counter[str]] = {}
    for cell in works["keywords"]:
        words = [_strip_keyword(word) for word in re.split(r"[;|\n]", str(cell))]
        if len(words) == 1 and words[0].count(",") > 1:  # a tool that separates them by commas
            words = [_strip_keyword(word) for word in words[0].split(",")]
        replaced = [_replace_keyword(word, thesaurus) for word in words]
        listed.append([word for word in replaced if word])
        for word in set(listed[-1]):
            spelt.setdefault(_join_keyword(word), Counter())[word] += 1
    written = {key: min(spellings, key=lambda w: (-spellings[w], w)) for key, spellings in spelt.items()}
    return [list(dict.fromkeys(written[_join_keyword(word)] for word in words)) for words in listed]


#: What MEDLINE's indexers tick for nearly every article, which tells nothing of its subject.
CHECK_TAGS = frozenset(
    """humans; human; male; female; animals; animal; pregnancy; infant, newborn; infant; child, preschool; child;
    adolescent; young adult; adult; middle aged; aged; aged, 80 and over; cats; cattle; chick embryo; dogs; guinea pigs;
    hamsters; mice; rabbits; rats; comparative study; in vitro techniques; english abstract; article; controlled study;
    major clinical study; priority journal; nonhuman""".replace("\n", " ")
    .replace("    ", "")
    .split("; ")
)
#: The qualifiers of MeSH, as MEDLINE writes them behind a heading.
QUALIFIERS = frozenset(
    """abnormalities; administration & dosage; adverse effects; agonists; analogs & derivatives; analysis; anatomy &
    histology; antagonists & inhibitors; biosynthesis; blood; blood supply; cerebrospinal fluid; chemical synthesis;
    chemically induced; chemistry; classification; complications; congenital; cytology; deficiency; diagnosis;
    diagnostic imaging; diet therapy;
    drug effects; drug therapy; economics; education; embryology; enzymology; epidemiology;
    ethics; ethnology; etiology; genetics; growth & development; history; immunology; injuries; innervation;
    instrumentation; isolation & purification; legislation & jurisprudence; manpower; metabolism; methods; microbiology;
    mortality; nursing; organization & administration; parasitology; pathogenicity; pathology; pharmacokinetics;
    pharmacology; physiology; physiopathology; poisoning; prevention & control; psychology; radiation effects;
    radiotherapy; rehabilitation; secondary; standards; statistics & numerical data; supply & distribution; surgery;
    therapeutic use; therapy; toxicity; transmission; transplantation; trends; ultrastructure; urine; utilization;
    veterinary; virology""".replace("\n", " ")
    .replace("    ", "")
    .split("; ")
)


def _replace_keyword(word: str, thesaurus: dict[str, str]) -> str:
    """Return what stands for a keyword: what the thesaurus says, or its heading; nothing for a check tag."""
    for known in (word, _join_keyword(word)):
        if known in thesaurus:
            return thesaurus[known]
    heading, *qualifiers = re.sub(r"/[a-z]{2} \[[^\]]{1,60}\]", "", word).split("/")
    bare = heading if all(part.strip() in QUALIFIERS for part in qualifiers) else word
    if bare != word:
        return _replace_keyword(bare, thesaurus)
    return "" if word in CHECK_TAGS else word


def _strip_keyword(word: str) -> str:
    """Return a keyword in lower case, without asterisks, quotation marks and what ends a sentence."""
    bare = " ".join(word.replace("*", " ").lower().split()).replace("/ ", "/").strip(" .,")
    return bare[1:-1].strip(" .,") if re.fullmatch('(?:".*"|\u201c.*\u201d)', bare) else bare


def _join_keyword(word: str) -> str:
    """Return a keyword with one blank for whatever separates its words."""
    return " ".join(re.sub(r"[-_\u2010-\u2015]", " ", word).split())


def count_links(documents: list[list[str]], *, fractional: bool = False) -> pd.DataFrame:
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
    >>> count_links([["kerb", "street"], ["kerb", "street"], ["kerb"]]).to_dict("records")
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


def works_on_map(works: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Return the works that the map shows: those included, or all to be screened as long as none is.

    ``settled`` holds what :func:`systematic_review.screening.settle_works` returns.

    Examples
    --------
    >>> works = pd.DataFrame({"id": ["a", "b"], "keywords": ["kerb", "street"]})
    >>> works_on_map(works, pd.DataFrame({"record": ["a", "b"], "decision": ["include", "exclude"]}))["id"].tolist()
    ['a']
    """
    included = works[works["id"].isin(settled.loc[settled["decision"] == "include", "record"])]
    return included if len(included) else works


def build_map(
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
    fractional : as in :func:`count_links`.
    resolution : the higher, the more clusters.

    Returns
    -------
    Items with the columns of :data:`VOSVIEWER`, the most frequent first, and
    links as :func:`count_links` returns them. The same works give the same map.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street", "kerb; wall"], "year": [2020, 2021, 2022]})
    >>> items, linked = build_map(works, at_least=2)
    >>> items[["label", "weight<Occurrences>"]].to_numpy().tolist()
    [['kerb', 3], ['street', 2]]
    """
    documents = work_keywords(works, thesaurus or {})
    occurrences = Counter(word for words in documents for word in words)
    kept = sorted(
        (word for word, count in occurrences.items() if count >= at_least), key=lambda w: (-occurrences[w], w)
    )[:at_most]
    chosen = set(kept)
    linked = count_links([[word for word in words if word in chosen] for words in documents], fractional=fractional)
    years: dict[str, list[int]] = {word: [] for word in kept}
    for words, year in zip(documents, works["year"], strict=True):
        for word in chosen.intersection(words) if not pd.isna(year) else ():
            years[word].append(int(year))
    graph = _build_graph(kept, linked)
    rows = []
    if kept:
        with _seeded_random():
            found = graph.community_leiden("CPM", weights="strength", resolution=resolution, n_iterations=-1)
        placed = vos_layout.place_items(np.array(graph.get_adjacency(attribute="strength").data, dtype=float))
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
    ...     write_map(*build_map(works, at_least=1), Path(folder))
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['keyword-links.csv', 'keywords-map.txt', 'keywords-network.txt', 'keywords.csv', 'keywords.graphml']
    """
    ids = dict(zip(items["label"], items["id"], strict=True))
    with records.open_replacing(folder / "keywords-map.txt") as file:
        # VOSviewer's manual: a label with a comma or semicolon stands in quotation marks.
        quoted = items.assign(label=[_quote_label(label) for label in items["label"]]).astype(object)
        for row in [VOSVIEWER, *quoted.where(quoted.notna(), "").to_numpy().tolist()]:
            file.write("\t".join(map(str, row)) + "\n")
    with records.open_replacing(folder / "keywords-network.txt") as file:
        network = linked.assign(a=linked["a"].map(ids), b=linked["b"].map(ids))[["a", "b", "together"]]
        network.to_csv(file, sep="\t", index=False, header=False, lineterminator="\n")
    graph = _build_graph(list(items["label"]), linked)
    for ours, theirs in {"cluster": "cluster", "occurrences": "weight<Occurrences>", "x": "x", "y": "y"}.items():
        graph.vs[ours] = items[theirs].tolist()
    with records.open_replacing(folder / "keywords.graphml") as file:
        # igraph closes what it writes to, so it writes beside and what it wrote is taken over.
        path = Path(f"{file.name}.graphml")
        try:
            graph.write_graphml(str(path))
            file.write(path.read_text(encoding="utf-8"))
        finally:
            path.unlink(missing_ok=True)
    records.write_table(items, folder / "keywords.csv")
    records.write_table(linked, folder / "keyword-links.csv")


def _quote_label(label: str) -> str:
    plain = label.replace('"', "'")
    return f'"{plain}"' if re.search("[,;]", plain) else plain


def _build_graph(labels: list[str], linked: pd.DataFrame) -> igraph.Graph:
    import igraph

    ids = {label: place for place, label in enumerate(labels)}
    graph = igraph.Graph(len(labels), [(ids[a], ids[b]) for a, b in linked[["a", "b"]].itertuples(index=False)])
    graph.vs["label"] = labels
    graph.es["together"] = linked["together"].tolist()
    graph.es["strength"] = linked["strength"].tolist()
    return graph


@contextmanager
def _seeded_random() -> Iterator[None]:
    """Let igraph draw the same numbers every time."""
    import igraph

    igraph.set_random_number_generator(random.Random(0))
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)


def select_shown(items: pd.DataFrame, linked: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what a chart shows of a map: the most frequent keywords, and the strongest links between them.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street"], "year": [2020, 2021]})
    >>> [len(part) for part in select_shown(*build_map(works, at_least=1))]
    [2, 1]
    """
    items = items.head(_SHOWN)
    between = linked[linked["a"].isin(items["label"]) & linked["b"].isin(items["label"])]
    return items, between.sort_values(["strength", "a", "b"], ascending=[False, True, True]).head(_LINES)


def draw_map(
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
    items, linked : what :func:`build_map` returns.
    overlay : whether colours tell the mean year of the works rather than the cluster.
    width : of the map, in pixels. Names that would lie on others are left out; all stand in the table.

    Examples
    --------
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street"], "year": [2020, 2021]})
    >>> draw_map(*build_map(works, at_least=1)).table.iloc[:, 0].tolist()
    ['kerb', 'street']
    """
    items, ends = select_shown(items, linked)
    linked = linked[linked["a"].isin(items["label"]) & linked["b"].isin(items["label"])]
    shown = items.set_axis(["id", "label", "x", "y", "cluster", "links", "strength", "works", "year"], axis=1)
    shown = shown.assign(cluster=shown["cluster"].astype("str"), said=describe_marks(shown, ["label", "works"]))
    place = shown.set_index("label")[["x", "y"]]
    lines = pd.DataFrame(
        {
            "x": place["x"].reindex(ends["a"]).to_numpy(),
            "y": place["y"].reindex(ends["a"]).to_numpy(),
            "x2": place["x"].reindex(ends["b"]).to_numpy(),
            "y2": place["y"].reindex(ends["b"]).to_numpy(),
        }
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=_map_extent(shown["x"]), padding=_EDGE))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=_map_extent(shown["y"]), padding=_EDGE))
    legend: dict[str, Any] = {
        "title": translate("Mean year", language) if overlay else translate("Cluster", language),
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
            scale=alt.Scale(range=list(CLUSTER_COLOURS)),
            legend=alt.Legend(symbolLimit=12, **legend),
        )
    )
    base = alt.Chart(shown).encode(x=x, y=y, description="said:N")
    chart = (
        alt.Chart(lines).mark_rule(opacity=0.2, color="#888888", aria=False).encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
        + base.mark_circle(opacity=0.85).encode(
            size=alt.Size(
                "works:Q", legend=None, scale=alt.Scale(domain=[0, _most_frequent(shown)], range=list(_SIZES))
            ),
            color=colour,
            tooltip=[
                alt.Tooltip("label:N", title=translate("Keyword", language)),
                alt.Tooltip("works:Q", title=translate("Works", language)),
                alt.Tooltip("links:Q", title=translate("Links", language)),
                alt.Tooltip("cluster:N", title=translate("Cluster", language)),
                alt.Tooltip("year:Q", title=translate("Mean year", language), format=".1f"),
            ],
        )
        + alt.Chart(_label_places(shown, width)).mark_text(fontSize=_TYPE, aria=False).encode(x=x, y=y, text="label:N")
    ).properties(width=width, height=_HEIGHT)
    table = shown[["label", "works", "links", "cluster", "year"]].assign(
        year=[
            "" if pd.isna(year) else format_number(round(float(year), 1), language, grouped=False)
            for year in shown["year"]
        ]
    )
    first = [f"{row.label} ({format_number(int(str(row.works)), language)})" for row in shown.head(5).itertuples()]
    titles = [
        translate("Keyword", language),
        translate("Works", language),
        translate("Links", language),
        translate("Cluster", language),
        translate("Mean year", language),
    ]
    unit = (
        translate("Keywords that occur together, by mean year", language)
        if overlay
        else translate("Keywords that occur together", language)
    )
    named = (
        {"first": str(shown["label"].iloc[0]), "works": format_number(_most_frequent(shown), language)}
        if len(shown)
        else {}
    )
    return Figure(
        translate("“{first}” is the most frequent keyword, in {works} works", language, **named) if named else unit,
        translate(
            "Map of {keywords} keywords with {links} links in {clusters} clusters; most frequent: {first}.",
            language,
            keywords=format_number(len(items), language),
            links=format_number(len(linked), language),
            clusters=format_number(items["cluster"].nunique(), language),
            first=", ".join(first),
        ),
        table.set_axis(titles, axis=1),
        chart,
        unit=unit,
    )


def _map_extent(places: pd.Series[float]) -> list[float]:
    return [float(places.min()), float(places.max())] if len(places) and places.min() < places.max() else [-1.0, 1.0]


def _most_frequent(shown: pd.DataFrame) -> int:
    return int(shown["works"].max()) if len(shown) else 1


def _label_places(shown: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return the names that are written on a map and where, above or below their circles, so that none lies on another.

    The most frequent keyword comes first; a name for which there is no room is left out.
    """
    rows: list[tuple[str, float, float]] = []
    taken: list[tuple[float, float, float]] = []
    (left, right), (low, high) = _map_extent(shown["x"]), _map_extent(shown["y"])
    across, along = (right - left) / (width - 2 * _EDGE), (high - low) / (_HEIGHT - 2 * _EDGE)
    for label, x, y, works in shown[["label", "x", "y", "works"]].itertuples(index=False):
        half = flow_layout.text_width(label, _TYPE) / 2
        radius = ((_SIZES[0] + (_SIZES[1] - _SIZES[0]) * works / _most_frequent(shown)) / np.pi) ** 0.5
        middle = min(max((x - left) / across + _EDGE, half), max(width - half, half))
        for away in (radius + _TYPE * 0.7, -radius - _TYPE * 0.7):
            level = (y - low) / along + away
            if all(abs(middle - at) >= half + far or abs(level - height) >= _TYPE * 1.3 for at, height, far in taken):
                taken.append((middle, level, half))
                rows.append((label, left + (middle - _EDGE) * across, low + level * along))
                break
    return pd.DataFrame(rows, columns=["label", "x", "y"])
