"""How the project describes itself to machines: RO-Crate, CODECHECK, and the head of each page.

All of it is written from ``data/paper.yml``, ``data/datapackage.json`` and the
chapters, so that none can say something else than the rest.
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from smartcity_review import data, edition, notebooks
from smartcity_review.markup import render
from smartcity_review.messages import text
from smartcity_review.paths import ROOT

#: Where the descriptions are kept.
CODECHECK = ROOT / "codecheck.yml"
CRATE = ROOT / "ro-crate-metadata.json"

_LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://spdx.org/licenses/MIT",
}
_SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0"


def codecheck() -> str:
    """Return the CODECHECK configuration, without what only an independent checker may fill in."""
    paper = edition.known()["paper"]
    fields = {
        "version": _SPECIFICATION,
        "source": text("codecheck_source"),
        "manifest": [
            {
                "file": notebooks.reference(chapter).relative_to(ROOT).as_posix(),
                "comment": text("codecheck_comment", chapter=chapter.relative_to(ROOT).as_posix()),
            }
            for chapter in notebooks.chapters()
        ],
        "paper": {
            "title": paper["title"] or text("title_missing"),
            "authors": [{"name": name} for name in paper["authors"] or [text("authors_missing")]],
            "reference": f"https://doi.org/{paper['doi']}",
        },
    }
    return "---\n" + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000)


def broken_rules() -> list[str]:
    """Return a line for each CODECHECK rule that is ours to keep and is not kept by ``codecheck.yml``."""
    if not CODECHECK.exists():
        return ["codecheck.yml: CFG-003, found no file"]
    raw = CODECHECK.read_text(encoding="utf-8")
    fields = yaml.safe_load(raw)
    faults = [] if raw.startswith("---\n") else ["codecheck.yml: CFG-002, does not start with ---"]
    manifest = fields.get("manifest") or []
    if not manifest:
        faults.append("codecheck.yml: CFG-004, found no manifest")
    faults += [
        f"codecheck.yml: CFG-006, found no file {item['file']}"
        for item in manifest
        if not (ROOT / item["file"]).is_file()
    ]
    paper = fields.get("paper") or {}
    faults += [
        f"codecheck.yml: CFG-016, found no paper.{key}"
        for key in ("title", "authors", "reference")
        if not paper.get(key)
    ]
    faults += [f"codecheck.yml: CFG-023, found {word}" for word in ("FIXME", "TODO", "TBD") if word in raw]
    return faults


def crate() -> str:
    """Return the RO-Crate metadata: the edition, the paper, each table of the data, each chapter."""
    known = edition.known()
    made = known["edition"]
    described = ROCrate()
    described.name = made["title"]
    described.description = text("crate_description")
    described.datePublished = made["released"]
    root = described.root_dataset
    root["license"] = {"@id": _LICENCES[made["text_licence"]]}
    root["version"] = made["version"]
    for licence, address in _LICENCES.items():
        described.add(ContextEntity(described, address, {"@type": "CreativeWork", "name": licence}))
    editors = described.add(ContextEntity(described, "#editors", {"@type": "Organization", "name": made["editors"]}))
    paper = described.add(
        ContextEntity(described, f"https://doi.org/{known['paper']['doi']}", article(with_context=False))
    )
    root["author"] = editors
    root["isBasedOn"] = paper
    for name in data.names():
        resource = data.describe(name)
        properties = {"name": resource["title"], "description": resource["description"], "encodingFormat": "text/csv"}
        described.add_file(dest_path=f"data/{name}.csv", properties=properties)
    for chapter in notebooks.chapters():
        properties = {"name": chapter.stem, "encodingFormat": "text/markdown", "inLanguage": chapter.parent.name}
        described.add_file(dest_path=chapter.relative_to(ROOT).as_posix(), properties=properties)
    return json.dumps(described.metadata.generate(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def article(*, with_context: bool = True) -> dict[str, Any]:
    """Return the paper as a schema.org ``ScholarlyArticle``; what is not known is left out."""
    paper = edition.known()["paper"]
    described: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "author": [{"@type": "Person", "name": name} for name in paper["authors"] or []],
        "license": paper["licence"],
        "datePublished": f"{paper['year']}-{paper['month']:02}",
        "isPartOf": f"{paper['journal']}, volume {paper['volume']}, issue {paper['issue']}",
        "identifier": f"https://doi.org/{paper['doi']}",
    }
    context = {"@context": "https://schema.org"} if with_context else {}
    return context | {key: value for key, value in described.items() if value}


def dataset() -> dict[str, Any]:
    """Return the data of this edition as a schema.org ``Dataset``."""
    made = edition.known()["edition"]
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": made["title"],
        "description": text("crate_description"),
        "version": made["version"],
        "datePublished": made["released"],
        "license": _LICENCES[made["text_licence"]],
        "creator": {"@type": "Organization", "name": made["editors"]},
        "isBasedOn": f"https://doi.org/{edition.known()['paper']['doi']}",
        "variableMeasured": [data.describe(name)["title"] for name in data.names()],
    }


def head(title: str, language: str = "en") -> str:
    """Return what a page says of itself to machines: citation and Open Graph tags, and JSON-LD.

    The citation tags are those that indexes of scholarly works read (Highwire
    Press); they describe the paper, with what is known of it.
    """
    known = edition.known()
    paper, made = known["paper"], known["edition"]
    return render(
        "head.html",
        citation={
            "citation_title": paper["title"],
            "citation_journal_title": paper["journal"],
            "citation_volume": paper["volume"],
            "citation_issue": paper["issue"],
            "citation_publication_date": f"{paper['year']}/{paper['month']:02}",
            "citation_issn": paper["issn_online"],
            "citation_doi": paper["doi"],
        },
        authors=paper["authors"] or [],
        graph={"og:type": "article", "og:title": title, "og:site_name": made["title"], "og:locale": language},
        described=[json.dumps(part, ensure_ascii=False).replace("<", "\\u003c") for part in (article(), dataset())],
    )
