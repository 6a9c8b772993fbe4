"""The flow in the forms that a journal asks for: a picture, a drawing to edit, and the table of PRISMA2020.

A drawing is the SVG over again, shape by shape, so that it always shows the same.
PRISMA2020 (Haddaway et al. 2022, Campbell Systematic Reviews 18:e1230) is an R
package and a web page that draw the flow from a table.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
import vl_convert

from systematic_review import records
from systematic_review.figures import Figure, draw_figure
from systematic_review.flow import flow_from_stages
from systematic_review.protocol import FULL_TEXT, Protocol
from systematic_review.screening import DATABASES, OTHER

#: English Metric Units, in which Office measures, in one pixel of the drawing.
_EMU = 9525
_SVG = "{http://www.w3.org/2000/svg}"
_SCALE = 2  # pixels of a picture for each of the drawing, some 200 dots an inch

#: The rows of PRISMA2020's table: what is counted, its node and its box, and how that is called.
_ROWS = [
    ("", "node4", "prevstud", "Previous studies"),
    ("previous_studies", "node5", "box1", "Studies included in previous version of review"),
    ("previous_reports", "", "box1", "Reports of studies included in previous version of review"),
    ("", "node6", "newstud", "Identification of new studies via databases and registers"),
    ("database_results", "node7", "box2", "Databases"),
    ("database_specific_results", "", "box2", "Specific Databases"),
    ("register_results", "", "box2", "Registers"),
    ("register_specific_results", "", "box2", "Specific Registers"),
    ("", "node16", "othstud", "Identification of new studies via other methods"),
    ("website_results", "node17", "box11", "Websites"),
    ("organisation_results", "", "box11", "Organisations"),
    ("citations_results", "", "box11", "Citation searching"),
    ("duplicates", "node8", "box3", "Duplicate records"),
    ("excluded_automatic", "", "box3", "Records marked as ineligible by automation tools"),
    ("excluded_other", "", "box3", "Records removed for other reasons"),
    ("records_screened", "node9", "box4", "Records screened"),
    ("records_excluded", "node10", "box5", "Records excluded"),
    ("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval"),
    ("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved"),
    ("other_sought_reports", "node18", "box12", "Reports sought for retrieval"),
    ("other_notretrieved_reports", "node19", "box13", "Reports not retrieved"),
    ("dbr_assessed", "node13", "box8", "Reports assessed for eligibility"),
    ("dbr_excluded", "node14", "box9", "Reports excluded"),
    ("other_assessed", "node20", "box14", "Reports assessed for eligibility"),
    ("other_excluded", "node21", "box15", "Reports excluded"),
    ("new_studies", "node15", "box10", "New studies included in review"),
    ("new_reports", "", "box10", "Reports of new included studies"),
    ("total_studies", "node22", "box16", "Total studies included in review"),
    ("total_reports", "", "box16", "Reports of total included studies"),
    ("identification", "node1", "identification", "Identification"),
    ("screening", "node2", "screening", "Screening"),
    ("included", "node3", "included", "Included"),
    ("total_studies_ma", "node23", "box17", "Total studies included in meta-analysis"),
    ("total_reports_ma", "", "box17", "Reports of total included studies in meta-analysis"),
]


def name_reasons(exclusions: pd.DataFrame, agreed: Protocol) -> pd.DataFrame:
    """Return the exclusions with the reasons as the protocol calls them in English.

    Examples
    --------
    >>> told = pd.DataFrame({"reason": ["years", ""]})
    >>> name_reasons(told, Protocol(criteria={"years": {"en": "Years"}}))["reason"].tolist()
    ['Years', 'No reason given']
    """
    named = [agreed.criterion_name(reason) if reason else "No reason given" for reason in exclusions["reason"]]
    return exclusions.assign(reason=pd.Series(named, index=exclusions.index, dtype="str"))


def prisma2020_table(stages: pd.DataFrame, sources: pd.DataFrame, exclusions: pd.DataFrame) -> pd.DataFrame:
    """Return the table that the R package PRISMA2020 and its web page draw the flow from.

    Parameters
    ----------
    stages, sources, exclusions : what :func:`~systematic_review.flow.count_stages`,
        :func:`~systematic_review.flow.count_sources` and :func:`name_reasons` return.

    Returns
    -------
    Columns ``data``, ``node``, ``box``, ``description``, ``boxtext``, ``tooltips``,
    ``url`` and ``n``. A method that is neither a search of websites nor of
    citations counts as organisations, for which the table has a row.

    Examples
    --------
    >>> names = ["identified", "duplicates_removed", "excluded", "included"]
    >>> stages = pd.DataFrame({"stage": names, "records": [9, 2, 4, 3]})
    >>> by = pd.DataFrame({"source": ["Sage"], "records": [9], "kind": ["database"]})
    >>> table = prisma2020_table(stages, by, pd.DataFrame({"reason": [], "records": [], "stage": [], "route": []}))
    >>> table.set_index("data").loc[["database_results", "records_screened", "new_studies"], "n"].tolist()
    ['9', '7', '3']
    """
    flow = flow_from_stages(stages)
    kinds = {kind: sources[sources["kind"] == kind] for kind in ("database", "register", "other")}

    def total(kind: str, pattern: str = "") -> int:
        part = kinds[kind]
        return int(part.loc[part["source"].str.contains(pattern, case=False), "records"].sum()) if len(part) else 0

    def name_counts(table: pd.DataFrame, column: str) -> str:
        # A comma parts a name from its number, a semicolon one from the next.
        cells = zip(table[column], table["records"], strict=True)
        return "; ".join(f"{re.sub('[,;]', ' ', name)}, {int(count)}" for name, count in cells)

    at_full = exclusions[exclusions["stage"] == FULL_TEXT] if flow.sought is not None else exclusions
    websites, citations = total("other", "web"), total("other", "citation|citing|snowball|sitasi")
    before = flow.previous or 0
    reports_before = flow.previous_reports if flow.previous_reports is not None else before
    counts: dict[str, object] = {
        "previous_studies": before,
        "previous_reports": reports_before,
        "database_results": total("database"),
        "database_specific_results": name_counts(kinds["database"], "source"),
        "register_results": total("register"),
        "register_specific_results": name_counts(kinds["register"], "source"),
        "website_results": websites,
        "organisation_results": total("other") - websites - citations,
        "citations_results": citations,
        "duplicates": flow.duplicates_removed,
        "excluded_automatic": flow.removed_automation or 0,
        "excluded_other": flow.removed_other or 0,
        "records_screened": flow.records_screened,
        "records_excluded": flow.excluded,
        "dbr_sought_reports": flow.sought or 0,
        "dbr_notretrieved_reports": flow.not_retrieved,
        "other_sought_reports": flow.other_sought,
        "other_notretrieved_reports": flow.other_not_retrieved,
        "dbr_assessed": flow.reports_assessed,
        "dbr_excluded": name_counts(at_full[at_full["route"] == DATABASES], "reason")
        if flow.sought is not None
        else "",
        "other_assessed": flow.other_reports_assessed,
        "other_excluded": name_counts(at_full[at_full["route"] == OTHER], "reason"),
        "new_studies": flow.new_studies,
        "new_reports": flow.new_reports,
        "total_studies": before + flow.new_studies,
        "total_reports": reports_before + flow.new_reports,
    }
    rows = [
        {
            "data": data or "NA",
            "node": node or "NA",
            "box": box,
            "description": text,
            "boxtext": text,
            "tooltips": text,
            "url": f"{data}.html" if data else "NA",
            "n": str(counts.get(data, 0)),
        }
        for data, node, box, text in _ROWS
    ]
    return pd.DataFrame(rows, dtype="str")


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as a picture of some 200 dots an inch, on white.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> svg = '<svg viewBox="0 0 99 99" xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    >>> drawn = Figure("A box", "", pd.DataFrame(), svg=svg)
    >>> with TemporaryDirectory() as folder:
    ...     write_png(drawn, Path(folder) / "flow.png")
    ...     (Path(folder) / "flow.png").read_bytes()[1:4]
    b'PNG'
    """
    svg = draw_figure(figure)
    ground = re.sub(r"(<svg[^>]*>)", r'\1<rect width="100%" height="100%" fill="white"/>', svg, count=1)
    with records.open_replacing(path, binary=True) as file:
        file.write(vl_convert.svg_to_png(ground, scale=_SCALE))


