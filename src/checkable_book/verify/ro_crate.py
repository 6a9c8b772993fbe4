"""How the project describes itself to machines: RO-Crate and CODECHECK.

All of it is written from ``data/paper.yml``, ``data/datapackage.json`` and the
chapters, so that none can say something else than the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from checkable_book import data, project
from checkable_book.render import book_metadata
from checkable_book.render.i18n import text
from checkable_book.sphinx_ext.metadata_tags import LICENCES, article, licence_address
from checkable_book.verify import reference_notebooks

#: What stands for something still to be filled in.
_PLACEHOLDER = re.compile(r"FIXME|TODO|TBD|XXX|\[[A-Z][^\]\n]*\]")
_SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0"


def codecheck_path() -> Path:
    """Return where the CODECHECK configuration is kept.

    Examples
    --------
    >>> codecheck_path().name
    'codecheck.yml'
    """
    return project.root() / "codecheck.yml"


def crate_path() -> Path:
    """Return where the RO-Crate metadata is kept.

    Examples
    --------
    >>> crate_path().name
    'ro-crate-metadata.json'
    """
    return project.root() / "ro-crate-metadata.json"


def codecheck() -> str:
    """Return the CODECHECK configuration, without what is not known or a checker's to fill in.

    Examples
    --------
    >>> "manifest:" in codecheck()
    True
    """
    paper = book_metadata.known()["paper"]
    described = {
        "title": paper["title"],
        "authors": [{"name": name} for name in paper["authors"] or []],
        "reference": book_metadata.paper_address() or None,
    }
    fields = {
        "version": _SPECIFICATION,
        "source": text("codecheck_source"),
        "manifest": [
            {
                "file": reference_notebooks.reference(chapter).relative_to(project.root()).as_posix(),
                "comment": text("codecheck_comment", chapter=chapter.relative_to(project.root()).as_posix()),
            }
            for chapter in reference_notebooks.chapters()
        ],
        "paper": {key: value for key, value in described.items() if value},
    }
    return "---\n" + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)


#: What a rule of CODECHECK has come to: kept; waiting for what is not known of the paper, or for a checker; broken.
OUTCOMES = ("kept", "waits_for_paper", "waits_for_checker", "broken")


def outcomes() -> dict[str, str]:
    """Return the outcome of each rule of CODECHECK that is looked at, from ``codecheck.yml`` as it stands.

    Examples
    --------
    >>> "broken" in outcomes().values()
    False
    """
    raw = codecheck_path().read_text(encoding="utf-8") if codecheck_path().exists() else ""
    try:
        fields = yaml.safe_load(raw) or {}
    except yaml.YAMLError:
        fields = {}
    fields = fields if isinstance(fields, dict) else {}
    manifest = fields.get("manifest") or []
    named = [item.get("file", "") for item in manifest if isinstance(item, dict)]
    paper = fields.get("paper") or {}
    known = book_metadata.known()["paper"]

    def of_paper(key: str) -> str:
        return (
            "kept"
            if paper.get(key)
            else "broken"
            if known.get("doi" if key == "reference" else key)
            else "waits_for_paper"
        )

    def of_checker(key: str) -> str:
        return "kept" if fields.get(key) else "waits_for_checker"

    def kept(holds: bool) -> str:
        return "kept" if holds else "broken"

    orcids = [person.get("ORCID") for person in paper.get("authors") or [] if isinstance(person, dict)]
    return {
        "CFG-001": kept(bool(fields)),
        "CFG-002": kept(raw.startswith("---\n")),
        "CFG-003": kept(codecheck_path().exists()),
        "CFG-004": kept(bool(manifest)),
        "CFG-005": kept(bool(named) and all(named)),
        "CFG-006": kept(all(not Path(name).is_absolute() for name in named)),
        "BUN-001": kept(all((project.root() / name).is_file() for name in named)),
        "CFG-016": of_paper("title"),
        "CFG-018": of_paper("authors"),
        "CFG-021": of_paper("reference"),
        "CFG-023": kept(_PLACEHOLDER.search(raw) is None),
        "CFG-008": of_checker("codechecker"),
        "CFG-009": of_checker("report"),
        "CFG-011": of_checker("summary"),
        "CFG-024": of_checker("certificate"),
        "MET-001": kept(all(map(_is_orcid, orcids))) if any(orcids) else "waits_for_paper",
    }


def group_outcome(rules: str, found: Mapping[str, str]) -> str:
    """Return the outcome of a group of rules, as in ``CFG-004 to CFG-006, BUN-001``: the worst of those looked at.

    Examples
    --------
    >>> group_outcome("CFG-001 to CFG-003", {"CFG-001": "kept", "CFG-003": "broken", "CFG-004": "kept"})
    'broken'
    """
    outcomes_of = []
    for part in rules.split(", "):
        first, _, last = part.partition(" to ")
        outcomes_of += [outcome for rule, outcome in found.items() if first <= rule <= (last or first)]
    return max(outcomes_of, key=OUTCOMES.index, default="broken")


def broken_rules() -> list[str]:
    """Return a line for each CODECHECK rule that ``codecheck.yml`` breaks; what waits is not broken.

    Examples
    --------
    >>> broken_rules()
    []
    """
    return [f"codecheck.yml: {rule} is broken" for rule, outcome in outcomes().items() if outcome == "broken"]


def _is_orcid(identifier: str | None) -> bool:
    """Say whether an ORCID is a plain identifier with a valid checksum (ISO 7064, 11,2)."""
    digits = (identifier or "").replace("-", "")
    if not re.fullmatch(r"\d{15}[\dX]", digits):
        return False
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    return digits[15] == "0123456789X"[(12 - total % 11) % 11]


#: What stands in the root of a book that says what it is and how it is built.
_NAMED = ("*.md", "LICENSE", "CITATION.cff", "pyproject.toml", "_toc.yml", "_config*.yml", "requirements*.txt")
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


def sources() -> list[tuple[Path, str]]:
    """Return the files that the book is made with, beside tables and chapters, each with its media type.

    Examples
    --------
    >>> all("/" in kind for _, kind in sources())
    True
    """
    root = project.root()
    folders = ("src", "tests", "locales", "docs", "data", ".ci", ".github")
    found = [path for folder in folders for path in sorted((root / folder).rglob("*")) if path.is_file()]
    found += [path for pattern in _NAMED for path in sorted(root.glob(pattern))]
    tables = {project.data() / f"{name}.csv" for name in data.names()}
    return [
        (path, _MEDIA_TYPES.get(path.suffix, "text/plain"))
        for path in found
        if path not in tables
        and path.suffix not in {".mo", ".pyc"}  # which a build makes
        and not any(part.endswith(".egg-info") or part == "results" for part in path.relative_to(root).parts)
    ]


def crate() -> str:
    """Return the RO-Crate metadata: the edition, the paper, each table, each chapter, what it is made with.

    Examples
    --------
    >>> "@graph" in crate()
    True
    """
    known = book_metadata.known()
    made = known["edition"]
    described = ROCrate()
    described.name = book_metadata.title()
    described.description = book_metadata.description()
    described.datePublished = made["released"]
    root = described.root_dataset
    root["license"] = {"@id": licence_address(made["text_licence"])}
    root["version"] = made["version"]
    for licence, address in (LICENCES | {made["text_licence"]: licence_address(made["text_licence"])}).items():
        described.add(ContextEntity(described, address, {"@type": "CreativeWork", "name": licence}))
    editors = described.add(
        ContextEntity(described, "#editors", {"@type": "Organization", "name": book_metadata.editors()})
    )
    paper = described.add(
        ContextEntity(described, book_metadata.paper_address() or "#paper", article(with_context=False))
    )
    root["author"] = editors
    root["isBasedOn"] = paper
    for name in data.names():
        resource = data.describe(name)
        properties = {"name": resource["title"], "description": resource["description"], "encodingFormat": "text/csv"}
        described.add_file(dest_path=f"data/{name}.csv", properties=properties)
    for path, kind in sources():
        described.add_file(dest_path=path.relative_to(project.root()).as_posix(), properties={"encodingFormat": kind})
    for chapter in reference_notebooks.chapters():
        properties = {"name": chapter.stem, "encodingFormat": "text/markdown", "inLanguage": chapter.parent.name}
        described.add_file(dest_path=chapter.relative_to(project.root()).as_posix(), properties=properties)
    return json.dumps(described.metadata.generate(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
