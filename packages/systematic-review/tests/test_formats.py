"""Every kind of export that librarians have is read; all of them here are made up."""

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from systematic_review import formats, importing
from systematic_review.formats import normalize

#: What each of these exports says, in the words of its own kind.
WORK = {
    "title": "Kerbs of an invented city",
    "authors": "Moreau, Lia; Duarte, Rui",
    "year": 2019,
    "journal": "Journal of Kerbs",
    "volume": "4",
    "number": "2",
    "pages": "11-19",
    "doi": "10.5555/kerbs.1",
}


def read(folder: Path, name: str, content: str | bytes) -> importing.Imported:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return importing.read_folder(folder)


def check(folder: Path, name: str, content: str | bytes, form: str, **more: object) -> pd.Series:
    """Check that an export of one record says what :data:`WORK` says, and ``more``; return the record."""
    found = read(folder, name, content)
    assert found.rejects.empty, found.rejects["reason"].tolist()
    assert found.files["form"].tolist() == [form]
    assert len(found.records) == 1
    record = found.records.iloc[0]
    assert {column: record[column] for column in {**WORK, **more}} == {**WORK, **more}
    return record


WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Moreau, L
   Duarte, R
AF Moreau, Lia
   Duarte, Rui
TI Kerbs of an
   invented city
SO Journal of Kerbs
LA English
DT Article
DE kerbs; streets of
   stone
AB An abstract that
   goes on.
PY 2019
VL 4
IS 2
BP 11
EP 19
DI 10.5555/kerbs.1
UT WOS:000000000000001
PM 90000001
ER

EF
"""
ENW = """%0 Journal Article
%T Kerbs of an invented city
%A Moreau, Lia
%A Duarte, Rui
%D 2019
%J Journal of Kerbs
%V 4
%N 2
%P 11-19
%R 10.5555/kerbs.1
%K kerbs
streets
%X An abstract that
goes on.

