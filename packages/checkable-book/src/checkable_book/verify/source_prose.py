"""The prose of a page's source: what a reader will see of it, without programs, targets and options.

MyST-Parser and Docutils read it, as they do in a build, but outside one: every
directive and role counts as known. Of a directive that nobody told of, the
argument and the body are read as prose; of a role, the title.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser
from docutils.parsers.rst.directives.misc import Include, Replace
from docutils.utils import new_document, unescape
from sphinx.util.docutils import CustomReSTDispatcher

from checkable_book.book import current_book
from checkable_book.contents import TEXTS, Page
from checkable_book.dependencies import not_recorded, record_once
from checkable_book.errors import DataError
from checkable_book.verify import reference_notebooks
from checkable_book.verify.value_marks import mark_value

_CODE = re.compile(r"[=(){}\[\]<>_/\\*;$#@|]|--|^\w+\.\w+$|^[A-Za-z]+-?\d+$")
#: A number and a word behind it, as in prose, whatever signs stand around.
_COUNTED = re.compile(r"^\W?\d[\d.,]*[ _][a-z]{3,}\W?$")
#: A program with its version, as in ``pandas 2.1``.
_RELEASE = re.compile(r"[A-Za-z][\w.-]*\s+v?\d+(?:\.\d+)+")
#: The languages of blocks that are texts and no programs.
TEXT_LANGUAGES = {
    "", "none", "text", "default", "output", "console", "md", "markdown", "rst", "ansi", "myst-ansi", "ipythontb",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{3,}")
_KIND_OF_CELL = re.compile(r'"cell_type":\s*"(\w+)"')
_WINDOW = 6  # lines behind the first of a block in which its numerals are looked for
_NUMBER_ALONE = re.compile(r"[\d.,\s%\\]+")
_TITLE = re.compile(r"(.+?)(?<!\x00)\s*<[^<>]*>", re.DOTALL)
_PATH = re.compile(r"(?=.*[A-Za-z])\S*[/.\\]\S*|https?:\S+")
#: What a diagram shows, between the signs that its language puts around labels.
_LABEL = re.compile(r"[\[({|\"]+([^\[\](){}|\"]+)[\])}|\"]+")

#: Directives that show a program: prose where its language is none.
_PROGRAMS = {"code", "code-block", "sourcecode", "parsed-literal"}
_DIAGRAMS = {"digraph", "graph", "graphviz", "mermaid", "plantuml", "uml"}
#: Directives that show nothing that is written in them: names of pages, files, objects, and what a program makes.
_WITHOUT_PROSE = {
    "bibliography", "code-cell", "currentmodule", "default-role", "doctest", "highlight", "index",
    "inheritance-diagram",
    "ipython", "jupyter-execute", "literalinclude", "math", "meta", "module", "nb-exec-table", "plot", "raw-cell",
    "testcode", "testoutput", "testsetup", "tikz", "toctree",
}  # fmt: skip
#: Directives whose argument lays something out, or is the signature of an object or a condition.
_WITHOUT_TITLE = {
    "attribute", "class", "container", "data", "div", "exception", "figure", "function", "grid", "grid-item", "iframe",
    "deprecated", "image", "method", "only", "panels", "role", "tab-set", "versionadded", "versionchanged", "video",
    "youtube",
}  # fmt: skip
#: Domains whose directives take the signature of an object, or the name of a value.
_DOMAINS = {"c", "cpp", "glue", "js", "option", "py", "rst", "std"}
#: Options that a reader sees.
_SHOWN_OPTIONS = {"alt", "caption", "header", "placeholder", "title"}
#: Attributes of markup that a reader meets.
_SHOWN_ATTRIBUTES = ("alt", "aria-label", "label", "placeholder", "title", "value")
#: Roles whose whole text a reader sees as it stands.
_SHOWN_ROLES = {
    "", "abbr", "dfn", "emphasis", "guilabel", "kbd", "menuselection", "strong", "sub", "sup", "term", "title",
    "title-reference", "u", "underline",
}  # fmt: skip
#: What no reader takes for a statement: a value that MyST sets in, unless it is a number, and an address.
_NO_STATEMENT = re.compile(r"\{\{(?!\s*['\"]?[\d.,%\s]+['\"]?\s*\}\}).*?\}\}|\b(?:https?://|www\.)\S+")
#: Extensions of MyST that change what is written, or that ask for values.
_CHANGING = {"linkify", "replacements", "smartquotes", "substitution"}
#: Nodes whose text is no prose.
_NO_PROSE = (
    nodes.comment, nodes.system_message, nodes.target, nodes.label, nodes.option_string, nodes.option_argument,
    nodes.pending,
)  # fmt: skip
#: What a reader does not see as text inside a line.
_INVISIBLE = (
    nodes.footnote_reference, nodes.citation_reference, nodes.substitution_reference, nodes.problematic,
)  # fmt: skip


@dataclass(frozen=True)
class ProseText:
    """A block of prose of a page's source.

    Parameters
    ----------
    text : what a reader sees of it.
    line : the line, counted from one, on which it begins or near which it stands; 0 where that is not known.
    is_formula : whether it is a formula, of which nobody can say what its numbers state.
    """

    text: str
    line: int = 0
    is_formula: bool = False


def source_texts(page: Page) -> Iterator[ProseText]:
    """Yield the prose of a page, a text for each block, and the captions and comments of its programs.

    Values that are glued stand as :func:`mark_value` names them.

    Raises
    ------
    DataError : a source that cannot be read.
    """
    if page.path.suffix in TEXTS:
        record_once(page.path, current_book())
        yield from _blocks_of(_read_rst(_read_text(page), str(page.path)))
        return
    notebook, lines = reference_notebooks.read_source_with_lines(page)
    texts = [ProseText(text) for text in _find_substitutions(notebook.metadata)]
    for place, cell in enumerate(notebook.cells):
        line = lines[place] if place < len(lines) else 0
        if cell.cell_type == "code":
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            texts += [ProseText(str(figure[name]), line) for name in ("caption", "alt") if figure.get(name)]
            yield from (ProseText(comment, line) for comment in comments_of(cell.source))
        elif cell.cell_type == "markdown":
            texts.append(ProseText(cell.source, line))
    yield from prose_of_markdown(texts, str(page.path))


def _find_substitutions(metadata: Any) -> Iterator[str]:
    """Yield the texts that the head of a page defines for ``{{ name }}``."""
    own = metadata.get("myst")
    defined = own.get("substitutions") if isinstance(own, dict) else metadata.get("substitutions")
    yield from map(str, defined.values() if isinstance(defined, dict) else ())


def _read_text(page: Page) -> str:
    content = page.path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        place = f"{current_book().shown_path(page.path)}:{line}"
        raise DataError(f"{place}: found bytes that are not UTF-8, expected UTF-8") from None


def prose_of_markdown(texts: list[ProseText], path: str = "") -> list[ProseText]:
    """Return the prose of texts in MyST Markdown, in order, a text for each block.

    Parameters
    ----------
    path : the file that they stand in, from which it may include others.

    Examples
    --------
    >>> prose_of_markdown([ProseText("{ref}`Some <birds>` of `7` are *rare*, see [5](five.md).", 3)])
    [ProseText(text='Some of 7 are rare, see 5.', line=3, is_formula=False)]
    """
    return list(_blocks_of(_read_markdown(texts, path)))


def source_lines(page: Page) -> list[str]:
    """Return the lines of a page's source; of a notebook, those alone that its texts stand on hold anything."""
    lines = page.path.read_text(encoding="utf-8-sig").split("\n")
    if page.path.suffix == ".ipynb":
        kind = ""
        for place, line in enumerate(lines):
            if found := _KIND_OF_CELL.search(line):
                kind = found[1]
            lines[place] = line if kind == "markdown" or "caption" in line or "alt" in line or "#" in line else ""
    return lines


