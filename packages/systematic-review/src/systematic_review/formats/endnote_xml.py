"""A record of EndNote's XML."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from systematic_review.formats import normalize

#: Where each column stands in a record of EndNote's XML.
_PATHS = {
    "title": ("titles/title",),
    "year": ("dates/year", "dates/pub-dates/date"),
    "journal": ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1"),
    "volume": ("volume",),
    "number": ("number",),
    "pages": ("pages",),
    "abstract": ("abstract",),
    "language": ("language",),
    "url": ("urls/related-urls/url", "urls/web-urls/url", "urls/pdf-urls/url"),
    "accession": ("accession-num",),
}


def endnote_fields(record: ElementTree.Element) -> normalize.Fields:
    """Return what a record of EndNote's XML says; its accession number is PubMed's where it came from there.

    Examples
    --------
    >>> record = ElementTree.fromstring("<record><titles><title>On Kerbs</title></titles></record>")
    >>> endnote_fields(record)["title"]
    'On Kerbs'
    """

    def texts(path: str) -> list[str]:
        found = ("".join(element.itertext()).strip() for element in record.findall(path))
        return [text for text in found if text]

    fields = {column: next((text for path in paths for text in texts(path)), "") for column, paths in _PATHS.items()}
    kind = record.find("ref-type")
    database = " ".join([*texts("remote-database-name"), *texts("remote-database-provider")])
    number = fields["accession"]
    medline = bool(re.search(r"NLM|PubMed|MEDLINE", database, re.IGNORECASE)) and bool(re.fullmatch(r"\d{5,8}", number))
    return fields | {
        "pmid": number if medline else "",
        "accession": "" if medline else number,
        "authors": normalize.format_people(
            texts("contributors/authors/author") or texts("contributors/secondary-authors/author")
        ),
        "keywords": "; ".join(texts("keywords/keyword")),
        "doi": normalize.find_doi(*texts("electronic-resource-num"), *texts("urls/related-urls/url")),
        "type": kind.get("name", "") if kind is not None else "",
    }
