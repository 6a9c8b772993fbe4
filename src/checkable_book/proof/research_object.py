"""How the project describes itself to machines: RO-Crate and CODECHECK.

All of it is written from ``data/paper.yml``, ``data/datapackage.json`` and the
chapters, so that none can say something else than the rest.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from checkable_book import data, project
from checkable_book.build.page_head import LICENCES, article
from checkable_book.proof import notebooks
from checkable_book.show import edition
from checkable_book.show.words import text

_SPECIFICATION = "https://codecheck.org.uk/spec/config/2.0"


def codecheck_path() -> Path:
    """Return where the CODECHECK configuration is kept."""
    return project.root() / "codecheck.yml"


def crate_path() -> Path:
    """Return where the RO-Crate metadata is kept."""
    return project.root() / "ro-crate-metadata.json"


def codecheck() -> str:
    """Return the CODECHECK configuration, without what only an independent checker may fill in."""
    paper = edition.known()["paper"]
    fields = {
        "version": _SPECIFICATION,
        "source": text("codecheck_source"),
        "manifest": [
            {
                "file": notebooks.reference(chapter).relative_to(project.root()).as_posix(),
                "comment": text("codecheck_comment", chapter=chapter.relative_to(project.root()).as_posix()),
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
    if not codecheck_path().exists():
        return ["codecheck.yml: CFG-003, found no file"]
    raw = codecheck_path().read_text(encoding="utf-8")
    fields = yaml.safe_load(raw)
    faults = [] if raw.startswith("---\n") else ["codecheck.yml: CFG-002, does not start with ---"]
    manifest = fields.get("manifest") or []
    if not manifest:
        faults.append("codecheck.yml: CFG-004, found no manifest")
    faults += [
        f"codecheck.yml: CFG-006, found no file {item['file']}"
        for item in manifest
        if not (project.root() / item["file"]).is_file()
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
    described.name = edition.title()
    described.description = edition.description()
    described.datePublished = made["released"]
    root = described.root_dataset
    root["license"] = {"@id": LICENCES[made["text_licence"]]}
    root["version"] = made["version"]
    for licence, address in LICENCES.items():
        described.add(ContextEntity(described, address, {"@type": "CreativeWork", "name": licence}))
    editors = described.add(ContextEntity(described, "#editors", {"@type": "Organization", "name": edition.editors()}))
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
        described.add_file(dest_path=chapter.relative_to(project.root()).as_posix(), properties=properties)
    return json.dumps(described.metadata.generate(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
