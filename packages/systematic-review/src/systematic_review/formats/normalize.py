"""What exports of every form have in common: people, years, DOIs, mark-up, and values that stand for none."""

from __future__ import annotations

import ast
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: What an export says of a record, by our columns, as text.
Fields = dict[str, str]
#: A piece of an export: its text, and its fields or why it cannot be read.
Piece = tuple[str, "Fields | str"]


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff\ufffe\uffff]")
_YEAR = re.compile(r"(?<!\d)(1[5-9]|20)\d\d(?!\d)")
_BUDDHIST = re.compile(r"(?<!\d)2[45]\d\d(?!\d)")
_DOI = re.compile(r"10\.\d{3,9}/[^\s\"'<>]+")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]+);")
_NAMES_OF_TAGS = "i|b|u|em|strong|sub|sup|scp|inf|italic|bold|span|small|sc|(?:jats|mml):[\\w-]+"
_BLOCKS = re.compile(r"</?(?:p|br|div|sec|title|li|ul|ol|jats:(?:p|sec|title))(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE = re.compile(rf"</?(?:{_NAMES_OF_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:[a-zA-Z]{2,}|['\"`^~=.][{\\]?[A-Za-z]|[cvuHk]\{|[&%$#_])|\$[^$]*[\\^_{][^$]*\$")
_NOTHING = re.compile(r"(?:n/?a|null|none|nan|not available|unknown)?", re.IGNORECASE)
_NO_ABSTRACT = re.compile(
    r"(?:n/?a|null|none|nan|unknown|abstract|summary|(?:abstract )?not available"
    r"|(?:there is )?no (?:abstract|summary)(?: (?:is |was )?(?:available|provided|found|entered))?)?",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(r"(?:n/a|no title(?: available)?)?", re.IGNORECASE)
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
    "book, whole": "book",
    "book, section": "chapter",
    "dissertation abstract": "thesis",
    "journal: article": "article",
    "dbase": "",
    "ctltr": "",
    "期刊": "article",
    "博士": "thesis",
    "硕士": "thesis",
    "国内会议": "conference",
    "国际会议": "conference",
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
        nothing = {"abstract": _NO_ABSTRACT, "title": _NO_TITLE}.get(name, _NOTHING)
        if len(bare := _bare_text(value)) < 50 and nothing.fullmatch(bare):
            clean[name] = ""
    return clean | {
        "year": parse_year(clean.get("year", "")),
        "keywords": "; ".join(part for part in map(str.strip, clean["keywords"].split(";")) if part),
        "pages": _full_pages(clean.get("pages", "")),
        "doi": find_doi(clean.get("doi", "")),
        "pmid": digits[0] if (digits := re.findall(r"\d+", clean.get("pmid", ""))) else "",
        "type": _split_values(clean.get("type", ""), lambda kind: _TYPES.get(kind, kind)),
        "language": _split_values(clean.get("language", ""), lambda one: _LANGUAGES.get(one, one.partition("-")[0])),
    }


def _full_pages(text: str) -> str:
    """Return pages with one hyphen between them, the last in full: ``593-8`` ends on page 598."""
    pages = re.sub(r" ?[-\u2010-\u2015]+ ?", "-", text)
    short = re.fullmatch(r"(\d{1,9})-(\d{1,9})", pages)
    if short and len(short[2]) < len(short[1]):
        return f"{short[1]}-{short[1][: len(short[1]) - len(short[2])]}{short[2]}"
    return pages


def _bare_text(text: str) -> str:
    """Return ``text`` without the punctuation around it."""
    start, end = 0, len(text)
    while start < end and not (text[start].isalnum() or text[start] == "_"):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] == "_"):
        end -= 1
    return text[start:end]


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


_REGISTRATION = re.compile(
    r"\b(?:NCT ?\d{8}|ISRCTN ?\d{8}|ACTRN ?\d{14}|EUCTR ?\d{4}-\d{6}-\d{2}|ChiCTR[\w-]{0,8}\d{6,10}"
    r"|CTRI/\d{4}/\d\d/\d{6}|DRKS ?\d{8}|IRCT ?\d{6,20}(?:N\d+)?|JPRN-?\w{5,20}|UMIN ?\d{9}|jRCT\w?\d{9,10}"
    r"|KCT ?\d{7}|NTR ?\d{3,5}|NL ?\d{4,5}"
    r"|PACTR ?\d{12,16}|RBR-?\w{6,7}|RPCEC ?\d{8}|SLCTR/\d{4}/\d{3}|TCTR ?\d{11}|PER-\d{3}-\d\d|LBCTR ?\d{10}"
    r"|CRD ?\d{11}|20\d\d-\d{6}-\d\d)\b",
    re.IGNORECASE,
)


_REGISTERS = re.compile(
    r"NCT|CTR|RCT|ISRCTN|CT[I/]|DRKS|JPRN|UMIN|KCT|NTR|NL|RBR|RPCEC|PER-|CRD|20\d\d-\d{6}", re.IGNORECASE
)


def find_registration(*texts: str) -> str:
    """Return the first number of a register of trials in any of ``texts``, without blanks and in capitals.

    Examples
    --------
    >>> find_registration("https://clinicaltrials.gov/show/nct09990003"), find_registration("CN-01999991")
    ('NCT09990003', '')
    """
    for text in texts:
        # Most texts name no register, which is told faster so than by the pattern.
        if text and _REGISTERS.search(text) and (found := _REGISTRATION.search(text)):
            number = found[0].replace(" ", "").upper()
            return number.removeprefix("EUCTR")
    return ""


def format_people(names: Iterable[str], *, family_last: bool = False) -> str:
    """Return names as ``Family, Given; Family, Given``; ``family_last`` as in :func:`put_family_first`.

    Examples
    --------
    >>> format_people(["Ines Mergel", "Sari, A.", "et al."])
    'Mergel, Ines; Sari, A.'
    """
    tidy = (" ".join(re.sub(r"\u2026|\.\.\.|\bet al\b\.?", "", name).split()) for name in names)
    ordered = (put_family_first(name, family_last=family_last).strip(" ,;") for name in tidy)
    return "; ".join(name for name in ordered if name and name not in {"others", "[No author name available]"})


def put_family_first(name: str, *, family_last: bool = False) -> str:
    """Return a name family first, as far as its form tells which part that is; that of a body stays as it is.

    Three words and more without a comma or initials may be a body, or a person
    without a family name, and stay too, unless ``family_last`` says that the form
    has the family name last.

    Examples
    --------
    >>> [put_family_first(name) for name in ("M Mergel", "Mergel I", "Ines Mergel", "Sukarno", "JM van der Berg")]
    ['Mergel, M', 'Mergel, I', 'Mergel, Ines', 'Sukarno', 'van der Berg, JM']
    >>> [put_family_first(name) for name in ("World Health Organization", "Siti Nur Aini", "Maria L. Sari")]
    ['World Health Organization', 'Siti Nur Aini', 'Sari, Maria L.']
    """
    parts = name.split(" ")
    if "," in name:
        return re.sub(r",(?=\S)", ", ", name)
    if len(parts) == 1 or is_corporate(name):
        return name
    if _FAMILY_FIRST.match(name):
        return f"{parts[0]}, {' '.join(parts[1:])}"
    first = next((place for place, part in enumerate(parts) if not _INITIALS.fullmatch(part)), len(parts))
    last = next((place for place, part in enumerate(reversed(parts)) if not _INITIALS.fullmatch(part)), len(parts))
    if first == len(parts):  # "A NG": the shorter are the initials
        ends = (" ".join(parts[1:]), parts[0]) if len(parts[0]) < len(parts[-1]) else (parts[0], " ".join(parts[1:]))
        return ", ".join(ends)
    if last:  # "Mergel I"
        return f"{' '.join(parts[:-last])}, {' '.join(parts[-last:])}"
    # "JM van der Berg", as Google Scholar has it; "J. Maria Sari" has a given name beside its initial.
    if first and ("." not in parts[0] or len(parts) - first == 1 or parts[first][:1].islower()):
        return f"{' '.join(parts[first:])}, {' '.join(parts[:first])}"
    family = next((place for place, part in enumerate(parts) if part in _PARTICLES), len(parts) - 1)
    if family and (
        family_last or len(parts) == 2 or family < len(parts) - 1 or any(_INITIALS.fullmatch(part) for part in parts)
    ):
        return f"{' '.join(parts[family:])}, {' '.join(parts[:family])}"
    return name


_FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # Chinese, Japanese and Korean
_INITIALS = re.compile(r"(?:[A-Z]\.?-?){1,4}")
_PARTICLES = {"van", "von", "de", "der", "den", "del", "da", "di", "dos", "ter", "la", "le"}
_CORPORATE = re.compile(
    r"\b(?:organi[sz]ation|agency|ministry|ministries|institut[eo]?|universit\w*|departe?ment\w*|group|committee"
    r"|commission|council|centre|center|association|society|bureau|office|bank|foundation|federation|union|network"
    r"|consortium|collaboration|collaborators|investigators|team|task force|authority|government|programme|project"
    r"|nations|academy|college|hospital|company|corporation|limited|inc|ltd|llc|gmbh|press|school|investigation"
    r"|board|panel|alliance|initiative|secretariat|directorate|division|republic|parliament|city of|state of"
    r"|badan|kementerian|dinas|lembaga|pemerintah|pusat|yayasan|universitas|direktorat|dewan|komisi|perusahaan"
    r"|jabatan|majlis|suruhanjaya|minist[eèé]r\w*|organisation|organizaci[oó]n|instituto|universidad|comit[eé])\b"
    r"|กระทรวง|กรม|สำนัก|มหาวิทยาลัย|สถาบัน|องค์การ",
    re.IGNORECASE,
)


def is_corporate(name: str) -> bool:
    """Return whether a name is that of a body by one of its words.

    Examples
    --------
    >>> is_corporate("Badan Pusat Statistik"), is_corporate("Ines Mergel")
    (True, False)
    """
    return bool(_CORPORATE.search(name))


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


def split_people(text: str) -> list[str]:
    r"""Return the names in a cell that lists people, as each tool separates them.

    Examples
    --------
    >>> split_people("Sari, A.; Tono, B."), split_people("Sari, Ani\n\nTono, Budi")
    (['Sari, A.', 'Tono, B.'], ['Sari, Ani', 'Tono, Budi'])
    >>> split_people("Sari, A., Tono, B."), split_people("A Sari, B Tono"), split_people("Badan Pusat, Statistik")
    (['Sari, A.', 'Tono, B.'], ['A Sari', 'B Tono'], ['Badan Pusat, Statistik'])
    """
    names = parse_list(text)
    if names is not None:
        return names
    for between in (";", "|"):
        if between in text:
            return [re.sub(r"\s{0,3}\(\d+\)$", "", name.strip()) for name in text.split(between)]
    if lines := [line.strip(" ,") for line in text.splitlines() if line.strip(" ,")][1:]:
        return [text.strip().splitlines()[0].strip(" ,"), *lines]
    text = " ".join(text.split())
    if " and " in text and not (is_corporate(text) and "," not in text):
        return [name.strip(" ,") for name in text.split(" and ")]
    parts = [part.strip().removesuffix(".") if part.count(".") == 1 else part.strip() for part in text.split(",")]
    # Scopus: "Rahmanto, B., Wongsa, P." lists two people, family and initials by turns.
    if (
        len(parts) > 2
        and len(parts) % 2 == 0
        and all(re.fullmatch(r"(?:[A-Z]\.?[ -]?)+", part) for part in parts[1::2])
    ):
        given = [part.strip() for part in text.split(",")][1::2]
        return [f"{family}, {initials}" for family, initials in zip(parts[::2], given, strict=True)]
    # "M Mergel, N Edelmann" lists two people, "Mergel, Ines" is one.
    return parts if len(parts) > 2 or all(" " in part for part in parts) else [text]


def parse_list(text: str) -> list[str] | None:
    """Return the names in a cell that holds a list in JSON or Python, or nothing where it is other text.

    Examples
    --------
    >>> parse_list('["Sari, A.", {"name": "Tono, B."}]'), parse_list("Sari, A.")
    (['Sari, A.', 'Tono, B.'], None)
    """
    parts = parse_literal(text)
    if not isinstance(parts, list):
        return None
    named = (part.get("name") if isinstance(part, dict) else part for part in parts)
    return [join_surrogates(name) for name in named if name not in (None, "")]


def parse_literal(text: str) -> Any:
    """Return what a cell says in JSON, or else in Python; nothing where it only looks like that.

    Examples
    --------
    >>> parse_literal("{'DOI': '10.5555/x'}"), parse_literal("[Sari]")
    ({'DOI': '10.5555/x'}, None)
    """
    if text[:1] not in {"[", "{"}:
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def join_surrogates(value: object) -> str:
    r"""Return a value as text, in which escapes for the two halves of one character are that character.

    Examples
    --------
    >>> join_surrogates("\ud83c\udf33") == "\U0001f333"
    True
    """
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
