"""Lay down a small book of one's own, which builds, verifies and passes its tests as it stands.

Its files are in ``template/``: those that end in ``.jinja`` are filled in, the
others copied; ``dot_`` stands for the dot that would hide a file here.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checkable_book.book import installed_distribution
from checkable_book.errors import DataError

_TEMPLATE = Path(__file__).with_name("template")
#: What the book and its theme say in each language that a template is written in.
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "name": "English",
        "title": "Gardens and their visitors",
        "editors": "The editors of this book",
        "contents": "",  # the theme's own words are English
        "search": "",
        "show_code": "Show the code",
        "hide_code": "Hide the code",
        "numbered": "{figure: Figure %s, table: Table %s, supplement: Table S%s}",
    },
    "id": {
        "name": "Indonesian",
        "title": "Taman dan pengunjungnya",
        "editors": "Para penyunting buku ini",
        "contents": "Isi",
        "search": "Cari dalam buku ini ...",
        "show_code": "Tampilkan kode",
        "hide_code": "Sembunyikan kode",
        "numbered": "{figure: Gambar %s, table: Tabel %s, supplement: Tabel S%s}",
    },
}


def create_book(
    folder: Path, title: str = "", languages: Sequence[str] = ("en",), complete: Callable[[Path], None] | None = None
) -> list[Path]:
    """Lay down a new book in ``folder``, whole or not at all.

    Parameters
    ----------
    folder : where the book goes; there must be nothing in it yet.
    title : the book's title in every language; that of the example by default.
    languages : the codes of the languages, the one that ``jb build`` is asked for first.
    complete : what else is to be done in the new book before it stands in its place.

    Returns
    -------
    The files of the book, without what is built of them.

    Raises
    ------
    DataError : there is something in the folder, or a language has no template.

    Examples
    --------
    >>> create_book(Path("somewhere"), languages=["xx"])
    Traceback (most recent call last):
    checkable_book.errors.DataError: new: found the language 'xx', expected some of en, id, each once
    """
    folder = Path(os.path.abspath(folder))
    values = _values(title, languages)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"new: found something in {folder}, expected a new or an empty folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that it takes it in one step.
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise DataError(f"new: found {folder} not writable, expected a place for a new folder ({error})") from None
    try:
        for target, text in _files(values):
            (part / target).parent.mkdir(parents=True, exist_ok=True)
            (part / target).write_text(text, encoding="utf-8", newline="\n")
        (part / ".ci" / "run").chmod(0o755)
        part.chmod(0o755)  # a temporary folder is for its owner alone
        if complete:
            complete(part)
        _put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sorted(path for path in folder.rglob("*") if path.is_file() and "_build" not in path.parts)


def _put_in_place(part: Path, folder: Path) -> None:
    """Move a finished book to its place: in one step, or into the empty folder that is there."""
    if not folder.exists():
        os.replace(part, folder)
        return
    moved: list[Path] = []
    try:
        for path in sorted(part.iterdir()):
            moved.append(Path(shutil.move(path, folder / path.name)))
    except OSError:
        for path in moved:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _values(title: str, languages: Sequence[str]) -> dict[str, Any]:
    """Return what the templates are filled with."""
    if not languages or not set(languages) <= set(_WORDS) or len(set(languages)) < len(languages):
        raise DataError(
            f"new: found the language {', '.join(languages)!r}, expected some of {', '.join(_WORDS)}, each once"
        )
    said = " ".join(title.split())
    texts = list(dict.fromkeys(["en", *languages]))  # the machinery's own messages are English
    return {
        "first": languages[0],
        "others": list(languages[1:]),
        "languages": list(languages),
        "texts": texts,
        "titles": {code: said or _WORDS[code]["title"] for code in texts},
        "editors": {code: _WORDS[code]["editors"] for code in texts},
        "words": _WORDS,
        "requirement": _requirement(),
        "released": datetime.now(UTC).date().isoformat(),
    }


def _requirement() -> str:
    """Return what pip is to install for the machinery: what is installed here, from where it came (PEP 610)."""
    held = installed_distribution()
    name, origin = held.metadata["Name"], json.loads(held.read_text("direct_url.json") or "{}")
    if "url" not in origin:
        return f"{name}=={held.version}"
    source = origin.get("vcs_info", {})
    return f"{name} @ " + (f"{source['vcs']}+{origin['url']}@{source['commit_id']}" if source else origin["url"])


def _files(values: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield each file of the new book, by its path in it, with its text."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=False,  # no page is written here, but sources; what goes into YAML or JSON is quoted
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    templates.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    for path in sorted(path for path in _TEMPLATE.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        name = path.relative_to(_TEMPLATE)
        if name.parts[0] == "chapters" and name.parts[1] not in values["languages"]:
            continue
        target = Path(*(part.replace("dot_", ".", 1) if part.startswith("dot_") else part for part in name.parts))
        if path.suffix != ".jinja":
            yield target, path.read_text(encoding="utf-8")
            continue
        template = templates.get_template(name.as_posix())
        if target.name == "_config.other.yml.jinja":
            for language in values["others"]:
                yield Path(f"_config.{language}.yml"), template.render(values, language=language)
        else:
            yield target.with_suffix(""), template.render(values)
