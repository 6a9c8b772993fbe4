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
real records that the authors of bib-dedupe assembled. No record of those sets
is part of this project. Some were set by hand, since those sets have too few
such pairs, or since people should decide: those of DOIs, registration numbers and abstracts; of
generic titles ("Editorial"); of titles alike but for a word ("... di Kota
Bandung", "... di Kota Malang"); of parts, errata and replies; of names in
another order; and of equal pages where a volume is missing.

What it finds there, in pairs of records (right, wrong, missed), each set
measured with weights fitted on the four others, beside bib-dedupe 0.11 as it
comes on the same records:

==================  =======  ================  ================
set                 records  here              bib-dedupe 0.11
==================  =======  ================  ================
stroke                1,292     477,  0,   2      477,  0,   2
haematology           1,415     136,  1,  27      135,  2,  28
cytology screening    1,856     906,  0,   3      895,  0,  14
respiratory           1,988     495,  0,  14      471,  0,  38
digital work          7,159     567,  0,   3      569,  0,   1
all                  13,710   2,581,  1,  49    2,547,  2,  83
precision                     1.000             0.999
recall                        0.981             0.968
==================  =======  ================  ================

What is compared, what was set by hand, and how sure a pair must be, were chosen
with all five sets in view, so that only the fitted bits are left out, not those
choices. bib-dedupe, which was made with these sets at hand, is ahead in recall
on digital work (0.995 against 0.998), where what is missed are an erratum, an
editorial, and one article printed in two years.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from systematic_review import records as tables
from systematic_review.errors import ReviewError
from systematic_review.formats.normalize import find_registration, is_corporate
from systematic_review.records import normalize_text

if TYPE_CHECKING:
    from splink import SettingsCreator

#: From how many bits of evidence on two records are one work; the prior holds one
#: bit more against a pair than was fitted, since a wrong merge hides a work.
SAME = 0.0
#: From how many bits on a pair is listed for people to look at; between two sums of
#: the evidence, so that no engine's rounding decides.
DOUBTFUL = -3.05

#: What pairs are called that people are to decide on: a preprint beside an article, and a
#: record without a title beside one that no identifier names too, since one group's
#: meeting abstracts on one page differ in nothing else.
PREPRINT, UNTITLED = "preprint and article", "record without a title"
#: A thesis or an abstract of a conference beside an article in another place: reports of one study, not one work.
THESIS, CONFERENCE = "thesis and article", "conference abstract and article"
_PARTS = 10  # in how many parts many records are compared, so that it can be told how far it is
_MANY = 10_000

#: What people decided of pairs: two records, and ``same`` or ``different``.
DECISIONS = ["record_a", "record_b", "decision"]

_NAMING = ["doi", "pmid", "accession", "title", "authors", "year", "journal", "volume", "pages", "abstract", "url"]
# Titles of this kind head many works: they are no sign that two are the same.
_GENERIC = re.compile(
    r"\b(editor\w*|foreword|preface|book reviews?|in this issue|special (?:issue|section)|guest editors?|contents|index"
    r"|obituary|acknowledge?ments?|kata pengantar|daftar isi|(?:dari|pengantar|catatan) redaksi|prakata"
    r"|(?:resensi|ulasan|tinjauan) buku|indeks)\b"
)
# Works that differ in one of these words, or in a number, are not the same, however alike their titles.
_MARK = re.compile(
    r"\d+|ii|iii|iv|v|vi|vii|viii|ix|one|two|three|four|first|second|third|fourth"
    r"|reply|replies|comments?|commentary|response|rejoinder|protocol|addendum"
    r"|errat(?:um|a|en)|corrections?|corrigend(?:um|a)|retracted|retraction|withdrawn|withdrawal"
    # The same in Indonesian, Malay, Spanish, Portuguese, French and German, without their accents.
    r"|ralat|koreksi|pembetulan|pencabutan|tanggapan|balasan|komentar|ulasan|bagian|bahagian|jilid|pertama|kedua|ketiga"
    r"|correccion|retractacion|respuesta|comentarios?|replica|correcao|retratacao|resposta|parte|primera|segunda|tercera"
    r"|reponse|commentaire|rectificatif|retractation|partie|berichtigung|erwiderung|kommentar|teil"
)
_ISSUES = 60  # no volume has more; a greater number counts through all volumes, or rows of a table
# What databases add to a title in brackets: its language, the number of references, what appeared on it.
_NOTE = re.compile(
    r"\s*\[(?:[^\]]{0,20}|(?:errat|correct|corrig|retract|comment|republish|see comment|original|summary)[^\]]*)\]\.?$",
    re.IGNORECASE,
)
_PREPRINT = re.compile(
    r"\b(?:arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|socarxiv|edarxiv|techrxiv|ssrn|research square|preprints?|osf"
    r"|authorea|zenodo|working papers?)\b"
)
_PREPRINT_DOI = re.compile(r"10\.(?:48550|1101|2139|21203|20944|31234|31219|31235|35542|26434|36227|22541|5281)/")
_CONFERENCE = re.compile(r"\b(?:conference|meeting|congress|symposium) abstracts?\b|\babstracts? of\b|\bposter\b")
_THESIS = re.compile(r"\b(?:thesis|theses|dissertations?|tesis|disertasi|skripsi)\b")
# A sign of these scripts says as much as two or three letters, and no blanks part their words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOP = re.compile(
    r"the|of|and|in|for|on|an?|to|de|la|et|dan|di|j|journal|jurnal|official|international|int"
    r"|proceedings?|proc|conference|conf|annual|symposium|workshop"
)

