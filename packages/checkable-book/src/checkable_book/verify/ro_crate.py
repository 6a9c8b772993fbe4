"""The RO-Crate metadata of a book: the edition, the paper, each table, each chapter, what it is made with.

All of it is written from ``data/paper.yml``, ``data/datapackage.json`` and the
contents, so that none can say something else than the rest.
"""

from __future__ import annotations

import json
from pathlib import Path

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from checkable_book.book import Book, current_book
from checkable_book.data.package import package_of
from checkable_book.dependencies import files_of
from checkable_book.render import book_metadata
from checkable_book.sphinx_ext.metadata_tags import LICENCES, describe_article, licence_address
from checkable_book.verify import reference_notebooks

FILE_NAME = "ro-crate-metadata.json"
#: What stands in the root of a book that says what it is and how it is built.
_NAMED = ("*.md", "LICENSE", "CITATION.cff", "pyproject.toml", "_toc.yml", "_config*.yml", "requirements*.txt")
_FOLDERS = ("src", "packages", "tests", "locales", "docs", "data", ".ci", ".github")
#: By the endings of files; Python's own list differs between its versions.
_MEDIA_TYPES = {
    ".bib": "text/x-bibtex",
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yml": "application/yaml",
}


def source_files(book: Book | None = None) -> list[tuple[Path, str]]:
    """Return the files that the book is made with, beside tables and chapters, each with its media type."""
    book = book or current_book()
    found = [path for folder in _FOLDERS for path in files_of(book.root / folder)]
    found += [path for pattern in _NAMED for path in sorted(book.root.glob(pattern))]
    left_out = {table.path for table in package_of(book).tables.values()}
    left_out |= {page.path for page in reference_notebooks.executable_pages(book)}
    return [
        (path, _MEDIA_TYPES.get(path.suffix, "text/plain"))
        for path in dict.fromkeys(found)
        if path not in left_out
        and path.suffix != ".mo"  # which a build makes
        and not any(part.endswith(".egg-info") or part == "results" for part in path.relative_to(book.root).parts)
    ]


def crate_text(book: Book | None = None) -> str:
    """Return the RO-Crate metadata as JSON."""
    book = book or current_book()
    edition = book_metadata.known_metadata(book)["edition"]
    described = ROCrate()
    described.name = book_metadata.title(book=book)
    described.description = book_metadata.description(book)
    described.datePublished = str(edition["released"])
    root = described.root_dataset
    root["license"] = {"@id": licence_address(edition["text_licence"])}
    root["version"] = str(edition["version"])
    licences = LICENCES | {edition["text_licence"]: licence_address(edition["text_licence"])}
    for licence, address in licences.items():
        described.add(ContextEntity(described, address, {"@type": "CreativeWork", "name": licence}))
    root["author"] = described.add(
        ContextEntity(described, "#editors", {"@type": "Organization", "name": book_metadata.editors(book=book)})
    )
    root["isBasedOn"] = _add_paper(described, book)
    for name, table in package_of(book).tables.items():
        description = table.description
        properties = {
            "name": description["title"],
            "description": description["description"],
            "encodingFormat": "text/csv",
        }
        described.add_file(dest_path=book.shown_path(package_of(book).table(name).path), properties=properties)
    for path, kind in source_files(book):
        described.add_file(dest_path=book.shown_path(path), properties={"encodingFormat": kind})
    for page in reference_notebooks.executable_pages(book):
        kind = _MEDIA_TYPES.get(page.path.suffix, "text/plain")
        properties = {"name": page.path.stem, "encodingFormat": kind, "inLanguage": page.language}
        described.add_file(dest_path=book.shown_path(page.path), properties=properties)
    return json.dumps(described.metadata.generate(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _add_paper(described: ROCrate, book: Book) -> ContextEntity:
    """Add the paper, its authors as entities of their own, as RO-Crate asks."""
    article = describe_article(with_context=False)
    authors = [
        described.add(ContextEntity(described, f"#author-{place}", person))
        for place, person in enumerate(article.pop("author", []), start=1)
    ]
    paper = described.add(ContextEntity(described, book_metadata.paper_address(book) or "#paper", article))
    if authors:
        paper["author"] = authors
    return paper
