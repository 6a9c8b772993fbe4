"""The reference outputs of an adopted book's pages: taken from a build, and compared with later ones.

A reference is a JSON file a page, with its pictures beside it as files that
show in a review. Addresses in memory, random identifiers and the paths of this
machine are no part of what is compared. A cell that is tagged
``nbval-ignore-output`` is executed and not compared; numbers of one that is
tagged ``tolerance=0.001`` may differ by that share.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any

import nbformat

from checkable_book.adoption.book import AdoptedBook, line_of_cell
from checkable_book.adoption.chance import cells_of_chance
from checkable_book.adoption.executed_build import ExecutedPage
from checkable_book.contents import Page
from checkable_book.errors import DataError
from checkable_book.files import write_bytes_whole, write_text_whole

#: The tag of a cell whose output is not compared; nbval gave it its name.
IGNORED = "nbval-ignore-output"
_TOLERANCE = "tolerance="
_SHOWN = 100  # characters of an output that a message shows
_ROOT = "<book>"
_VARIES = "<varies>"  # what stands in a reference for a value that differs from run to run
#: What differs from run to run and says nothing: where an object is kept, the files of a kernel's cells, colours.
_RANDOM = [
    (re.compile(r"\bat 0x[0-9a-fA-F]{6,16}\b"), "at 0x…"),
    (re.compile(r"\S*[\\/]ipykernel_\d+[\\/]\d+\.py"), "<cell>"),
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"^Overwriting (?=\S+$)", re.MULTILINE), "Writing "),  # what %%writefile says from the second run on
]
#: What installs packages; it prints what is there already.
_INSTALLS = re.compile(r"^\s*[%!]\s*(?:\S*python[\d.]* -m )?(?:pip[\d.]*|conda|mamba|uv)\s", re.MULTILINE)
#: Names that libraries draw lots for, in markup and scripts; in a text they may be what is printed.
_RANDOM_NAMES = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\baltair-viz-[0-9a-f]{32}\b"), "altair-viz-<id>"),
    (re.compile(r"\bT_[0-9a-f]{5}"), "T_<id>"),  # pandas' styled tables
    (re.compile(r"(sk-container-id-)\d+"), r"\1<id>"),
]
_SVG_DATE = re.compile(r"<dc:date>[^<]*</dc:date>|<dc:title>Matplotlib v[^<]*</dc:title>")
_SVG_NAME = re.compile(r'\b(?:id="|href="#|url\(#)([A-Za-z][\w.-]*)')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PICTURE_NAME = re.compile(r"cell-\d+-\d+\.(?:png|jpg)")
_PICTURES = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass
class CellOutputs:
    """The outputs of a code cell as they are compared.

    Parameters
    ----------
    source : the cell's program.
    tags : the cell's tags.
    outputs : a mapping an output, from its kind, or the type of its data, to a text or a picture.
    varies : whether two runs of the program did not give the same, or might not have.
    """

    source: str
    tags: list[str] = field(default_factory=list)
    outputs: list[dict[str, str | bytes]] = field(default_factory=list)
    varies: bool = False

    @property
    def is_ignored(self) -> bool:
        """Whether its output is not compared, as its author or what it does has it."""
        return IGNORED in self.tags or self.installs_packages

    @property
    def installs_packages(self) -> bool:
        """Whether it installs packages, so that it prints what the machine has."""
        return bool(_INSTALLS.search(self.source))

    @property
    def wrong_tolerance(self) -> str:
        """The tag of a tolerance that is no number; empty where there is none."""
        return next((tag for tag in self.tags if tag.startswith(_TOLERANCE) and not _is_number(tag)), "")

    def tolerance(self, otherwise: float) -> float:
        """Return by how much its numbers may differ, relatively."""
        given = [tag for tag in self.tags if tag.startswith(_TOLERANCE) and _is_number(tag)]
        return float(given[-1].removeprefix(_TOLERANCE)) if given else otherwise


def _is_number(tag: str) -> bool:
    try:
        return float(tag.removeprefix(_TOLERANCE)) >= 0
    except ValueError:
        return False


@dataclass
class Reference:
    """What a page gave when its reference was taken.

    Parameters
    ----------
    executed : whether its cells were run; else the outputs are those that its source held.
    failure : why it did not run to its end then; empty where it did.
    cells : its code cells.
    values : what its text may set in: with ``{eval}`` the expression, of what is glued without being shown the name
        behind ``glue``; each with the value.
    """

    executed: bool
    failure: str
    cells: list[CellOutputs]
    values: list[list[str]] = field(default_factory=list)


def outputs_of(page: ExecutedPage, book: AdoptedBook) -> Reference:
    """Return what a page gave in a build, as it is compared."""
    cells = [
        CellOutputs(cell.source, list(cell.metadata.get("tags", [])), list(_outputs_of_cell(cell, book)))
        for cell in page.notebook.cells
        if cell.cell_type == "code"
    ]
    values = [[expression, plain_text(value, book)] for expression, value in page.values]
    return Reference(page.executed, plain_text(page.failure, book), cells, values)


def plain_text(text: str, book: AdoptedBook, kind: str = "text/plain") -> str:
    """Return a text without what differs from run to run and says nothing, and from machine to machine."""
    for folder, instead in book.remember("machine folders", lambda: _machine_folders(book)):
        text = folder.sub(instead, text)
    names = _RANDOM_NAMES if "html" in kind or "javascript" in kind or "json" in kind else []
    for pattern, replacement in [*_RANDOM, *names]:
        text = pattern.sub(replacement, text)
    return text


def _machine_folders(book: AdoptedBook) -> list[tuple[re.Pattern[str], str]]:
    """Return the folders of this machine that outputs may name, the deepest first, each with what stands for it."""
    paths = sysconfig.get_paths()
    found = {str(book.root): _ROOT, paths["purelib"]: "<packages>", paths["platlib"]: "<packages>"}
    found |= {paths["stdlib"]: "<python>", str(Path.home()): "~"}
    found |= {sys.prefix: "<python>"} if sys.prefix != sys.base_prefix else {}
    repository = next((folder for folder in book.root.parents if (folder / ".git").exists()), None)
    if repository is not None:
        found.setdefault(str(repository), "<repository>")
    elif book.root.parent != Path(book.root.anchor):
        found.setdefault(str(book.root.parent), f"{_ROOT}/..")
    found = {folder: instead for folder, instead in found.items() if Path(folder) != Path(Path(folder).anchor)}
    deepest_first = sorted(found.items(), key=lambda pair: -len(pair[0]))
    return [(re.compile(rf"{re.escape(folder)}(?![\w.-])"), instead) for folder, instead in deepest_first]


def reference_file(docname: str, book: AdoptedBook) -> Path:
    """Return the path of a page's reference."""
    return book.reference_folder / f"{docname}.json"


