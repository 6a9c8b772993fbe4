"""The block in an adopted book's configuration: written without touching what else stands there."""

from __future__ import annotations

import pprint
import re
from typing import Any

import yaml

from checkable_book.adoption.book import BLOCK, SPHINX_CONFIG, AdoptedBook, Settings
from checkable_book.adoption.executed_build import EXTENSION
from checkable_book.errors import DataError
from checkable_book.files import write_text_whole

_COMMENT = "# What checkable-book checks of this book, step by step: checkable-book status"
_END = "# end of what checkable-book checks"
#: The steps that work while the book is built, and so need the extension.
_IN_BUILD = {"freshness", "kernels", "offline"}


def write_settings(book: AdoptedBook, settings: Settings) -> None:
    """Write the block into the book's configuration, and the extension where a step needs it.

    Raises
    ------
    DataError : a configuration that cannot be changed with certainty; nothing is written then.
    """
    path = book.root / book.config_file
    with open(path, encoding="utf-8", newline="") as stream:
        text = stream.read()
    line_end = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    needs_extension = bool(_IN_BUILD & set(settings.steps))
    if book.config_file == SPHINX_CONFIG:
        changed = _with_python_block(text, settings, needs_extension)
    else:
        changed = _with_yaml_block(text, settings, needs_extension)
    with_ends = changed.replace("\n", line_end)
    write_text_whole(path, with_ends)
    book.forget()
    for name in ("config", "is_sphinx", "markdown_extensions"):
        book.__dict__.pop(name, None)


def _with_python_block(text: str, settings: Settings, needs_extension: bool) -> str:
    text = re.sub(rf"\n*{re.escape(_COMMENT)}\n.*?{re.escape(_END)}\n?", "\n", text, flags=re.DOTALL)
    lines = [_COMMENT, f"{BLOCK} = {pprint.pformat(settings.as_block(), sort_dicts=False, width=100)}"]
    if needs_extension:
        lines.append(f'extensions = [*extensions, "{EXTENSION}"]')
    return text.rstrip("\n") + "\n\n" + "\n".join([*lines, _END]) + "\n"


def _with_yaml_block(text: str, settings: Settings, needs_extension: bool) -> str:
    before = _load(text)
    changed = _without_yaml_block(text).rstrip("\n") + "\n" if text.strip() else ""
    if needs_extension and EXTENSION not in ((before.get("sphinx") or {}).get("extra_extensions") or []):
        changed = _with_extension(changed)
    block = yaml.safe_dump({BLOCK: settings.as_block()}, sort_keys=False, allow_unicode=True)
    changed = f"{changed}\n{_COMMENT}\n{block}"
    after = _load(changed)
    expected = {**before, BLOCK: settings.as_block()}
    if needs_extension:
        expected["sphinx"] = {**(before.get("sphinx") or {})}
        known = list(expected["sphinx"].get("extra_extensions") or [])
        expected["sphinx"]["extra_extensions"] = known if EXTENSION in known else [*known, EXTENSION]
    if after != expected:
        raise DataError(
            f"_config.yml:1: found a form that cannot be changed with certainty, expected plain YAML; "
            f"add {EXTENSION} to sphinx: extra_extensions: yourself, then run this again"
        )
    return changed


def _load(text: str) -> dict[str, Any]:
    try:
        return dict(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise DataError(f"_config.yml:1: found {' '.join(str(error).split())[:120]}, expected YAML") from None


def _without_yaml_block(text: str) -> str:
    node = yaml.compose(text)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == BLOCK:
            start, end = key.start_mark.line, value.end_mark.line + (1 if value.end_mark.column else 0)
            lines = text.splitlines()
            while end > start + 1 and not lines[end - 1].strip():
                end -= 1
            if start and lines[start - 1] == _COMMENT:
                start -= 1
            rest = lines[end:]
            return "\n".join([*"\n".join(lines[:start]).rstrip("\n").split("\n"), *rest]) + "\n"
    return text


def _with_extension(text: str) -> str:
    """Return a configuration with the extension as the last of ``sphinx: extra_extensions:``."""
    node = yaml.compose(text) if text.strip() else None
    top = {key.value: (key, value) for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    lines = text.splitlines()
    if "sphinx" not in top or not isinstance(top["sphinx"][1], yaml.MappingNode):
        if "sphinx" in top:  # with nothing in it
            del lines[top["sphinx"][0].start_mark.line]
        return "\n".join([*lines, "", "sphinx:", "  extra_extensions:", f"    - {EXTENSION}"]) + "\n"
    inside = {key.value: (key, value) for key, value in top["sphinx"][1].value}
    if "extra_extensions" not in inside or not isinstance(inside["extra_extensions"][1], yaml.SequenceNode):
        if "extra_extensions" in inside:
            del lines[inside["extra_extensions"][0].start_mark.line]
        first = top["sphinx"][1].value[0][0].start_mark
        if top["sphinx"][1].flow_style:
            return text
        indent = " " * first.column
        at = top["sphinx"][0].start_mark.line + 1
        lines[at:at] = [f"{indent}extra_extensions:", f"{indent}  - {EXTENSION}"]
        return "\n".join(lines) + "\n"
    listed = inside["extra_extensions"][1]
    if listed.flow_style:
        place = listed.end_mark.index - 1
        before = text[:place].rstrip()
        comma = ", " if listed.value and not before.endswith(",") else " " if listed.value else ""
        return f"{before}{comma}{EXTENSION}{text[len(before) if chr(10) in text[len(before) : place] else place :]}"
    if listed.value:
        last = listed.value[-1]
        indent = " " * listed.start_mark.column
        lines.insert(last.end_mark.line + (1 if last.end_mark.column else 0), f"{indent}- {EXTENSION}")
    return "\n".join(lines) + "\n"
