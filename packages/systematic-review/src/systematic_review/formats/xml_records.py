"""Records in XML: EndNote, PubMed, the registers of ICTRP and ClinicalTrials.gov, and Atom as arXiv has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from systematic_review.errors import Unreadable
from systematic_review.formats import endnote_xml, normalize
from systematic_review.formats.normalize import Fields, Piece

#: How deep elements may lie in each other; a record lies no deeper than ten or so.
MOST_DEPTH = 100


@dataclass
class Form:
    """What is told of a file: the ``form`` that it is in.

    Examples
    --------
    >>> Form().form
    'XML'
    """

    form: str = "XML"


def read_xml(path: Path, export: Form) -> Iterator[Piece]:
    """Yield the records of a file in XML, by the elements that hold one.

    Parameters
    ----------
    export : given the name of the form as soon as a record tells it.

    Raises
    ------
    Unreadable : it is broken or too deep, or XML of another kind.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "trials.xml"
    ...     trial = "<Trial><TrialID>NCT1</TrialID><Public_title>Shade</Public_title></Trial>"
    ...     _ = path.write_text(f"<Trials>{trial}</Trials>")
    ...     export = Form()
    ...     [fields["title"] for _, fields in read_xml(path, export)], export.form
    (['Shade'], 'ICTRP')
    """
    count = depth = 0
    roots: list[str] = []
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end")):
            if event == "start":
                depth += 1
                if depth > MOST_DEPTH:
                    raise Unreadable(f"is XML with elements more than {MOST_DEPTH} deep")
                roots[depth - 1 :] = [_plain_tag(element)]
                continue
            depth -= 1
            tag = _plain_tag(element)
            known = _READERS.get(tag)
            if known is None or any(parent in _READERS for parent in roots[:depth]):
                continue
            count += 1
            export.form = known[0]
            yield ElementTree.tostring(element, encoding="unicode"), known[1](element)
            element.clear()
    except ElementTree.ParseError as error:
        if not count:
            raise Unreadable(f"is broken XML ({error})") from None
        yield "", f"the file breaks off: broken XML ({error})"
        return
    if not count:
        raise Unreadable(
            f"is XML of a kind not known here ({roots[0] if roots else 'no element'}), expected that of EndNote, "
            "PubMed, ICTRP, ClinicalTrials.gov or Atom: export the records as RIS or CSV"
        )


def _plain_tag(element: Element) -> str:
    """Return the name of an element without its namespace, which Atom has and others have not."""
    return str(element.tag).rpartition("}")[2]


def _texts(element: Element, path: str) -> list[str]:
    """Return the texts of the elements at a path, whatever their namespace, mark-up inside of them left out."""
    steps = "/".join(f"{{*}}{step}" if step[0] not in ".*" else step for step in path.split("/"))
    found = (" ".join("".join(inner.itertext()).split()) for inner in element.findall(steps))
    return [text for text in found if text]


def _first_text(element: Element, *paths: str) -> str:
    return next((text for path in paths for text in _texts(element, path)), "")


def _pubmed_fields(record: Element) -> Fields:
    citation = record.find("MedlineCitation")
    citation = record if citation is None else citation
    article = citation.find("Article")
    article = citation if article is None else article
    people = []
    for person in article.findall("AuthorList/Author"):
        family, given = _first_text(person, "LastName"), _first_text(person, "ForeName", "Initials")
        group = _first_text(person, "CollectiveName")
        people.append(f"{group}," if group else f"{family}, {given}")
    abstract = []
    for part in article.findall("Abstract/AbstractText"):
        label, text = part.get("Label", ""), " ".join("".join(part.itertext()).split())
        abstract.append(f"{label}: {text}" if label else text)
    issue = "Journal/JournalIssue/"
    ids = {
        one.get("IdType", ""): (one.text or "").strip() for one in record.findall("PubmedData/ArticleIdList/ArticleId")
    }
    places = [(one.text or "").strip() for one in article.findall("ELocationID") if one.get("EIdType") == "doi"]
    pmid = _first_text(citation, "PMID")
    headings = _texts(citation, "MeshHeadingList/MeshHeading/DescriptorName")
    kinds = (kind for kind in _texts(article, "PublicationTypeList/PublicationType") if "Research Support" not in kind)
    return {
        "title": _first_text(article, "ArticleTitle", "VernacularTitle"),
        "authors": normalize.format_people(people),
        "year": _first_text(article, issue + "PubDate/Year", issue + "PubDate/MedlineDate", "ArticleDate/Year"),
        "journal": _first_text(article, "Journal/Title", "Journal/ISOAbbreviation"),
        "volume": _first_text(article, issue + "Volume"),
        "number": _first_text(article, issue + "Issue"),
        "pages": _first_text(article, "Pagination/MedlinePgn", "Pagination/StartPage"),
        "doi": normalize.find_doi(ids.get("doi", ""), *places),
        "abstract": " ".join(abstract),
        "keywords": "; ".join(dict.fromkeys([*_texts(citation, "KeywordList/Keyword"), *headings])),
        "type": "; ".join(kind.replace(",", "") for kind in kinds),
        "language": "; ".join(_texts(article, "Language")),
        "access": "open" if ids.get("pmc") else "",
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        "pmid": pmid,
        "accession": ids.get("pmc", ""),
    }


def _pubmed_book_fields(record: Element) -> Fields:
    book = record.find("BookDocument")
    book = record if book is None else book
    people = [
        f"{_first_text(person, 'LastName')}, {_first_text(person, 'ForeName', 'Initials')}"
        for person in [*book.findall("AuthorList/Author"), *book.findall("Book/AuthorList/Author")]
    ]
    pmid = _first_text(book, "PMID")
    return {
        "title": _first_text(book, "ArticleTitle", "Book/BookTitle"),
        "authors": normalize.format_people(people),
        "year": _first_text(book, "Book/PubDate/Year", "ContributionDate/Year"),
        "journal": _first_text(book, "Book/BookTitle"),
        "doi": normalize.find_doi(*_texts(book, "ArticleIdList/ArticleId"), *_texts(book, "Book/ELocationID")),
        "abstract": " ".join(_texts(book, "Abstract/AbstractText")),
        "keywords": "; ".join(_texts(book, "KeywordList/Keyword")),
        "type": "chapter" if _texts(book, "ArticleTitle") else "book",
        "language": "; ".join(_texts(book, "Language")),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        "pmid": pmid,
    }


def _ictrp_fields(trial: Element) -> Fields:
    found = {_plain_tag(field).lower(): " ".join("".join(field.itertext()).split()) for field in trial}
    return {
        "title": found.get("public_title") or found.get("scientific_title", ""),
        "authors": normalize.format_people([f"{found['primary_sponsor']},"] if found.get("primary_sponsor") else []),
        "year": found.get("date_registration", "") or found.get("date_registration3", ""),
        "journal": found.get("source_register", ""),
        "keywords": found.get("condition", ""),
        "type": "trial registration",
        "url": found.get("web_address", ""),
        "accession": found.get("trialid", ""),
    }


def _registry_fields(study: Element) -> Fields:
    """Return what ClinicalTrials.gov's XML says of a study."""
    return {
        "title": _first_text(study, "brief_title", "official_title"),
        "authors": normalize.format_people(f"{name}," for name in _texts(study, "sponsors/lead_sponsor/agency")),
        "year": _first_text(study, "study_first_posted", "study_first_submitted", "start_date"),
        "journal": "ClinicalTrials.gov",
        "abstract": _first_text(study, "brief_summary/textblock"),
        "keywords": "; ".join([*_texts(study, "keyword"), *_texts(study, "condition")]),
        "type": "trial registration",
        "url": _first_text(study, "required_header/url"),
        "accession": _first_text(study, "id_info/nct_id"),
    }