def read_reference(docname: str, book: AdoptedBook) -> Reference | None:
    """Return a page's reference; ``None`` where there is none.

    Raises
    ------
    DataError : a file that is no reference, or a picture of it that is missing.
    """
    path = reference_file(docname, book)
    if not path.is_file():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        cells = []
        for cell in read["cells"]:
            outputs = [
                {kind: _read_data(data, path.parent) for kind, data in output.items()} for output in cell["outputs"]
            ]
            source = "\n".join(cell["source"])
            cells.append(CellOutputs(source, cell.get("tags", []), outputs, bool(cell.get("varies"))))
        values = [[str(part) for part in pair] for pair in read.get("values", [])]
        return Reference(bool(read["executed"]), str(read.get("failure", "")), cells, values)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise DataError(f"{book.shown_path(path)}:1: found no reference ({reason}); refresh writes it anew") from None


def write_reference(docname: str, reference: Reference, book: AdoptedBook) -> None:
    """Write a page's reference, and its pictures beside it; those of before are taken away."""
    path = reference_file(docname, book)
    pictures = path.with_suffix("")
    written: set[Path] = set()
    cells = []
    for place, cell in enumerate(reference.cells):
        outputs: list[dict[str, Any]] = []
        for number, output in enumerate(cell.outputs):
            held: dict[str, Any] = {}
            for kind, data in output.items():
                if isinstance(data, bytes):
                    name = f"cell-{place}-{number}.{_PICTURES[kind]}"
                    written.add(write_bytes_whole(pictures / name, data))
                    held[kind] = {"file": f"{pictures.name}/{name}"}
                else:
                    held[kind] = data.split("\n")
            outputs.append(held)
        told: dict[str, Any] = {"source": cell.source.split("\n"), "outputs": outputs}
        told |= {"tags": cell.tags} if cell.tags else {}
        told |= {"varies": True} if cell.varies else {}
        cells.append(told)
    about: dict[str, Any] = {"executed": reference.executed}
    about |= {"failure": reference.failure} if reference.failure else {}
    about |= {"values": reference.values} if reference.values else {}
    write_text_whole(path, json.dumps(about | {"cells": cells}, indent=1, ensure_ascii=False) + "\n")
    for left in _kept_pictures(pictures):
        if left not in written:
            left.unlink()
    if pictures.is_dir() and not any(pictures.iterdir()):
        pictures.rmdir()


