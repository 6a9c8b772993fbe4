# ruff: noqa: E501 - exports are long lines
"""Exports and decisions that once went wrong, each a kind of its own, go right."""

import shutil
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
import rispy
from pptx import Presentation

from systematic_review import deduplication, flow, importing, keyword_map, records
from systematic_review.__main__ import main
from systematic_review.formats import normalize
from systematic_review.review import Review

CASES = Path(__file__).parent / "samples" / "cases"


def read_case(name: str) -> importing.Imported:
    return importing.read_folder(CASES / name)


def only_record(folder: Path, name: str, text: str) -> dict:
    (folder / name).write_text(text, encoding="utf-8")
    found = importing.read_folder(folder)
    assert found.rejects.empty, found.rejects.to_dict("records")
    assert len(found.records) == 1
    return found.records.iloc[0].to_dict()


def fields_of(record: dict, **expected: object) -> None:
    assert {name: record[name] for name in expected} == expected


def test_ovid_s_text_is_as_many_records_as_it_numbers() -> None:
    found = read_case("ovid-reprint-text-collapses")
    assert found.files["form"].tolist() == ["Ovid"]
    assert found.records["title"].tolist() == ["A study of shade in parks.", "Umbrellas at tram stops."]
    assert found.records["authors"].tolist() == ["Doe, J.; Roe, R.", "Poe, A."]
    assert found.records["accession"].tolist() == ["2000000001", "2000000002"]
    assert found.records["doi"].tolist() == ["10.5555/shade.1", "10.5555/shade.2"]
    assert found.records["year"].tolist() == [2019, 2019]
    assert found.records["pages"].tolist() == ["11-19", "21-29"]
    assert found.records["language"].tolist() == ["en", "en"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Journal of Shade. 4(2):11-19, 2019 Mar.", ("Journal of Shade", 2019, "4", "2", "11-19")),
        ("Journal of Shade. Vol.4(2), 2019, pp. 11-19.", ("Journal of Shade", 2019, "4", "2", "11-19")),
        ("Journal of Shade. 4(2) (pp 11-19), 2019.", ("Journal of Shade", 2019, "4", "2", "11-19")),
        ("Journal of Shade January/February 2019;4(1):56", ("Journal of Shade", 2019, "4", "1", "56")),
        ("Journal of Shade, vol. 4, no. 2, pp. 11-19, 2019.", ("Journal of Shade", 2019, "4", "2", "11-19")),
        ("Journal of Shade. 2019 15 June; 433-441.", ("Journal of Shade", 2019, "433", "", "")),
    ],
)
def test_what_ovid_says_of_a_source_is_taken_apart(tmp_path: Path, source: str, expected: tuple) -> None:
    text = f"<1. >\nVN  - Ovid Technologies\nDB  - Embase\nTI  - On shade.\nSO  - {source}\n"
    record = only_record(tmp_path, "embase.txt", text)
    assert tuple(record[name] for name in ("journal", "year", "volume", "number", "pages"))[:2] == expected[:2]
    if expected[4]:
        assert tuple(record[name] for name in ("volume", "number", "pages")) == expected[2:]


def test_ovid_s_csv_has_an_author_a_line() -> None:
    found = read_case("ovid-csv-garbled")
    fields_of(
        found.records.iloc[0].to_dict(),
        authors="Doe, Jane; Roe, Rick",
        year=2019,
        journal="Journal of Shade",
        volume="4",
        number="2",
        pages="11-19",
        language="en",
        accession="2019-99999-001",
        doi="10.5555/shade.1",
    )
    assert found.files["unused_columns"].tolist() == [""]


def test_embase_s_csv_from_ovid_says_it_in_its_source(tmp_path: Path) -> None:
    text = (
        'VN,DB,UI,TI,AU,SO,AB\nOvid Technologies,Embase,2000000001,On shade.,"Doe J.\n\nRoe R.",'
        '"Journal of Shade. 4(2) (pp 11-19), 2019.",An abstract.\n'
    )
    fields_of(
        only_record(tmp_path, "embase.csv", text),
        authors="Doe, J.; Roe, R.",
        year=2019,
        journal="Journal of Shade",
        volume="4",
        pages="11-19",
        accession="2000000001",
    )


def test_ovid_s_ris_keeps_the_number_that_names_the_record(tmp_path: Path) -> None:
    record = read_case("ovid-ris-number-lost-and-decisions-with-it").records.iloc[0].to_dict()
    fields_of(record, pmid="30999999", title="Shade and knowlege in parks")
    path = CASES / "ovid-ris-number-lost-and-decisions-with-it" / "medline.ris"
    mended = only_record(tmp_path, "medline.ris", path.read_text(encoding="utf-8").replace("knowlege", "knowledge"))
    assert mended["id"] == record["id"]
    psycinfo = only_record(
        tmp_path,
        "medline.ris",
        "TY  - JOUR\nID  - 2019-1-1\nT1  - On shade\n"
        "UR  - http://ovidsp.ovid.com/ovidweb.cgi?T=JS&D=psyc16&AN=2019-99999-001\nER  - \n",
    )
    fields_of(psycinfo, accession="2019-99999-001", pmid="")


