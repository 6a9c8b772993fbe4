"""Find records of the same work, say why, let people overrule it, and merge them.

Pairs of records are scored by Splink (Linacre et al. 2022, *Splink: Free
software for probabilistic record linkage at scale*, International Journal of
Population Data Science 7(3)), which computes on DuckDB here and would compute
the same on Spark for more records than one machine holds. Its model is that of
Fellegi and Sunter (1969): each field that is compared gives evidence in bits,
and the bits add up. A pair counts as the same work from :data:`SAME` bits on;
pairs from :data:`DOUBTFUL` bits on are listed for people to decide.

The bits in :data:`COMPARISONS` were fitted by logistic regression, which
unlike counting allows for evidence that overlaps, on five labelled sets of
real records that the authors of bib-dedupe assembled, half of the time with
fields left out, as exports of Google Scholar leave them out. Two were set by
hand: that of an equal DOI was raised, since few records there have one, and
titles that are alike but for a whole word ("... di Kota Bandung", "... di
Kota Malang") were given so little that people decide, unless a DOI or a page is
equal too. No record of those sets is part of this project.

What it finds there, in pairs of records (right, wrong, missed), beside
bib-dedupe 0.11 as it comes on the same records and machine:

==================  =======  ================  ================
set                 records  here              bib-dedupe 0.11
==================  =======  ================  ================
stroke                1,292     477,  0,   2      477,  0,   2
haematology           1,415     139,  3,  24      135,  2,  28
cytology screening    1,856     905,  2,   4      895,  0,  14
respiratory           1,988     499,  0,  10      471,  0,  38
digital work          7,159     556,  0,  14      569,  0,   1
all                  13,710   2,576,  5,  54    2,547,  2,  83
precision                     0.998             0.999
recall                        0.979             0.968
F1                            0.989             0.984
==================  =======  ================  ================

The level of titles alike but for a word came last: the table is measured with it,
what follows without. Of the five pairs that it costs, three are trials in adults
and in adolescents that the labels count as one.

Fitted on one half of the works and tried on the other, both ways: precision
0.996, recall 0.984. Fitted without digital work, the only set with editorials
in number, it takes those for one another: precision falls to 0.92. Of 200
merged pairs drawn at random, 165 agree in title, first author, year, volume and
first page and count as one work; of the other 35, which were read, 33 are one
work. The labels count the remaining two, a letter with the letter beside it
and an article with a notice on it, as one too.

bib-dedupe was made with digital work at hand and is better there. Two cores
did 500 to 7,700 records a second, by the size of the set and what else ran
(bib-dedupe: 148 to 251), and 100,000 synthetic records, imported and
de-duplicated, in 33 to 48 seconds with 1.2 GiB. On Spark 4.3 the respiratory
set got the same scores in 516 of 517 pairs; the one that differed lay on the
limit from which pairs are listed, which was then moved off it and not tried on
Spark again.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from systematic_review import records as tables
from systematic_review.errors import ReviewError
from systematic_review.records import plain

if TYPE_CHECKING:
    from splink import SettingsCreator

#: From how many bits of evidence on two records are one work.
SAME = 0.0
#: From how many bits on a pair is listed for people to look at; between two sums of
#: the evidence, so that no engine's rounding decides.
DOUBTFUL = -3.05

#: What people decided of pairs: two records, and ``same`` or ``different``.
DECISIONS = ["record_a", "record_b", "decision"]

# Titles of this kind head many works: they are no sign that two are the same.
_GENERIC = re.compile(
    r"\b(editor\w*|foreword|preface|book reviews?|in this issue|introduction to the special issue|contents|index"
    r"|obituary|acknowledge?ments?|kata pengantar|daftar isi)\b"
)
# Works that differ in one of these words, or in a number, are not the same, however alike their titles.
_MARK = re.compile(
    r"\d+|ii|iii|iv|v|vi|vii|viii|ix|reply|comments?|response|erratum|correction|corrigendum|retracted|retraction|protocol"
)
_STOP = re.compile("the|of|and|in|for|on|an?|to|de|la|et|dan|di|j|journal|jurnal|official|international|int")

_SHORTER = "least(length(title_key_l), length(title_key_r))"
_COMPARABLE = "marks_l = marks_r and not generic_l and not generic_r"
_NEARLY = (
    "levenshtein(title_key_l, title_key_r) <= 0.1 * greatest(length(title_key_l), length(title_key_r))"
    f" and {_SHORTER} >= 25 and {_COMPARABLE}"
)
_COMMON = "array_length(array_intersect(words_l, words_r))"
_FEWER = "least(array_length(words_l), array_length(words_r))"
_ONE_APART = f"{_COMMON} >= 4 and array_length(words_l) = {_COMMON} + 1 and array_length(words_r) = {_COMMON} + 1"
_COMMON_PEOPLE = "array_length(array_intersect(families_l, families_r))"
_SAME_PEOPLE = f"{_COMMON_PEOPLE} >= {{}} * least(array_length(families_l), array_length(families_r))"
# What of one title's words is not in the other's: a word misspelt, or another word.
_ONLY_L = "array_to_string(list_filter(words_l, lambda word: not array_contains(words_r, word)), '')"
_ONLY_R = "array_to_string(list_filter(words_r, lambda word: not array_contains(words_l, word)), '')"
_NO_OTHER_WORD = (
    f"(least(length({_ONLY_L}), length({_ONLY_R})) = 0 or greatest(length({_ONLY_L}), length({_ONLY_R})) < 4"
    f" or levenshtein({_ONLY_L}, {_ONLY_R}) < 0.4 * greatest(length({_ONLY_L}), length({_ONLY_R})))"
)
_WITHIN = "(contains({0}_l, {0}_r) or contains({0}_r, {0}_l))"

# What is compared is text, but for these.
_TYPES = {
    "words": "varchar[]",
    "families": "varchar[]",
    "journal_words": "varchar[]",
    "generic": "boolean",
    "year": "double",
}

#: Each field that is compared: when nothing is known of it, and its levels of
#: likeness from the highest down, each with its name, its condition in SQL and
#: the evidence that it is, in bits; the last level is whatever else is found.
COMPARISONS: dict[str, tuple[str, list[tuple[str, str, float]]]] = {
    "title": (
        "title_key_l is null or title_key_r is null",
        [
            ("equal", "title_key_l = title_key_r and not generic_l", 5.9),
            ("nearly equal", f"{_NEARLY} and {_NO_OTHER_WORD}", 2.2),
            (
                "contained",
                f"{_WITHIN.format('title_key')} and {_SHORTER} >= 15 and {_COMPARABLE}",
                1.6,
            ),
            ("alike but for a word", f"{_NEARLY} or ({_ONE_APART} and not {_NO_OTHER_WORD})", -1.8),
            ("equal but generic", "title_key_l = title_key_r", -5.8),
            ("most words", f"{_COMMON} >= 0.7 * greatest(array_length(words_l), array_length(words_r))", -0.7),
            ("most words of the shorter", f"{_COMMON} >= 0.8 * {_FEWER} and {_FEWER} >= 4", 0.9),
            ("some words", f"{_COMMON} >= 0.5 * {_FEWER}", -2.7),
            ("different", "ELSE", -5.1),
        ],
    ),
    "authors": (
        "first_author_l is null or first_author_r is null",
        [
            ("equal", "families_l = families_r", 2.2),
            ("same first, most others", f"first_author_l = first_author_r and {_SAME_PEOPLE.format(0.8)}", 0.5),
            (
                "many in common",
                f"{_SAME_PEOPLE.format(0.5)}"
                " or levenshtein(first_author_l, first_author_r)"
                " <= 0.2 * least(length(first_author_l), length(first_author_r))"
                f" or {_WITHIN.format('first_author')}",
                -0.1,
            ),
            ("some in common", f"{_COMMON_PEOPLE} > 0", -2.0),
            ("different", "ELSE", -4.1),
        ],
    ),
    "journal": (
        "journal_l is null or journal_r is null",
        [
            (
                "equal or abbreviated",
                "journal_l = journal_r or initials_l = initials_r"
                " or levenshtein(journal_l, journal_r) <= 0.2 * greatest(length(journal_l), length(journal_r))",
                1.4,
            ),
            (
                "alike",
                "starts_with(initials_l, initials_r) or starts_with(initials_r, initials_l)"
                " or array_length(array_intersect(journal_words_l, journal_words_r)) > 0",
                0.1,
            ),
            ("different", "ELSE", -3.9),
        ],
    ),
    "year": (
        "year_l is null or year_r is null",
        [
            ("equal", "year_l = year_r", 2.3),
            ("one apart", "abs(year_l - year_r) = 1", -2.8),
            ("different", "ELSE", -3.7),
        ],
    ),
    "place": (
        "(page_l is null or page_r is null) and (volume_l is null or volume_r is null)",
        [
            ("same volume and page", "page_l = page_r and volume_l = volume_r", 3.7),
            ("same page, no volume", "page_l = page_r and (volume_l is null or volume_r is null)", 0.5),
            ("same page, other volume", "page_l = page_r", -1.1),
            (
                "same volume, no page",
                "volume_l = volume_r and (page_l is null or page_r is null) and coalesce(number_l = number_r, true)",
                0.6,
            ),
            ("same volume, other issue or page", "volume_l = volume_r", -1.2),
            ("other volume, no page", "page_l is null or page_r is null", -0.9),
            ("different", "ELSE", -4.1),
        ],
    ),
    "doi": (
        "doi_l is null or doi_r is null",
        [("equal", "doi_l = doi_r", 6.0), ("different", "ELSE", -3.6)],
    ),
    "abstract": (
        "abstract_l is null or abstract_r is null",
        [
            (
                "equal or nearly",
                "levenshtein(abstract_l, abstract_r) <= 0.3 * greatest(length(abstract_l), length(abstract_r))",
                0.5,
            ),
            ("different", "ELSE", -0.3),
        ],
    ),
}
#: The evidence against any pair before its fields are looked at, in bits.
PRIOR = -5.8

#: Only pairs that agree in one of these are compared at all.
BLOCKS = [
    "l.doi = r.doi",
    "l.title_start = r.title_start",
    "l.title_end = r.title_end",
    "l.abstract = r.abstract",
    "l.first_author = r.first_author and l.page = r.page",
    "l.first_author = r.first_author and l.initials = r.initials and l.volume = r.volume",
    "l.first_author = r.first_author and l.year = r.year and l.title_key is null",
    "l.initials = r.initials and l.volume = r.volume and l.page = r.page",
    "l.year = r.year and l.volume = r.volume and l.page = r.page",
]


def pairs(records: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of records that are or may be the same work, best first.

    Parameters
    ----------
    records : columns as :data:`systematic_review.records.COLUMNS`.

    Returns
    -------
    Columns ``record_a``, ``record_b`` (identifiers), ``score`` (evidence in
    bits), ``same`` (whether that suffices), and for each comparison the level
    of likeness found, empty where a field is missing. The same records give
    the same rows in whatever order they come.
    """
    names = list(COMPARISONS)
    columns = ["record_a", "record_b", "score", "same", *names]
    if len(records) < 2:
        return pd.DataFrame(columns=columns)
    found = _predict(keys(records.sort_values("id")), DOUBTFUL)
    levels = {
        name: {-1: ""} | {len(levels) - 1 - place: level[0] for place, level in enumerate(levels)}
        for name, (_, levels) in COMPARISONS.items()
    }
    scored = pd.DataFrame(
        {
            "record_a": found["id_l"].astype("str"),
            "record_b": found["id_r"].astype("str"),
            "score": found["match_weight"].round(2),
            **{name: found[f"gamma_{name}"].map(levels[name]).astype("str") for name in names},
        }
    )
    scored["same"] = scored["score"] >= SAME
    ordered = scored.sort_values(["score", "record_a", "record_b"], ascending=[False, True, True], ignore_index=True)
    return ordered[columns]