def line_of_numeral(numeral: str, text: ProseText, lines: list[str]) -> int | None:
    """Return the line, counted from one, of a source that holds a numeral of a text; ``None`` where none does.

    Where the text tells no line, and several hold the numeral, it is the one with the most words of the text.

    Examples
    --------
    >>> line_of_numeral("3", ProseText("The 3 old ponds"), ["# Ponds", "", "Of 3 parks,", "the 3 old ponds."])
    4
    """
    pattern = re.compile(rf"(?<![\w.,]){re.escape(numeral)}(?!\w)", re.IGNORECASE)
    holding = [place for place, line in enumerate(lines, start=1) if pattern.search(line)]
    holding = holding or [place for place, line in enumerate(lines, start=1) if numeral in line]
    last = text.line + text.text.count("\n") + _WINDOW
    # Inside directives, MyST-Parser tells the line behind the one where a block begins.
    near = [place for place in holding if text.line and text.line - 1 <= place <= last]
    words = set(_WORD.findall(text.text)) if len(near or holding) > 1 else set()

    def measure_likeness(place: int) -> tuple[int, int]:
        around = " ".join(lines[max(0, place - 2) : place + 1])
        shared = len(words & set(_WORD.findall(lines[place - 1]))) * 2 + len(words & set(_WORD.findall(around)))
        return shared, -abs(place - text.line) if near else 0

    return max(near or holding, key=measure_likeness) if holding else None