"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<xml><records><record><ref-type name="Journal Article">17</ref-type>
<contributors><authors><author><style face="normal">Moreau, Lia</style></author>
<author>Duarte, Rui</author></authors></contributors>
<titles><title><style face="normal">Kerbs of an </style><style face="italic">invented city</style></title>
<secondary-title>Journal of Kerbs</secondary-title></titles>
<periodical><full-title>Journal of Kerbs</full-title></periodical>
<pages>11-19</pages><volume>4</volume><number>2</number><dates><year>2019</year></dates>
<keywords><keyword>kerbs</keyword><keyword>streets</keyword></keywords>
<electronic-resource-num>10.5555/kerbs.1</electronic-resource-num><abstract>An abstract.</abstract>
</record></records></xml>
"""


def test_web_of_science_s_plain_text_is_read(tmp_path: Path) -> None:
    more = {"abstract": "An abstract that goes on.", "keywords": "kerbs; streets of stone", "language": "en"}
    check(tmp_path, "savedrecs.txt", WOS, "Web of Science", pmid="90000001", accession="WOS:000000000000001", **more)


def test_web_of_science_s_ciw_without_an_end_is_read(tmp_path: Path) -> None:
    check(tmp_path, "savedrecs.ciw", "\ufeff" + WOS.replace("ER\n\nEF\n", ""), "Web of Science", type="article")


def test_endnote_s_enw_is_read(tmp_path: Path) -> None:
    found = check(tmp_path, "endnote.enw", ENW, "EndNote", keywords="kerbs; streets", type="article")
    assert found["abstract"] == "An abstract that goes on."
    assert len(read(tmp_path, "endnote.enw", ENW * 3).records) == 3
    assert len(read(tmp_path, "endnote.enw", ENW.rstrip() + "\n" + ENW).records) == 2


def test_endnote_s_xml_is_read(tmp_path: Path) -> None:
    check(tmp_path, "endnote.xml", XML, "EndNote XML", keywords="kerbs; streets", type="article")
    broken = XML.replace("</records></xml>", XML[XML.index("<record>") : XML.index("</titles>")])
    found = read(tmp_path, "endnote.xml", broken)
    assert len(found.records) == 1
    assert "breaks off" in found.rejects["reason"][0]


TABLES = {
    "web_of_science.txt": (
        "Publication Type\tAuthors\tAuthor Full Names\tArticle Title\tSource Title\tPublication Year\tVolume\tIssue"
        "\tStart Page\tEnd Page\tDOI\tUT (Unique WOS ID)\n"
        "J\tMoreau, Lia; Duarte, Rui\t\tKerbs of an invented city\tJournal of Kerbs\t2019\t4\t2\t11\t19"
        "\t10.5555/kerbs.1\tWOS:1\t\n"
    ),
    "web_of_science_tagged.txt": (
        "\ufeffPT\tAU\tTI\tSO\tPY\tVL\tIS\tBP\tEP\tDI\n"
        "J\tMoreau, Lia; Duarte, Rui\tKerbs of an invented city\tJournal of Kerbs\t2019\t4\t2\t11\t19"
        "\t10.5555/kerbs.1\n"
    ),
    "scopus_old.csv": (
        "Authors,Title,Year,Source title,Volume,Issue,Art. No.,Page start,Page end,DOI,Source,EID\n"
        '"Moreau, L., Duarte, R.",Kerbs of an invented city,2019,Journal of Kerbs,4,2,,11,19,10.5555/kerbs.1,'
        "Scopus,2-s2.0-1\n"
    ),
    "scopus.csv": (
        '"Authors","Author full names","Title","Year","Source title","Volume","Issue","Page start","Page end","DOI",'
        '"Author Keywords","Index Keywords","Document Type","Source"\n"Moreau L.; Duarte R.","Moreau, Lia (1); Duarte, '
        'Rui (2)","Kerbs of an invented city","2019","Journal of Kerbs","4","2","11","19","10.5555/kerbs.1","kerbs; '
        'streets","","Article","Scopus"\n'
    ),
    "ieee.csv": (
        '"Document Title","Authors","Publication Title","Publication Year","Volume","Issue","Start Page","End Page",'
        '"DOI","Author Keywords","Article Citation Count"\n"Kerbs of an invented city","Lia Moreau; Rui Duarte",'
        '"Journal of Kerbs","2019","4","2","11","19","10.5555/kerbs.1","kerbs;streets","3"\n'
    ),
    "springer.csv": (
        "Item Title,Publication Title,Book Series Title,Journal Volume,Journal Issue,Item DOI,Authors,Publication Year,"
        "URL,Content Type\nKerbs of an invented city,Journal of Kerbs,,4,2,10.5555/kerbs.1,Lia MoreauRui Duarte,2019,"
        "https://example.org/1,Article\n"
    ),
    "dimensions.csv": (
        "\"About the data: Exported on Jan 05, 2024. Criteria: 'kerbs', in full data.\"\n"
        "Rank,Publication ID,DOI,PMID,Title,Source title,PubYear,Volume,Issue,Pagination,Authors\n"
        '500,pub.1,10.5555/kerbs.1,,Kerbs of an invented city,Journal of Kerbs,2019,4,2,11-19,"Moreau, Lia; '
        'Duarte, Rui"\n'
    ),
    "lens.csv": (
        "Lens ID,Title,Publication Year,Source Title,Volume,Issue Number,Start Page,End Page,DOI,Author/s\n"
        "000-1,Kerbs of an invented city,2019,Journal of Kerbs,4,2,11,19,10.5555/kerbs.1,Lia Moreau; Rui Duarte\n"
    ),
    "openalex.csv": (
        "id,doi,display_name,publication_year,authorships.author.display_name,primary_location.source.display_name,"
        "biblio.volume,biblio.issue,biblio.first_page,biblio.last_page,open_access.is_oa\n"
        "https://openalex.org/W1,https://doi.org/10.5555/kerbs.1,Kerbs of an invented city,2019,"
        "Lia Moreau|Rui Duarte,Journal of Kerbs,4,2,11,19,True\n"
    ),
    "embase.csv": (
        '"Title","Author Names","Source title","Publication Year","Volume","Issue","Page range","DOI","PUI"\n'
        '"Kerbs of an invented city","Moreau L.; Duarte R.","Journal of Kerbs","2019","4","2","11-19",'
        '"10.5555/kerbs.1","L1"\n'
    ),
    "zotero.csv": (
        '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Abstract Note","Pages",'
        '"Issue","Volume","Manual Tags"\n"A1","journalArticle","2019","Moreau, Lia; Duarte, Rui",'
        '"Kerbs of an invented city","Journal of Kerbs","10.5555/kerbs.1","An abstract.","11-19","2","4","kerbs"\n'
    ),
    "publish_or_perish.csv": (
        "Cites,Authors,Title,Year,Source,Publisher,DOI,Volume,Issue,StartPage,EndPage,GSRank\n"
        '3,"L Moreau, R Duarte",Kerbs of an invented city,2019,Journal of Kerbs,example.org,10.5555/kerbs.1,4,2,11,'
        "19,1\n"
    ),
    "rayyan.csv": (
        "key,title,year,journal,volume,issue,pages,authors,notes,doi,keywords,pubmed_id,pmc_id\n"
        'rayyan-1,Kerbs of an invented city,2019,Journal of Kerbs,4,2,11-19,"Moreau, Lia and Duarte, Rui",,'
        '10.5555/kerbs.1,"kerbs,streets",,\n'
    ),
    "pubmed.csv": (
        "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
        '90000001,Kerbs of an invented city,"Moreau L, Duarte R.",J Kerbs. 2019 Jan 1;4(2):11-19. doi: 10.5555/kerbs.1.'
        ",Moreau L,Journal of Kerbs,2019,2019/01/02,,,10.5555/kerbs.1\n"
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_each_database_and_tool_are_read(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, TABLES[name])
    assert found.rejects.empty
    record = found.records.iloc[0]
    assert len(found.records) == 1
    lost = {"pages"} if name == "springer.csv" else set()  # which Springer does not tell
    for column in set(WORK) - {"authors"} - lost:
        assert record[column] == WORK[column], column
    people = [person.partition(",")[0] for person in record["authors"].split("; ")]
    assert people == ["Moreau", "Duarte"]
    if "eywords" in TABLES[name] or "Tags" in TABLES[name]:
        assert record["keywords"].startswith("kerbs")


@pytest.mark.parametrize("name", ["savedrecs.xlsx", "savedrecs.xls"])
def test_a_workbook_is_read_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    """A workbook with a sheet of notes first; its suffix says nothing of its kind."""
    rows = [
        ["Exported on a Monday"],
        ["Article Title", "Authors", "Source Title", "Publication Year", "Volume", "Issue", "Pages", "DOI", "Colour"],
        [*(str(WORK[name]) for name in ("title", "authors", "journal")), 2019, 4, 2, "11-19", WORK["doi"], "grey"],
    ]
    check(tmp_path, name, workbook([["A note"]], rows), "spreadsheet")
    assert importing.read_folder(tmp_path).files["unused_columns"].tolist() == ["Colour"]


def test_a_workbook_without_titles_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, "a.xlsx", workbook([["Name", "Year"], ["x", 1]]))
    assert found.files["unreadable"].tolist() == ["none of its sheets (s0) has a column with the records' titles"]


def workbook(*sheets: list[list[object]]) -> bytes:
    """Return a workbook with cells written in line, as small as the format allows."""

    def cell(value: object) -> str:
        return f"<c><v>{value}</v></c>" if isinstance(value, int) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    head = '<?xml version="1.0" encoding="UTF-8"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = "http://schemas.openxmlformats.org/package/2006/relationships"
    numbers = range(len(sheets))
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{related}"><Relationship Id="r" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(f'<sheet name="s{n}" sheetId="{n + 1}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{related}">'
        + "".join(f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/s{n}.xml"/>' for n in numbers)
        + "</Relationships>",
    }
    for number, rows in enumerate(sheets):
        body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/s{number}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for path, text in parts.items():
            packed.writestr(path, head + text)
    return file.getvalue()


JSONS: dict[str, object] = {
    "publish_or_perish": [
        {"title": WORK["title"], "authors": ["L Moreau", "R Duarte"], "year": 2019, "source": WORK["journal"]}
    ],
    "csl": [
        {
            "title": WORK["title"],
            "author": [{"family": "Moreau", "given": "Lia"}, {"family": "Duarte", "given": "Rui"}],
            "issued": {"date-parts": [[2019, 5]]},
            "container-title": WORK["journal"],
            "DOI": WORK["doi"],
        }
    ],
    "openalex": {
        "meta": {"count": 1},
        "results": [
            {
                "id": "https://openalex.org/W1",
                "display_name": WORK["title"],
                "publication_year": 2019,
                "authorships": [{"author": {"display_name": name}} for name in ("Lia Moreau", "Rui Duarte")],
                "primary_location": {"source": {"display_name": WORK["journal"]}},
                "abstract_inverted_index": {"abstract": [1], "An": [0]},
            }
        ],
    },
    "semantic_scholar": {
        "data": [
            {
                "paperId": "a",
                "title": WORK["title"],
                "authors": [{"name": "Lia Moreau"}, {"name": "Rui Duarte"}],
                "year": 2019,
                "journal": {"name": WORK["journal"], "volume": "4"},
                "externalIds": {"DOI": WORK["doi"]},
            }
        ]
    },
}


@pytest.mark.parametrize("name", JSONS)
def test_json_is_read(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, f"{name}.json", json.dumps(JSONS[name]))
    assert found.rejects.empty
    record = found.records.iloc[0]
    assert (record["title"], record["year"], record["journal"]) == (WORK["title"], 2019, WORK["journal"])
    assert [person.partition(",")[0] for person in record["authors"].split("; ")] == ["Moreau", "Duarte"]
    if name == "openalex":
        assert (record["abstract"], record["accession"]) == ("An abstract", "https://openalex.org/W1")


RIS = "TY  - JOUR\nTI  - Kerbs\nAU  - Moreau, Lia\nPY  - 2019\n{}\nER  - \n"


@pytest.mark.parametrize(
    ("lines", "column", "value"),
    [
        ("L3  - 10.5555/a.1", "doi", "10.5555/a.1"),
        ("M3  - Article\nUR  - https://doi.org/10.5555/A.2", "doi", "10.5555/a.2"),
        ("UR  - https://example.org/doi/abs/10.5555/a.3?journalCode=x", "doi", "10.5555/a.3"),
        ("N1  - Cited By :3\nN1  - doi: 10.5555/a.4", "doi", "10.5555/a.4"),
        ("N1  - on 10.5555/of.another.work", "doi", ""),
        ("ID  - 10.5555/a.5", "doi", "10.5555/a.5"),
        ("UR  - https://www.example.org/record.uri?eid=2-s2.0-851&doi=10.5555%2fa.6", "accession", "2-s2.0-851"),
        ("AN  - 90000001\nDP  - NLM", "pmid", "90000001"),
        ("KW  - kerbs\n      streets\nKW  - stone", "keywords", "kerbs; streets; stone"),
        ("AB  - One part\nof an abstract.", "abstract", "One part of an abstract."),
        ("AB  - [No abstract available]", "abstract", ""),
        ("AB  - N/A", "abstract", ""),
        ("N2  - Abstract", "abstract", ""),
        ("AB  - Abstract: what was done.", "abstract", "Abstract: what was done."),
        ("LA  - English; Indonesian", "language", "en; id"),
        ("SP  - 4\nEP  - 35", "pages", "4-35"),
        ("SP  - 134-145\nEP  - 145", "pages", "134-145"),
        ("VL  - NA", "volume", ""),
    ],
)
def test_ris_says_it_in_the_tags_of_each_dialect(tmp_path: Path, lines: str, column: str, value: str) -> None:
    assert read(tmp_path, "a.ris", RIS.format(lines)).records.iloc[0][column] == value


def test_noise_between_records_is_no_record_and_is_kept_with_the_one_before(tmp_path: Path) -> None:
    ovid = "{}.\n" + RIS.format("VL  - 1") + "NL  - J Kerbs\n\nLink to the full text: https://example.org/{}\n\n"
    found = read(tmp_path, "ovid.ris", "A search of Monday\n\n" + ovid.format(1, 1) + ovid.format(2, 2))
    assert found.rejects.empty
    assert len(found.records) == 2
    assert "https://example.org/2" in found.records["raw"][1]
    assert "A search of Monday" in found.records["raw"][0]


def test_a_record_that_lost_its_first_line_is_a_record(tmp_path: Path) -> None:
    found = read(tmp_path, "a.ris", RIS.format("VL  - 1") + RIS.format("VL  - 2").replace("TY  - JOUR\n", ""))
    assert found.records["volume"].tolist() == ["1", "2"]


@pytest.mark.parametrize("line", ["AU  - Moreau, Lia", "DO  - 10.5555/a", "AB  - What was done."])
def test_a_record_without_a_title_stays_a_record(tmp_path: Path, line: str) -> None:
    found = read(tmp_path, "a.ris", f"TY  - JOUR\n{line}\nER  - \n" * 2)
    assert found.rejects.empty
    assert found.records["id"].is_unique


def test_records_of_pubmed_central_begin_before_their_pmid(tmp_path: Path) -> None:
    one = "PMC - PMC{0}\nPMID- {0}\nTI  - Kerbs {0}\nDP  - 2019\nPT  - Comparative Study\nPT  - Journal Article\n\n"
    found = read(tmp_path, "pmc.nbib", "\n" + "".join(one.format(place) for place in (11, 12, 13)))
    assert found.rejects.empty
    assert found.records["accession"].tolist() == ["PMC11", "PMC12", "PMC13"]
    assert found.records["type"].tolist() == ["comparative study; article"] * 3


def test_of_a_field_that_bibtex_has_twice_the_first_counts(tmp_path: Path) -> None:
    text = "@article{{a, title={{Kerbs}}, funding={{1}}, funding={{2}}, author_keywords={{kerbs}}, keywords={{i}}, {}}}"
    assert read(tmp_path, "a.bib", text.format("year=2019")).records["keywords"].tolist() == ["kerbs"]
    assert "title twice" in read(tmp_path, "a.bib", text.format("title={Again}")).rejects["reason"][0]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2019", 2019),
        ("2019//", 2019),
        ("2562", 2019),
        ("พ.ศ. ๒๕๖๒", 2019),
        ("2525 [1982]", 1982),
        ("12562", None),
        ("", None),
    ],
)
def test_years_are_read_in_either_era(written: str, read_as: int | None) -> None:
    assert normalize.parse_year(written) == read_as


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("CO<sub>2</sub> &amp; <i>kerbs</i>", "CO2 & kerbs"),
        ("<jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One. Two."),
        ("A &amp;lt; B and R&D", "A < B and R&D"),
        (r"Stra{\ss}e and caf\'e", "Straße and café"),
        (r"The $\alpha$ of 5\% & more", "The α of 5% & more"),
        ("From $5 to $10, 20%", "From $5 to $10, 20%"),
        ("p < 0.05 and q > 1", "p < 0.05 and q > 1"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_markup_is_read_as_a_reader_sees_it(written: str, seen: str) -> None:
    assert normalize.strip_markup(written) == seen


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp874", "การศึกษาขอบถนนในเมืองสมมติ"),
        ("utf-8", "การศึกษาขอบถนนในเมืองสมมติ"),
        ("utf-16", "การศึกษาขอบถนนในเมืองสมมติ"),
        ("cp1252", "Évaluation à l’école – œuvre"),
        ("cp1252", "Größere Straßen für Fußgänger"),
    ],
)
def test_encodings_are_told_apart_by_their_letters(tmp_path: Path, encoding: str, title: str) -> None:
    found = read(tmp_path, "a.csv", f"Title,Authors,Year\n{title},One A,2562\n".encode(encoding))
    assert found.records["title"].tolist() == [title]
    assert found.records["year"].tolist() == [2019]


def test_quotation_marks_that_were_not_doubled_spoil_no_row(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", '"Title","Year"\n"On "Kerbs" anew","2020"\n"On lamps","2021"\n')
    assert found.rejects.empty
    assert found.records["year"].tolist() == [2020, 2021]


def test_further_texts_on_funding_that_scopus_has_no_columns_for_are_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path, "a.csv", "Title,Year,Funding Text 1,DOI,EID\nOne,2020,By a bureau,And more,10.5555/x,2-s2.0-1\n"
    )
    assert found.rejects.empty
    assert found.records.loc[0, ["doi", "accession"]].tolist() == ["10.5555/x", "2-s2.0-1"]


def test_embase_tells_the_place_in_one_cell(tmp_path: Path) -> None:
    text = (
        "Title,Author Names,Source\nOn kerbs,Moreau L.,Journal of Kerbs (2019) 4:2 (11-19). Date of Publication: 2019\n"
    )
    record = read(tmp_path, "a.csv", text).records.iloc[0]
    told = {column: record[column] for column in ("journal", "year", "volume", "number", "pages")}
    assert told == {column: WORK[column] for column in told}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("\nTY  - JOUR\nTI  - Kerbs\nPMID - 12345678\nER  - \n", "RIS"),
        (
            "\nOWN - ERIC\nTI  - Kerbs\nAID - http://x.y/1\nISSN - 1\nAB  - \n\n"
            "OWN - ERIC\nTI  - Lamps\nFAU - Duarte, Rui\n",
            "PubMed",
        ),
    ],
)
def test_the_first_line_that_only_one_form_has_tells_the_form(tmp_path: Path, text: str, form: str) -> None:
    found = read(tmp_path, "a.txt", text)
    assert found.rejects.empty
    assert found.files["form"].tolist() == [form]
    assert len(found.records) == text.count("TI  -")


def test_empty_cells_more_or_fewer_at_a_row_s_end_do_not_count(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "Title,Authors,Year,DOI\nOne,A One\nTwo,B Two,2020,10.5555/x,,\n")
    assert found.rejects.empty
    assert found.records["title"].tolist() == ["One", "Two"]


def test_columns_that_nobody_reads_are_named_where_they_hold_something(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "Title,Colour,Empty,Cited by\nOne,grey,,3\nTwo,,,\n")
    assert found.files["unused_columns"].tolist() == ["Colour; Cited by"]


def test_each_name_of_a_column_stands_for_one_of_ours() -> None:
    seen: dict[str, str] = {}
    for column, names in formats.tabular.NAMES.items():
        for name in names:
            assert seen.setdefault(name, column) == column, name