def read_decisions(path: Path, records: pd.DataFrame) -> pd.DataFrame:
    """Return what people decided of pairs, from a CSV file; no rows where there is no file.

    Raises
    ------
    ReviewError : a record that is not there, or a decision other than ``same`` and ``different``.
    """
    if not path.exists():
        return pd.DataFrame(columns=DECISIONS, dtype="str")
    known = set(records["id"])
    decisions = []
    for row, cells in tables.rows(path, DECISIONS):
        decision = {column: cells[column].strip() for column in DECISIONS}
        decision["decision"] = decision["decision"].casefold()
        for column in DECISIONS[:2]:
            if decision[column] not in known:
                raise ReviewError(
                    f"{path}, row {row}, column {column}: found {decision[column]!r}, expected a record's id"
                )
        if decision["decision"] not in {"same", "different"}:
            raise ReviewError(
                f"{path}, row {row}, column decision: found {decision['decision']!r}, expected same or different"
            )
        decisions.append(decision)
    return pd.DataFrame(decisions, columns=DECISIONS, dtype="str")


def groups(records: pd.DataFrame, scored: pd.DataFrame, decisions: pd.DataFrame | None = None) -> pd.Series[str]:
    """Return for each record the work that it belongs to, named by the work's first record.

    Pairs are joined from the best down, what people decided first, and never
    so that two records that a person held apart end up together through a third.

    Parameters
    ----------
    scored : what :func:`pairs` returns.
    decisions : columns :data:`DECISIONS`; they override the scores.

    Returns
    -------
    Series of works' names by record, in the order of ``records``.

    Raises
    ------
    ReviewError : decisions that contradict each other.
    """
    order = {record: place for place, record in enumerate(records["id"])}
    member = {record: record for record in order}
    held = {record: {record} for record in order}
    apart: dict[str, set[str]] = {}
    told = decisions if decisions is not None else pd.DataFrame(columns=DECISIONS)
    for a, b in told.loc[told["decision"] == "different", DECISIONS[:2]].itertuples(index=False):
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)

    def join(a: str, b: str) -> bool:
        first, second = sorted((member[a], member[b]), key=order.__getitem__)
        if first == second:
            return True
        if any(apart.get(record, set()) & held[second] for record in held[first] & apart.keys()):
            return False
        for record in held[second]:
            member[record] = first
        held[first] |= held.pop(second)
        return True

    for a, b in told.loc[told["decision"] == "same", DECISIONS[:2]].itertuples(index=False):
        if not join(a, b):
            raise ReviewError(
                f"decisions on duplicates: found {a} and {b} both same and different, expected one of them"
            )
    for a, b in scored.loc[scored["same"], DECISIONS[:2]].itertuples(index=False):
        join(a, b)
    return pd.Series([member[record] for record in records["id"]], index=records["id"], name="work", dtype="str")


