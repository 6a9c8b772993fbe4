"""The protocol of a review: its sources, its criteria, and how many people decide on what.

It stands in ``protocol.yml`` in the folder that the review is run on; ``systematic-review init FOLDER`` writes one
with comments::

    languages: [en, id]                                       # that figures are drawn in; English by default
    sources:
      pubmed: PubMed                                          # how a source is called in figures
      trials: {name: A register of trials, kind: register}    # or other: websites, citation searching
      letters: {name: {en: Letters, id: Surat}, kind: other}  # a name a language
    stages:
      title_abstract: {reviewers: 2, reasons: optional}
      full_text: {reviewers: 2, reasons: required}
    criteria:
      years:
        name: {en: Years of publication}
        rule: {first: 2014, last: 2024}
      design:
        name: {en: Study design}
        formerly: [method]                                    # what decisions made before call it

A rule is one of three: ``first`` and ``last`` year; ``column`` of the records
and ``any_of`` its values; or ``terms``, lists of terms of each of which a
record must hold one in its title, abstract or keywords. A criterion without a
rule is for people alone.

A review without ``stages`` has one: two people decide on each record, and an
exclusion has a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from reprlib import Repr
from typing import Any

import yaml

from systematic_review import records
from systematic_review.errors import ReviewError
from systematic_review.i18n import SOURCE_LANGUAGE, has_catalogue, list_languages

#: The protocol's file, in the folder of the review.
FILE = "protocol.yml"
#: The stages that a review may have, in order; ``screening`` is that of a review with one.
SCREENING, TITLE_ABSTRACT, FULL_TEXT = "screening", "title_abstract", "full_text"
#: What a source may be: PRISMA 2020 counts these apart.
KINDS = ("database", "register", "other")
_PARTS = {"criteria", "languages", "sources", "stages"}
_RULES = ({"first", "last"}, {"column", "any_of"}, {"terms"})


@dataclass(frozen=True)
class Stage:
    """One stage of screening.

    ``reviewers`` says how many people decide on each record, ``criteria`` the
    reasons that may be given (any where there are none), ``reasoned`` whether an
    exclusion must have one, and ``shown`` whether the flow shows them though some have none.

    Examples
    --------
    >>> Stage("screening", reviewers=2, criteria=("subject",))
    Stage(name='screening', reviewers=2, criteria=('subject',), reasoned=True, shown=False)
    """

    name: str = SCREENING
    reviewers: int = 2
    criteria: tuple[str, ...] = ()
    reasoned: bool = True
    shown: bool = False


@dataclass(frozen=True)
class Protocol:
    """What a review agreed on before it began.

    ``sources`` gives the name of a source (or its names by language) by that
    of its file, ``kinds`` what it is where it is no database, ``criteria`` the names of each criterion by
    language, in order, ``rules`` the rule of those that have one, ``stages`` the
    stages that the protocol tells of, ``languages`` those that figures are drawn
    in, ``formerly`` the criterion that each name of before stands for, and
    ``searches`` what PRISMA-S asks of each source: ``platform``, ``searched`` (the
    day), ``hits`` and ``strategy``.

    Examples
    --------
    >>> agreed = Protocol({"pubmed": "PubMed"}, criteria={"years": {"en": "Years of publication"}})
    >>> agreed.source_name("pubmed"), agreed.criterion_name("years"), agreed.stages_with()[0].reviewers
    ('PubMed', 'Years of publication', 2)
    """

    sources: dict[str, str | dict[str, str]] = field(default_factory=dict)
    criteria: dict[str, dict[str, str]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    languages: tuple[str, ...] = (SOURCE_LANGUAGE,)
    formerly: dict[str, str] = field(default_factory=dict)
    searches: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def shows_reasons(self) -> bool:
        """Whether the flow shows reasons at titles and abstracts though not each exclusion there has one."""
        return any(stage.shown for stage in self.stages)

    def source_name(self, name: str, language: str = "en") -> str:
        """Return how a source is called in a language; in any where it has no name in that one.

        Examples
        --------
        >>> Protocol({"pubmed": "PubMed"}).source_name("pubmed"), Protocol().source_name("cited_works")
        ('PubMed', 'cited works')
        """
        plain = name.replace("_", " ")
        named = self.sources.get(name, plain)
        return named if isinstance(named, str) else named.get(language) or next(iter(named.values()), plain)

    def source_kind(self, name: str) -> str:
        """Return what a source is: a ``database``, a ``register``, or one of the ``other`` methods."""
        return self.kinds.get(name, KINDS[0])

    def criterion_name(self, name: str, language: str = "en") -> str:
        """Return how a criterion is called in a language; in any where it has no name in that one."""
        names = self.criteria.get(name, {})
        return names.get(language) or next(iter(names.values()), name)

    def stages_with(self, told: Iterable[str] = ()) -> tuple[Stage, ...]:
        """Return the stages of the review: those of the protocol, or else what decisions tell of.

        Parameters
        ----------
        told : the stages that decisions name; where one is of full texts, there are two.
        """
        if self.stages:
            return self.stages
        criteria = tuple(self.criteria)
        if {FULL_TEXT, TITLE_ABSTRACT} & set(told):
            first = Stage(TITLE_ABSTRACT, criteria=criteria, reasoned=False)
            return first, Stage(FULL_TEXT, criteria=criteria, reasoned=bool(criteria))
        return (Stage(criteria=criteria, reasoned=bool(criteria)),)


def read_protocol(folder: Path) -> Protocol:
    r"""Return the protocol of the review in ``folder``; an empty one, which allows any reason, where there is none.

    Raises
    ------
    ReviewError : it is not YAML, or a part of it is not as described above.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / FILE).write_text("sources: {pubmed: PubMed}\ncriteria: {topic: {name: {en: Topic}}}\n")
    ...     agreed = read_protocol(Path(folder))
    ...     agreed.source_name("pubmed"), agreed.criterion_name("topic")
    ('PubMed', 'Topic')
    """
    path = folder / FILE
    if not path.exists():
        return Protocol()
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ReviewError(f"{path}: found {' '.join(str(error).split())[:300]}, expected YAML") from None
    _expect_type(path, "the file", found, dict)
    unknown = set(found) - _PARTS
    if unknown:
        raise ReviewError(
            f"{path}: found {', '.join(sorted(map(_shorten_name, unknown)))}, expected {', '.join(sorted(_PARTS))}"
        )
    criteria = _expect_type(path, "criteria", found.get("criteria") or {}, dict)
    names, rules, formerly = {}, {}, {}
    for name, criterion in criteria.items():
        _expect_type(path, f"criteria, {name}", criterion, dict)
        if unknown := set(criterion) - {"name", "rule", "formerly"}:
            raise ReviewError(
                f"{path}, criteria, {name}: found {', '.join(sorted(map(_shorten_name, unknown)))}, "
                "expected name, rule and formerly"
            )
        for before in _expect_type(path, f"criteria, {name}, formerly", criterion.get("formerly", []), list):
            if before in criteria or before in formerly:
                raise ReviewError(
                    f"{path}, criteria, {name}, formerly: found {_shorten(before)}, which another criterion is"
                )
            formerly[str(before)] = str(name)
        names[str(name)] = _expect_type(path, f"criteria, {name}, name", criterion.get("name") or {}, dict)
        if "rule" in criterion:
            rule = _expect_type(path, f"criteria, {name}, rule", criterion["rule"], dict)
            if set(rule) not in _RULES:
                raise ReviewError(
                    f"{path}, criteria, {name}, rule: found {', '.join(map(_shorten_name, rule))}, "
                    "expected first and last, column and any_of, or terms"
                )
            _check_rule(f"{path}, criteria, {name}, rule", rule)
            rules[str(name)] = rule
    sources, kinds, searches = _parse_sources(path, _expect_type(path, "sources", found.get("sources") or {}, dict))
    stages = _parse_stages(path, found.get("stages") or {}, list(names))
    return Protocol(sources, names, rules, kinds, stages, _parse_languages(path, found), formerly, searches)


def _parse_languages(path: Path, found: dict[Any, Any]) -> tuple[str, ...]:
    told = found.get("languages", [SOURCE_LANGUAGE])
    if not isinstance(told, list) or not told or not all(map(has_catalogue, told)):
        raise ReviewError(
            f"{path}, languages: found {_shorten(told)}, expected a list of {', '.join(list_languages())}"
        )
    return tuple(dict.fromkeys(told))


def _check_rule(place: str, rule: dict[str, Any]) -> None:
    """Check that what a rule holds can be compared."""
    if "first" in rule:
        for end in ("first", "last"):
            if not isinstance(rule[end], int) or isinstance(rule[end], bool):
                raise ReviewError(f"{place}, {end}: found {_shorten(rule[end])}, expected a year")
        return
    lists = rule.get("terms", [rule.get("any_of")])
    if not isinstance(lists, list) or not all(isinstance(one, list) and one for one in lists):
        raise ReviewError(f"{place}: found {_shorten(lists)}, expected lists of words")
    if not all(isinstance(word, str) for one in lists for word in one):
        raise ReviewError(f"{place}: found {_shorten(lists)}, expected words, in quotation marks where YAML reads more")
    if "column" in rule and rule["column"] not in (known := [*records.COLUMNS, "sources", "records", "names"]):
        raise ReviewError(f"{place}, column: found {_shorten(rule['column'])}, expected one of {', '.join(known)}")


def _shorten(found: Any) -> str:
    """Return what was found as a message shows it: a value that YAML's aliases blow up stays short."""
    shown = _REPR.repr(found)
    return shown if len(shown) <= 120 else f"{shown[:120]}…"