def test_endnote_keeps_pubmed_s_number_as_such(tmp_path: Path) -> None:
    record = (
        "<xml><records><record><titles><title>On shade</title></titles><accession-num>30999999</accession-num>"
        "<remote-database-name>Medline</remote-database-name></record></records></xml>"
    )
    fields_of(only_record(tmp_path, "endnote.xml", record), pmid="30999999", accession="")
    other = record.replace("Medline", "Scopus")
    fields_of(only_record(tmp_path, "endnote.xml", other), pmid="", accession="30999999")


def test_forms_of_databases_and_registers_are_read_whole() -> None:
    found = read_case("forms-refused")
    assert found.rejects.empty
    assert found.files["unused_columns"].tolist() == [
        "Organ-单位" if name == "cnki.csv" else "" for name in found.files["file"]
    ]
    by_file = {name: part.to_dict("records") for name, part in found.records.groupby("file")}
    counts = {name: len(part) for name, part in by_file.items()}
    assert counts == dict.fromkeys(found.files["file"], 1) | {
        "central_citation.txt": 2,
        "cnki.txt": 2,
        "ovid_fields.txt": 2,
        "refworks.txt": 2,
    }
    printed = {"year": 2019, "journal": "Journal of Shade", "volume": "4", "number": "2", "pages": "11-19"}
    named = {"doi": "10.5555/shade.1"}
    fields_of(by_file["pubmedxml.xml"][0], authors="Doe, Jane", pmid="30999999", language="en", **printed, **named)
    fields_of(
        by_file["central_citation.txt"][0],
        accession="CN-01999999",
        pmid="30999999",
        authors="Doe, J; Roe, R",
        abstract="An abstract.",
        **{**printed, "journal": "Journal of shade"},
        **named,
    )
    fields_of(by_file["central_citation.txt"][1], accession="CN-01999998", doi="")
    fields_of(
        by_file["crossref.json"][0], authors="Doe, Jane; Shade Group", title="A study of shade: A subtitle", **printed
    )
    fields_of(
        by_file["europepmc.json"][0],
        authors="Doe, J; Roe, R",
        pmid="30999999",
        access="open",
        keywords="shade",
        abstract="An abstract.",
        **{**printed, "journal": "J Shade"},
    )
    fields_of(by_file["eppi.json"][0], authors="Doe, Jane; Roe, Rick", keywords="shade", **printed, **named)
    fields_of(by_file["refworks.txt"][0], authors="Doe, Jane; Roe, Rick", **printed, **named)
    fields_of(by_file["ovid_fields.txt"][0], authors="Doe, J.; Roe, R.", accession="30999999", **printed)
    fields_of(
        by_file["arxiv.xml"][0], authors="Doe, Jane", year=2021, accession="arXiv:2101.99999", abstract="An abstract."
    )
    fields_of(by_file["ictrp.xml"][0], accession="ACTRN12600000000000", title="A made-up trial", year=2019)
    chinese = {
        "title": "示例标题一的研究",
        "authors": "张三; 李四",
        "journal": "示例学报",
        "year": 2020,
        "pages": "12-20",
    }
    fields_of(
        by_file["cnki.csv"][0], keywords="关键词一; 关键词二", doi="10.5555/cn.1", volume="12", number="05", **chinese
    )
    fields_of(by_file["cnki.txt"][0], abstract="这是摘要。", number="05", **chinese)


def test_what_else_registers_and_databases_give_is_read(tmp_path: Path) -> None:
    study = (
        '{"studies": [{"protocolSection": {"identificationModule": {"nctId": "NCT09990001", "briefTitle": "On shade"},'
        '"statusModule": {"studyFirstPostDateStruct": {"date": "2019-02-11"}},'
        '"sponsorCollaboratorsModule": {"leadSponsor": {"name": "Shade of Cities"}},'
        '"conditionsModule": {"conditions": ["Heat"]}, "descriptionModule": {"briefSummary": "Text."}}}]}'
    )
    fields_of(
        only_record(tmp_path, "registry.json", study),
        title="On shade",
        accession="NCT09990001",
        year=2019,
        authors="Shade of Cities",
        keywords="Heat",
        type="trial registration",
    )
    (tmp_path / "registry.json").unlink()
    old = (
        "<clinical_study><required_header><url>https://clinicaltrials.gov/show/NCT09990001</url></required_header>"
        "<id_info><nct_id>NCT09990001</nct_id></id_info><brief_title>On shade</brief_title>"
        "<study_first_posted>February 11, 2019</study_first_posted></clinical_study>"
    )
    fields_of(only_record(tmp_path, "registry.xml", old), title="On shade", accession="NCT09990001", year=2019)
    (tmp_path / "registry.xml").unlink()
    note = "{Reference Type}: Journal Article\n{Title}: 示例\n{Author}: 张三;李四\n{Journal}: 学报\n{Year}: 2020\n{Pages}: 1-9\n"
    fields_of(only_record(tmp_path, "cnki.net", note), title="示例", authors="张三; 李四", year=2020, pages="1-9")


