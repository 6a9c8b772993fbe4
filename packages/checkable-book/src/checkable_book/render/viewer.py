"""A viewer of another project, which shows on the page what a chart holds, once a reader asks for it.

The setting ``checkable_book_viewers`` names the folder of the viewers' scripts,
which the build copies beside the pages. A script asks for nothing else: it sets
an object of its own name at the window, whose function ``show(place, data,
dark)`` draws in an element and returns what takes it away again.
"""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup as Safe

from checkable_book.book import Book
from checkable_book.dependencies import record_file
from checkable_book.errors import DataError
from checkable_book.render.i18n import format_number, translate
from checkable_book.render.output import CellOutput, render_template

#: The setting that names the folder of the viewers' scripts, as ``module:attribute``.
VIEWERS = "checkable_book_viewers"


def viewers_folder(book: Book) -> Path | None:
    """Return the folder of the viewers' scripts; ``None`` where the setting names none.

    Raises
    ------
    DataError : the setting names no folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "_config.yml").write_text("title: Gardens")
    ...     print(viewers_folder(Book(Path(folder))))
    None
    """
    named = book.import_setting(VIEWERS)
    if named is None:
        return None
    if not isinstance(named, str | Path) or not Path(named).is_dir():
        raise DataError(f"{book.setting_place(VIEWERS)}: found {named!r}, expected a folder")
    return Path(named)


def offer_viewer(
    shown: CellOutput, script: Path, data: object, label: str, note: str, language: str = "en"
) -> CellOutput:
    """Return an output with a button below it that loads a viewer and gives it ``data``; without scripts none is seen.

    Parameters
    ----------
    script : the viewer's script, named after the object that it sets at the window.
    data : what the viewer is given, as JSON in the page.
    label : of the button, and of the region in which the viewer shows.
    note : what stands beside the button, before how much is loaded.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     script = Path(folder) / "globe.js"
    ...     written = script.write_text("window.globe = { show: () => () => {} };")
    ...     offered = offer_viewer(CellOutput("<p>A map.</p>", "A map."), script, {"places": 2}, "Turn it", "a globe")
    >>> 'aria-expanded="false">Turn it</button>' in offered.html, offered.plain
    (True, 'A map.')
    """
    record_file(script)
    megabytes = format_number(max(0.1, round(script.stat().st_size / 1e6, 1)), language)
    page = render_template(
        "viewer.html",
        name=script.stem,
        label=label,
        note=note,
        weight=translate("viewer_weight", language, megabytes=megabytes),
        close=translate("viewer_close", language),
        loading=translate("viewer_loading", language),
        not_loaded=translate("viewer_not_loaded", language),
        data=Safe(json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
    )
    return CellOutput(f"{shown.html}\n{page}", shown.plain)
