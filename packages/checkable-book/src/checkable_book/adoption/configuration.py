"""The block in an adopted book's configuration: written without touching what else stands there."""

from __future__ import annotations

import io
import pprint
import re
import tokenize
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from checkable_book.adoption.book import BLOCK, SPHINX_CONFIG, AdoptedBook, Settings
from checkable_book.adoption.executed_build import EXTENSION
from checkable_book.book import CONFIG
from checkable_book.errors import DataError
from checkable_book.files import write_bytes_whole

_COMMENT = "# What checkable-book checks of this book, step by step: checkable-book status"
_END = "# end of what checkable-book checks"
#: The steps that work while the book is built, and so need the extension.
_IN_BUILD = {"freshness", "kernels", "offline"}


def write_settings(book: AdoptedBook, settings: Settings) -> None:
    """Write the block into the book's configuration, and the extension where a step needs it; else take it out.

    Raises
    ------
    DataError : a configuration that cannot be changed with certainty; nothing is written then.
    """
    path = book.root / book.config_file
    text, encoding = _read_text(path)
    line_end = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    needs_extension = bool(_IN_BUILD & set(settings.steps))
    if book.config_file == SPHINX_CONFIG:
        changed = _with_python_block(text, settings, needs_extension)
    else:
        changed = _with_yaml_block(text, settings, needs_extension)
    write_bytes_whole(path, changed.replace("\n", line_end).encode(encoding))
    book.forget()
    for name in ("config", "is_sphinx", "markdown_extensions"):
        book.__dict__.pop(name, None)


def _read_text(path: Path) -> tuple[str, str]:
    """Return the text of a configuration, and its encoding: of Python, the one that it names.

    Raises
    ------
    DataError : a text that is not in its encoding.
    """
    try:
        with open(path, "rb") as stream:
            encoding = tokenize.detect_encoding(stream.readline)[0] if path.suffix == ".py" else "utf-8"
        return path.read_bytes().decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}:1: found {error}, expected a text in its encoding") from None


def _with_python_block(text: str, settings: Settings, needs_extension: bool) -> str:
    text = re.sub(rf"\n*{re.escape(_COMMENT)}\n.*?{re.escape(_END)}\n?", "\n", text, flags=re.DOTALL)
    lines = [_COMMENT, f"{BLOCK} = {pprint.pformat(settings.as_block(), sort_dicts=False, width=100)}"]
    if needs_extension:
        lines.append(f'extensions = [*extensions, "{EXTENSION}"]')
    return text.rstrip("\n") + "\n\n" + "\n".join([*lines, _END]) + "\n"


def _with_yaml_block(text: str, settings: Settings, needs_extension: bool) -> str:
    before = _load(text)
    extensions = list((before.get("sphinx") or {}).get("extra_extensions") or [])
    start, end = _lines_of_block(text)
    lines = text.splitlines()
    block = _updated_block("\n".join(lines[start:end]), settings)
    changed = "\n".join([*lines[:start], *block.splitlines(), *lines[end:]]) + "\n"
    if start == len(lines):
        changed = (text.rstrip("\n") + "\n\n" if text.strip() else "\n") + f"{_COMMENT}\n{block}"
    expected = {**before, BLOCK: settings.as_block()}
    if needs_extension and EXTENSION not in extensions:
        changed = _with_extension(changed)
        expected["sphinx"] = {**(before.get("sphinx") or {}), "extra_extensions": [*extensions, EXTENSION]}
    elif not needs_extension and EXTENSION in extensions:
        changed, expected = _without_extension(changed, extensions, expected)
    found = _load(changed)
    block_found = found.pop(BLOCK, None)
    expected.pop(BLOCK)
    if found != expected or Settings.parse(block_found, lambda *_: CONFIG) != settings:
        raise DataError(
            f"_config.yml:1: found a form that cannot be changed with certainty, expected plain YAML; "
            f"add {EXTENSION} to sphinx: extra_extensions: yourself, then run this again"
        )
    return changed


def _updated_block(text: str, settings: Settings) -> str:
    """Return the block with other settings, and with the author's comments in it."""
    yaml_round_trip = YAML()
    yaml_round_trip.width = 1000
    yaml_round_trip.indent(mapping=2, sequence=2, offset=0)
    held = yaml_round_trip.load(text) if text.strip() else CommentedMap({BLOCK: CommentedMap()})
    if not isinstance(held.get(BLOCK), CommentedMap):
        held[BLOCK] = CommentedMap()
    wanted = settings.as_block()
    for name in [name for name in held[BLOCK] if name not in wanted]:
        del held[BLOCK][name]
    for name, value in wanted.items():
        if isinstance(held[BLOCK].get(name), CommentedSeq) and isinstance(value, list):
            _update_list(held[BLOCK][name], value)
        elif held[BLOCK].get(name) != value:
            held[BLOCK][name] = value
    stream = io.StringIO()
    yaml_round_trip.dump(held, stream)
    return stream.getvalue()


def _update_list(held: CommentedSeq, wanted: list[Any]) -> None:
    """Change a list in place, with the comments in it."""
    for place in reversed(range(len(held))):
        if held[place] not in wanted:
            del held[place]
    for place, one in enumerate(wanted):
        if place >= len(held) or held[place] != one:
            held.insert(place, one)
    del held[len(wanted) :]


def _load(text: str) -> dict[str, Any]:
    try:
        return dict(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise DataError(f"_config.yml:1: found {' '.join(str(error).split())[:120]}, expected YAML") from None


def _lines_of_block(text: str) -> tuple[int, int]:
    """Return the lines of the block, from the first to the one behind the last; the end of the text where none is."""
    node = yaml.compose(text)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == BLOCK:
            return key.start_mark.line, _last_line_of(value, key.start_mark.line) + 1
    return len(text.splitlines()), len(text.splitlines())


def _last_line_of(node: yaml.Node, line: int) -> int:
    """Return the last line on which a value stands; comments behind it are no part of it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return max([line, *(_last_line_of(value, key.start_mark.line) for key, value in node.value)])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return max([line, *(_last_line_of(one, one.start_mark.line) for one in node.value)])
    return int(node.end_mark.line) if node.start_mark != node.end_mark else line


def _without_extension(text: str, extensions: list[str], expected: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a configuration without the extension, where it stands on a line of its own, and what it then holds."""
    lines = text.splitlines()
    own = [place for place, line in enumerate(lines) if line.strip() == f"- {EXTENSION}"]
    if len(own) != 1:
        return text, expected
    del lines[own[0]]
    left = [one for one in extensions if one != EXTENSION]
    sphinx = {**expected["sphinx"], "extra_extensions": left}
    if not left:  # then its name goes too, and the whole part where nothing else is in it
        del sphinx["extra_extensions"]
        lines = [line for line in lines if line.strip() != "extra_extensions:"]
        lines = lines if sphinx else [line for line in lines if line.rstrip() != "sphinx:"]
    changed = {**expected, "sphinx": sphinx}
    if not sphinx:
        del changed["sphinx"]
    return "\n".join(lines).rstrip("\n") + "\n", changed


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