def test_pubmed_s_xml_holds_books_bodies_and_parts_of_abstracts(tmp_path: Path) -> None:
    text = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>On <i>shade</i></ArticleTitle>"
        '<Abstract><AbstractText Label="AIM">Why.</AbstractText><AbstractText Label="METHOD">How.</AbstractText></Abstract>'
        "<AuthorList><Author><CollectiveName>Shade Group</CollectiveName></Author></AuthorList>"
        "<Journal><JournalIssue><PubDate><MedlineDate>2019 Jan-Feb</MedlineDate></PubDate></JournalIssue></Journal></Article>"
        "<MeshHeadingList><MeshHeading><DescriptorName>Heat</DescriptorName></MeshHeading></MeshHeadingList>"
        "</MedlineCitation></PubmedArticle><PubmedBookArticle><BookDocument><PMID>2</PMID><Book><BookTitle>Trees</BookTitle>"
        "<PubDate><Year>2020</Year></PubDate></Book></BookDocument></PubmedBookArticle></PubmedArticleSet>"
    )
    (tmp_path / "pubmed.xml").write_text(text, encoding="utf-8")
    article, book = importing.read_folder(tmp_path).records.to_dict("records")
    fields_of(
        article, title="On shade", authors="Shade Group", abstract="AIM: Why. METHOD: How.", year=2019, keywords="Heat"
    )
    fields_of(book, title="Trees", year=2020, pmid="2", type="book")


def test_exports_of_registers_are_tables_of_registrations() -> None:
    found = read_case("register-csv-refused")
    assert found.rejects.empty
    assert found.records["accession"].tolist() == ["NCT09990001", "ACTRN12600000000000"]
    assert found.records["title"].tolist() == ["A made-up trial of shade", "A made-up trial"]
    assert found.records["year"].tolist() == [2019, 2019]
    assert found.records["url"].tolist() == ["https://clinicaltrials.gov/study/NCT09990001", "https://example.org/t"]
    assert found.records["abstract"].tolist() == ["Brief summary text.", ""]


def test_registrations_with_other_numbers_are_other_trials() -> None:
    found = read_case("registrations-with-other-numbers-merged")
    pairs = deduplication.find_pairs(found.records)
    assert not pairs["same"].any()
    assert deduplication.group_records(found.records, pairs).nunique() == 4


def test_a_registration_joins_by_its_number_and_never_through_a_third(tmp_path: Path) -> None:
    registry = "TY  - DBASE\nAN  - {0}\nT1  - Safety of compound Q in migraine\nPY  - 2019\nER  - \n"
    central = "TY  - JOUR\nAN  - CN-0{1}\nA1  - {0}\nT1  - Safety of compound Q in migraine\nPY  - 2020\nJF  - https://x.org/{0}\nER  - \n"
    (tmp_path / "registry.ris").write_text(
        registry.format("NCT09990003") + registry.format("NCT09990004"), encoding="utf-8"
    )
    (tmp_path / "central.ris").write_text(central.format("NCT09990003", 1), encoding="utf-8")
    (tmp_path / "copies.ris").write_text(
        "TY  - JOUR\nT1  - Safety of compound Q in migraine\nPY  - 2019\nER  - \n", encoding="utf-8"
    )
    found = importing.read_folder(tmp_path).records
    pairs = deduplication.find_pairs(found)
    works = deduplication.group_records(found, pairs)
    by_number = {number: works[record] for record, number in zip(found["id"], found["accession"], strict=True)}
    assert by_number["CN-01"] == by_number["NCT09990003"]
    assert by_number["NCT09990003"] != by_number["NCT09990004"]