def merge(records: pd.DataFrame, works: pd.Series[str]) -> pd.DataFrame:
    """Return one row a work, with what any of its records knows.

    Parameters
    ----------
    works : what :func:`groups` returns.

    Returns
    -------
    The columns of ``records`` without ``file``, ``position`` and ``raw``; the
    identifier is that of the work's first record, a field is the first that is
    filled, the abstract the longest. Added are ``sources`` (all sources, ``"; "``
    between them) and ``records`` (the identifiers of all its records).
    """
    kept = [column for column in tables.COLUMNS if column not in {"file", "position", "raw", "source"}]
    grouped = records.assign(work=works.to_numpy(), length=-records["abstract"].str.len())
    filled = grouped.mask(grouped == "").groupby("work", sort=False)
    merged = filled[kept].first()
    longest = grouped.sort_values("length", kind="stable").groupby("work")["abstract"].first()
    merged["abstract"] = longest.reindex(merged.index)
    texts = [column for column in kept if column != "year"]
    merged[texts] = merged[texts].fillna("").astype("str")
    merged["year"] = merged["year"].astype("Int64")
    merged["id"] = merged.index
    together = grouped.groupby("work", sort=False)
    merged["sources"] = together["source"].agg(lambda column: "; ".join(sorted(set(column)))).astype("str")
    merged["records"] = together["id"].agg("; ".join).astype("str")
    return merged.reset_index(drop=True)