def write_presentation(figure: Figure, path: Path) -> None:
    """Write a drawing of boxes and arrows as a slide, whose shapes and words PowerPoint and its kin can edit.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> svg = '<svg viewBox="0 0 99 99" xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    >>> drawn = Figure("A box", "", pd.DataFrame(), svg=svg)
    >>> with TemporaryDirectory() as folder:
    ...     write_presentation(drawn, Path(folder) / "flow.pptx")
    ...     (Path(folder) / "flow.pptx").read_bytes()[:2]
    b'PK'
    """
    from pptx import Presentation
    from pptx.util import Emu

    drawing = ElementTree.fromstring(draw_figure(figure))
    _, _, width, height = (float(part) for part in drawing.attrib["viewBox"].split())
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(int(width * _EMU)), Emu(int(height * _EMU))
    deck.core_properties.title = figure.title
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    rect: ElementTree.Element | None = None
    for shape in drawing:
        if shape.tag == f"{_SVG}rect":
            rect = shape
        elif shape.tag == f"{_SVG}text":
            _add_text(slide, shape, rect)
            rect = None
        elif shape.tag == f"{_SVG}path":
            _add_arrow(slide, str(shape.get("d")))
    held = BytesIO()
    deck.save(held)
    with records.open_replacing(path, binary=True) as file:
        file.write(_without_dates(held.getvalue()))


