"""Exports in BibTeX, split into entries here and read by bibtexparser."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from systematic_review.formats import normalize
from systematic_review.formats.normalize import Fields, Piece

if TYPE_CHECKING:
    from bibtexparser.model import Entry

ENTRY = re.compile(r"^\s*@\s*(\w+)\s*[{(]")
_MARK = re.compile(r"(?<!\\)[{}]|@\s*\w+\s*\{|^\s*@\s*\w+\s*\(")
_KEYED = re.compile(r"@\w+\s*\{\s*[^\s,{}]+\s*,|\s+@\w+\s*\{\s*[^\s,{}]+\s*,\s*$")


def read_bibtex(lines: Iterator[str]) -> Iterator[Piece]:
    r"""Yield the entries of BibTeX one by one; strings that one entry defines are known to all that follow.

    Examples
    --------
    >>> [fields["title"] for _, fields in read_bibtex(iter(["@article{sari2019,\n", "  title = {On Kerbs},\n", "}\n"]))]
    ['On Kerbs']
    """
    strings = ""
    for raw in _split_blocks(lines):
        entry = ENTRY.match(raw)
        kind = entry[1].lower() if entry else "comment"
        if kind in {"comment", "preamble"}:
            continue
        found = list(_parse_entries(raw, strings))
        if kind == "string" and not found:
            strings += raw.rstrip() + "\n"
        elif not found:
            yield raw, "cannot be read as BibTeX (no complete entry)"
        yield from found


def _split_blocks(lines: Iterator[str]) -> Iterator[str]:
    """Split BibTeX where an entry begins outside the braces of another.

    Inside of them an entry begins only where a line begins with its kind and
    key (and holds no more, if it is indented): the entry before was not closed
    then. Braces between entries count for nothing.
    """
    held: list[str] = []
    depth = 0
    for line in lines:
        cut = 0
        if _KEYED.match(line):
            depth = 0
        for mark in _MARK.finditer(line):
            if depth == 0 and "@" in mark[0]:
                yield "".join([*held, line[cut : mark.start()]])
                held, cut = [], mark.start()
            if mark[0].endswith("{") and (depth or "@" in mark[0]):
                depth += 1
            elif mark[0] == "}":
                depth = max(depth - 1, 0)
        held.append(line[cut:])
    yield "".join(held)


def _parse_entries(raw: str, strings: str) -> Iterator[Piece]:
    """Yield all that bibtexparser finds in the text of one entry: mostly that, or what it failed on."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # the rejects say it
    known = strings.count("\n")
    # It takes an @ at the head of a line for another entry, even inside of a field.
    entry = re.sub(r"(?<=\S)\s*\n\s*@", " @", raw)
    blocks = [
        block
        for block in parse_string(strings + entry).blocks
        if isinstance(block, Entry | ParsingFailedBlock) and (block.start_line or 0) >= known
    ]
    for block in blocks:
        # Of what cannot be read all is kept, since nobody knows where it ends.
        text = raw if len(blocks) == 1 or isinstance(block, ParsingFailedBlock) else block.raw or raw
        if isinstance(block, Entry):
            yield text[: text.rfind("}") + 1] or text, _entry_fields(block)  # what follows the entry is a comment
        elif isinstance(block, DuplicateFieldKeyBlock):
            entry_twice = block.ignore_error_block
            if "title" in block.duplicate_keys or not isinstance(entry_twice, Entry):
                yield text, f"found field {', '.join(sorted(block.duplicate_keys))} twice, expected it once"
                continue
            # Scopus repeats fields, one for each funder: the first counts.
            firsts = {field.key: field for field in reversed(entry_twice.fields)}
            yield text, _entry_fields(Entry(entry_twice.entry_type, entry_twice.key, list(firsts.values())))
        elif isinstance(block, ParsingFailedBlock):
            yield text, f"cannot be read as BibTeX ({str(block.error).partition(chr(10))[0] or 'no complete entry'})"


def _format_names(text: str) -> str:
    """Return the people of a field, with ``and`` between them, or as some databases have it commas or semicolons."""
    names = " ".join(text.split()).split(" and ")
    if len(names) == 1 and (";" in text or text.count(",") > 1) and not text.rstrip().endswith(","):
        names = normalize.split_people(text)
    return normalize.format_people(names, family_last=True)


def _entry_fields(entry: Entry) -> Fields:
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Entry

    for person in ("author", "editor"):  # braces around a whole name: an institution, whose words stay in order
        if person in entry:
            names = " ".join(str(entry[person]).split())
            entry[person] = re.sub(r"(^|\band )\{([^{}]{1,500})\}(?= and\b|$)", r"\1\2,", names)
    # Decoding takes a millisecond a field, so only those are decoded that hold LaTeX.
    latex = [field for field in entry.fields if re.search(r"[\\{~]", str(field.value))]
    decoded = LatexDecodingMiddleware().transform(Library([Entry(entry.entry_type, entry.key, latex)]))
    texts = entry.fields_dict | decoded.entries[0].fields_dict
    fields = {name.lower(): str(field.value) for name, field in texts.items()}

    def first(*names: str) -> str:
        return next((fields[name] for name in names if fields.get(name, "").strip()), "")

    keywords = first("author_keywords", "keywords", "keyword", "keywords-plus")
    kind = first("document_type") or {"article": "article"}.get(entry.entry_type.lower(), entry.entry_type)
    eid = re.search(r"2-s2\.0-\d+", f"{first('url')} {first('eid')} {first('source')}")
    return {
        "title": first("title"),
        "authors": _format_names(first("author", "editor")),
        "year": first("year", "date"),
        "journal": first("journal", "journaltitle", "booktitle", "institution", "school", "publisher"),
        "volume": first("volume"),
        "number": first("number", "issue"),
        "pages": first("pages") or first("art_number", "article-number", "eid"),
        "doi": normalize.find_doi(first("doi"), first("url"), first("note")),
        "abstract": first("abstract"),
        "keywords": keywords if ";" in keywords else keywords.replace(",", ";"),
        "type": kind,
        "language": first("language", "langid"),
        "url": first("url"),
        "pmid": first("pmid", "pubmed_id"),
        "accession": first("unique-id") or (eid[0] if eid else "") or first("lens_id"),
    }