def remove_reference(docname: str, book: AdoptedBook) -> None:
    """Take away the reference of a page that is gone, and its pictures."""
    path = reference_file(docname, book)
    path.unlink(missing_ok=True)
    for picture in _kept_pictures(path.with_suffix("")):
        picture.unlink()
    for folder in (path.with_suffix(""), *path.parents):
        if folder == book.root or not folder.is_dir() or any(folder.iterdir()):
            break
        folder.rmdir()


def _kept_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a reference; its folder may hold the references of other pages too."""
    return [path for path in folder.glob("cell-*") if _PICTURE_NAME.fullmatch(path.name)]


def kept_references(book: AdoptedBook) -> list[str]:
    """Return the names of the pages that there are references for."""
    found = (path.relative_to(book.reference_folder) for path in book.reference_folder.rglob("*.json"))
    return sorted(path.with_suffix("").as_posix() for path in found)


def compare_cells(expected: CellOutputs, made: CellOutputs, tolerance: float = 0.0) -> list[str]:
    """Return in words how the outputs of a cell differ from its reference; nothing where they do not.

    Examples
    --------
    >>> compare_cells(CellOutputs("n", [], [{"stdout": "12"}]), CellOutputs("n", [], [{"stdout": "13"}]))
    ["stdout: found '13', expected '12'"]
    """
    if expected.is_ignored or made.is_ignored or expected.varies:
        return []
    tolerance = made.tolerance(tolerance)
    if len(expected.outputs) != len(made.outputs):
        return [f"found {_describe_outputs(made.outputs)}, expected {_describe_outputs(expected.outputs)}"]
    faults = []
    for old, new in zip(expected.outputs, made.outputs, strict=True):
        if old.keys() != new.keys():
            faults.append(f"found an output of {', '.join(new)}, expected one of {', '.join(old)}")
            continue
        for kind in old:
            if fault := _compare_data(old[kind], new[kind], tolerance):
                faults.append(f"{kind}: {fault}")
                break  # the other forms of one output say the same
    return faults


def compare_page(
    page: Page, expected: Reference, made: Reference, book: AdoptedBook, again: Reference | None = None
) -> list[str]:
    """Return a line, with file and line, for each cell of a page that gives something else than its reference.

    Parameters
    ----------
    again : what the page gave in one more run; a cell that gave something else there is left to
        :func:`unsteady_cells`.
    """
    shown = book.shown_path(page.path)
    if made.failure and made.failure != expected.failure:
        return [describe_failure(page, made, book)]
    if [cell.source for cell in expected.cells] != [cell.source for cell in made.cells]:
        return []  # told by outdated_references
    tolerance = book.settings.tolerance_of(page.docname)
    unsteady = _unsteady_places(made, again, tolerance)
    return [
        f"{shown}:{line_of_cell(page, place)}: {fault} ({_first_line(cell.source)})"
        for place, (kept, cell) in enumerate(zip(expected.cells, made.cells, strict=True))
        if place not in unsteady
        for fault in compare_cells(kept, cell, tolerance)
    ] + [f"{shown}:{line}" for line in _differing_values(page, expected, made, again, tolerance)]


def _differing_values(
    page: Page, expected: Reference, made: Reference, again: Reference | None, tolerance: float
) -> Iterator[str]:
    """Yield the line and what is wrong of each value that the text sets in and that is another one."""
    names = [[expression for expression, _ in reference.values] for reference in (expected, made)]
    if names[0] != names[1]:
        yield f"1: found the values {', '.join(names[1]) or 'none'} set in, expected {', '.join(names[0]) or 'none'}"
        return
    lines = page.path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    varying = {name for name, value in made.values if again and [name, value] not in again.values}
    for (name, old), (_, new) in zip(expected.values, made.values, strict=True):
        if old != _VARIES and name not in varying and (fault := _compare_data(old, new, tolerance)):
            plain = name.removeprefix("glue ")
            line = next((place for place, text in enumerate(lines, start=1) if f"`{plain}" in text), 1)
            yield f"{line}: {'glue' if plain != name else '{eval}'}: {fault} ({plain})"


def describe_failure(page: Page, made: Reference, book: AdoptedBook) -> str:
    """Return in a line, with file and line, why a page did not run to its end."""
    shown = f"{book.shown_path(page.path)}:{_line_of_failure(page, made)}"
    return f"{shown}: found {made.failure}, expected cells that run to the end"


def unsteady_cells(
    page: Page, expected: Reference, made: Reference, again: Reference, book: AdoptedBook
) -> Iterator[str]:
    """Yield a line for each cell that gave something else in two runs, and of which the reference does not say so."""
    for place in sorted(_unsteady_places(made, again, book.settings.tolerance_of(page.docname))):
        if place < len(expected.cells) and not (expected.cells[place].varies or expected.cells[place].is_ignored):
            shown = f"{book.shown_path(page.path)}:{line_of_cell(page, place)}"
            yield f"{shown}: differs from run to run, unlike when its reference was taken; refresh notes it"


def varying_cells(page: Page, reference: Reference, book: AdoptedBook) -> Iterator[str]:
    """Yield a line for each cell of a page that is executed and not compared."""
    shown = book.shown_path(page.path)
    for place, cell in enumerate(reference.cells):
        if IGNORED in cell.tags:
            yield f"{shown}:{line_of_cell(page, place)}: tagged {IGNORED}"
        elif cell.installs_packages:
            yield f"{shown}:{line_of_cell(page, place)}: installs packages, and is not compared"
        elif cell.varies:
            line = line_of_cell(page, place)
            yield f"{shown}:{line}: depends on chance, and is not compared (seed it, or tag it {IGNORED})"
    for name, value in reference.values:
        if value == _VARIES:
            yield f"{shown}:1: {name} depends on chance, and is not compared"


def merge_runs(first: Reference, second: Reference, tolerance: float = 0.0) -> Reference:
    """Return the reference that two runs give: what differed between them is noted, and not compared later."""
    if len(first.cells) != len(second.cells):
        return first
    sources = [cell.source for cell in first.cells]
    for place in cells_of_chance(sources, _unsteady_places(first, second, tolerance)):
        first.cells[place].varies = bool(first.cells[place].outputs)
    varying = {name for name, value in first.values if [name, value] not in second.values}
    first.values = [[name, _VARIES if name in varying else value] for name, value in first.values]
    if first.failure != second.failure:
        first.failure = first.failure or second.failure
    return first


def keep_notes(kept: Reference | None, made: Reference) -> Reference:
    """Return what a page gave, with the notes that its reference has on cells, as far as their programs are the same.

    Behind a program that was changed, perhaps to set a seed, only the runs of now tell what varies.
    """
    for old, new in zip(kept.cells if kept else (), made.cells, strict=False):
        if old.source != new.source:
            break
        new.varies = new.varies or old.varies
    return made


def describe_moves(page: Page, kept: Reference | None, made: Reference, book: AdoptedBook) -> list[str]:
    """Return a line for each thing that a page gives now and did not when its reference was taken."""
    if kept is None:
        return [f"{page.docname}: new, {len(made.cells)} cells" + (f", fails: {made.failure}" if made.failure else "")]
    if kept.failure != made.failure:
        return [f"{page.docname}: {made.failure or 'runs to its end now'}"]
    lines = compare_page(page, kept, made, book)
    sources = [[cell.source for cell in reference.cells] for reference in (kept, made)]
    if sources[0] != sources[1]:
        old = dict.fromkeys(sources[0])
        changed = [place for place, source in enumerate(sources[1]) if source not in old]
        lines += [
            f"{book.shown_path(page.path)}:{line_of_cell(page, place)}: another program "
            f"({_first_line(sources[1][place])})"
            for place in changed
        ] or [f"{page.docname}: {len(sources[1])} cells, {len(sources[0])} before"]
    return lines


def _unsteady_places(made: Reference, again: Reference | None, tolerance: float) -> set[int]:
    """Return the places of the cells that gave something else in two runs."""
    if again is None or len(made.cells) != len(again.cells):
        return set()
    pairs = zip(made.cells, again.cells, strict=True)
    return {place for place, (one, other) in enumerate(pairs) if compare_cells(one, other, tolerance)}


def _outputs_of_cell(cell: nbformat.NotebookNode, book: AdoptedBook) -> Iterator[dict[str, str | bytes]]:
    streams: dict[str, str] = {}
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            streams[output.name] = streams.get(output.name, "") + _joined(output.get("text", ""))
            continue
        if output.get("metadata", {}).get("scrapbook", {}).get("mime_prefix"):
            continue  # glued without being shown
        for name, text in streams.items():
            yield {name: _shown_stream(text, book)}
        streams = {}
        if output.output_type == "error":
            yield {"error": plain_text(f"{output.ename}: {output.evalue}", book)}
        else:
            data = {kind: _plain_data(kind, held, book) for kind, held in output.get("data", {}).items()}
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            yield ({"glue": str(name)} if name else {}) | dict(sorted(data.items()))
    for name, text in streams.items():
        yield {name: _shown_stream(text, book)}


def _shown_stream(text: str, book: AdoptedBook) -> str:
    """Return a stream as a terminal would show it: of a line that is written over, the last state."""
    lines = plain_text(text, book).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _plain_data(kind: str, held: Any, book: AdoptedBook) -> str | bytes:
    plain = kind.removeprefix("application/papermill.record/")
    if plain in _PICTURES and isinstance(held, str):
        try:
            return base64.b64decode(held)
        except (binascii.Error, ValueError):
            return held
    if plain == "image/svg+xml":
        return _plain_drawing(plain_text(_joined(held), book))
    if isinstance(held, dict):
        held = {name: value for name, value in held.items() if name != "model_id"}
    if not isinstance(held, str | list):
        return plain_text(json.dumps(held, sort_keys=True, ensure_ascii=False), book, plain)
    return plain_text(_joined(held), book, plain)


def _plain_drawing(svg: str) -> str:
    """Return a drawing without its date, and with its parts named by their order, where Matplotlib draws lots."""
    svg = _SVG_DATE.sub("", svg)
    names = {name: f"part-{place}" for place, name in enumerate(dict.fromkeys(_SVG_NAME.findall(svg)))}
    return re.sub(r'(\bid="|href="#|url\(#)([A-Za-z][\w.-]*)', lambda found: found[1] + names[found[2]], svg)


def _compare_data(old: str | bytes, new: str | bytes, tolerance: float) -> str:
    if old == new:
        return ""
    if isinstance(old, bytes) and isinstance(new, bytes):
        return _compare_pictures(old, new)
    if isinstance(old, bytes) or isinstance(new, bytes):
        return "found another kind of data than in the reference"
    if tolerance and _same_within(old, new, tolerance):
        return ""
    return _describe_difference(old, new)


def _same_within(old: str, new: str, tolerance: float) -> bool:
    """Return whether two texts are the same but for numbers that differ by less than a share."""
    if _NUMBER.sub("#", old).split() != _NUMBER.sub("#", new).split():
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(isclose(float(one), float(other), rel_tol=tolerance, abs_tol=tolerance * 1e-3) for one, other in pairs)


def _compare_pictures(old: bytes, new: bytes) -> str:
    """Return how two pictures differ, pixel by pixel; nothing where they do not."""
    if _digest(old) == _digest(new):
        return ""
    from PIL import Image, ImageChops, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(old)) as one, Image.open(io.BytesIO(new)) as other:
            if one.size != other.size:
                return f"found a picture of {other.width} x {other.height}, expected {one.width} x {one.height}"
            difference = ImageChops.difference(one.convert("RGBA"), other.convert("RGBA"))
    except (UnidentifiedImageError, OSError):
        return "found a picture that cannot be compared with that of the reference, expected the same"
    flat = difference.getchannel("R")
    for channel in "GBA":
        flat = ImageChops.lighter(flat, difference.getchannel(channel))
    unchanged = flat.histogram()[0]
    whole = flat.width * flat.height
    if unchanged == whole:
        return ""
    changed = whole - unchanged
    share = f"{changed / whole:.2%}" if changed / whole >= 0.0001 else "less than 0.01%"
    return f"found {changed} pixels otherwise ({share} of the pixels), expected the picture of the reference"


def _describe_difference(old: str, new: str) -> str:
    """Return the first lines in which two texts differ."""
    before, after = old.split("\n"), new.split("\n")
    for one, other in zip(before, after, strict=False):
        if one != other:
            start = max(0, next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0) - 30)
            cut = slice(start, start + _SHOWN) if len(one) > _SHOWN or len(other) > _SHOWN else slice(None)
            return f"found {other[cut].strip()!r}, expected {one[cut].strip()!r}"
    return f"found {len(after)} lines, expected {len(before)}"


def _describe_outputs(outputs: list[dict[str, str | bytes]]) -> str:
    kinds = ", ".join(next(iter(output), "empty") for output in outputs)
    return f"{len(outputs)} outputs ({kinds})" if outputs else "no output"


def _line_of_failure(page: Page, made: Reference) -> int:
    for place, cell in enumerate(made.cells):
        if any("error" in output for output in cell.outputs) and "raises-exception" not in cell.tags:
            return line_of_cell(page, place)
    return 1


def _first_line(source: str) -> str:
    lines = [line for line in source.strip().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return lines[-1].strip()[:60] if lines else "an empty cell"


def _joined(held: Any) -> str:
    return "".join(held) if isinstance(held, list) else str(held)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _read_data(data: Any, folder: Path) -> str | bytes:
    if not isinstance(data, dict):
        return "\n".join(data)
    picture: bytes = (folder / data["file"]).read_bytes()
    if not picture:
        raise ValueError(f"{data['file']} is empty")
    return picture
