"""Exports with a tag on each line: RIS, PubMed's nbib, Web of Science, and EndNote's ``.enw``.

Files are split into records here, line by line, so that an export of any
length takes little memory; a record is read by rispy, or by nbib.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

from systematic_review.formats import normalize
from systematic_review.formats.normalize import Fields, Piece

RIS = re.compile(r"^\ufeff?\s{0,3}([A-Z][A-Z0-9]) {1,3}- ?(.*)$")
RIS_BEGINS = re.compile(r"^\ufeff?\s{0,3}TY {1,3}-")
PUBMED = re.compile(r"^\ufeff?(?:PMID ?- |PMC ?- PMC|OWN - )")  # ERIC's records have an owner and no PMID
WEB_OF_SCIENCE = re.compile(r"^\ufeff?(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]$)")
REFER = re.compile(r"^\ufeff?%[0TA] \S")
_NUMBER = re.compile(r"^\s*<?\d+[.>]?\s*$")
_PMID = re.compile(r"^PMID ?- ")
_PMC = re.compile(r"^PMC ?- ")

#: The tags that each column has in RIS: the first that is filled counts.
_RIS_TAGS = {
    "title": ("TI", "T1", "CT", "BT", "ST"),
    "authors": ("AU", "A1", "A2", "ED", "A3"),
    "year": ("PY", "Y1", "DA", "YR"),
    # JO and JF are the journal; T2 is it too, unless the record says both.
    "journal": ("JF", "JO", "T2", "J2", "JA", "BT", "T3", "JN"),
    "volume": ("VL",),
    "number": ("IS", "CP"),
    "abstract": ("AB", "N2"),
    "keywords": ("KW", "DE"),
    "type": ("TY",),
    "language": ("LA",),
    "url": ("UR", "LK", "L2", "L1"),
    "accession": ("AN", "UT"),
}
#: Where databases put a DOI, beside its own tag: ProQuest in L3, others in a link or a note.
_RIS_DOIS = ("DO", "DI", "L3", "M3", "UR", "LK", "L2", "AN", "ID", "C7")
_WOS_TAGS = {
    "title": ("TI",),
    "authors": ("AF", "AU", "BE", "CA"),
    "year": ("PY", "EY", "PD"),
    "journal": ("SO", "JI"),
    "volume": ("VL",),
    "number": ("IS",),
    "abstract": ("AB",),
    "keywords": ("DE", "ID"),
    "type": ("DT", "PT"),
    "language": ("LA",),
    "url": (),
    "accession": ("UT",),
    "pmid": ("PM",),
    "doi": ("DI", "D2"),
    "access": ("OA",),
}
_REFER_TAGS = {
    "title": ("%T",),
    "authors": ("%A", "%E"),
    "year": ("%D", "%8"),
    "journal": ("%J", "%B", "%S"),
    "volume": ("%V",),
    "number": ("%N",),
    "pages": ("%P",),
    "doi": ("%R", "%U"),
    "abstract": ("%X",),
    "keywords": ("%K",),
    "type": ("%0",),
    "language": ("%G",),
    "url": ("%U",),
    "accession": ("%M",),
}
#: Without one of these a piece of text between records is noise.
_TELLING = ("TI", "T1", "AU", "A1", "DO", "AB", "N2", "JO", "JF", "T2", "UR")


class _Same(dict[str, str]):
    """Tags under their own names."""

    def __missing__(self, tag: str) -> str:
        return tag


class _Every(list[str]):
    """A list that holds every tag: each may be there more than once."""

    def __contains__(self, tag: object) -> bool:
        return True


def _import_rispy() -> Any:
    import rispy

    return rispy


def read_lines(file: IO[str]) -> Iterator[str]:
    r"""Yield the lines of a file, whatever ends them, each ended by a line feed.

    Examples
    --------
    >>> list(read_lines(["TY  - JOUR\r\n", "one\rtwo"]))
    ['TY  - JOUR\n', 'one\n', 'two\n']
    """
    for line in file:
        for part in line.rstrip("\r\n").split("\r"):
            yield part + "\n"


def read_ris(text: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of RIS, split at ``TY`` and ``ER``.

    Dialects that leave ``ER`` out, indent, or write too few blanks are read
    too. Lines between records that say nothing of a work, as Ovid and JSTOR
    have them, are noise, and stay with the text of the record before.

    Examples
    --------
    >>> [fields["title"] for _, fields in read_ris(["TY  - JOUR\n", "TI  - On Kerbs\n", "ER  - \n"])]
    ['On Kerbs']
    """
    held: list[str] = []
    ready: Piece | None = None
    inside = False

    def done() -> Iterator[Piece]:
        nonlocal ready, held
        if any(line.strip() for line in held):
            piece = _parse_ris_record(held, inside)
            if piece is not None:
                yield from [ready] if ready else []
                ready = piece
            elif ready:
                ready = ready[0] + "".join(held), ready[1]
            else:  # before the first record
                return
        held = []

    for line in text:
        tag = RIS.match(line)
        if tag and tag[1] == "TY":
            yield from done()
            inside = True
        if not inside and _NUMBER.match(line):  # some programs number the records
            continue
        if tag:
            line = f"{tag[1]}  - {tag[2]}\n"
        held.append(line)
        if tag and tag[1] == "ER":
            yield from done()
            inside = False
    yield from done()
    if ready:
        yield ready


