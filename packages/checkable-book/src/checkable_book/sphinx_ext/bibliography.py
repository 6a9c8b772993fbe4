"""References: cited by author and year and listed in that order, in words that every language shares.

``_config.yml`` asks for it by its name, ``by_author_and_year``, as
``bibtex_default_style`` and as ``bibtex_reference_style``. A note may stand in
each language, as in ``note_id`` beside ``note``.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from pybtex.database import Entry, Person
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex.style.template import field, names, sentence, words
from pylatexenc.latex2text import LatexNodes2Text
from sphinxcontrib.bibtex import plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.label import LabelReferenceStyle

from checkable_book.render.i18n import translate

NAME = "by_author_and_year"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
#: What names a work without people, the first that there is.
_NAMING = ("organization", "institution", "title", "howpublished")


def register_styles(language: str) -> None:
    """Make both styles known, with notes in ``language`` where there are any.

    Examples
    --------
    >>> from pybtex.plugin import find_plugin
    >>> register_styles("en")
    >>> callable(find_plugin("pybtex.style.formatting", "by_author_and_year"))
    True
    """
    listed = type("ListStyle", (_ListStyle,), {"note": f"note_{language}", "language": language})
    register_plugin("pybtex.style.formatting", NAME, listed, force=True)
    plugin.register_plugin("sphinxcontrib.bibtex.style.referencing", NAME, _CitationStyle, force=True)


def citation_label(entry: Entry) -> str:
    r"""Return an entry as the text cites it: its authors, or else its editors, an organization or its title; the year.

    Examples
    --------
    >>> authors = [Person("Bach"), Person("M{\\\"u}ller, J{\\\"o}rg")]
    >>> citation_label(Entry("misc", {"year": "2019"}, {"author": authors}))
    'Bach & Müller, 2019'
    >>> citation_label(Entry("misc", {"title": "A page"}))
    'A page'
    """
    found = [_surname(person) for person in entry.persons.get("author") or entry.persons.get("editor") or []]
    others = len(found) > 2 or "others" in found
    authors = f"{found[0]} et al." if others else " & ".join(found)
    named = authors or next((text for name in _NAMING if (text := decode_latex(entry.fields.get(name, "")))), entry.key)
    return ", ".join(filter(None, [named or "", decode_latex(entry.fields.get("year", ""))]))


@cache
def decode_latex(text: str) -> str:
    r"""Return a text of BibTeX in plain signs.

    Examples
    --------
    >>> decode_latex("Gon{\c{c}}alves"), decode_latex("{The} plan")
    ('Gonçalves', 'The plan')
    """
    text = re.sub(r"\$_\{?(\d+)\}?\$", lambda found: found[1].translate(_SUBSCRIPTS), text)
    text = re.sub(r"(?<!\\)%", r"\%", text)  # BibTeX knows no comments inside a field
    return str(LatexNodes2Text(math_mode="text").latex_to_text(text))


class _ByAuthorAndYear(BaseSortingStyle):
    def sorting_key(self, entry: Entry) -> tuple[str, str, str]:
        return citation_label(entry).casefold(), entry.fields.get("title", ""), entry.key


class _Cited(BaseLabelStyle):
    def format_labels(self, sorted_entries: list[Entry]) -> Iterator[str]:
        labels = [citation_label(entry) for entry in sorted_entries]
        count, seen = Counter(labels), Counter[str]()
        for label in labels:
            seen[label] += 1
            yield label + (chr(ord("a") + seen[label] - 1) if count[label] > 1 else "")


class _ListStyle(Plain):
    """Entries as the plain style has them, but for the English words between names."""

    default_name_style = "lastfirst"
    default_sorting_style = _ByAuthorAndYear
    default_label_style = _Cited
    note = "note"
    language = "en"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.format_name = self._name

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> Any:
        if said := entry.fields.get(self.note):
            entry.fields["note"] = said
        if "year" not in entry.fields:
            entry.fields["year"] = translate("no_year", self.language)
        for name, text in list(entry.fields.items()):
            if name not in {"url", "doi"} and ("\\" in text or "$" in text):
                entry.fields[name] = re.sub(r"([&%#$_])", r"\\\1", decode_latex(text))
        listed = [str(person) for person in entry.persons.get("author") or [""]]
        self._last = " " if listed[-1] == "others" else "; "
        return super().format_entry(label, entry, bib_data)

    def format_names(self, role: str, as_sentence: bool = True) -> Any:
        listed = names(role, sep="; ", sep2=self._last, last_sep=self._last)
        return sentence[listed] if as_sentence else listed

    def format_title(self, e: Entry, which_field: str, as_sentence: bool = True) -> Any:
        listed = field(which_field)  # as it stands, where the plain style would change capitals
        return sentence[listed] if as_sentence else listed

    def format_editor(self, e: Entry, as_sentence: bool = True) -> Any:
        listed = words[self.format_names("editor", as_sentence=False), "(ed.)"]
        return sentence[listed] if as_sentence else listed

    def _name(self, person: Person, abbreviate: bool = False) -> Any:
        return "et al." if str(person) == "others" else self.name_style.format(person, abbreviate)


@dataclasses.dataclass
class _CitationStyle(LabelReferenceStyle):
    bracket_parenthetical: BracketStyle = dataclasses.field(default_factory=lambda: BracketStyle("(", ")", "; "))


def _surname(person: Person) -> str:
    return decode_latex(" ".join([*person.prelast_names, *person.last_names]))