def _atom_fields(entry: Element) -> Fields:
    address = _first_text(entry, "id")
    arxiv = re.search(r"arxiv\.org/abs/([\w./-]{1,40}?)(?:v\d+)?$", address)
    return {
        "title": _first_text(entry, "title"),
        "authors": normalize.format_people(_texts(entry, "author/name")),
        "year": _first_text(entry, "published", "updated"),
        "journal": _first_text(entry, "journal_ref") or ("arXiv" if arxiv else ""),
        "doi": normalize.find_doi(_first_text(entry, "doi")),
        "abstract": _first_text(entry, "summary"),
        "type": "preprint" if arxiv else "",
        "access": "open" if arxiv else "",
        "url": address,
        "accession": f"arXiv:{arxiv[1]}" if arxiv else "",
    }


#: The elements that hold a record: the form that they tell, and how it is read.
_READERS: dict[str, tuple[str, Callable[[Element], Fields]]] = {
    "record": ("EndNote XML", endnote_xml.endnote_fields),
    "PubmedArticle": ("PubMed XML", _pubmed_fields),
    "PubmedBookArticle": ("PubMed XML", _pubmed_book_fields),
    "Trial": ("ICTRP", _ictrp_fields),
    "clinical_study": ("ClinicalTrials.gov XML", _registry_fields),
    "entry": ("Atom", _atom_fields),
}