def _add_text(slide: Any, text: ElementTree.Element, rect: ElementTree.Element | None) -> None:
    """Add a box with its words, or words without a box."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Emu, Pt

    if rect is not None:
        x, y, width, height = (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
    else:
        x, y = float(text.get("x", 0)), float(text.get("y", 0)) - 14
        width, height = 640.0, 20.0
    place = [Emu(int(value * _EMU)) for value in (x, y, width, height)]
    phase = rect is not None and rect.get("class") == "flow-phase"
    shape = (
        slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *place) if rect is not None else slide.shapes.add_textbox(*place)
    )
    if rect is not None:
        shape.shadow.inherit = False
        shape.fill.solid()
        shape.fill.fore_color.rgb = _color(str(rect.get("fill", "#ffffff")))
        shape.line.color.rgb = _color("#555555")
        shape.line.width = Pt(0.75)
    frame = shape.text_frame
    frame.word_wrap = rect is not None
    margin = Emu(int((2 if phase else 8) * _EMU))
    frame.margin_left = frame.margin_right = margin
    frame.margin_top = frame.margin_bottom = Emu(2 * _EMU)
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    if phase:  # from below to above
        frame._txBody.bodyPr.set("vert", "vert270")
    lines = _read_lines(text)
    for place_in, runs in enumerate(lines):
        paragraph = frame.paragraphs[0] if place_in == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.CENTER if phase else PP_ALIGN.LEFT
        for words, bold in runs:
            run = paragraph.add_run()
            run.text, run.font.bold, run.font.size = words, bold, Pt(9.5)
            run.font.color.rgb = _color("#ffffff" if phase else "#1a1a1a")


def _color(code: str) -> Any:
    from pptx.dml import color

    kind: Any = color.RGBColor
    return kind.from_string(code.lstrip("#").upper())


def _read_lines(text: ElementTree.Element) -> list[list[tuple[str, bool]]]:
    """Return the lines of a text, each as its words and whether they are bold."""
    bold = text.get("font-weight") == "bold"
    if not len(text):
        return [[(text.text or "", bold)]]
    lines: list[list[tuple[str, bool]]] = []
    for part in text:
        if part.get("x") is not None:
            lines.append([])
        lines[-1].append((part.text or "", part.get("font-weight") == "bold"))
    return lines


def _add_arrow(slide: Any, path: str) -> None:
    """Add a line from point to point of a path of ``M``, ``H`` and ``V``, with a head at its end."""
    from pptx.oxml.ns import qn
    from pptx.util import Emu, Pt

    points: list[tuple[float, float]] = []
    for step, numbers in re.findall(r"([MHV])([-\d. ]+)", path):
        values = [float(part) for part in numbers.split()]
        x, y = points[-1] if points else (0.0, 0.0)
        points.append((values[0], values[1]) if step == "M" else (values[0], y) if step == "H" else (x, values[0]))
    for place in range(len(points) - 1):
        ends = [Emu(int(value * _EMU)) for value in (*points[place], *points[place + 1])]
        line = slide.shapes.add_connector(1, *ends)
        line.line.color.rgb = _color("#555555")
        line.line.width = Pt(1)
        if place == len(points) - 2:
            drawn = line.line._get_or_add_ln()
            head = drawn.makeelement(qn("a:tailEnd"), {"type": "triangle"})
            drawn.append(head)


def _without_dates(packed: bytes) -> bytes:
    """Return a packed document without the times at which its parts were written, so that the same gives the same."""
    into = BytesIO()
    with ZipFile(BytesIO(packed)) as source, ZipFile(into, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return into.getvalue()