def quality(works: pd.Series[str], labelled: Iterable[Iterable[str]]) -> dict[str, float]:
    """Return how well records were grouped, compared with a labelled set, over pairs of records.

    Parameters
    ----------
    works : what :func:`groups` returns.
    labelled : the records of each work that has several.

    Returns
    -------
    ``true``, ``false`` and ``missed`` pairs, ``precision``, ``recall`` and ``f1``.
    """
    expected = {pair for group in labelled for pair in combinations(sorted(set(group)), 2)}
    members: dict[str, list[str]] = {}
    for record, work in works.items():
        members.setdefault(work, []).append(str(record))
    found = {pair for group in members.values() for pair in combinations(sorted(group), 2)}
    true, false, missed = len(found & expected), len(found - expected), len(expected - found)
    precision = true / (true + false) if found else 1.0
    recall = true / (true + missed) if expected else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"true": true, "false": false, "missed": missed, "precision": precision, "recall": recall, "f1": f1}


def linkage() -> SettingsCreator:
    """Return the linkage as Splink's settings, for a ``Linker`` of any of its engines.

    Conditions are told to Splink as DuckDB's SQL, which it translates: given a
    table of :func:`keys` and a ``SparkAPI``, the same linkage runs on Spark.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries have to say to their own developers
        from splink import SettingsCreator
        from splink.blocking_rule_library import CustomRule
        from splink.comparison_level_library import CustomLevel, ElseLevel
        from splink.comparison_library import CustomComparison

    def comparison(name: str, unknown: str, levels: list[tuple[str, str, float]]) -> CustomComparison:
        described: list[Any] = [CustomLevel(unknown, "unknown", "duckdb").configure(is_null_level=True)]
        for label, condition, bits in levels:
            level = ElseLevel() if condition == "ELSE" else CustomLevel(condition, label, "duckdb")
            # The odds of these two are 2 to the bits, which is all that counts.
            share = 2**bits / (1 + 2**bits)
            described.append(level.configure(m_probability=share, u_probability=1 - share))
        return CustomComparison(described, output_column_name=name)

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[comparison(name, *described) for name, described in COMPARISONS.items()],
        blocking_rules_to_generate_predictions=[CustomRule(block, "duckdb") for block in BLOCKS],
        probability_two_random_records_match=2**PRIOR / (1 + 2**PRIOR),
        retain_matching_columns=True,  # with them the levels that were found
    )


def _predict(compared: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return Splink's scores of all pairs in the blocks, from ``threshold`` bits on."""
    import duckdb

    settings = linkage()
    from splink import DuckDBAPI, Linker

    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")  # more than that is kept on disk
        # Types are said, since a column in which nothing is known would have none.
        typed = ", ".join(f"{column}::{_TYPES.get(str(column), 'varchar')} as {column}" for column in compared)
        connection.register("untyped", compared)
        connection.execute(f"create table keys as select {typed} from untyped")
        linker = Linker("keys", settings, db_api=DuckDBAPI(connection=connection), set_up_basic_logging=False)
        table = linker.inference.predict(threshold_match_weight=threshold).physical_name
        levels = ", ".join(f"gamma_{name}" for name in COMPARISONS)
        found: pd.DataFrame = connection.sql(f"select id_l, id_r, match_weight, {levels} from {table}").df()
    return found


