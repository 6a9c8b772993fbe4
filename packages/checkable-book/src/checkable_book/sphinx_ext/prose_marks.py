"""What prose must not carry: the classes by which the verification knows numbers that the build itself wrote.

A number of a caption, an equation or a footnote is structure, not a statement.
Sphinx marks those with classes. So that no author's text passes as one of
them, the classes are taken from prose and from outputs, and the author is warned.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

_LOGGER = logging.getLogger(__name__)
#: Classes that only Sphinx and the renderers of outputs may give.
RESERVED = {
    "backlinks", "brackets", "caption-number", "citation", "eqno", "fn-bracket", "footnote-reference",
    "role-axis", "role-axis-label", "section-number", "std-numref", "value", "whole-summary",
}  # fmt: skip
#: Classes of what the verification leaves aside, which Sphinx gives in ways of its own and no HTML of an author has.
_OF_HTML = {"cell_input", "footnote", "footnote-list", "headerlink"}
_CLASS = re.compile(r"""(\sclass\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
#: Of those, the classes that outputs of a cell carry; the verification computes such outputs again.
_OF_OUTPUTS = {"value", "role-axis", "role-axis-label", "whole-summary"}


class RemoveReservedClasses(SphinxTransform):
    """Take the reserved classes from what an author wrote."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        """Look at every element with classes and at all HTML in the prose."""
        for node in self.document.findall(nodes.Element):
            wrong: set[str] = set(node.get("classes", [])) & RESERVED
            if wrong and not _is_reference(node):
                self._warn(wrong, node)
                node["classes"] = [name for name in node["classes"] if name not in RESERVED]
        for raw in self.document.findall(nodes.raw):
            allowed = _OF_OUTPUTS if _is_output(raw) else set()
            text = raw.astext()
            if "class" in text.lower():
                cleaned, wrong = remove_classes(text, (RESERVED | _OF_HTML) - allowed)
                if wrong:
                    self._warn(wrong, raw)
                    raw.children[:] = []
                    raw += nodes.Text(cleaned)

    def _warn(self, classes: set[str], node: nodes.Node) -> None:
        _LOGGER.warning(
            "found the class %s, which only the build gives, expected another", sorted(classes)[0], location=node
        )


def remove_classes(html: str, reserved: set[str]) -> tuple[str, set[str]]:
    """Return HTML without some classes, and those that it had.

    Examples
    --------
    >>> remove_classes('<span class="eqno big">7</span>', {"eqno"})
    ('<span class="big">7</span>', {'eqno'})
    """
    from html import unescape

    found: set[str] = set()

    def clean(match: re.Match[str]) -> str:
        names = unescape(match[2].strip("\"'")).split()
        wrong = [name for name in names if name in reserved]
        if not wrong:
            return match[0]
        found.update(wrong)
        return f'{match[1]}"{" ".join(name for name in names if name not in reserved)}"'

    return _CLASS.sub(clean, html), found


def _is_output(node: nodes.Node) -> bool:
    """Return whether a node comes from a cell: MyST-NB says of each output what kind of data it is."""
    parent = node.parent
    while parent is not None:
        if isinstance(parent, nodes.Element) and (
            "mime_type" in parent.attributes or "nb_element" in parent.attributes
        ):
            return True
        parent = parent.parent
    return False


def _is_reference(node: nodes.Element) -> bool:
    """Return whether a node is the text of a reference, which Sphinx marks when it reads it."""
    return isinstance(node.parent, addnodes.pending_xref)