def _parse_ris_record(held: list[str], begun: bool) -> Piece | None:
    """Return what some lines hold; nothing where they are noise between records."""
    rispy = _import_rispy()
    raw = "".join(held)
    joined: list[str] = []
    for line in held:
        tag = RIS.match(line)
        if tag or not joined:
            joined.append(line.rstrip("\n"))
        elif line.strip():
            # Keywords go on as further keywords, all else as one text.
            keyword = joined[-1].startswith(("KW  -", "DE  -"))
            joined.append(f"KW  - {line.strip()}") if keyword else joined.append(f"{joined.pop()} {line.strip()}")
    starts = [place for place, line in enumerate(joined) if line.startswith("TY  -")]
    if begun and starts:
        joined = joined[starts[0] :]
    else:
        if not any(line[:2] in _TELLING and RIS.match(line) and line[6:].strip() for line in joined):
            return None
        joined = ["TY  - GEN", *(line for line in joined if RIS.match(line))]
    try:
        (entry,) = rispy.RisParser(mapping=_Same(), list_tags=_Every(), delimiter_tags_mapping={}).parse_lines(
            iter([*(line for line in joined if not line.startswith("ER  -")), "ER  - "])
        )
    except Exception as error:  # whatever rispy stumbles over, the record is kept as a reject
        return raw, f"cannot be read as RIS ({type(error).__name__}: {error})"
    entry["TY"] = [entry["TY"]]
    fields = _fields_of_tags(entry, _RIS_TAGS, keywords=";")

    def first(tag: str) -> str:
        return next(filter(None, entry.get(tag, [])), "")

    links = [value for tag in ("UR", "LK") for value in entry.get(tag, [])]
    scopus = next((found[0] for link in links if (found := re.search(r"2-s2\.0-\d+", link))), "")
    pubmed = next((found[1] for link in links if (found := re.search(r"pubmed[^/]*/(?:pubmed/)?(\d{4,})", link))), "")
    ovid = next((link for link in [*links, *entry.get("L2", [])] if "ovid" in link.lower()), "")
    if ovid and not fields["accession"]:  # Ovid's number is the record's "ID", and part of its address
        address = re.search(r"\bAN=([^&\s]+)", ovid)
        fields["accession"] = address[1] if address else first("ID")
    medline = re.search(r"NLM|PubMed|MEDLINE", f"{first('DP')} {first('DB')}", re.IGNORECASE)
    if (
        not pubmed
        and re.fullmatch(r"\d{5,8}", fields["accession"])
        and (medline or re.search(r"\bD=(?:med|mes|ppez|prem|pmn)", ovid))
    ):
        pubmed, fields["accession"] = fields["accession"], ""
    if not fields["accession"]:
        notes = (normalize.find_registration(note) for note in entry.get("N1", []))
        fields["accession"] = next(filter(None, notes), "")
    noted = (found[1] for note in entry.get("N1", []) if (found := re.search(r"(?i)\bdoi:?\s*(10\.\S+)", note)))
    numbered = (found[1] for note in entry.get("N1", []) if (found := re.match(r"PMID: ?(\d{1,8})\b", note)))
    return raw, {
        **fields,
        "url": fields["url"].split("; ")[0].split(";http")[0],
        "pages": normalize.format_pages(first("SP") or first("PG"), first("EP")),
        "doi": normalize.find_doi(*(value for tag in _RIS_DOIS for value in entry.get(tag, [])), *noted),
        "accession": fields["accession"] or scopus,
        "pmid": first("PM") or pubmed or next(filter(None, numbered), ""),
    }