_SHORTER = "least(title_length_l, title_length_r)"
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
# Words of one's names among all names of the other: given and family name may have changed places.
_SWAPPED = " or ".join(
    f"(array_length(array_intersect(families_{one}, names_{other})) >= 2"
    f" and array_length(array_intersect(families_{one}, names_{other})) = array_length(families_{one}))"
    for one, other in (("l", "r"), ("r", "l"))
)
# A preprint differs from its article in all that the journal gives it; so do a thesis and an abstract elsewhere.
_ELSEWHERE = (
    "coalesce(initials_l, '') != coalesce(initials_r, '') and coalesce(journal_l, '') != coalesce(journal_r, '')"
)
_TWO_FORMS = f"(form_l != form_r and (form_l = 'preprint' or form_r = 'preprint' or ({_ELSEWHERE})))"
# Journals with an issue a month begin each at page 1.
_SAME_PAGES = "pages_l = pages_r and coalesce(number_l = number_r, true)"

# What is compared is text, but for these.
_TYPES = {
    "words": "varchar[]",
    "families": "varchar[]",
    "names": "varchar[]",
    "journal_words": "varchar[]",
    "generic": "boolean",
    "title_length": "double",
    "year": "double",
}

#: Each field that is compared: when nothing is known of it, and its levels of
#: likeness from the highest down, each with its name, its condition in SQL and
#: the evidence that it is, in bits; the last level is whatever else is found.
COMPARISONS: dict[str, tuple[str, list[tuple[str, str, float]]]] = {
    "title": (
        "title_key_l is null or title_key_r is null",
        [
            ("equal", "title_key_l = title_key_r and not generic_l", 3.3),
            ("nearly equal", f"{_NEARLY} and {_NO_OTHER_WORD}", 0.7),
            (
                "contained",
                f"{_WITHIN.format('title_key')} and {_SHORTER} >= 15 and {_COMPARABLE}",
                0.5,
            ),
            (
                "another part or kind",
                f"marks_l != marks_r and {_COMMON} >= 0.6 * {_FEWER} and not generic_l and not generic_r",
                -2.0,
            ),
            ("alike but for a word", f"{_NEARLY} or ({_ONE_APART} and not {_NO_OTHER_WORD})", -2.6),
            ("equal but generic", "title_key_l = title_key_r", -4.8),
            ("most words", f"{_COMMON} >= 0.7 * greatest(array_length(words_l), array_length(words_r))", -1.1),
            ("most words of the shorter", f"{_COMMON} >= 0.8 * {_FEWER} and {_FEWER} >= 4", -0.4),
            ("some words", f"{_COMMON} >= 0.5 * {_FEWER}", -2.5),
            ("different", "ELSE", -3.8),
        ],
    ),
    "authors": (
        "first_author_l is null or first_author_r is null",
        [
            ("equal", "families_l = families_r", 1.9),
            ("same first, most others", f"first_author_l = first_author_r and {_SAME_PEOPLE.format(0.8)}", 0.8),
            (
                "many in common",
                f"{_SAME_PEOPLE.format(0.5)}"
                " or levenshtein(first_author_l, first_author_r)"
                " <= 0.2 * least(length(first_author_l), length(first_author_r))"
                f" or {_WITHIN.format('first_author')}",
                0.4,
            ),
            ("names in another order", _SWAPPED, 0.5),
            ("some in common", f"{_COMMON_PEOPLE} > 0", -1.0),
            ("different", "ELSE", -2.1),
        ],
    ),
    "journal": (
        f"journal_l is null or journal_r is null or {_TWO_FORMS}",
        [
            (
                "equal or abbreviated",
                "journal_l = journal_r or initials_l = initials_r"
                " or levenshtein(journal_l, journal_r) <= 0.2 * greatest(length(journal_l), length(journal_r))",
                1.0,
            ),
            (
                "part of the other or its letters",
                "starts_with(initials_l, initials_r) or starts_with(initials_r, initials_l)"
                " or array_contains(journal_words_l, acronym_r) or array_contains(journal_words_r, acronym_l)",
                1.0,
            ),
            ("words in common", "array_length(array_intersect(journal_words_l, journal_words_r)) > 0", -0.8),
            ("different", "ELSE", -2.1),
        ],
    ),
    "year": (
        f"year_l is null or year_r is null or {_TWO_FORMS}",
        [
            ("equal", "year_l = year_r", 2.1),
            ("one apart", "abs(year_l - year_r) = 1", -0.6),
            ("different", "ELSE", -1.5),
        ],
    ),
    "place": (
        f"(page_l is null or page_r is null) and (volume_l is null or volume_r is null) or {_TWO_FORMS}",
        [
            ("same volume and pages", f"{_SAME_PAGES} and volume_l = volume_r", 3.9),
            ("same pages, no volume", f"{_SAME_PAGES} and (volume_l is null or volume_r is null)", 3.0),
            ("same pages, other volume", _SAME_PAGES, -0.1),
            ("same volume and page", "page_l = page_r and volume_l = volume_r", 0.5),
            ("same page, no volume", "page_l = page_r and (volume_l is null or volume_r is null)", -0.0),
            ("same page, other volume", "page_l = page_r", -0.4),
            (
                "same volume, no page",
                "volume_l = volume_r and (page_l is null or page_r is null) and coalesce(number_l = number_r, true)",
                0.4,
            ),
            ("same volume, other issue or page", "volume_l = volume_r", -0.9),
            ("other volume, no page", "page_l is null or page_r is null", -1.0),
            ("different", "ELSE", -3.6),
        ],
    ),
    "doi": (  # or the number in PubMed, which names a work as surely
        f"((doi_l is null or doi_r is null) and (pmid_l is null or pmid_r is null)) or {_TWO_FORMS}",
        [
            ("equal", "coalesce(doi_l = doi_r, false) or coalesce(pmid_l = pmid_r, false)", 6.0),
            ("different", "ELSE", -3.6),
        ],
    ),
    "registration": (
        "registration_l is null or registration_r is null",
        # Sister trials share their titles, sponsors and years; nothing makes up for another number.
        [("equal", "registration_l = registration_r", 6.0), ("different", "ELSE", -20.0)],
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
PRIOR = -4.3

#: The fields in all of which records agree that are compared at all, one block a line.
BLOCKED_BY = [
    ("doi",),
    ("pmid",),
    ("registration",),
    ("title_start",),
    ("title_end",),
    ("abstract",),
    ("first_author", "page"),
    ("first_author", "initials", "volume"),
    ("first_author", "year", "untitled"),
    ("initials", "volume", "page"),
    ("year", "volume", "page"),
]
#: How many records a block may hold; a larger one is parted by first author and
#: year, and what is still larger then is not compared in it.
LARGEST_BLOCK = 60
#: The same in SQL: each block has a key of its own.
BLOCKS = [f"l.block_{place} = r.block_{place}" for place in range(len(BLOCKED_BY))]


def find_pairs(
    records: pd.DataFrame, advance: Callable[[int], None] = lambda share: None, spark: str = ""
) -> pd.DataFrame:
    """Return the pairs of records that are or may be the same work, best first.

    Parameters
    ----------
    records : columns as :data:`systematic_review.records.COLUMNS`.
    advance : told how much is done, in percent, where records are many.
    spark : the master of a Spark cluster (``spark://host:7077``, ``local[2]``) to
        compute on in place of DuckDB, for more records than one machine holds;
        needs the package ``pyspark`` and Java.

    Returns
    -------
    Columns ``record_a``, ``record_b`` (identifiers), ``score`` (evidence in
    bits), ``same`` (whether that suffices), ``kind`` (:data:`PREPRINT`,
    :data:`THESIS`, :data:`CONFERENCE` or :data:`UNTITLED` where people say whether
    they are one work, whatever the score), and for each comparison the level of likeness found,
    empty where a field is missing. The same records give the same rows in
    whatever order they come.

    Examples
    --------
    >>> found = tables.typed_table([
    ...     {"id": "sage-1", "title": "On Kerbs and Cities", "authors": "Sari, A", "year": 2019, "doi": "10.5555/x"},
    ...     {"id": "scopus-1", "title": "On kerbs and cities", "authors": "Sari", "year": 2019, "doi": "10.5555/x"},
    ...     {"id": "scopus-2", "title": "Of Bridges", "authors": "Tono, B", "year": 2021},
    ... ])
    >>> find_pairs(found)[["record_a", "record_b", "same"]].to_numpy().tolist()
    [['sage-1', 'scopus-1', True]]
    """
    names = list(COMPARISONS)
    columns = ["record_a", "record_b", "score", "same", "kind", *names]
    if len(records) < 2:
        return pd.DataFrame(columns=columns)
    compared = comparison_columns(records.sort_values("id"))
    found = _predict_on_spark(compared, DOUBTFUL, spark) if spark else _predict(compared, DOUBTFUL, advance)
    levels = {
        name: {-1: ""} | {len(levels) - 1 - place: level[0] for place, level in enumerate(levels)}
        for name, (_, levels) in COMPARISONS.items()
    }
    known = compared.set_index("id")[["title_key", "doi", "pmid", "form", "initials", "journal"]]
    one, other = (known.loc[found[side]].reset_index() for side in ("id_l", "id_r"))
    named = (one[["doi", "pmid"]] == other[["doi", "pmid"]]).any(axis=1)  # what is missing equals nothing
    untitled = (one["title_key"].isna() | other["title_key"].isna()) & ~named
    forms = one["form"] != other["form"]
    preprint = forms & ((one["form"] == "preprint") | (other["form"] == "preprint"))
    elsewhere = (one[["initials", "journal"]].fillna("") != other[["initials", "journal"]].fillna("")).all(axis=1)
    apart = forms & elsewhere & ~named & ~preprint
    thesis = apart & ((one["form"] == "thesis") | (other["form"] == "thesis"))
    scored = pd.DataFrame(
        {
            "record_a": found["id_l"].astype("str"),
            "record_b": found["id_r"].astype("str"),
            "score": found["match_weight"].round(2),
            "kind": np.select([preprint, thesis, apart, untitled], [PREPRINT, THESIS, CONFERENCE, UNTITLED], ""),
            **{name: found[f"gamma_{name}"].map(levels[name]).astype("str") for name in names},
        }
    )
    scored["same"] = (scored["score"] >= SAME) & (scored["kind"] == "")
    ordered = scored.sort_values(["score", "record_a", "record_b"], ascending=[False, True, True], ignore_index=True)
    return ordered[columns]


def read_decisions(path: Path, records: pd.DataFrame, orphans: list[dict[str, object]] | None = None) -> pd.DataFrame:
    r"""Return what people decided of pairs, from a CSV file; no rows where there is no file.

    Parameters
    ----------
    orphans : joined by the decisions on records that are no longer there.

    Raises
    ------
    ReviewError : a decision other than ``same`` and ``different``, one line each.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "duplicates.csv"
    ...     _ = path.write_text("record_a,record_b,decision\na,b,Different\n")
    ...     read_decisions(path, tables.typed_table([{"id": "a"}, {"id": "b"}])).to_numpy().tolist()
    [['a', 'b', 'different']]
    """
    if not path.exists():
        return pd.DataFrame(columns=DECISIONS, dtype="str")
    known = set(records["id"])
    named: dict[str, set[str]] = {}
    found = tables.read_numbered_rows(path, DECISIONS)
    if any(cells[column].strip() not in known for _, cells in found for column in DECISIONS[:2]):
        for record in records.to_dict("records"):
            for name in tables.work_fingerprints({str(column): value for column, value in record.items()}):
                named.setdefault(name, set()).add(record["id"])
    decisions: list[dict[str, str]] = []
    faults: list[str] = []
    for row, cells in found:
        decision = {column: cells[column].strip() for column in DECISIONS}
        decision["decision"] = decision["decision"].casefold()
        if decision["decision"] not in {"same", "different"}:
            faults.append(
                f"{path}, row {row}, column decision: found {decision['decision']!r}, expected same or different"
            )
            continue
        lost = ""
        for column in DECISIONS[:2]:
            told_of = decision[column]
            if told_of not in known:
                digest = re.search(r"-([0-9a-f]{10})(?:-\d+)?$", told_of)
                others = named.get(digest[1], set()) if digest else set()
                lost, decision[column] = (lost, next(iter(others))) if len(others) == 1 else (told_of, told_of)
        if lost:
            told = {"file": path.name, "row": row, "record": lost, "reviewer": "", "reason": ""}
            why = "no such record is there"
            (orphans if orphans is not None else []).append(told | {"decision": decision["decision"], "why": why})
        else:
            decisions.append(decision)
    if faults:
        raise ReviewError("\n".join(faults))
    return pd.DataFrame(decisions, columns=DECISIONS, dtype="str")


def group_records(records: pd.DataFrame, scored: pd.DataFrame, decisions: pd.DataFrame | None = None) -> pd.Series[str]:
    """Return for each record the work that it belongs to, named by the work's first record.

    Pairs are joined from the best down, what people decided first, and never
    so that two records that a person held apart, or two registrations with
    different numbers, end up together through a third.

    Parameters
    ----------
    scored : what :func:`find_pairs` returns.
    decisions : columns :data:`DECISIONS`; they override the scores.

    Returns
    -------
    Series of works' names by record, in the order of ``records``.

    Raises
    ------
    ReviewError : decisions that contradict each other.

    Examples
    --------
    >>> found = tables.typed_table([{"id": "a"}, {"id": "b"}, {"id": "c"}])
    >>> scored = pd.DataFrame({"record_a": ["a"], "record_b": ["b"], "score": [20.0], "same": [True]})
    >>> group_records(found, scored).to_dict()
    {'a': 'a', 'b': 'a', 'c': 'c'}
    """
    order = {record: place for place, record in enumerate(records["id"])}
    member = {record: record for record in order}
    held = {record: {record} for record in order}
    apart: dict[str, set[str]] = {}
    numbers = {record: {number} if number else set() for record, number in _registrations(records).items()}
    told = decisions if decisions is not None else pd.DataFrame(columns=DECISIONS)
    for a, b in told.loc[told["decision"] == "different", DECISIONS[:2]].itertuples(index=False):
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)

    def join(a: str, b: str, *, decided: bool = False) -> bool:
        first, second = sorted((member[a], member[b]), key=order.__getitem__)
        if first == second:
            return True
        if not decided and numbers[first] and numbers[second] and numbers[first] != numbers[second]:
            return False
        if any(apart.get(record, set()) & held[second] for record in held[first] & apart.keys()):
            return False
        for record in held[second]:
            member[record] = first
        held[first] |= held.pop(second)
        numbers[first] = numbers[first] | numbers[second]
        return True

    for a, b in told.loc[told["decision"] == "same", DECISIONS[:2]].itertuples(index=False):
        if not join(a, b, decided=True):
            raise ReviewError(
                f"decisions on duplicates: found {a} and {b} both same and different, expected one of them"
            )
    for a, b in scored.loc[scored["same"], DECISIONS[:2]].itertuples(index=False):
        join(a, b)
    return pd.Series([member[record] for record in records["id"]], index=records["id"], name="work", dtype="str")


def merge_records(records: pd.DataFrame, works: pd.Series[str]) -> pd.DataFrame:
    """Return one row a work, with what any of its records knows.

    Parameters
    ----------
    works : what :func:`group_records` returns.

    Returns
    -------
    The columns of ``records`` without ``file``, ``position`` and ``raw``; the
    identifier is that of the work's first record, a field is the first that is
    filled, the abstract the longest. Added are ``sources`` (all sources, ``"; "``
    between them), ``records`` (the identifiers of all its records) and ``names``
    (what names any of them, :func:`systematic_review.records.work_fingerprints`).

    Examples
    --------
    >>> found = tables.typed_table([
    ...     {"id": "sage-1", "source": "sage", "title": "On Kerbs"},
    ...     {"id": "scopus-1", "source": "scopus", "title": "On kerbs", "doi": "10.5555/x"},
    ... ])
    >>> works = pd.Series({"sage-1": "sage-1", "scopus-1": "sage-1"})
    >>> merge_records(found, works)[["title", "doi", "sources", "records"]].to_numpy().tolist()
    [['On Kerbs', '10.5555/x', 'sage; scopus', 'sage-1; scopus-1']]
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
    named = [
        tables.work_fingerprints(dict(zip(_NAMING, row, strict=True)))
        for row in records[_NAMING].itertuples(index=False)
    ]
    names = pd.Series(named, index=grouped.index).groupby(grouped["work"], sort=False)
    merged["names"] = names.agg(lambda column: "; ".join(dict.fromkeys(name for row in column for name in row)))
    merged["names"] = merged["names"].astype("str")
    return merged.reset_index(drop=True)


def measure_quality(works: pd.Series[str], labelled: Iterable[Iterable[str]]) -> dict[str, float]:
    """Return how well records were grouped, compared with a labelled set, over pairs of records.

    Parameters
    ----------
    works : what :func:`group_records` returns.
    labelled : the records of each work that has several.

    Returns
    -------
    ``true``, ``false`` and ``missed`` pairs, ``precision``, ``recall`` and ``f1``.

    Examples
    --------
    >>> found = pd.Series({"a": "a", "b": "a", "c": "c", "d": "c"})
    >>> measure_quality(found, [["a", "b"], ["d", "e"]])["precision"]
    0.5
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


def linkage_settings(part: int | None = None) -> SettingsCreator:
    """Return the linkage as Splink's settings, for a ``Linker`` of any of its engines.

    Conditions are told to Splink as DuckDB's SQL, which it translates: given a
    table of :func:`comparison_columns` and a ``SparkAPI``, the same linkage runs on Spark.
    ``part`` takes only the pairs whose first record is in this part of the table.

    Examples
    --------
    >>> len(linkage_settings().comparisons) == len(COMPARISONS)
    True
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
        blocking_rules_to_generate_predictions=[
            CustomRule(block if part is None else f"{block} and l.part = '{part}'", "duckdb") for block in BLOCKS
        ],
        probability_two_random_records_match=2**PRIOR / (1 + 2**PRIOR),
        retain_matching_columns=True,  # with them the levels that were found
    )


def _predict(
    compared: pd.DataFrame, threshold: float, advance: Callable[[int], None] = lambda share: None
) -> pd.DataFrame:
    """Return Splink's scores of all pairs in the blocks, from ``threshold`` bits on."""
    import duckdb

    parts: list[int | None] = [None] if len(compared) < _MANY else list(range(_PARTS))
    compared = compared.assign(part=[str(place % _PARTS) for place in range(len(compared))])
    settings = [linkage_settings(part) for part in parts]
    from splink import DuckDBAPI, Linker

    levels = ", ".join(f"gamma_{name}" for name in COMPARISONS)
    found: list[pd.DataFrame] = []
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")  # more than that is kept on disk
        # Types are said, since a column in which nothing is known would have none.
        typed = ", ".join(f"{column}::{_TYPES.get(str(column), 'varchar')} as {column}" for column in compared)
        connection.register("untyped", compared)
        connection.execute(f"create table keys as select {typed} from untyped")
        for place, setting in enumerate(settings, start=1):
            linker = Linker("keys", setting, db_api=DuckDBAPI(connection=connection), set_up_basic_logging=False)
            table = linker.inference.predict(threshold_match_weight=threshold).physical_name
            found.append(connection.sql(f"select id_l, id_r, match_weight, {levels} from {table}").df())
            connection.execute(f"drop table {table}")
            advance(100 * place // len(settings))
    return pd.concat(found, ignore_index=True)


def _predict_on_spark(compared: pd.DataFrame, threshold: float, master: str) -> pd.DataFrame:
    """Return what :func:`_predict` returns, computed by the same settings on Spark."""
    try:
        from pyspark.sql import SparkSession, types
    except ImportError:
        raise ReviewError(
            "Spark is asked for: found no pyspark, expected what the extra 'spark' brings (pip install pyspark)"
        ) from None
    settings = linkage_settings()
    from splink import Linker, SparkAPI

    kinds = {
        "varchar": types.StringType(),
        "varchar[]": types.ArrayType(types.StringType()),
        "boolean": types.BooleanType(),
        "double": types.DoubleType(),
    }
    columns = [str(column) for column in compared]
    schema = types.StructType([types.StructField(name, kinds[_TYPES.get(name, "varchar")]) for name in columns])
    known = compared.astype(object)
    known["year"] = known["year"].where(known["year"].notna(), None)
    rows = known.to_numpy().tolist()
    levels = [f"gamma_{name}" for name in COMPARISONS]
    session = (
        SparkSession.builder.master(master)
        .appName("systematic-review")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "16")
        .getOrCreate()
    )
    try:
        session.sparkContext.setLogLevel("ERROR")
        table = session.createDataFrame(rows, schema)
        engine: Any = SparkAPI
        api = engine(spark_session=session, break_lineage_method="persist", register_udfs_automatically=False)
        named: Any = table  # Splink takes a frame of its engine, which its types do not say
        linker = Linker(named, settings, db_api=api, set_up_basic_logging=False)
        found = linker.inference.predict(threshold_match_weight=threshold).as_spark_dataframe()
        kept = found.select("id_l", "id_r", "match_weight", *levels).collect()
    finally:
        session.stop()
    return pd.DataFrame([row.asDict() for row in kept], columns=["id_l", "id_r", "match_weight", *levels])


def comparison_columns(records: pd.DataFrame) -> pd.DataFrame:
    """Return what is compared of each record, one row a record; what is not known is missing.

    Examples
    --------
    >>> found = tables.typed_table([{"id": "a", "title": "On Kerbs: a Review", "authors": "Sari, A"}])
    >>> comparison_columns(found)["title_key"].tolist()
    ['onkerbsareview']
    """
    rows = [_comparison_row(row) for row in records.to_dict("records")]
    compared = pd.DataFrame(rows)
    texts = [str(column) for column in compared if column not in _TYPES]
    compared[texts] = compared[texts].astype(object).where(compared[texts] != "", None)
    for column in ("marks", "form"):  # no marks are known to be none
        compared[column] = compared[column].fillna("")
    compared = compared.assign(year=records["year"].astype("float").to_numpy())
    finer = compared["first_author"].fillna("").astype("str") + "|" + compared["year"].astype("str")
    for place, fields in enumerate(BLOCKED_BY):
        block = compared[fields[0]].astype("str")
        for field in fields[1:]:
            block = block + "|" + compared[field].astype("str")
        block = block.where(compared[list(fields)].notna().all(axis=1))
        # No value is so common that time would grow with the square of the records: placeholders, series.
        crowded = block.groupby(block).transform("size") > LARGEST_BLOCK
        block = block.where(~crowded, block + "|" + finer)
        block = block.where(block.groupby(block).transform("size") <= LARGEST_BLOCK)
        compared[f"block_{place}"] = block.astype(object).where(block.notna(), None)
    return compared.drop(columns="untitled")


def _comparison_row(row: dict[Any, Any]) -> dict[str, object]:
    title = row["title"].strip()
    while (bare := _NOTE.sub("", title)) and bare != title:
        title = bare
    title = normalize_text(title)
    key = title.replace(" ", "")
    words = sorted(set(_split_words(title)))
    length = len(key) + (0 if key.isascii() else 1.5 * len(_UNSPACED.findall(key)))
    generic = length < 15 or (len(title) < 80 and bool(_GENERIC.search(title)))
    people = [normalize_text(person.replace(",", " , ")) for person in row["authors"].split(";")]
    families = [_family_name(person) for person in row["authors"].split(";")]
    families = [family for family in families if family]
    name = normalize_text(row["journal"].split(" = ")[0])
    journal = [word for word in name.split() if not _STOP.fullmatch(word)]
    acronym = "".join(word[0] for word in name.split() if word not in {"of", "on", "and", "the", "in", "for"})
    first, last = _first_and_last_page(row["pages"])
    return {
        "id": row["id"],
        "title_key": key,
        "title_length": length,
        "title_start": "" if generic else key[:20],
        "title_end": "" if generic else key[-20:],
        "untitled": "" if key else "untitled",
        "generic": generic,
        "words": words,
        "marks": " ".join(word for word in words if _MARK.fullmatch(word)),
        "families": sorted(set(families)),
        "names": sorted({word for person in people for word in person.split() if len(word) > 1}),
        "first_author": families[0] if families else "",
        "journal": " ".join(journal),
        "journal_words": sorted(set(journal)),
        "initials": "".join(word[0] for word in journal),
        "acronym": acronym if len(acronym) > 2 else "",
        "volume": _parse_number(row["volume"]),
        "number": number if (number := _parse_number(row["number"])) and int(number) <= _ISSUES else "",
        "page": first,
        "pages": f"{first}-{last}" if last else "",
        "doi": row["doi"],
        "pmid": row.get("pmid", ""),
        "registration": _registration_number(row),
        "form": _form_of(row, bool(journal)),
        "abstract": normalize_text(row["abstract"][:400])[:200],
    }


def _split_words(title: str) -> list[str]:
    """Return the words of a title; where no blanks part them, its signs two by two."""
    words: list[str] = []
    for word in title.split():
        pairs = [word[place : place + 2] for place in range(len(word) - 1)]
        words += pairs if len(word) > 2 and _UNSPACED.search(word) else [word]
    return words


def _form_of(row: Mapping[Any, Any], printed: bool) -> str:
    """Return ``preprint``, ``thesis`` or ``abstract`` where a record says that it is one; ``printed`` in a journal."""
    said = normalize_text(f"{row['journal']} {row.get('type', '')}")
    if _PREPRINT.search(said) or (not printed and _PREPRINT_DOI.match(row["doi"])):
        return "preprint"
    if _THESIS.search(said):
        return "thesis"
    return "abstract" if _CONFERENCE.search(said) else ""


def _registration_number(row: Mapping[Any, Any]) -> str:
    """Return the number of a registration, which names itself where others name their authors and their journal."""
    return find_registration(*(str(row.get(name) or "") for name in ("accession", "authors", "journal", "url")))


def _registrations(records: pd.DataFrame) -> dict[str, str]:
    texts = [records[name].tolist() for name in ("accession", "authors", "journal", "url") if name in records]
    numbers = (find_registration(*map(str, cells)) for cells in zip(*texts, strict=True)) if texts else []
    return dict.fromkeys(records["id"], "") | dict(zip(records["id"], numbers, strict=False))


def _family_name(person: str) -> str:
    """Return the family name of a person: before the comma, or the last word; of a body all words."""
    name, comma, _ = person.strip().partition(",")
    words = normalize_text(name).split()
    return words[-1] if words and not comma and not is_corporate(person) else "".join(words)


def _first_and_last_page(text: str) -> tuple[str, str]:
    """Return the first and the last page, the last in full; no last page where there is one alone."""
    found = re.match(r"\D*(\d+)\D*-\D*(\d+)", text)
    first = _parse_number(text)
    if not found:
        return first, ""
    start, end = found.groups()
    # "593-8" ends on page 598.
    end = start[: len(start) - len(end)] + end if len(end) < len(start) else end
    end = end.lstrip("0")
    return first, "" if end == first else end


def _parse_number(text: str) -> str:
    found = re.search(r"\d+", text)
    return found[0].lstrip("0") if found else ""
