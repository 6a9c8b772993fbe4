"""Glued values in headings: menus, the contents of a page and the search take them as plain words.

A heading holds a value once for each format in which MyST-NB may write it. The
copies of a heading that Sphinx keeps for menus hold all of them; only the words stay.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def flatten_glued_titles(app: Sphinx, doctree: nodes.document) -> None:
    """Replace each glued value by its words in what Sphinx keeps of the headings of a page that was just read."""
    env, page = app.env, app.env.docname
    for kept in (env.tocs.get(page), env.titles.get(page), env.longtitles.get(page)):
        if kept is not None:
            for bundle in [node for node in kept.findall(nodes.Element) if _is_bundle(node)]:
                bundle.parent.replace(bundle, nodes.Text(_plain_words(bundle)))


def _is_bundle(node: nodes.Element) -> bool:
    return bool(node.get("nb_element") == "mime_bundle")


def _plain_words(bundle: nodes.Element) -> str:
    """Return the plain text among the formats of a value."""
    for part in bundle.children:
        if isinstance(part, nodes.Element) and part.get("mime_type") == "text/plain":
            return part.astext().strip()
    return bundle.astext().strip()
