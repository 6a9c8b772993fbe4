"""What the paper prints against what the data gives: a verdict for each claim, computed.

Each row of ``published_claims.csv`` names a check and what it looks at, as in
``cell internet_use/Malaysia/population``. The check recomputes the value from
the data; the verdict follows from comparing the two, from the paper's other
places that say the same thing (``same_as``) and from what other sources say
(``outside_facts.csv``). No verdict is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import ModuleType

import pandas as pd
from num2words import num2words

from smartcity_review import freshness, numbers
from smartcity_review.data import DataError, load
from smartcity_review.paths import EXPORTS

#: The verdicts, worst first; a claim gets the first that applies.
VERDICTS = ("differs", "contradicted", "differs_outside", "reproduced", "not_checkable")

#: Checks that look at what another place of the paper says in words.
_ELSEWHERE = {"mentions", "country_of"}
_NUMBER_WORDS = {num2words(number): str(number) for number in range(2, 21)}


@dataclass(frozen=True)
class Claim:
    """One row of ``published_claims.csv``, as far as a check needs it."""

    id: str
    section: str
    published: str


def verdicts(chapter: str | None = None) -> pd.DataFrame:
    """Return the claims with their verdicts.

    Parameters
    ----------
    chapter : the chapter whose sections make the claims; all of them by default.

    Returns
    -------
    The rows of ``published_claims.csv`` with three more columns:
    ``reproduced_value`` (what the check gives, empty without a check),
    ``verdict`` (one of :data:`VERDICTS`) and ``against`` (the claims or outside
    facts that say otherwise, ``;`` between them).

    Raises
    ------
    DataError : a check that does not exist, or that looks at nothing.
    """
    freshness.note("exports", EXPORTS.name)  # which, once there, speak to some of the claims
    claims = load("published_claims").fillna("")
    published = dict(zip(claims["claim"], claims["published_value"], strict=True))
    outside = _outside()
    contradictions = _contradictions(claims, published)
    chosen = claims
    if chapter:
        sections = load("sections")
        chosen = claims[claims["section"].isin(sections.loc[sections["chapter"] == chapter, "section"])]
    rows = []
    for row in chosen.to_dict("records"):
        claim = Claim(row["claim"], row["section"], row["published_value"])
        reproduced = _reproduce(claim, row["check"]) if row["check"] else ""
        others = contradictions.get(claim.id, [])
        facts = [fact for fact, value in outside.get(claim.id, []) if not _same(value, claim.published)]
        agreeing = len(outside.get(claim.id, [])) > len(facts)
        check = row["check"].partition(" ")[0]
        missed = bool(reproduced) and not _same(reproduced, claim.published)
        if missed and check not in _ELSEWHERE:
            verdict = "differs"
        elif missed or others:
            verdict = "contradicted"
        elif facts:
            verdict = "differs_outside"
        else:
            verdict = "reproduced" if reproduced or agreeing else "not_checkable"
        rows.append({**row, "reproduced_value": reproduced, "verdict": verdict, "against": ";".join(others + facts)})
    return pd.DataFrame(rows)


def totals(found: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the number of claims by verdict (columns) for each value of column ``by`` (rows), in order."""
    counted = found.groupby([by, "verdict"], sort=False).size().unstack(fill_value=0)
    return counted.reindex(columns=list(VERDICTS), fill_value=0).loc[list(dict.fromkeys(found[by]))]


def _reproduce(claim: Claim, check: str) -> str:
    name, _, argument = check.partition(" ")
    if name not in CHECKS:
        raise DataError(
            f"data/published_claims.csv, row {claim.id}, column check: found {name!r}, expected one of "
            f"{', '.join(CHECKS)}"
        )
    if name == "cell" and (recounted := _recount(argument)):
        return recounted
    return CHECKS[name](claim, argument)