def _shorten_name(name: object) -> str:
    return _shorten(name).strip("'\"")


_REPR = Repr()
_REPR.maxlevel, _REPR.maxstring, _REPR.maxother, _REPR.maxlist, _REPR.maxdict = 3, 80, 80, 6, 6


_SEARCH = ("platform", "searched", "hits", "strategy")


def _parse_search(place: str, told: dict[Any, Any]) -> dict[str, str]:
    search = {}
    for name in (name for name in _SEARCH if told.get(name) is not None):
        value = told[name]
        if name == "hits" and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise ReviewError(f"{place}, hits: found {_shorten(value)}, expected a number from 0 on")
        if name == "searched" and not isinstance(value, date):
            raise ReviewError(f"{place}, searched: found {_shorten(value)}, expected a day as 2026-11-30")
        if isinstance(value, dict | list):
            raise ReviewError(f"{place}, {name}: found {_shorten(value)}, expected text")
        search[name] = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
    return search


def _parse_sources(
    path: Path, found: dict[Any, Any]
) -> tuple[dict[str, str | dict[str, str]], dict[str, str], dict[str, dict[str, str]]]:
    sources: dict[str, str | dict[str, str]] = {}
    kinds: dict[str, str] = {}
    searches: dict[str, dict[str, str]] = {}
    for name, told in found.items():
        if isinstance(told, dict):
            kind = told.get("kind", KINDS[0])
            if kind not in KINDS or set(told) - {"name", "kind", *_SEARCH}:
                raise ReviewError(
                    f"{path}, sources, {name}: found {_shorten(told)}, expected name and kind ({', '.join(KINDS)}), "
                    f"and of a search {', '.join(_SEARCH)}"
                )
            kinds[str(name)] = str(kind)
            if search := _parse_search(f"{path}, sources, {name}", told):
                searches[str(name)] = search
            told = told.get("name", str(name).replace("_", " "))
        by_language = isinstance(told, dict)
        names = list(told.values()) if by_language else [told]
        if any(isinstance(said, dict | list) for said in names):
            raise ReviewError(f"{path}, sources, {name}: found {_shorten(told)}, expected a name, or one a language")
        sources[str(name)] = {str(code): str(said) for code, said in told.items()} if by_language else str(told)
    return sources, kinds, searches