@pytest.mark.parametrize(
    ("file", "encoding", "title", "author"),
    [
        ("cnki_gbk.enw", "gb18030", "示例标题一的研究", "张三"),
        ("elibrary_cp1251.ris", "cp1251", "Дорога и город: пример", "Иванов"),
        ("jstage_sjis.ris", "cp932", "道路と景観に関する研究", "山田"),
        ("polish_cp1250.ris", "cp1250", "Środki transportu w Łodzi: przykład", "Żółć"),
        ("turkish_cp1254.ris", "cp1254", "Şehir içi ulaşım: örnek çalışma", "Öztürk"),
    ],
)
def test_encodings_are_told_by_their_letters_and_said(file: str, encoding: str, title: str, author: str) -> None:
    found = read_case("endnote-and-other-encodings-silently-wrong")
    record = found.records[found.records["file"] == file].iloc[0]
    assert record["title"] == title
    assert record["authors"].startswith(author)
    assert found.files.set_index("file").loc[file, "encoding"] == encoding


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1253", "Έξυπνη πόλη και διακυβέρνηση: παράδειγμα"),
        ("cp1255", "עיר חכמה וממשל דיגיטלי: דוגמה אחת"),
        ("cp1256", "المدينة الذكية والحوكمة: مثال"),
        ("koi8_r", "Умный город и управление: пример"),
        ("euc_jp", "スマートシティの政策に関する研究"),
        ("cp949", "스마트 도시 정책에 관한 연구"),
        ("big5", "智慧城市政策的研究與示例"),
        ("cp1257", "Išmanusis miestas ir valdymas: pavyzdžių tyrimas"),
        ("iso8859-2", "Příklad chytrého města a řízení dopravy"),
    ],
)
def test_other_scripts_are_told_apart_too(tmp_path: Path, encoding: str, title: str) -> None:
    path = tmp_path / "library.ris"
    path.write_bytes(f"TY  - JOUR\nTI  - {title}\nPY  - 2019\nER  - \n".encode(encoding))
    found = importing.read_folder(tmp_path)
    assert found.records["title"].tolist() == [title]
    assert found.files["encoding"].tolist() == [encoding]


def test_a_body_keeps_the_order_of_its_words(tmp_path: Path) -> None:
    found = read_case("corporate-author-inverted")
    assert found.records["authors"].tolist() == ["World Health Organization", "Badan Pusat Statistik"]
    people = {
        "กระทรวงดิจิทัลเพื่อเศรษฐกิจและสังคม": "กระทรวงดิจิทัลเพื่อเศรษฐกิจและสังคม",
        "Ministry of Health and Welfare": "Ministry of Health and Welfare",
        "Dinas Perhubungan": "Dinas Perhubungan",
        "Institut Teknologi Bandung": "Institut Teknologi Bandung",
        "Siti Nur Aini": "Siti Nur Aini",
        "Ines Mergel": "Mergel, Ines",
        "Maria L. Sari": "Sari, Maria L.",
        "JM van der Berg": "van der Berg, JM",
        "M Nur Aini": "Nur Aini, M",
        "山田 太郎": "山田, 太郎",
    }
    lines = "".join(f"TY  - JOUR\nTI  - T{place}\nAU  - {name}\nER  - \n" for place, name in enumerate(people))
    (tmp_path / "a.ris").write_text(lines, encoding="utf-8")
    assert importing.read_folder(tmp_path).records["authors"].tolist() == list(people.values())


@pytest.mark.parametrize(
    "many", ["Doe J, Roe R, Poe A", "Doe, J., Roe, R., Poe, A.", "J Doe, R Roe, A Poe", "Doe J; Roe R; Poe A"]
)
@pytest.mark.parametrize(
    "form", ["TY  - JOUR\nTI  - On shade\nAU  - {}\nER  - \n", "@article{{a, title = {{On shade}}, author = {{{}}}}}\n"]
)
def test_many_people_in_one_line_are_many(tmp_path: Path, form: str, many: str) -> None:
    authors = only_record(tmp_path, "library.txt", form.format(many))["authors"]
    assert authors.replace(".", "") == "Doe, J; Roe, R; Poe, A"


def test_decisions_on_a_body_s_work_are_found_again(tmp_path: Path) -> None:
    """What was decided when names of bodies were inverted still fits."""
    fields = {"title": "On shade", "authors": "World Health Organization", "year": 2019}
    inverted = fields | {"authors": "Organization, World Health"}
    assert records.work_fingerprints(inverted)[0] in records.work_fingerprints(fields)


def copy_case(name: str, folder: Path) -> Path:
    return shutil.copytree(CASES / name, folder / "case")


def write_decisions(folder: Path, name: str, rows: list[tuple]) -> None:
    (folder / "decisions").mkdir(exist_ok=True)
    table = pd.DataFrame(rows, columns=["record", "reviewer", "decision", "reason"])
    table.to_csv(folder / "decisions" / name, index=False)


def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", str(folder)]) == 0
    return capsys.readouterr().out


def records_of(folder: Path) -> dict[str, str]:
    """Return the record of each title."""
    works = records.read_table(folder / "results" / "works.csv")
    return dict(zip(works["title"], works["id"], strict=True))


