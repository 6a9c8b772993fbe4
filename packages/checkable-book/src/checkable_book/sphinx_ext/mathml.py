"""Formulas as MathML, made when the book is built: no script draws them, so they stand offline, in EPUB and PDF.

Temml, a script of others, reads the TeX; QuickJS runs it. What browsers draw only
with a style sheet of Temml's becomes MathML that they draw without one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

_LOGGER = logging.getLogger(__name__)
#: The name of the renderer, for ``html_math_renderer``.
NAME = "checkable_book_mathml"
_SCRIPT = Path(__file__).with_name("temml") / "temml.min.js"
#: Makes MathML of TeX; what one formula defines, the later ones of the same page know.
_CONVERT = """
const pages = new Map();
(tex, displayMode, page, macros) => {
  if (!pages.has(page)) pages.set(page, JSON.parse(macros));
  return JSON.stringify(temml.renderToString(tex, {displayMode, macros: pages.get(page), throwOnError: true}));
}
"""
#: Commands of LaTeX that Temml has no name for, by what they stand for here.
_MACROS = {"\\mbox": "\\text{#1}", "\\mathds": "\\mathbb{#1}", "\\mathbbm": "\\mathbb{#1}", "\\hfill": ""}
#: Commands that number equations, which Sphinx does, and what a script of MathJax would load.
_WITHOUT_SIGN = re.compile(r"\\(?:label|require)\{[^}]*\}|\\(?:nonumber|notag)\b")
_TAG = re.compile(r"\\tag\*?\{[^}]*\}")
#: Environments that would number their lines, which neither Sphinx nor MathJax does unasked.
_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|flalign|gather|multline|CD)\}")
_EQNARRAY = re.compile(r"\\(begin|end)\{eqnarray\*?\}")
#: What begins an environment that arranges lines by itself.
_ARRANGED = re.compile(r"\s*\\begin\{(?:equation|align|alignat|flalign|gather|multline|eqnarray|split)\*?\}")
_COMMAND = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand)\*?\s*(?:\{\s*(\\[A-Za-z]+)\s*\}|(\\[A-Za-z]+))\s*(?:\[(\d)\])?(?=\s*\{)"
)
_OPERATOR = re.compile(r"\\DeclareMathOperator(\*?)\s*\{?\s*(\\[A-Za-z]+)\s*\}?\s*\{([^{}]*)\}")
_LINE = (
    "padding:0.5ex 0;background:linear-gradient({},transparent calc(50% - 0.03em),currentColor calc(50% - 0.03em),"
    "currentColor calc(50% + 0.03em),transparent calc(50% + 0.03em))"
)
#: How an enclosed part is drawn, by the notation that Temml gives it.
_ENCLOSED = {
    "box": "padding:3pt;border:1px solid",
    "top": "padding-top:0.1em;border-top:0.065em solid",
    "bottom": "padding-bottom:0.1em;border-bottom:0.065em solid",
    "updiagonalstrike": _LINE.format("to bottom right"),
    "downdiagonalstrike": _LINE.format("to top right"),
    "horizontalstrike": _LINE.format("to bottom"),
}

#: A formula on lines of its own is in the middle; one that is wider than the page is moved sideways, from its start on.
_SCROLLING = "flex-grow:1;min-width:0;overflow-x:auto"
_WHOLE = "min-width:max-content"
#: The numbers of pages in this process.
_PAGES = count(1)


class FormulaError(ValueError):
    """A formula that cannot be shown; the message says why."""


def convert_formula(
    tex: str, *, block: bool, arranged: bool = False, page: int = 0, macros: Mapping[str, str] | None = None
) -> str:
    r"""Return a formula in TeX as MathML.

    Parameters
    ----------
    block : whether it stands on lines of its own.
    arranged : whether it arranges its lines itself.
    page : a number for the page; what a formula defines is known to later ones of the same page.
    macros : commands by their names, with what they stand for.

    Raises
    ------
    FormulaError : a command that cannot be converted.

    Examples
    --------
    >>> convert_formula(r"\frac12", block=False)
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mn>1</mn><mn>2</mn></mfrac></math>'
    """
    known = json.dumps(_MACROS | dict(macros or {}))
    try:
        made = _load_converter()(_prepare_formula(tex, block and not arranged), block, page, known)
        formula = ElementTree.fromstring(made)
    except (ElementTree.ParseError, RecursionError) as error:
        raise FormulaError(str(error)) from None
    if formula.tag != "math":
        raise FormulaError("a reference to an equation, which only Sphinx resolves")
    _draw_without_style_sheet(formula)
    if block:
        _add_style(formula, _WHOLE)
    formula.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    return ElementTree.tostring(formula, encoding="unicode", short_empty_elements=False)


class FormulaRenderer:
    """Writes the formulas of a build.

    Parameters
    ----------
    keep : what writes a formula that cannot be converted, in place of its TeX with a warning.
    """

    def __init__(self, keep: Callable[[Any, nodes.Element], None] | None = None) -> None:
        self.keep = keep
        #: The formulas of a page that define commands, by its number: those that are kept need them.
        self._definitions: dict[int, list[str]] = {}

    def register(self, app: Sphinx) -> None:
        """Let Sphinx write formulas so, where a page is HTML."""
        app.add_html_math_renderer(NAME, (self.visit_inline, None), (self.visit_block, None))

    def visit_inline(self, writer: Any, node: nodes.math) -> None:
        """Write a formula inside a line."""
        writer.body.append(self._convert_node(writer, node, block=False))
        raise nodes.SkipNode

    def visit_block(self, writer: Any, node: nodes.math_block) -> None:
        """Write a formula on lines of its own, with its number where it has one."""
        made = self._convert_node(writer, node, block=True)
        writer.body.append(writer.starttag(node, "div", CLASS="math"))
        if node.get("number"):
            number = get_node_equation_number(writer, node)
            writer.body.append(f'<span class="eqno">({number})')
            writer.add_permalink_ref(node, "Link to this equation")
            writer.body.append("</span>")
        writer.body.append(f'<div style="{_SCROLLING}">{made}</div></div>\n')
        raise nodes.SkipNode

    def _convert_node(self, writer: Any, node: nodes.Element, *, block: bool) -> str:
        tex = node.astext()
        shown = _TAG.sub("", tex) if node.get("number") else tex
        page = self._page_number(writer.document)
        if _COMMAND.search(tex) or _OPERATOR.search(tex) or "\\def\\" in tex:
            self._definitions.setdefault(page, []).append(tex)
        try:
            return convert_formula(
                shown, block=block, arranged=bool(node.get("nowrap")), page=page,
                macros=_configured_macros(writer.config),
            )  # fmt: skip
        except FormulaError as error:
            if self.keep:
                for definition in self._definitions.pop(page, []):
                    hidden = f"\\({writer.encode(definition)}\\)"
                    writer.body.append(
                        f'<span class="math notranslate nohighlight" style="display:none">{hidden}</span>'
                    )
                self.keep(writer, node)  # which ends the visit
            _LOGGER.warning("found a formula that cannot be shown (%s): %s", error, tex[:80], location=node)
            return f'<code class="tex">{writer.encode(tex)}</code>'

    def _page_number(self, document: nodes.document) -> int:
        if "formula_page" not in document:
            document["formula_page"] = next(_PAGES)
        return int(document["formula_page"])


@cache
def _load_converter() -> Callable[[str, bool, int, str], str]:
    """Return what makes MathML of TeX, for a page and with macros; it raises :class:`FormulaError`."""
    import quickjs  # here, since it starts threads, which a build must do after it has blocked the signals that end it

    context = quickjs.Context()
    context.eval(_SCRIPT.read_text(encoding="utf-8"))
    script = context.eval(_CONVERT)

    def convert_tex(tex: str, block: bool, page: int, macros: str) -> str:
        try:
            return str(json.loads(script(tex, block, page, macros)))
        except quickjs.JSException as error:
            raise FormulaError(str(error).strip().partition("\n")[0]) from None

    return convert_tex


def _configured_macros(config: Any) -> dict[str, str]:
    """Return the commands that the book defines for MathJax."""
    defined = ((getattr(config, "mathjax3_config", None) or {}).get("tex") or {}).get("macros") or {}
    found = {}
    for name, meant in defined.items() if isinstance(defined, dict) else ():
        if isinstance(meant, list | tuple) and len(meant) > 2:
            continue  # it has an argument that may lack, which Temml does not know: the formula cannot be shown
        body = meant[0] if isinstance(meant, list | tuple) and meant else meant
        found[f"\\{name}"] = str(body)
    return found


def _prepare_formula(tex: str, arrange: bool) -> str:
    """Return TeX as Temml understands it: lines as Sphinx has MathJax arrange them, definitions for the whole page."""
    tex = _WITHOUT_SIGN.sub("", tex)
    if arrange:
        parts = [part for part in re.split(r"\n\s*\n", tex) if part.strip()]
        arranged = [
            part if _ARRANGED.match(part) or "\\\\" not in part else f"\\begin{{split}}{part}\n\\end{{split}}"
            for part in parts
        ]
        lines = " \\\\ ".join(arranged)
        tex = lines if len(arranged) == 1 else f"\\begin{{aligned}}{lines}\\end{{aligned}}"
    tex = _NUMBERED.sub(r"\\\1{\2*}", tex)
    tex = _EQNARRAY.sub(lambda found: r"\begin{array}{rcl}" if found[1] == "begin" else r"\end{array}", tex)
    tex = _OPERATOR.sub(lambda found: rf"\gdef{found[2]}{{\operatorname{found[1]}{{{found[3]}}}}}", tex)
    return _COMMAND.sub(_define_for_page, tex).replace("\\def\\", "\\gdef\\")


def _define_for_page(found: re.Match[str]) -> str:
    arguments = "".join(f"#{number}" for number in range(1, int(found[3] or 0) + 1))
    return f"\\gdef{found[1] or found[2]}{arguments}"


def _draw_without_style_sheet(formula: ElementTree.Element) -> None:
    """Replace what browsers draw only with Temml's style sheet, and take its classes away.

    Raises
    ------
    FormulaError : a part that cannot be drawn so.
    """
    for table in formula.iter("mtable"):
        if "tml-jot" in table.get("class", ""):
            for cell in table.findall("mtr/mtd"):
                _add_style(cell, "padding-top:0.7ex;padding-bottom:0.7ex")
    for part in formula.iter():
        classes = set((part.get("class") or "").split())
        for side in ("left", "right"):
            if f"tml-{side}" in classes:
                _add_style(part, f"text-align:{side}")
        if classes & {"tml-cancelto", "menclose"}:
            raise FormulaError("a part that is struck out with a value beside it")
        if part.tag == "menclose":
            _draw_enclosed_part(part)
        if part.tag == "mrow" and {"displaystyle", "scriptlevel"} & set(part.attrib):
            part.tag = "mstyle"  # which alone has them, by the standard that EPUB is checked by
        for child in list(part):
            if "tml-eqn" in (child.get("class") or ""):
                part.remove(child)
        part.attrib.pop("class", None)


def _draw_enclosed_part(part: ElementTree.Element) -> None:
    notation = part.attrib.pop("notation", "")
    lines = notation.split()
    if not lines or not set(lines) <= set(_ENCLOSED):
        raise FormulaError(f"a part that is enclosed as {notation}")
    for child in list(part):
        if "tml-cancel" in (child.get("class") or ""):
            part.remove(child)
    part.tag = "mrow"
    inner = part
    for line in lines[1:]:
        children = list(inner)
        for child in children:
            inner.remove(child)
        inner = ElementTree.SubElement(inner, "mrow")
        inner.extend(children)
        _add_style(inner, _ENCLOSED[line])
    _add_style(part, _ENCLOSED[lines[0]])


def _add_style(part: ElementTree.Element, style: str) -> None:
    part.set("style", ";".join(filter(None, [part.get("style", "").rstrip(";"), style])))