def _parse_stages(path: Path, found: Any, criteria: list[str]) -> tuple[Stage, ...]:
    _expect_type(path, "stages", found, dict)
    allowed = (SCREENING, TITLE_ABSTRACT, FULL_TEXT)
    if set(found) not in (set(), {SCREENING}, {TITLE_ABSTRACT, FULL_TEXT}):
        raise ReviewError(
            f"{path}, stages: found {', '.join(map(_shorten_name, found))}, "
            f"expected {SCREENING} alone, or {TITLE_ABSTRACT} and {FULL_TEXT}"
        )
    stages = []
    for name in (name for name in allowed if name in found):
        told = _expect_type(path, f"stages, {name}", found[name] or {}, dict)
        place = f"{path}, stages, {name}"
        if unknown := set(told) - {"reviewers", "reasons", "criteria"}:
            raise ReviewError(
                f"{place}: found {', '.join(map(_shorten_name, unknown))}, expected reviewers, reasons and criteria"
            )
        reviewers = told.get("reviewers", 2)
        if not isinstance(reviewers, int) or isinstance(reviewers, bool) or reviewers < 1:
            raise ReviewError(f"{place}, reviewers: found {_shorten(reviewers)}, expected a number from 1 on")
        reasons = told.get("reasons", "optional" if name == TITLE_ABSTRACT else "required")
        if reasons not in {"optional", "required", "shown"}:
            raise ReviewError(f"{place}, reasons: found {_shorten(reasons)}, expected optional, required or shown")
        chosen = told.get("criteria", criteria)
        if not isinstance(chosen, list) or set(map(str, chosen)) - set(criteria):
            raise ReviewError(f"{place}, criteria: found {_shorten(chosen)}, expected a list of {', '.join(criteria)}")
        reasoned = reasons == "required" and bool(criteria)
        stages.append(Stage(name, reviewers, tuple(map(str, chosen)), reasoned, reasons == "shown"))
    return tuple(stages)


def protocol_template() -> str:
    """Return a protocol to begin with, in which comments say what each part does.

    Examples
    --------
    >>> "sources:" in protocol_template(), "criteria:" in protocol_template()
    (True, True)
    """
    return (files(__package__) / "templates" / FILE).read_text(encoding="utf-8")


def write_template(folder: Path) -> Path:
    """Write :func:`protocol_template` to ``folder``, which is made where it is not there; return the file.

    Raises
    ------
    ReviewError : there is a protocol already.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = write_template(Path(folder))
    ...     sorted(read_protocol(Path(folder)).criteria)
    ['design', 'language', 'population', 'years']
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(protocol_template())
    except FileExistsError:
        raise ReviewError(f"{path}: found a protocol already, expected none to write over") from None
    except OSError as error:
        raise ReviewError(f"{error.filename or path}: {error.strerror or error}") from None
    return path


def _expect_type(path: Path, place: str, found: Any, kind: type) -> Any:
    if not isinstance(found, kind):
        raise ReviewError(f"{path}, {place}: found {_shorten(found)}, expected names with what belongs to each")
    return found