KERBS, LAMPS, TREES = "Kerbs of one town", "Lamps of two towns", "Trees of three towns"


def test_conflicts_are_a_sheet_for_the_third_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_case("conflicts-hold-settled-ones-and-no-titles", tmp_path) / "review"
    run(folder, capsys)
    named = records_of(folder)
    for who, decision in (("Ann", "include"), ("Ben", "exclude")):
        rows = [(named[title], who, decision, "") for title in (KERBS, LAMPS)]
        write_decisions(folder, f"screening_{who}.csv", rows)
    write_decisions(folder, "resolutions.csv", [(named[KERBS], "", "include", "")])
    run(folder, capsys)
    sheet = records.read_cells(folder / "results" / "conflicts.csv")
    assert list(sheet)[:5] == ["record", "decision", "reason", "stage", "decisions"]
    assert {"title", "authors", "year", "abstract", "url"} <= set(sheet)
    assert sheet[["record", "title", "authors", "year", "decisions"]].to_numpy().tolist() == [
        [named[LAMPS], LAMPS, "Roe, R.", "2020", "Ann: include; Ben: exclude"]
    ]
    # Filled in, it is the resolutions.
    sheet["decision"] = "exclude"
    records.write_table(sheet, folder / "decisions" / "resolutions_2.csv")
    assert "resolution" not in run(folder, capsys)
    assert records.read_cells(folder / "results" / "conflicts.csv").empty


def test_a_full_text_that_could_not_be_had_is_not_excluded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = copy_case("covidence-full-text-not-available", tmp_path)
    folder, listed = case / "review", str(case / "review_1_excluded_csv_20240503.csv")
    arguments = ["import", str(folder), listed, "--from", "covidence"]
    assert main([*arguments, "--reasons", str(case / "reasons.csv")]) == 0
    assert "sought 1; not retrieved 1; assessed 0; excluded full text 0" in run(folder, capsys)
    assert main(arguments) == 1
    assert "not_retrieved" in capsys.readouterr().err