@lru_cache
def _exports() -> ModuleType | None:
    """Return the module that reads the authors' exports of the review, if they are here: then they are what counts."""
    if not EXPORTS.is_dir() or {path.name for path in EXPORTS.iterdir()} <= {"README.md", "protocol.yml", "decisions"}:
        return None  # without importing what reads them
    from smartcity_review import corpus

    return corpus if corpus.load().published else None


def _recount(address: str) -> str:
    """Return the count that the exports give for a cell of the flow or of its sources; empty without exports."""
    table, _, rest = address.partition("/")
    exports = _exports() if table in {"prisma_flow", "record_sources"} else None
    return str(exports.recount().get(f"{table}/{rest.removesuffix('/records')}", 0)) if exports else ""


def _outside() -> dict[str, list[tuple[str, str]]]:
    """Return, by claim, the outside facts that give a value to compare."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in load("outside_facts").fillna("").to_dict("records"):
        if row["outside_value"]:
            found.setdefault(row["claim"], []).append((row["fact"], row["outside_value"]))
    return found


def _contradictions(claims: pd.DataFrame, published: dict[str, str]) -> dict[str, list[str]]:
    """Return, by claim, the other claims that say something else of the same thing; both ways."""
    found: dict[str, list[str]] = {}
    for claim, other in zip(claims["claim"], claims["same_as"], strict=True):
        if other and not _same(published[claim], published[other]):
            found.setdefault(claim, []).append(other)
            found.setdefault(other, []).append(claim)
    return found


def _same(one: str, other: str) -> bool:
    """Say whether two values are the same: as numbers where both are, else as text; a month is in its year."""
    try:
        return float(one) == float(other)
    except ValueError:
        months = one if re.fullmatch(r"\d{4}-\d{2}", one) else other
        if re.fullmatch(r"\d{4}-\d{2}", months):
            return one[:4] == other[:4] and (len(one) == 4 or len(other) == 4 or one == other)
        return one.casefold() == other.casefold()


def _terms(text: str) -> list[str]:
    return [term.strip() for term in text.split(";")]


def _text(address: str) -> str:
    return str(numbers.value(address).value)


def _cell(claim: Claim, address: str) -> str:
    """Return the cell itself."""
    return _text(address)


def _period(claim: Claim, address: str) -> str:
    """Return the first and last year of a row of the policies."""
    return f"{_text(f'{address}/year_start')}-{_text(f'{address}/year_end')}"


def _value(claim: Claim, name: str) -> str:
    """Return a derived value, such as a sum."""
    return _text(name)


def _numerals(address: str) -> list[str]:
    found = re.findall(r"(?<!\w)\d[\d,]*|\w+", _text(address))
    return [
        _NUMBER_WORDS.get(token.casefold(), token.replace(",", ""))
        for token in found
        if token[0].isdigit() or token.casefold() in _NUMBER_WORDS
    ]


def _number_in(claim: Claim, address: str) -> str:
    """Return the first number, in digits or as a word, in the text of a cell."""
    return next(iter(_numerals(address)), "no number")


def _numbers_in(claim: Claim, address: str) -> str:
    """Return all numbers in the text of a cell, a hyphen between them."""
    return "-".join(_numerals(address))


def _chosen(table: str, conditions: list[str]) -> pd.DataFrame:
    """Return the rows of a table where every ``column=value`` holds; ``*`` is any value that is given."""
    frame = load(table)
    for condition in conditions:
        column, _, wanted = condition.partition("=")
        frame = frame[frame[column].notna() if wanted == "*" else frame[column] == wanted]
    return frame


def _count(claim: Claim, argument: str) -> str:
    """Return the number of rows of a table, all or those that are asked for."""
    table, *conditions = argument.split()
    return str(len(_chosen(table, conditions)))


def _lists(claim: Claim, argument: str) -> str:
    """Return the different values of a column, in order."""
    table, column, *conditions = argument.split()
    return "; ".join(dict.fromkeys(_chosen(table, conditions)[column]))


def _cited(claim: Claim, key: str) -> str:
    """Return the work as the list of cited works has it, if it is cited in the claim's part of the paper."""
    work = load("cited_works").set_index("key").loc[key]
    cited_in = work["sections"].split(";")
    if claim.section not in cited_in:
        return f"cited in {', '.join(cited_in)}"
    return f"{work['authors']} {work['year']}"


