"""What exports of every form have in common: people, years, DOIs, mark-up, and values that stand for none."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

#: What an export says of a record, by our columns, as text.
Fields = dict[str, str]
#: A piece of an export: its text, and its fields or why it cannot be read.
Piece = tuple[str, "Fields | str"]


class Unreadable(Exception):  # noqa: N818 - said of a file, which need not be an error
    """A file that cannot be read at all; the message says why, in words a librarian knows.

    Examples
    --------
    >>> str(Unreadable("empty file"))
    'empty file'
    """


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\uffff]")
_YEAR = re.compile(r"(?<!\d)(1[5-9]|20)\d\d(?!\d)")
_BUDDHIST = re.compile(r"(?<!\d)2[45]\d\d(?!\d)")
_DOI = re.compile(r"10\.\d{3,9}/[^\s\"'<>]+")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]+);")
_NAMES_OF_TAGS = "i|b|u|em|strong|sub|sup|scp|inf|italic|bold|span|small|sc|(?:jats|mml):[\\w-]+"
_BLOCKS = re.compile(r"</?(?:p|br|div|sec|title|li|ul|ol|jats:(?:p|sec|title))(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE = re.compile(rf"</?(?:{_NAMES_OF_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:[a-zA-Z]{2,}|['\"`^~=.][{\\]?[A-Za-z]|[cvuHk]\{|[&%$#_])|\$[^$]*[\\^_{][^$]*\$")
_NOTHING = re.compile(r"\W*(?:n/?a|null|none|nan|not available|unknown)?\W*", re.IGNORECASE)
_NO_ABSTRACT = re.compile(
    r"\W*(?:n/?a|null|none|nan|unknown|abstract|summary|(?:abstract )?not available"
    r"|(?:there is )?no (?:abstract|summary)(?: (?:is |was )?(?:available|provided|found|entered))?)\W*",
    re.IGNORECASE,
)
_TYPES = {
    "jour": "article",
    "ejour": "article",
    "j": "article",
    "mgzn": "article",
    "journal article": "article",
    "journalarticle": "article",
    "journal": "article",
    "article-journal": "article",
    "conf": "conference",
    "cpaper": "conference",
    "conference paper": "conference",
    "conferencepaper": "conference",
    "proceedings paper": "conference",
    "proceedings-article": "conference",
    "paper-conference": "conference",
    "inproceedings": "conference",
    "chap": "chapter",
    "book chapter": "chapter",
    "book-chapter": "chapter",
    "booksection": "chapter",
    "book section": "chapter",
    "incollection": "chapter",
    "thes": "thesis",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "dissertation": "thesis",
    "rprt": "report",
    "techreport": "report",
    # These say nothing of the work: Publish or Perish names the form of what was found.
    "misc": "",
    "gen": "",
    "generic": "",
    "html": "",
    "pdf": "",
    "citation": "",
}
_LANGUAGES = {
    "eng": "en",
    "english": "en",
    "ind": "id",
    "in": "id",
    "indonesian": "id",
    "bahasa indonesia": "id",
    "msa": "ms",
    "may": "ms",
    "malay": "ms",
    "tha": "th",
    "thai": "th",
    "french": "fr",
    "fre": "fr",
    "fra": "fr",
    "german": "de",
    "ger": "de",
    "deu": "de",
    "spanish": "es",
    "spa": "es",
    "portuguese": "pt",
    "por": "pt",
    "chinese": "zh",
    "chi": "zh",
    "zho": "zh",
    "japanese": "ja",
    "jpn": "ja",
}


def normalize_fields(fields: Mapping[str, str]) -> dict[str, object]:
    r"""Return fields with mark-up read, years as numbers, and types, languages and DOIs in one spelling each.

    Examples
    --------
    >>> normalize_fields({"title": "Water (H<sub>2</sub>O) &amp; {\\'e}lan", "year": "2562"})["title"]
    'Water (H2O) & élan'
    >>> normalize_fields({"year": "2562"})["year"], normalize_fields({"year": "2525 [1982]"})["year"]
    (2019, 1982)
    """
    clean = {name: " ".join(CONTROL.sub(" ", value).split()) for name, value in fields.items()}
    for name in ("title", "journal", "abstract", "keywords", "authors"):
        clean[name] = strip_markup(clean.get(name, ""))
    for name, value in clean.items():
        if name != "title" and (_NO_ABSTRACT if name == "abstract" else _NOTHING).fullmatch(value):
            clean[name] = ""
    if re.fullmatch(r"\W*(?:n/a|no title(?: available)?)?\W*", clean["title"], re.IGNORECASE):
        clean["title"] = ""
    return clean | {
        "year": parse_year(clean.get("year", "")),
        "keywords": "; ".join(part for part in map(str.strip, clean["keywords"].split(";")) if part),
        "pages": re.sub(r"\s*[-\u2010-\u2015]+\s*", "-", clean.get("pages", "")),
        "doi": find_doi(clean.get("doi", "")),
        "pmid": digits[0] if (digits := re.findall(r"\d+", clean.get("pmid", ""))) else "",
        "type": _split_values(clean.get("type", ""), lambda kind: _TYPES.get(kind, kind)),
        "language": _split_values(clean.get("language", ""), lambda one: _LANGUAGES.get(one, one.partition("-")[0])),
    }


def _split_values(text: str, name: Callable[[str], str]) -> str:
    parts = (part.strip().lower() for part in re.split(r";|,|\|", text))
    return "; ".join(dict.fromkeys(filter(None, (name(part) for part in parts if part))))


def strip_markup(text: str) -> str:
    r"""Return ``text`` without entities, tags and LaTeX, as a reader sees it; other angle brackets stay.

    Examples
    --------
    >>> strip_markup("Streets &amp; <i>kerbs</i> in S{\\~a}o Paulo")
    'Streets & kerbs in São Paulo'
    """
    for _ in range(2):  # some exports escape what is escaped already
        if "&" in text and _ENTITY.search(text):
            text = html.unescape(text)
    if "<" in text:
        text = _INLINE.sub("", _BLOCKS.sub(" ", text))
    if ("\\" in text or "$" in text) and _LATEX.search(text):
        from pylatexenc.latex2text import LatexNodes2Text
        from pylatexenc.latexwalker import LatexWalkerError

        try:  # signs that mean something else to LaTeX: a per cent sign would begin a comment
            text = LatexNodes2Text(math_mode="text").latex_to_text(re.sub(r"(?<!\\)([%&#])", r"\\\1", text))
        except (LatexWalkerError, ValueError, IndexError, RecursionError):
            return text
    return " ".join(text.split())


def parse_year(text: str) -> int | None:
    """Return the year that ``text`` names, also one of the Buddhist era, which began 543 years before ours.

    Examples
    --------
    >>> parse_year("Spring 2019"), parse_year("2562"), parse_year("in press")
    (2019, 2019, None)
    """
    text = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in text)
    if found := _YEAR.search(text):
        return int(found[0])
    found = _BUDDHIST.search(text)
    return int(found[0]) - 543 if found else None


def find_doi(*texts: str) -> str:
    """Return the first DOI in any of ``texts``, in lower case; nothing where there is none.

    Examples
    --------
    >>> find_doi("", "https://doi.org/10.5555/ABC.1?x=y"), find_doi("no 10.5")
    ('10.5555/abc.1', '')
    """
    for text in texts:
        if found := _DOI.search(text.replace("%2F", "/")):
            name = found[0].partition("?")[0].partition("&")[0] if text.lower().startswith("http") else found[0]
            name = name.lower().rstrip(".,;")
            # A bracket that was not opened belongs to the text around.
            return name[:-1] if name.endswith((")", "]")) and name.count("(") < name.count(")") else name
    return ""


def format_people(names: Iterable[str]) -> str:
    """Return names as ``Family, Given; Family, Given``.

    Examples
    --------
    >>> format_people(["Ines Mergel", "Sari, A.", "et al."])
    'Mergel, Ines; Sari, A.'
    """
    tidy = (" ".join(re.sub(r"\u2026|\.\.\.|\bet al\b\.?", "", name).split()) for name in names)
    ordered = (put_family_first(name).strip(" ,;") for name in tidy)
    return "; ".join(name for name in ordered if name and name not in {"others", "[No author name available]"})


def put_family_first(name: str) -> str:
    """Return a name family first, as far as its form tells which part that is.

    Examples
    --------
    >>> [put_family_first(name) for name in ("M Mergel", "Mergel I", "Ines Mergel", "Sukarno")]
    ['Mergel, M', 'Mergel, I', 'Mergel, Ines', 'Sukarno']
    """
    parts = name.split(" ")
    if "," in name or len(parts) == 1:
        return name
    if re.fullmatch(r"(?:[A-Z]\.?-?){1,3}", parts[-1]):  # "Mergel I"
        return f"{' '.join(parts[:-1])}, {parts[-1]}"
    return f"{parts[-1]}, {' '.join(parts[:-1])}"


def format_pages(start: str, end: str = "") -> str:
    """Return pages as ``start-end``; ``start`` alone where it says both or there is no end.

    Examples
    --------
    >>> format_pages("11", "29"), format_pages("11-29", "29"), format_pages("e4", "")
    ('11-29', '11-29', 'e4')
    """
    return (
        f"{start}-{end}"
        if start and end and end != start and not re.search(r"\d\s*[-\u2010-\u2015]\s*\w", start)
        else start
    )
