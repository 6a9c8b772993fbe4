# ruff: noqa: E501 - exports are long lines
"""Exports and decisions that once went wrong, each a kind of its own, go right."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from systematic_review import deduplication, importing

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
    assert importing.records.work_fingerprints(inverted)[0] in importing.records.work_fingerprints(fields)


def copy_case(name: str, folder: Path) -> Path:
    return shutil.copytree(CASES / name, folder / "case")


def write_decisions(folder: Path, name: str, rows: list[tuple]) -> None:
    (folder / "decisions").mkdir(exist_ok=True)
    table = pd.DataFrame(rows, columns=["record", "reviewer", "decision", "reason"])
    table.to_csv(folder / "decisions" / name, index=False)
