"""The protocol of a review: how its sources are called, and by which criteria records are taken.

It stands in ``protocol.yml`` in the folder that the review is run on::

    sources:
      pubmed: PubMed            # how a source is called in figures
    criteria:
      years:
        name: {en: Years of publication}
        rule: {first: 2014, last: 2024}
      design:
        name: {en: Study design}

A rule is one of three: ``first`` and ``last`` year; ``column`` of the records
and ``any_of`` its values; or ``terms``, lists of terms of each of which a
record must hold one in its title, abstract or keywords. A criterion without a
rule is for people alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from systematic_review.errors import ReviewError

#: The protocol's file, in the folder of the review.
FILE = "protocol.yml"
_RULES = ({"first", "last"}, {"column", "any_of"}, {"terms"})


@dataclass(frozen=True)
class Protocol:
    """What a review agreed on before it began.

    ``sources`` gives the name of a source by that of its file, ``criteria`` the
    names of each criterion by language, in order, ``rules`` the rule of those
    that have one.
    """

    sources: dict[str, str] = field(default_factory=dict)
    criteria: dict[str, dict[str, str]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)

    def source(self, name: str) -> str:
        """Return how a source is called.

        Examples
        --------
        >>> Protocol({"pubmed": "PubMed"}).source("pubmed"), Protocol().source("cited_works")
        ('PubMed', 'cited works')
        """
        return self.sources.get(name, name.replace("_", " "))

    def criterion(self, name: str, language: str = "en") -> str:
        """Return how a criterion is called in a language; in any where it has no name in that one."""
        names = self.criteria.get(name, {})
        return names.get(language) or next(iter(names.values()), name)


def read(folder: Path) -> Protocol:
    """Return the protocol of the review in ``folder``; an empty one, which allows any reason, where there is none.

    Raises
    ------
    ReviewError : it is not YAML, or a part of it is not as described above.
    """
    path = folder / FILE
    if not path.exists():
        return Protocol()
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReviewError(f"{path}: found {' '.join(str(error).split())}, expected YAML") from None
    _expect(path, "the file", found, dict)
    unknown = set(found) - {"sources", "criteria"}
    if unknown:
        raise ReviewError(f"{path}: found {', '.join(map(str, sorted(unknown)))}, expected sources and criteria")
    criteria = _expect(path, "criteria", found.get("criteria") or {}, dict)
    names, rules = {}, {}
    for name, criterion in criteria.items():
        _expect(path, f"criteria, {name}", criterion, dict)
        names[str(name)] = _expect(path, f"criteria, {name}, name", criterion.get("name") or {}, dict)
        if "rule" in criterion:
            rule = _expect(path, f"criteria, {name}, rule", criterion["rule"], dict)
            if set(rule) not in _RULES:
                raise ReviewError(
                    f"{path}, criteria, {name}, rule: found {', '.join(map(str, rule))}, "
                    "expected first and last, column and any_of, or terms"
                )
            rules[str(name)] = rule
    return Protocol(_expect(path, "sources", found.get("sources") or {}, dict), names, rules)


def _expect(path: Path, place: str, found: Any, kind: type) -> Any:
    if not isinstance(found, kind):
        raise ReviewError(f"{path}, {place}: found {found!r}, expected names with what belongs to each")
    return found