def keys(records: pd.DataFrame) -> pd.DataFrame:
    """Return what is compared of each record, one row a record; what is not known is missing."""
    rows = [_key(row) for row in records.to_dict("records")]
    compared = pd.DataFrame(rows)
    texts = [str(column) for column in compared if column not in _TYPES]
    compared[texts] = compared[texts].astype(object).where(compared[texts] != "", None)
    compared["marks"] = compared["marks"].fillna("")  # no marks are known to be none
    return compared.assign(year=records["year"].astype("float").to_numpy())


def _key(row: dict[Any, Any]) -> dict[str, object]:
    title = plain(re.sub(r"(\s*\[[^\]]{0,20}\]\.?)+$", "", row["title"].strip()))  # "[in Indonesian]"
    key = title.replace(" ", "")
    words = sorted(set(title.split()))
    generic = len(key) < 15 or (len(title) < 80 and bool(_GENERIC.search(title)))
    families = [plain(person.split(",")[0]).replace(" ", "") for person in row["authors"].split(";")]
    families = [family for family in families if family]
    journal = [word for word in plain(row["journal"].split(" = ")[0]).split() if not _STOP.fullmatch(word)]
    return {
        "id": row["id"],
        "title_key": key,
        "title_start": "" if generic else key[:20],
        "title_end": "" if generic else key[-20:],
        "generic": generic,
        "words": words,
        "marks": " ".join(word for word in words if _MARK.fullmatch(word)),
        "families": sorted(set(families)),
        "first_author": families[0] if families else "",
        "journal": " ".join(journal),
        "journal_words": sorted(set(journal)),
        "initials": "".join(word[0] for word in journal),
        "volume": _number(row["volume"]),
        "number": _number(row["number"]),
        "page": _number(row["pages"]),
        "doi": row["doi"],
        "abstract": plain(row["abstract"][:400])[:200],
    }


def _number(text: str) -> str:
    found = re.search(r"\d+", text)
    return found[0].lstrip("0") if found else ""