def comments_of(program: str) -> list[str]:
    """Return the comments of a Python program; none of one that cannot be read.

    Examples
    --------
    >>> comments_of("area = 4  # in hectares")
    ['# in hectares']
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(program).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def is_code(text: str) -> bool:
    """Return whether a text inside a line is a piece of a program or a name of one, and no number with a word.

    Examples
    --------
    >>> is_code("x = 3"), is_code("numbers.csv"), is_code("utf8"), is_code("7145"), is_code("7145 visits")
    (True, True, True, False, False)
    """
    return bool(_CODE.search(text.strip()) or _RELEASE.fullmatch(text.strip())) and not _COUNTED.search(text)


def _read_markdown(texts: list[ProseText], path: str) -> nodes.document:
    from myst_parser.config.main import MdParserConfig
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer
    from myst_parser.parsers.mdit import create_md_parser

    class Renderer(DocutilsRenderer):
        """What makes nodes of Markdown; an indented block is a program, as Markdown has it."""

        def render_code_block(self, token: Any) -> None:
            """Leave a program out."""

    extensions = set(current_book().markdown_extensions) - _CHANGING
    try:
        config = MdParserConfig(enable_extensions=extensions)
    except (TypeError, ValueError) as error:
        raise DataError(f"myst_enable_extensions: found {error}, expected names that MyST-Parser knows") from None
    parser = create_md_parser(config, Renderer)
    document = parser.options["document"] = _empty_document(path)
    environment: dict[str, Any] = {}  # one for all cells, whose footnotes may stand in another
    with not_recorded(), _AnyMarkup():
        tokens = []
        for text in texts:
            for token in parser.parse(text.text, environment):
                if token.map and text.line:
                    token.map = [line + text.line - 1 for line in token.map]
                tokens.append(token)
        parser.renderer.render(tokens, parser.options, environment)
    return document


def _read_rst(text: str, path: str) -> nodes.document:
    document = _empty_document(path)
    with not_recorded(), _AnyMarkup():
        Parser().parse(text, document)
    for block in document.findall(nodes.literal_block):
        if not block.get("classes") and "language" not in block:
            block["language"] = "python"  # what Sphinx takes it for
    return document


def _empty_document(path: str) -> nodes.document:
    settings = get_default_settings(Parser)
    settings.report_level, settings.halt_level, settings.warning_stream = 5, 6, False  # the build tells of mistakes
    settings.myst_suppress_warnings = []  # which MyST-Parser asks for
    return new_document(path, settings)


class _AnyMarkup(CustomReSTDispatcher):
    """For a while, Docutils knows every directive and every role."""

    def directive(self, directive_name: str, language_module: Any, document: nodes.document) -> Any:
        """Return what reads a directive."""
        return {"include": Include, "replace": Replace}.get(directive_name, _AnyDirective), []

    def role(self, role_name: str, language_module: Any, lineno: int, reporter: Any) -> Any:
        """Return what reads a role."""
        return _read_role, []


class _AnyOptions(dict[str, Callable[[Any], Any]]):
    """Every option is known, and is what it is."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[[Any], Any]:
        return str