def read_web_of_science(text: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of Web of Science's plain text (also ``.ciw``), split at ``ER``.

    Examples
    --------
    >>> lines = ["FN Clarivate\n", "PT J\n", "TI On Kerbs\n", "ER\n", "EF\n"]
    >>> [fields["title"] for _, fields in read_web_of_science(lines)]
    ['On Kerbs']
    """
    rispy = _import_rispy()
    held: list[str] = []
    for line in text:
        line = line.lstrip("\ufeff")
        if line[:3] in {"FN ", "VR ", "EF\n", "EF "} or not (held or line.strip()):
            continue
        held.append(line)
        if line[:2] != "ER":
            continue
        yield _parse_web_of_science_record(held, rispy)
        held = []
    if any(line.strip() for line in held):
        yield _parse_web_of_science_record(held, rispy)


def _parse_web_of_science_record(held: list[str], rispy: Any) -> Piece:
    raw = "".join(held)
    body = [line.rstrip("\n") for line in held if line.strip() and line[:2] != "ER"]
    if not body or not body[0].startswith("PT "):
        body = ["PT J", *body]
    try:
        (entry,) = rispy.WokParser(mapping=_Same(), list_tags=_Every()).parse_lines(iter([*body, "ER"]))
    except Exception as error:  # whatever rispy stumbles over, the record is kept as a reject
        return raw, f"cannot be read as Web of Science's text ({type(error).__name__}: {error})"
    entry["PT"] = [entry["PT"]]
    fields = _fields_of_tags(entry, _WOS_TAGS, keywords=None)

    def one(tag: str) -> str:
        return " ".join(entry.get(tag, []))

    return raw, {
        **fields,
        "access": "open" if fields["access"] else "",
        "pages": normalize.format_pages(one("BP"), one("EP")) or one("AR"),
    }


def read_refer(text: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of EndNote's ``.enw``, each begun by ``%0`` or after a blank line.

    Examples
    --------
    >>> [fields["title"] for _, fields in read_refer(["%0 Journal Article\n", "%T On Kerbs\n", "%D 2019\n"])]
    ['On Kerbs']
    """
    held: list[str] = []
    for line in text:
        line = line.lstrip("\ufeff")
        if held and (line.startswith("%0 ") or (not line.strip() and any(part.startswith("%T") for part in held))):
            yield _parse_refer_record(held)
            held = []
        if line.strip():
            held.append(line)
    if held:
        yield _parse_refer_record(held)


def _parse_refer_record(held: list[str]) -> Piece:
    entry: dict[str, list[str]] = {}
    tag = ""
    for line in held:
        if re.match(r"%\S ", line):
            tag = line[:2]
            entry.setdefault(tag, []).append(line[3:].strip())
        elif tag == "%K":
            entry[tag].append(line.strip())
        elif tag:
            entry[tag][-1] += f" {line.strip()}"
    fields = _fields_of_tags(entry, _REFER_TAGS, keywords=";")
    return "".join(held), {**fields, "doi": normalize.find_doi(*entry.get("%R", []), *entry.get("%U", []))}


def _fields_of_tags(entry: dict[str, list[str]], tags: dict[str, tuple[str, ...]], *, keywords: str | None) -> Fields:
    """Return the fields of an entry by its tags; ``keywords`` says what lies between those of several lines."""
    found: Fields = {}
    for column, names in tags.items():
        values = next((values for name in names if (values := [v for v in entry.get(name, []) if v.strip()])), [])
        if column == "authors":
            # One line may name many people, in the habit of those who fill in a form.
            lines = normalize.split_people(values[0]) if len(values) == 1 and values[0].count(",") > 1 else values
            found[column] = normalize.format_people(part for value in lines for part in value.split(";"))
        elif column == "keywords":
            found[column] = (f"{keywords} " if keywords else " ").join(values)
        elif column in {"language", "type"}:
            found[column] = "; ".join(values)
        elif column == "title":
            found[column] = " ".join(dict.fromkeys(values))
        elif column in {"abstract", "journal"}:
            # Lines of the same text may be tagged anew; Web of Science breaks them anyhow.
            found[column] = (
                " ".join(values) if keywords is None or column == "abstract" else values[0] if values else ""
            )
        else:
            found[column] = values[0] if values else ""
    return found


def read_pubmed(text: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the records of PubMed's format; one begins at its ``PMID``, or in PubMed Central's at ``PMC`` before it.

    Examples
    --------
    >>> [fields["title"] for _, fields in read_pubmed(["PMID- 1\n", "TI  - On Kerbs\n"])]
    ['On Kerbs']
    """
    held: list[str] = []
    begun = filled = False
    for line in text:
        line = line.lstrip("\ufeff")
        number = bool(_PMID.match(line))
        # A record that does not begin with its PMID begins after a blank line.
        central = filled and bool(PUBMED.match(line)) and not held[-1].strip()
        if (number and begun) or central:
            yield _parse_pubmed_record("".join(held))
            held, begun, filled = [], False, False
        held.append(line)
        begun, filled = begun or number, filled or bool(line.strip())
    if filled:
        yield _parse_pubmed_record("".join(held))


def _parse_pubmed_record(raw: str) -> Piece:
    import nbib

    read: Any = nbib.read
    # nbib takes a record to begin with its PMID, knows no blank lines inside, and fails on an empty tag
    # and on ERIC's identifiers, which do not say their kind.
    told = (line.replace("\t", " ") for line in raw.split("\n") if line.strip())
    whole = [re.sub(r"^([A-Z]{4}) - ", r"\1- ", line) for line in told]
    whole = [line for line in whole if not re.fullmatch(r"[A-Z]{2,4} *- *|(?:AID|LID) - .*[^]\s]\s*", line)]
    ordered = sorted(whole, key=lambda line: not _PMID.match(line)) if whole and _PMC.match(whole[0]) else whole
    try:
        (entry,) = read("\n".join(ordered) + "\n")
    except Exception as error:  # whatever nbib stumbles over, the record is kept as a reject
        return raw, f"cannot be read as PubMed's format ({str(error).strip() or 'not one record'})"

    def field_text(tag: str) -> list[str]:  # what nbib passes over, or keeps one of
        return re.findall(rf"^{tag:<4}- (.*)$", raw, re.MULTILINE)

    dois = [value for tag in ("LID", "AID", "SO") for value in field_text(tag) if "doi" in value]
    terms = [*entry.get("keywords", []), *(term["descriptor"] for term in entry.get("descriptors", []))]
    central = field_text("PMC")
    return raw, {
        "title": entry.get("title", "") or " ".join(field_text("BTI")),
        "authors": normalize.format_people(
            person.get("author") or person.get("author_abbreviated", "") for person in entry.get("authors", [])
        ),
        "year": str(entry.get("publication_date", "")),
        "journal": entry.get("journal", "") or entry.get("journal_abbreviated", ""),
        "volume": str(entry.get("journal_volume", "")),
        "number": str(entry.get("journal_issue", "")),
        "pages": str(entry.get("pages", "")),
        "doi": normalize.find_doi(*dois),
        "abstract": entry.get("abstract", ""),
        "keywords": "; ".join(dict.fromkeys(terms)),
        "type": "; ".join(_publication_types(field_text("PT"))),
        "language": "; ".join(field_text("LA")),
        "access": "open" if entry.get("pmcid") or central else "",
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{entry['pubmed_id']}/" if entry.get("pubmed_id") else "",
        "pmid": str(entry.get("pubmed_id", "")),
        "accession": central[0] if central else "",
    }


def _publication_types(types: Iterable[str]) -> list[str]:
    """Return types of publication without who paid for the research, which PubMed counts among them."""
    return [kind.replace(",", "") for kind in types if not kind.startswith("Research Support")]
