"""Formulas as MathML: what papers write is converted rightly, and what cannot be is told, never shown otherwise."""

import re
from xml.etree import ElementTree

import pytest

from checkable_book.sphinx_ext.mathml import FormulaError, convert_formula
from small_book import SmallBook

#: After it a paragraph is put.
_PLACE = "others doubt it {cite:p}`sample2021`."


def shown(tex: str, **options: object) -> str:
    """Return the text of a formula, part by part."""
    formula = ElementTree.fromstring(convert_formula(tex, block=True, **options))  # type: ignore[arg-type]
    return " ".join(text.strip() for text in formula.itertext() if text.strip())


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\frac12 + x", "1 2 + x"),
        (r"P = \begin{bmatrix} 0.9 & 0.1 \\ 0.4 & 0.6 \end{bmatrix}", "P = [ 0.9 0.1 0.4 0.6 ]"),
        (r"\begin{split} a &= b \\ c &= d \end{split}", "a = b c = d"),
        ("a &= b \\\\\nc &= d % why\n", "a = b c = d"),
        ("a = b\n\nc = d", "a = b c = d"),
        (r"\begin{align} a &= 1 \nonumber \\ b &= 2 \end{align}", "a = 1 b = 2"),
        (r"\begin{eqnarray} a &=& 1 \\ b &=& 2 \end{eqnarray}", "a = 1 b = 2"),
        (r"\begin{equation}\label{one} a = 1 \end{equation}", "a = 1"),
        (r"\Big( {\bf R}_{\rm max} \Big) \dots \mbox{ if }", "( 𝐑 max ) … if"),
        (r"\tag{7} x", "x (7)"),
        (r"12\%", "12 %"),
    ],
)
def test_what_papers_write_is_converted(tex: str, text: str) -> None:
    assert shown(tex).split() == text.split()


def test_a_fraction_without_braces_is_that_of_its_two_digits() -> None:
    formula = ElementTree.fromstring(convert_formula(r"\frac12", block=False))
    (fraction,) = formula.iter("{http://www.w3.org/1998/Math/MathML}mfrac")
    assert ["".join(part.itertext()) for part in fraction] == ["1", "2"]


def test_what_a_formula_defines_is_known_on_its_page_alone() -> None:
    assert shown(r"\newcommand{\R}[1]{\mathbb{R}^{#1}} \R{3}", page=901) == "ℝ 3"
    assert shown(r"\R{5}", page=901) == "ℝ 5"
    with pytest.raises(FormulaError, match=r"\\R"):
        shown(r"\R{5}", page=902)
    assert (
        shown(r"\DeclareMathOperator{\best}{best} \best_x", page=901) == "best x \u2061"
    )  # an invisible sign says that a function is applied
    assert shown(r"\half{x}", page=903, macros={"\\half": r"\frac{#1}{2}"}) == "x 2"


@pytest.mark.parametrize("tex", [r"\unknown{x}", r"\cancelto{0}{x}", r"\phase{x}", r"\eqref{a}", "a & b", r"\frac{1"])
def test_what_cannot_be_shown_is_told(tex: str) -> None:
    with pytest.raises(FormulaError):
        convert_formula(tex, block=True)


def test_no_style_sheet_is_needed() -> None:
    for tex in (
        r"\overline{AB}",
        r"\underline{AB}",
        r"\cancel{x}",
        r"\xcancel{x}",
        r"\boxed{x}",
        r"\begin{gather}a\\b\end{gather}",
    ):
        made = convert_formula(tex, block=True)
        assert "class=" not in made
        assert "menclose" not in made
        assert "<span" not in made
    assert "border-top" in convert_formula(r"\overline{AB}", block=False)


def test_a_number_alone_is_a_statement_and_a_formula_that_cannot_be_shown_ends_a_strict_build(plain: SmallBook) -> None:
    chapter = "chapters/en/findings.md"
    with plain.edited((chapter, _PLACE, f"{_PLACE}\n\nOf these, $4711\\%$ grow.")):
        assert "4711" in plain.run("checkable-book", "verify", "--quick").said
    with plain.edited((chapter, _PLACE, f"{_PLACE}\n\nHere $\\unknown{{x}}$ grows.")):
        failed = plain.build()
        assert failed.code != 0
        assert re.search(r"findings\.md:\d+: WARNING: found a formula that cannot be shown", failed.said)