class _AnyDirective(Directive):
    """Keeps of a directive what a reader sees."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _AnyOptions()

    def run(self) -> list[nodes.Node]:
        """Return the argument, the options that are shown, and the body, as nodes."""
        name, title = self.name.lower(), " ".join(self.arguments)
        body = "\n".join(self.content)
        if name == "raw":
            return [nodes.raw("", body, format=title)] if "file" not in self.options else []
        if name in _PROGRAMS:
            shown = [nodes.paragraph("", text) for text in self._shown_options()]
            return [*shown, nodes.literal_block("", body, language=title)]
        if name in _DIAGRAMS:
            return [nodes.paragraph("", label) for label in _LABEL.findall(body)]
        if name in _WITHOUT_PROSE or name.startswith("auto"):
            return [nodes.paragraph("", text) for text in self._shown_options()]
        held = nodes.container()
        held.line = self.lineno
        if title and not (name in _WITHOUT_TITLE or name.partition(":")[0] in _DOMAINS or _PATH.fullmatch(title)):
            held += nodes.paragraph("", "", *self.state.inline_text(title, self.lineno)[0])
        held += [nodes.paragraph("", text) for text in self._shown_options()]
        if not {"file", "url"} & set(self.options):
            self.state.nested_parse(self.content, self.content_offset, held)
        return [held]

    def _shown_options(self) -> list[str]:
        return [str(value) for name, value in self.options.items() if name in _SHOWN_OPTIONS and value]


def _read_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return what a reader sees of a role: the value that is glued, or its title."""
    shown, name = unescape(text), name.lower()
    if name == "glue" or name.startswith("glue:"):
        return [nodes.Text(mark_value(shown))], []
    if name == "math":
        return [nodes.math(shown, shown)], []
    if title := _TITLE.fullmatch(shown):
        shown = re.sub(r"%s|\{\w+\}", "", title[1]) if name == "numref" else title[1]
    elif (name not in _SHOWN_ROLES and not name.startswith("bdg")) or (not name and is_code(shown)):
        shown = ""
    return [nodes.Text(f" {shown} " if name in {"sub", "sup"} else shown)], []


def _blocks_of(document: nodes.document) -> Iterator[ProseText]:
    """Yield the text of each block, in order, with the line of the block, or of what it stands in."""

    def walk(node: nodes.Element, line: int) -> Iterator[tuple[str, int]]:
        line = node.line or line
        if isinstance(node, _NO_PROSE):
            return
        if isinstance(node, nodes.raw):
            yield _shown_markup(node), line
        elif isinstance(node, nodes.literal_block):
            if _language_of(node) in TEXT_LANGUAGES:
                yield node.astext(), line
        elif isinstance(node, nodes.math_block):
            yield _number_alone(node.astext()), line
            formulas.append((node.astext(), line))
        elif isinstance(node, nodes.image):
            yield from ((str(node[name]), line) for name in ("alt", "title") if node.get(name))
        elif isinstance(node, nodes.doctest_block):
            return
        elif isinstance(node, nodes.TextElement):
            yield "".join(map(_inline_text, node.children)), line
            formulas.extend((formula.astext(), line) for formula in node.findall(nodes.math))
        else:
            for child in node.children:
                if isinstance(child, nodes.Element):
                    yield from walk(child, line)

    formulas: list[tuple[str, int]] = []
    found = (block for child in document.children if isinstance(child, nodes.Element) for block in walk(child, 0))
    for text, line in found:
        place = line
        for part in re.split(r"(\n\s*\n)", _NO_STATEMENT.sub(" ", text)):
            if part.strip():
                yield ProseText(part, place)
            place += part.count("\n") if line else 0
    yield from (ProseText(text, line, is_formula=True) for text, line in formulas if not _number_alone(text))


def _inline_text(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.literal):
        return "" if is_code(node.astext()) else node.astext()
    if isinstance(node, nodes.math):
        return _number_alone(node.astext())
    if isinstance(node, nodes.image):
        return f" {node.get('alt', '')} {node.get('title', '')} "
    if isinstance(node, nodes.reference) and "//" in node.astext():
        return " "
    if isinstance(node, nodes.raw):
        return f" {shown} " if (shown := _shown_markup(node).strip()) else ""
    if isinstance(node, (*_INVISIBLE, *_NO_PROSE)):
        return ""
    return "".join(map(_inline_text, node.children))


def _language_of(block: nodes.literal_block) -> str:
    classes: list[str] = block.get("classes", [])
    named = [name for name in classes if name not in {"code", "highlight"}]
    return str(block.get("language") or (named[0] if named else "")).lower()


def _shown_markup(node: nodes.raw) -> str:
    if "html" not in str(node.get("format", "")):
        return ""
    markup = BeautifulSoup(node.astext(), "html.parser")
    for hidden in markup.find_all(["script", "style"]):
        hidden.decompose()
    attributes = [str(part[name]) for part in markup.find_all(True) for name in _SHOWN_ATTRIBUTES if part.get(name)]
    return " ".join([markup.get_text(" "), *attributes])


def _number_alone(formula: str) -> str:
    """Drop a formula; a number alone stays a statement."""
    return formula if _NUMBER_ALONE.fullmatch(formula) else ""
