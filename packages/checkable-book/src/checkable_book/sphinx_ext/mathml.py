"""Formulas as MathML, made when the book is built: no script draws them, so they stand offline, in EPUB and PDF."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number, wrap_displaymath

_LOGGER = logging.getLogger(__name__)
#: The name of the renderer, for ``html_math_renderer``.
NAME = "checkable_book_mathml"
#: Commands that number equations, which Sphinx does.
_STRUCTURAL = re.compile(r"\\(?:label|tag)\{[^}]*\}|\\(?:nonumber|notag)\b")


def convert_formula(tex: str, *, block: bool) -> str:
    r"""Return a formula in TeX as MathML.

    Raises
    ------
    docutils.utils.math.MathError : a command that cannot be converted.

    Examples
    --------
    >>> "<msup>" in convert_formula("a^2", block=False)
    True
    """
    tex = _STRUCTURAL.sub("", tex)
    wrapped = wrap_displaymath(tex, None, False) if block and ("\\\\" in tex or "&" in tex) else tex
    inner = wrapped.strip().removeprefix("\\[").removesuffix("\\]").strip()
    for name in ("equation*", "equation"):
        begin, end = f"\\begin{{{name}}}", f"\\end{{{name}}}"
        if inner.startswith(begin) and inner.endswith(end):
            inner = inner.removeprefix(begin).removesuffix(end).strip()
    return str(tex2mathml(inner, as_block=block))


def visit_inline_math(writer: Any, node: nodes.math) -> None:
    """Write a formula inside a line."""
    writer.body.append(_formula(writer, node, block=False))
    raise nodes.SkipNode


def visit_block_math(writer: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own, with its number where it has one."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node.get("number"):
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append(_formula(writer, node, block=True))
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def _formula(writer: Any, node: nodes.Element, *, block: bool) -> str:
    tex = node.astext()
    try:
        return convert_formula(tex, block=block)
    except (MathError, RecursionError, IndexError, KeyError, ValueError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        _LOGGER.warning("found a formula that cannot be shown (%s): %s", reason, tex[:80], location=node)
        return f'<code class="tex">{writer.encode(tex)}</code>'
