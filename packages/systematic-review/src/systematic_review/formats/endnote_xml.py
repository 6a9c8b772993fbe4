"""EndNote's XML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from systematic_review.formats import normalize
from systematic_review.formats.normalize import Piece, Unreadable

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


def read_endnote_xml(path: Path) -> Iterator[Piece]:
    """Yield the records of EndNote's XML.

    Raises
    ------
    Unreadable : it is broken, or XML of another kind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "endnote.xml"
    ...     record = "<record><titles><title>On Kerbs</title></titles></record>"
    ...     _ = path.write_text(f"<xml><records>{record}</records></xml>")
    ...     [fields["title"] for _, fields in read_endnote_xml(path)]
    ['On Kerbs']
    """
    count = 0
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag != "record":
                continue
            count += 1
            yield ElementTree.tostring(element, encoding="unicode"), _endnote_fields(element)
            element.clear()
    except ElementTree.ParseError as error:
        if not count:
            raise Unreadable(f"is broken XML ({error})") from None
        yield "", f"the file breaks off: broken XML ({error})"
        return
    if not count:
        raise Unreadable("is XML of another kind than EndNote's: export the records as RIS or EndNote XML")


def _endnote_fields(record: ElementTree.Element) -> normalize.Fields:
    def texts(path: str) -> list[str]:
        found = ("".join(element.itertext()).strip() for element in record.findall(path))
        return [text for text in found if text]

    fields = {column: next((text for path in paths for text in texts(path)), "") for column, paths in _PATHS.items()}
    kind = record.find("ref-type")
    return fields | {
        "authors": normalize.format_people(
            texts("contributors/authors/author") or texts("contributors/secondary-authors/author")
        ),
        "keywords": "; ".join(texts("keywords/keyword")),
        "doi": normalize.find_doi(*texts("electronic-resource-num"), *texts("urls/related-urls/url")),
        "type": kind.get("name", "") if kind is not None else "",
    }
