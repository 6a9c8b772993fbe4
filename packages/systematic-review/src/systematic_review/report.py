"""The folder that answers a journal: what was included, what was not and why, the searches, and how it was done.

Everything in it follows from the exports, the protocol and the decisions: the same
input gives the same bytes.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
from babel.numbers import format_decimal

from systematic_review import deduplication, flow, progress, records, screening, screening_tools
from systematic_review.i18n import format_number, mark_message, translate, translate_plural
from systematic_review.protocol import FULL_TEXT, Protocol, Stage
from systematic_review.review import Review

_TOLD = ["title", "authors", "year", "journal", "volume", "number", "pages", "doi", "pmid", "url"]
#: What BibTeX and CSL call each type of work.
_BIBTEX_TYPES = {
    "article": "article",
    "conference": "inproceedings",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
    "book": "book",
}
_CSL_TYPES = {
    "article": "article-journal",
    "conference": "paper-conference",
    "chapter": "chapter",
    "thesis": "thesis",
    "report": "report",
    "book": "book",
    "preprint": "article",
    "webpage": "webpage",
}
#: Where BibTeX keeps what is the journal of an article.
_BIBTEX_HOSTS = {
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "phdthesis": "school",
    "techreport": "institution",
    "book": "publisher",
}
#: What a team fills in of each study included, beside what is known of it.
CHARACTERISTICS = [
    "country",
    "setting",
    "design",
    "participants",
    "intervention_or_exposure",
    "comparison",
    "outcomes",
    "funding",
]


def write_report(review: Review, folder: Path) -> list[Path]:
    """Write all of it into ``folder``, which is made anew, and return the files.

    Parameters
    ----------
    review : whose results are stored (:func:`systematic_review.pipeline.open_stored`).
    """
    shutil.rmtree(folder, ignore_errors=True)
    included = select_works(review, "include")
    tables = {
        "included": included[["id", "type", "language", *_TOLD]],
        "excluded-full-texts": excluded_reports(review),
        "not-retrieved": select_works(review, "not_retrieved")[["id", *_TOLD]],
        "duplicates": merged_pairs(review),
        "source-overlap": source_overlap(review.works, review.protocol),
        "sources": flow.count_by_source(review.works, review.settled, review.protocol),
        "searches": search_table(review),
        "agreement": screening.measure_agreement(review.decisions.decisions),
        "agreement-pairs": screening.measure_pairs(review.decisions.decisions),
        "audit-trail": progress.audit_trail(review),
        "characteristics": characteristics_table(included, review),
        "prisma-checklist": checklist(review),
    }
    for name, table in tables.items():
        records.write_table(table, folder / f"{name}.csv")
    records.write_workbook(tables, folder / "tables.xlsx")
    screening_tools.write_covidence(included, folder / "included.ris")
    _write_text(folder / "included.bib", bibtex_text(included))
    _write_text(folder / "included.csl.json", json.dumps(csl_items(included), ensure_ascii=False, indent=1) + "\n")
    for language in review.protocol.languages:
        _write_text(folder / f"methods.{language}.md", methods_text(review, language))
    for path in sorted(review.results.glob("flow*")):
        shutil.copyfile(path, folder / path.name)
    return sorted(folder.iterdir())


def _write_text(path: Path, text: str) -> None:
    with records.open_replacing(path) as file:
        file.write(text)


def select_works(review: Review, decision: str) -> pd.DataFrame:
    """Return the works that came to a decision at the last stage, in the order of their authors and years."""
    settled = review.settled
    at = review.stages[-1].name
    names = settled.loc[(settled["decision"] == decision) & (settled["stage"] == at), "record"]
    works = review.works[review.works["id"].isin(names)]
    return works.sort_values(["authors", "year", "title", "id"], ignore_index=True)


def excluded_reports(review: Review) -> pd.DataFrame:
    """Return the full texts that were excluded, each with its reason as the protocol calls it."""
    settled = review.settled[(review.settled["decision"] == "exclude") & (review.settled["stage"] == FULL_TEXT)]
    named = {row["record"]: review.protocol.criterion_name(row["reason"]) for row in settled.to_dict("records")}
    works = review.works[review.works["id"].isin(settled["record"])]
    told = works.assign(reason=[named[record] for record in works["id"]])
    return told.sort_values(["reason", "authors", "year", "id"], ignore_index=True)[["id", "reason", *_TOLD]]


def merged_pairs(review: Review) -> pd.DataFrame:
    """Return the pairs of records that were merged, with the evidence, and those that people decided on."""
    member = {
        record: work
        for work, held in zip(review.works["id"], review.works["records"], strict=True)
        for record in held.split("; ")
    }
    pairs = review.pairs.astype("str")
    together = [member[a] == member[b] for a, b in zip(pairs["record_a"], pairs["record_b"], strict=True)]
    merged = pairs[pd.Series(together, index=pairs.index, dtype="bool")].assign(
        work=lambda frame: [member[record] for record in frame["record_a"]]
    )
    titles = dict(zip(review.records["id"], review.records["title"], strict=True))
    merged = merged.assign(
        title_a=[titles[record] for record in merged["record_a"]],
        title_b=[titles[record] for record in merged["record_b"]],
    )
    return merged[["work", "record_a", "record_b", "title_a", "title_b", "score", *deduplication.COMPARISONS]]


def source_overlap(works: pd.DataFrame, agreed: Protocol) -> pd.DataFrame:
    """Return how many works each two sources have in common; a source with itself all that it has.

    Examples
    --------
    >>> works = pd.DataFrame({"sources": ["sage; scopus", "sage"]})
    >>> source_overlap(works, Protocol()).to_numpy().tolist()
    [['sage', 2, 1], ['scopus', 1, 1]]
    """
    counted: Counter[tuple[str, str]] = Counter()
    for cell in works["sources"]:
        held = sorted(set(cell.split("; ")))
        counted.update((source, source) for source in held)
        for a, b in combinations(held, 2):
            counted.update([(a, b), (b, a)])
    names = sorted({source for source, _ in counted})
    rows = [[agreed.source_name(a), *(counted[a, b] for b in names)] for a in names]
    return pd.DataFrame(rows, columns=["source", *map(agreed.source_name, names)])


def search_table(review: Review) -> pd.DataFrame:
    """Return the searches as PRISMA-S asks for them, beside what was imported.

    Returns
    -------
    Columns ``source``, ``kind``, ``platform``, ``searched``, ``hits``, ``imported``
    (records and rejects), ``difference`` and ``strategy``; empty where the protocol
    does not say it.
    """
    files = review.files.astype({"records": "int64", "rejected": "int64"})
    imported = (files["records"] + files["rejected"]).groupby(files["source"]).sum()
    agreed = review.protocol
    rows = []
    for source in sorted({*imported.index, *agreed.searches}):
        told = agreed.searches.get(source, {})
        hits, count = told.get("hits"), int(imported.get(source, 0))
        rows.append(
            {
                "source": agreed.source_name(source),
                "kind": agreed.source_kind(source),
                "platform": told.get("platform", ""),
                "searched": told.get("searched", ""),
                "hits": "" if hits is None else str(hits),
                "imported": str(count),
                "difference": "" if hits is None else str(count - int(hits)),
                "strategy": told.get("strategy", ""),
            }
        )
    return pd.DataFrame(rows, dtype="str")


def characteristics_table(included: pd.DataFrame, review: Review) -> pd.DataFrame:
    """Return a row for each study included, with what is known of it and columns to fill in."""
    studies = review.decisions.studies
    told = included.assign(study=[studies.get(record, record) for record in included["id"]])
    return told[["study", "id", "authors", "year", "title"]].assign(**dict.fromkeys(CHARACTERISTICS, ""))


def bibtex_text(works: pd.DataFrame) -> str:
    """Return works as BibTeX, each called by its first author and year.

    Examples
    --------
    >>> works = records.typed_table([{"id": "a", "title": "On Kerbs", "authors": "Sari, A.", "year": 2019}])
    >>> print(bibtex_text(works).strip())
    @article{sari2019,
      author = {Sari, A.},
      title = {On Kerbs},
      year = {2019},
    }
    """
    keys = citation_keys(works)
    entries = []
    for key, work in zip(keys, works.to_dict("records"), strict=True):
        kind = next(
            (_BIBTEX_TYPES[part] for part in work["type"].split("; ") if part in _BIBTEX_TYPES),
            "article" if work["journal"] or not work["type"] else "misc",
        )
        people = " and ".join(
            name if "," in name else f"{{{name}}}" if " " in name else name
            for name in work["authors"].split("; ")
            if name
        )
        fields = {
            "author": people,
            "title": work["title"],
            _BIBTEX_HOSTS.get(kind, "journal"): work["journal"],
            "year": _cell(work["year"]),
            "volume": work["volume"],
            "number": work["number"],
            "pages": work["pages"].replace("-", "--"),
            "doi": work["doi"],
            "pmid": work["pmid"],
            "language": screening_tools.language_name(work["language"]) if work["language"] else "",
            "url": work["url"],
        }
        kept = "".join(f"  {name} = {{{_escape_bibtex(name, value)}}},\n" for name, value in fields.items() if value)
        entries.append(f"@{kind}{{{key},\n{kept}}}\n")
    return "\n".join(entries)


def _escape_bibtex(name: str, value: str) -> str:
    if name in {"doi", "url", "pmid"}:
        return value.replace("{", "%7B").replace("}", "%7D")
    value = (
        value if name == "author" else value.replace("\\", r"\textbackslash ").replace("{", r"\{").replace("}", r"\}")
    )
    return re.sub(r"(?<!\\)([&%$#_])", r"\\\1", value)


def citation_keys(works: pd.DataFrame) -> list[str]:
    """Return a key for each work: the first author's family name and the year, with a letter where it is taken.

    Examples
    --------
    >>> works = records.typed_table([{"id": name, "authors": "Sari, A.", "year": 2019} for name in "ab"])
    >>> citation_keys(works)
    ['sari2019', 'sari2019b']
    """
    taken: Counter[str] = Counter()
    keys = []
    for authors, year in zip(works["authors"], works["year"], strict=True):
        family = records.normalize_text(authors.split(";")[0].split(",")[0]).replace(" ", "")
        name = re.sub(r"[^a-z0-9]", "", family) or "work"
        key = f"{name}{_cell(year)}"
        taken[key] += 1
        keys.append(key if taken[key] == 1 else f"{key}{_letters(taken[key] - 1)}")
    return keys


def _letters(number: int) -> str:
    return (_letters(number // 26 - 1) if number > 25 else "") + chr(ord("a") + number % 26)


def csl_items(works: pd.DataFrame) -> list[dict[str, Any]]:
    """Return works as the items of CSL-JSON, which Zotero, Pandoc and others read.

    Examples
    --------
    >>> works = records.typed_table([{"id": "a", "title": "On Kerbs", "authors": "Sari, A.; Badan Pusat Statistik"}])
    >>> csl_items(works)[0]["author"]
    [{'family': 'Sari', 'given': 'A.'}, {'literal': 'Badan Pusat Statistik'}]
    """
    items = []
    for work in works.to_dict("records"):
        people = []
        for name in filter(None, work["authors"].split("; ")):
            family, comma, given = name.partition(", ")
            people.append({"family": family, "given": given} if comma else {"literal": name})
        kind = next(
            (_CSL_TYPES[part] for part in work["type"].split("; ") if part in _CSL_TYPES),
            "article-journal" if work["journal"] else "document",
        )
        item: dict[str, Any] = {
            "id": work["id"],
            "type": kind,
            "title": work["title"],
            "author": people,
            "container-title": work["journal"],
            "volume": work["volume"],
            "issue": work["number"],
            "page": work["pages"],
            "DOI": work["doi"],
            "PMID": work["pmid"],
            "language": work["language"],
            "URL": work["url"],
            "abstract": work["abstract"],
        }
        if not pd.isna(work["year"]):
            item["issued"] = {"date-parts": [[int(work["year"])]]}
        items.append({name: value for name, value in item.items() if value})
    return items


def _known_type(work: Mapping[Any, Any], names: Mapping[str, str], otherwise: str) -> str:
    return next((names[part] for part in work["type"].split("; ") if part in names), otherwise)


def _cell(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


_STAGE_OBJECTS = {
    "screening": mark_message("records"),
    "title_abstract": mark_message("titles and abstracts"),
    "full_text": mark_message("full texts"),
}


def methods_text(review: Review, language: str = "en") -> str:
    """Return a paragraph on how the review was done, from its protocol, its results and its manifest."""
    agreed, stages = review.protocol, flow.flow_from_stages(review.flow_tables.stages)
    manifest = json.loads((review.results / "manifest.json").read_text(encoding="utf-8"))
    searches = "; ".join(_search_said(row, language) for row in search_table(review).to_dict("records"))
    people = ", ".join(_people_said(stage, language) for stage in review.stages)
    sentences = [
        translate("We searched {searches}.", language, searches=searches),
        translate(
            "Records were imported and duplicates found with systematic-review {version} "
            "(Splink {splink}, probabilistic linkage after Fellegi and Sunter).",
            language,
            version=version("systematic-review"),
            splink=manifest["environment"]["splink"],
        ),
        translate_plural(
            "{count} duplicate record was merged, and doubtful pairs were listed for people to decide on.",
            "{count} duplicate records were merged, and doubtful pairs were listed for people to decide on.",
            stages.duplicates_removed,
            language,
        ),
        translate("Decisions were made by {people}.", language, people=people),
        translate_plural(
            "{count} resolution settles what they differed on.",
            "{count} resolutions settle what they differed on.",
            len(review.decisions.resolutions),
            language,
        ),
    ]
    if criteria := "; ".join(agreed.criterion_name(name, language) for name in agreed.criteria):
        sentences.append(translate("Reasons to exclude were, in this order: {criteria}.", language, criteria=criteria))
    if agreement := "; ".join(_agreement_said(review, language)):
        told = translate("Agreement before conflicts were settled: {agreement}.", language, agreement=agreement)
        sentences.append(told)
    sentences.append(
        translate(
            "Records identified: {identified}; screened: {screened}; studies included: {studies}, "
            "in {reports} reports (PRISMA 2020 flow diagram).",
            language,
            identified=format_number(stages.identified + (stages.other_identified or 0), language),
            screened=format_number(stages.records_screened, language),
            studies=format_number(stages.new_studies, language),
            reports=format_number(stages.new_reports, language),
        )
    )
    if waiting := int((review.settled["waits"] != "").sum()):
        told = translate_plural(
            "This is not final: {count} work awaits a decision.",
            "This is not final: {count} works await a decision.",
            waiting,
            language,
        )
        sentences.append(f"**{told}**")
    title = translate("Methods", language)
    return f"# {title}\n\n{' '.join(sentences)}\n"


def _search_said(row: dict[Any, Any], language: str) -> str:
    """Return where was searched, by which platform and when, and how many records came of it."""
    platform = f" ({row['platform']})" if row["platform"] else ""
    when = translate(", searched on {date}", language, date=row["searched"]) if row["searched"] else ""
    found = translate_plural("{count} record", "{count} records", int(row["imported"]), language)
    return f"{row['source']}{platform}{when} ({found})"


def _people_said(stage: Stage, language: str) -> str:
    what = translate(_STAGE_OBJECTS[stage.name], language)
    return translate_plural(
        "{count} person on {what}", "{count} people on {what}", stage.reviewers, language, what=what
    )


def _agreement_said(review: Review, language: str) -> list[str]:
    """Return the agreement at each stage at which it can be computed, as it is called for so many reviewers."""
    said = []
    for row in screening.measure_agreement(review.decisions.decisions).to_dict("records"):
        name, value = ("Cohen kappa", row["kappa"]) if row["reviewers"] == 2 else ("Krippendorff alpha", row["alpha"])
        if row["criterion"] != "decision" or pd.isna(value):
            continue
        works = translate_plural("{count} work", "{count} works", int(row["records"]), language)
        number = format_decimal(value, "0.00", locale=language)
        said.append(f"{translate(_STAGE_OBJECTS[row['stage']], language)}: {name} {number} ({works})")
    return said


#: The items of the PRISMA 2020 checklist (Page et al. 2021): topic, number, what is to be reported in our words.
_ITEMS = [
    ("Title", "1", "the report says that it is a systematic review"),
    ("Abstract", "2", "the PRISMA 2020 checklist for abstracts"),
    ("Introduction", "3", "rationale"),
    ("Introduction", "4", "objectives"),
    ("Methods", "5", "eligibility criteria"),
    ("Methods", "6", "information sources and when each was last searched"),
    ("Methods", "7", "full search strategies"),
    ("Methods", "8", "selection process: how many people, independently or not, and tools"),
    ("Methods", "9", "data collection process"),
    ("Methods", "10a", "outcomes sought"),
    ("Methods", "10b", "other variables sought"),
    ("Methods", "11", "assessment of the risk of bias in studies"),
    ("Methods", "12", "effect measures"),
    ("Methods", "13a", "synthesis: which studies were eligible for each"),
    ("Methods", "13b", "synthesis: preparation of data"),
    ("Methods", "13c", "synthesis: tables and displays"),
    ("Methods", "13d", "synthesis: methods, and why"),
    ("Methods", "13e", "synthesis: causes of heterogeneity"),
    ("Methods", "13f", "synthesis: sensitivity analyses"),
    ("Methods", "14", "assessment of reporting bias"),
    ("Methods", "15", "assessment of certainty"),
    ("Results", "16a", "results of search and selection, with a flow diagram"),
    ("Results", "16b", "studies that might seem to meet the criteria but were excluded, and why"),
    ("Results", "17", "characteristics of each study"),
    ("Results", "18", "risk of bias in each study"),
    ("Results", "19", "results of each study"),
    ("Results", "20a", "syntheses: characteristics and risk of bias of their studies"),
    ("Results", "20b", "syntheses: statistical results"),
    ("Results", "20c", "syntheses: causes of heterogeneity"),
    ("Results", "20d", "syntheses: sensitivity analyses"),
    ("Results", "21", "reporting biases"),
    ("Results", "22", "certainty of evidence"),
    ("Discussion", "23a", "interpretation"),
    ("Discussion", "23b", "limitations of the evidence"),
    ("Discussion", "23c", "limitations of the review's processes"),
    ("Discussion", "23d", "implications"),
    ("Other", "24a", "registration"),
    ("Other", "24b", "where the protocol is"),
    ("Other", "24c", "amendments to the protocol"),
    ("Other", "25", "support"),
    ("Other", "26", "competing interests"),
    ("Other", "27", "availability of data, code and other materials"),
]


def checklist(review: Review) -> pd.DataFrame:
    """Return the PRISMA 2020 checklist, filled in where the protocol and the results say it, else empty.

    Returns
    -------
    Columns ``section``, ``item``, ``topic``, ``found_in`` and ``says``.
    """
    answers: dict[str, Callable[[], tuple[str, str]]] = {
        "5": lambda: ("protocol.yml", "; ".join(map(review.protocol.criterion_name, review.protocol.criteria))),
        "6": lambda: ("searches.csv", _searches_said(review)),
        "7": lambda: (
            "searches.csv",
            "" if (search_table(review)["strategy"] == "").all() else "strategy of each source",
        ),
        "8": lambda: (
            f"methods.{review.protocol.languages[0]}.md",
            "; ".join(_people_said(stage, "en") for stage in review.stages),
        ),
        "16a": lambda: (
            f"flow.{review.protocol.languages[0]}.svg",
            f"{flow.flow_from_stages(review.flow_tables.stages).new_studies} studies included",
        ),
        "16b": lambda: ("excluded-full-texts.csv", f"{len(excluded_reports(review))} full texts, each with its reason"),
        "17": lambda: ("characteristics.csv", "to be filled in"),
        "27": lambda: ("audit-trail.csv", "decisions, records and code of the selection"),
    }
    rows = []
    for section, item, topic in _ITEMS:
        where, says = answers[item]() if item in answers else ("", "")
        rows.append({"section": section, "item": item, "topic": topic, "found_in": where if says else "", "says": says})
    return pd.DataFrame(rows, dtype="str")


def _searches_said(review: Review) -> str:
    told = search_table(review)
    dated = told[told["searched"] != ""]
    return "; ".join(f"{row['source']}: {row['searched']}" for row in dated.to_dict("records"))