def test_a_criterion_that_was_renamed_is_told_in_a_line_or_in_the_protocol(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_case("criterion-renamed-32-lines", tmp_path) / "review"
    run(folder, capsys)
    named = records_of(folder)
    for who in ("ann", "ben"):
        rows = [(record, who, "exclude", "population") for record in named.values()]
        write_decisions(folder, f"screening_{who}_full_text.csv", rows)
    assert main(["run", str(folder)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "screening_ann_full_text.csv: 3 rows (2, 3, 4) have the reason 'population', expected one of" in lines[0]
    protocol = folder / "protocol.yml"
    text = protocol.read_text(encoding="utf-8")
    assert "participants: {name:" in text
    protocol.write_text(text.replace("participants: {", "participants: {formerly: [population], "), encoding="utf-8")
    run(folder, capsys)
    assert set(read_decided(folder)["reason"]) == {"participants"}


def read_decided(folder: Path) -> pd.DataFrame:
    return Review(folder).decisions.decisions


def test_decisions_are_read_from_workbooks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_case("decision-sheet-as-xlsx", tmp_path)
    run(folder, capsys)
    assert read_decided(folder)["reviewer"].tolist() == ["Ann"]
    for suffix in ("xlsx", "csv"):
        sheet = tmp_path / f"screening_ben.{suffix}"
        assert main(["sheet", str(folder), str(sheet), "--reviewer", "Ben"]) == 0
        assert f"{sheet}: 1 works to decide on" in capsys.readouterr().out
        assert main(["sheet", str(folder), str(sheet)]) == 1  # nothing is written over
        capsys.readouterr()
        told = records.read_cells(sheet, ["record", "reviewer", "decision"])
        assert told[["reviewer", "title"]].to_numpy().tolist() == [["Ben", KERBS]]
    records.write_workbook(
        {"notes": pd.DataFrame({"a": ["b"]}), "decided": told.assign(decision="Include")},
        folder / "decisions" / "screening_ben.xlsx",
    )
    assert "identified 1" in run(folder, capsys)
    assert sorted(read_decided(folder)["reviewer"]) == ["Ann", "Ben"]
    sheet = folder / "decisions" / "duplicates.xlsx"
    records.write_workbook({"pairs": pd.DataFrame(columns=["record_a", "record_b", "decision"])}, sheet)
    run(folder, capsys)
    assert main(["run", str(folder)]) == 0


def test_rayyan_s_maybe_reasons_and_other_methods_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = copy_case("rayyan-maybe-and-other-methods-silent", tmp_path)
    folder, articles = case / "review", str(case / "articles.csv")
    assert main(["export", str(folder), "--to", "rayyan"]) == 0
    sent = records.read_cells(folder / "results" / "export" / "rayyan.csv")
    assert sent["title"].tolist() == [KERBS, LAMPS, TREES]
    capsys.readouterr()
    arguments = ["import", str(folder), articles, "--from", "rayyan", "--stage", "title_abstract"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert "2 decisions are Maybe and were not taken in" in told.err
    assert "2 decisions are on works that other methods found" in told.err
    assert "2 decisions taken in from rayyan" in told.out
    decided = read_decided(folder)
    assert decided["reason"].tolist() == ["population", "population"]  # the first of the protocol, not of Rayyan
    run(folder, capsys)
    orphans = records.read_cells(folder / "results" / "orphaned-decisions.csv")
    assert orphans["why"].unique().tolist() == ["works that other methods found are not screened by title"]
    assert len(orphans) == 2
    assert main([*arguments, "--maybe", "include"]) == 0
    assert "Maybe" not in capsys.readouterr().err
    assert sorted(read_decided(folder)["decision"]) == ["exclude", "exclude", "include", "include"]


def test_rayyan_s_packed_export_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = copy_case("rayyan-zip", tmp_path)
    folder = case / "review"
    assert main(["import", str(folder), str(case / "export.zip"), "--from", "rayyan"]) == 0
    assert "1 decisions taken in from rayyan" in capsys.readouterr().out
    for name, held in (("other.zip", {"notes.txt": "x"}), ("two.zip", {"a/articles.csv": "x", "b/articles.csv": "x"})):
        with ZipFile(tmp_path / name, "w") as packed:
            for part, text in held.items():
                packed.writestr(part, text)
        assert main(["import", str(folder), str(tmp_path / name), "--from", "rayyan"]) == 1
        assert "expected articles.csv once" in capsys.readouterr().err
    broken = (case / "export.zip").read_bytes()
    (tmp_path / "broken.zip").write_bytes(broken[:200] + bytes(200) + broken[400:])
    assert main(["import", str(folder), str(tmp_path / "broken.zip"), "--from", "rayyan"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_goes_to_references_keeps_type_pages_language_and_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_case("ris-export-loses-type-pages-pmid-and-included", tmp_path) / "review"
    for tool in ("zotero", "covidence"):
        assert main(["export", str(folder), "--to", tool]) == 0
        entries = rispy.loads((folder / "results" / "export" / f"{tool}.ris").read_text(encoding="utf-8"))
        assert [entry["type_of_reference"] for entry in entries] == ["BOOK", "THES", "JOUR"]
        assert (entries[2]["start_page"], entries[2]["end_page"], entries[2]["language"]) == ("11", "19", "English")
        assert entries[2]["notes"] == ["PMID: 30999999"]
    sent = importing.read_file(folder / "results" / "export" / "zotero.ris").records
    works = records.read_table(folder / "results" / "works.csv")
    kept = ["title", "authors", "year", "journal", "volume", "pages", "pmid", "language", "type", "url"]
    pd.testing.assert_frame_equal(sent[kept], works[kept])
    named = records_of(folder)
    write_decisions(folder, "screening.csv", [(named[TREES], who, "include", "") for who in ("Ann", "Ben")])
    capsys.readouterr()
    assert main(["export", str(folder), "--to", "zotero", "--stage", "included"]) == 0
    assert "1 works written for zotero" in capsys.readouterr().out
    assert main(["export", str(folder), "--to", "zotero", "--stage", "excluded"]) == 0
    assert "0 works" in capsys.readouterr().out


def test_only_what_waits_goes_into_sheets_and_to_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = copy_case("update-sheet-and-export-hold-everything", tmp_path)
    folder = case / "review"
    run(folder, capsys)
    named = records_of(folder)
    rows = [(record, who, "exclude", "") for record in named.values() for who in ("Ann", "Ben")]
    write_decisions(folder, "screening.csv", rows)
    assert main(["update", str(folder)]) == 0
    shutil.copy(case / "later" / "scopus_2.csv", folder)
    run(folder, capsys)
    assert records.read_cells(folder / "results" / "screening-sheet.csv")["title"].tolist() == ["Shops of five towns"]
    for tool in ("rayyan", "covidence", "asreview"):
        assert main(["export", str(folder), "--to", tool]) == 0
        assert f"1 works written for {tool}" in capsys.readouterr().out
        assert main(["export", str(folder), "--to", tool, "--all"]) == 0
        assert f"4 works written for {tool}" in capsys.readouterr().out
    write_decisions(folder, "screening_new.csv", [(records_of(folder)["Shops of five towns"], "Ann", "include", "")])
    for who, count in (("Ann", 0), ("Ben", 1)):
        assert main(["export", str(folder), "--to", "rayyan", "--reviewer", who]) == 0
        assert f"{count} works" in capsys.readouterr().out


def test_headings_of_medline_are_one_keyword_each_and_its_check_tags_none() -> None:
    works = read_case("keyword-map-mesh/review").records
    items, _ = keyword_map.build_map(works)
    assert items[["label", "weight<Occurrences>"]].to_numpy().tolist() == [["hiv infections", 2]]
    wanted = {"humans": "humans", "hiv infections/pc [prevention & control]": "hiv prevention"}
    items, _ = keyword_map.build_map(works, wanted, at_least=1)
    assert {"humans", "hiv infections", "hiv prevention"} == set(items["label"])


@pytest.mark.parametrize(
    ("keyword", "kept"),
    [
        ("*Cities/*epidemiology/prevention & control", "cities"),
        ("Cities/statistics & numerical data", "cities"),
        ("client/server", "client/server"),
        ("HIV/AIDS", "hiv/aids"),
        ("Input/output methods", "input/output methods"),
        ("Aged, 80 and over", None),
    ],
)
def test_a_qualifier_goes_and_a_stroke_stays(keyword: str, kept: str | None) -> None:
    assert keyword_map.work_keywords(pd.DataFrame({"keywords": [keyword]}), {}) == [[kept] if kept else []]


#: The boxes of PRISMA 2020's template, for databases, registers and other methods, of a new review and of an update.
TEMPLATE = [
    "Records identified from: Databases",
    "Records identified from: Registers",
    "Records removed before screening: Duplicate records removed",
    "Records removed before screening: Records marked as ineligible by automation tools",
    "Records removed before screening: Records removed for other reasons",
    "Records screened",
    "Records excluded",
    "Reports sought for retrieval",
    "Reports not retrieved",
    "Reports assessed for eligibility",
    "Reports excluded",
    "Records identified from: Citation searching",
    "Studies included in review",
    "Reports of included studies",
]
UPDATED = [
    "Studies included in previous version of review",
    "Reports of studies included in previous version of review",
    "New studies included in review",
    "Reports of new included studies",
    "Total studies included in review",
    "Reports of total included studies",
]


def flow_rows(folder: Path) -> dict[str, str]:
    review = Review(folder)
    tables = review.flow_tables
    drawn = flow.draw_diagram(tables.stages, tables.sources, tables.exclusions, "en", review.protocol)
    labels, counts = (drawn.table[column].tolist() for column in drawn.table)
    return dict(zip(reversed(labels), reversed(counts), strict=True))  # of two alike the first counts


def test_the_flow_has_every_box_of_the_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_case("flow-against-the-template", tmp_path) / "review"
    (folder / "citations.csv").write_text("Title,Year\nRoads of five towns,2017\n", encoding="utf-8")
    protocol = (folder / "protocol.yml").read_text(encoding="utf-8")
    added = "sources:\n  citations: {name: Citation searching, kind: other}\n"
    (folder / "protocol.yml").write_text(protocol.replace("sources:\n", added), encoding="utf-8")
    run(folder, capsys)
    named = records_of(folder)
    rails, roads = "Rails of four towns", "Roads of five towns"
    (folder / "decisions").mkdir()
    removed = f"record,reason\n{named[TREES]},automation\n"
    (folder / "decisions" / "removed.csv").write_text(removed, encoding="utf-8")
    for who in ("Ann", "Ben"):
        rows = [
            (named[KERBS], who, "include", ""),
            (named[LAMPS], who, "include", ""),
            (named[rails], who, "exclude", ""),
        ]
        write_decisions(folder, f"screening_{who}.csv", rows)
        rows = [(named[title], who, "include", "") for title in (KERBS, LAMPS, roads)]
        write_decisions(folder, f"screening_{who}_full_text.csv", rows)
    (folder / "decisions" / "studies.csv").write_text(
        f"record,study\n{named[KERBS]},Kerb trial\n{named[LAMPS]},Kerb trial\n", encoding="utf-8"
    )
    run(folder, capsys)
    rows = flow_rows(folder)
    assert [box for box in TEMPLATE if box not in rows] == []
    assert [rows[box] for box in TEMPLATE] == ["3", "1", "0", "1", "0", "3", "1", "2", "0", "2", "0", "1", "2", "3"]
    assert (rows["  Scopus"], rows["  ClinicalTrials.gov"]) == ("3", "1")
    assert "  No reason given" not in rows
    table = records.read_cells(folder / "results" / "flow-prisma2020.csv").set_index("data")["n"]
    wanted = ["database_results", "register_results", "excluded_automatic", "citations_results", "new_studies"]
    assert table[wanted].tolist() == ["3", "1", "1", "1", "2"]
    assert table["database_specific_results"] == "Scopus, 3"
    for name in ("flow.en.svg", "flow.en.png", "flow.en.pptx"):
        assert (folder / "results" / name).stat().st_size > 2_000
    words = [
        shape.text_frame.text.replace("\n", " ")
        for shape in Presentation(str(folder / "results" / "flow.en.pptx")).slides[0].shapes
        if shape.has_text_frame
    ]
    assert any("Reports of included studies (n = 3)" in " ".join(text.split()) for text in words)

    assert main(["update", str(folder)]) == 0
    again = "Title,Year\nKerbs of one town: ten years later,2027\nBenches of one town,2027\n"
    (folder / "scopus_2.csv").write_text(again, encoding="utf-8")
    run(folder, capsys)
    named = records_of(folder)
    new = [named["Kerbs of one town: ten years later"], named["Benches of one town"]]
    for stage in ("", "_full_text"):
        write_decisions(
            folder, f"screening_new{stage}.csv", [(one, who, "include", "") for one in new for who in ("A", "B")]
        )
    with (folder / "decisions" / "studies.csv").open("a", encoding="utf-8") as file:
        file.write(f"{new[0]},Kerb trial\n")
    run(folder, capsys)
    rows = flow_rows(folder)
    assert [rows[box] for box in UPDATED] == ["2", "3", "1", "2", "3", "5"]


def test_what_is_ongoing_or_awaits_classification_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_case("flow-against-the-template", tmp_path) / "review"
    run(folder, capsys)
    named = list(records_of(folder).values())
    for who in ("Ann", "Ben"):
        write_decisions(folder, f"screening_{who}.csv", [(record, who, "include", "") for record in named])
        said = ["ongoing", "awaiting classification", "not_retrieved", "include"]
        rows = [(record, who, decision, "") for record, decision in zip(named, said, strict=True)]
        write_decisions(folder, f"screening_{who}_full_text.csv", rows)
    assert "undecided 0" in run(folder, capsys)
    rows = flow_rows(folder)
    assert (rows["Ongoing studies"], rows["Studies awaiting classification"]) == ("1", "1")
    assert (rows["Reports assessed for eligibility"], rows["Studies included in review"]) == ("3", "1")


@pytest.mark.parametrize(("reasons", "shown"), [("optional", False), ("shown", True)])
def test_reasons_at_titles_are_drawn_on_request_or_where_all_have_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reasons: str, shown: bool
) -> None:
    folder = copy_case("flow-against-the-template", tmp_path) / "review"
    path = folder / "protocol.yml"
    text = path.read_text(encoding="utf-8").replace("reasons: optional", f"reasons: {reasons}")
    path.write_text(text, encoding="utf-8")
    run(folder, capsys)
    named = list(records_of(folder).values())
    said = ["population", "", "outcome", "outcome"]
    rows = [(record, who, "exclude", why) for record, why in zip(named, said, strict=True) for who in ("Ann", "Ben")]
    write_decisions(folder, "screening.csv", rows)
    run(folder, capsys)
    assert ("  Wrong population" in flow_rows(folder)) == shown
    write_decisions(folder, "screening.csv", [(*row[:3], "outcome") for row in rows])
    run(folder, capsys)
    assert flow_rows(folder)["  Wrong outcome"] == "4"


def test_a_work_that_was_removed_is_not_screened_and_decisions_on_it_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_case("flow-against-the-template", tmp_path) / "review"
    run(folder, capsys)
    named = records_of(folder)
    write_decisions(folder, "screening.csv", [(named[KERBS], "Ann", "include", "")])
    removed = folder / "decisions" / "removed.csv"
    removed.write_text(f"record,reason\n{named[KERBS]},Other\n", encoding="utf-8")
    run(folder, capsys)
    orphans = records.read_cells(folder / "results" / "orphaned-decisions.csv")
    assert orphans["why"].tolist() == ["the work was removed before screening"]
    removed.write_text(f"record,reason\n{named[KERBS]},robots\n", encoding="utf-8")
    assert main(["run", str(folder)]) == 1
    assert "column reason: found 'robots', expected automation or other" in capsys.readouterr().err


@pytest.mark.parametrize(
    "number",
    [
        "NCT09990003", "ISRCTN12345678", "ACTRN12600000000000", "ChiCTR-IOR-15006432", "CTRI/2010/01/000123", "DRKS00001234",
        "IRCT2010123456N1", "UMIN000001234", "jRCTs031180001", "KCT0001234", "NTR1234", "NL12345", "PACTR201001000123456",
        "RBR-2abcde", "RPCEC00000123", "SLCTR/2010/001", "TCTR20200101001", "PER-010-11", "LBCTR2019010101", "CRD42020123456",
        "2010-123456-12",
    ],
)  # fmt: skip
def test_each_register_s_numbers_are_known(number: str) -> None:
    assert normalize.find_registration("", f"https://example.org/{number.lower()}") == number.upper()
    assert normalize.find_registration(f"CN-0{number[:2]}") == ""