def _mentions(claim: Claim, addresses: str) -> str:
    """Return those of the claim's terms that stand in the texts of the cells."""
    text = " ".join(_text(address) for address in _terms(addresses)).casefold()
    return "; ".join(term for term in _terms(claim.published) if term.casefold() in text) or "none of it"


def _country_of(claim: Claim, argument: str) -> str:
    """Return the countries whose rows mention one of the words (``|`` between them)."""
    table, _, words = argument.partition(" ")
    frame = load(table)
    columns = [column for column in frame if str(column).endswith("_en")]
    rows = frame[columns].agg(" ".join, axis=1).str.contains(words, case=False, regex=True)
    return "; ".join(dict.fromkeys(frame.loc[rows, "country"])) or "no country"


def _relations(claim: Claim, table: str) -> str:
    """Return the claim's relations between countries (``column: A>B``), each as the table has it."""
    frame = load(table).set_index("country")
    found = []
    for relation in _terms(claim.published):
        column, one, other = re.split(r": |[<>=]", relation)
        values = frame[column].astype(float)
        found.append(f"{column}: {one}{_sign(values[one], values[other])}{other}")
    return "; ".join(found)


def _falls(claim: Claim, argument: str) -> str:
    """Return whether one column falls from row to row as the other rises; if not, where it does not."""
    table, falling, rising = argument.split()
    frame = load(table).sort_values(rising)
    pairs = pairwise(zip(frame["country"], frame[falling], strict=True))
    against = [f"{one[0]} to {other[0]}" for one, other in pairs if other[1] >= one[1]]
    return f"rises from {', '.join(against)}" if against else f"{falling} falls as {rising} rises"


def _sign(one: float, other: float) -> str:
    return "<" if one < other else "=" if one == other else ">"


def _in_order(claim: Claim, addresses: str) -> str:
    """Return the cells' values with the sign that holds between each and the next."""
    values = [int(_text(address)) for address in _terms(addresses)]
    signs = [_sign(one, other) for one, other in pairwise(values)]
    return "".join(f"{value}{sign}" for value, sign in zip(values, [*signs, ""], strict=True))


def _years(claim: Claim, stage: str) -> str:
    """Return the first and last year of the exports at a stage; empty without exports."""
    exports = _exports()
    if exports is None:
        return ""
    found = exports.years(stage)
    return f"{found[0]}-{found[-1]}" if found else "no years"


def _densest_years(claim: Claim, stage: str) -> str:
    """Return the period, as long as the one published, with most of the exports at a stage; empty without exports."""
    exports = _exports()
    if exports is None:
        return ""
    found = exports.years(stage)
    first, last = map(int, claim.published.split("-"))
    starts = range(found[0], found[-1] + 1) if found else range(0)
    best = max(starts, key=lambda start: sum(start <= year <= start + last - first for year in found), default=None)
    return "no years" if best is None else f"{best}-{best + last - first}"


def _follows(claim: Claim, label: str) -> str:
    """Return the label that comes after the one named, as ``Figure 2`` after ``Figure 1``."""
    kind, _, number = label.partition(" ")
    return f"{kind} {int(number) + 1}"


#: The checks, by the name that ``published_claims.csv`` uses.
CHECKS: dict[str, Callable[[Claim, str], str]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _cell,
        _period,
        _value,
        _number_in,
        _numbers_in,
        _count,
        _lists,
        _cited,
        _mentions,
        _country_of,
        _relations,
        _falls,
        _in_order,
        _years,
        _densest_years,
        _follows,
    )
}
