"""The languages of a book: where each edition is, and how those after the first are built.

Sphinx speaks one language a run. ``jb build .`` builds the first edition into
``_build/html``; meanwhile a process of its own builds each other edition into
``_build/html/LANGUAGE``, with the same settings, ``_config.yml``, changed where
``_config.LANGUAGE.yml`` says so. Where the system can fork, that process is a
fork of the first, which has imported what both need.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import yaml

from checkable_book.book import Book, use_book
from checkable_book.contents import CHAPTERS, Page, captions_of, contents_text
from checkable_book.files import write_text_whole
from checkable_book.render.i18n import translate_phrase
from checkable_book.sphinx_ext import kernels, termination

#: The folder of the built site, below ``_build``.
SITE = "html"
#: The environment variable that names the language to a process that builds one of the other editions.
EDITION_VARIABLE = "CHECKABLE_BOOK_EDITION"
_READY = "the data is right\n"


def edition_folder(site: Path, language: str, book: Book) -> Path:
    """Return the folder of the edition in ``language`` of the site below ``site``."""
    return site if language == book.first_language else site / language


def page_file(site: Path, page: Page, book: Book) -> Path:
    """Return the file of a built page of the site below ``site``."""
    return edition_folder(site, page.language, book) / page.html_name


def is_other_edition() -> bool:
    """Return whether this process builds an edition after the first."""
    return EDITION_VARIABLE in os.environ


@dataclass
class OtherEdition:
    """An edition that a process of its own builds.

    Parameters
    ----------
    language : its language.
    output : the file that its messages go to.
    pipe : what this process says to it; it ends once this ends.
    """

    language: str
    output: Path
    pipe: IO[str]
    pid: int
    process: subprocess.Popen[str] | None = None
    _code: int | None = field(default=None, repr=False)

    def data_is_right(self) -> None:
        """Tell it that the data was found right, for which it waits before it reads a page."""
        with suppress(OSError, ValueError):
            self.pipe.write(_READY)
            self.pipe.flush()

    def wait(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it printed."""
        if self._code is None:
            self._code = self.process.wait() if self.process else os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        with suppress(OSError, ValueError):
            self.pipe.close()
        text = self.output.read_text(encoding="utf-8", errors="replace")
        self.output.unlink(missing_ok=True)
        return self._code, text

    def kill(self) -> None:
        """End it, where it has not ended."""
        if self._code is None:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


def start_edition(language: str, site: Path, book: Book, options: dict[str, bool]) -> OtherEdition:
    """Start to build the edition in ``language`` of the site below ``site``, in a process of its own.

    Parameters
    ----------
    options : those of :func:`build_edition`.
    """
    handle, name = tempfile.mkstemp(prefix=f"edition-{language}-", suffix=".txt")
    output = edition_folder(site, language, book)
    if kernels.can_fork() and threading.active_count() == 1:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # what is not written yet would be written twice
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(writing)
            _become_edition(reading, handle, book, language, output, options)
        os.close(reading)
        os.close(handle)
        return OtherEdition(language, Path(name), os.fdopen(writing, "w", encoding="utf-8"), pid)
    chosen = [option for option, wanted in options.items() if wanted]
    command = [sys.executable, "-m", __name__, str(book.root), language, str(output), *chosen]
    with os.fdopen(handle, "w") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=os.environ | {EDITION_VARIABLE: language, "PYTHONUTF8": "1"},
        )
    assert process.stdin is not None
    return OtherEdition(language, Path(name), process.stdin, process.pid, process)


def build_edition(book: Book, language: str, output: Path, *, strict: bool, keep_going: bool, nitpicky: bool) -> int:
    """Build the edition in ``language`` into ``output``; return the exit code of Sphinx."""
    from jupyter_book.sphinx import build_sphinx

    folder = output.parents[1] / language
    merged = merge_settings(book.config, book.config_of(language))
    write_text_whole(folder / "_config.yml", yaml.safe_dump(merged, allow_unicode=True))
    write_text_whole(folder / "_toc.yml", edition_contents(book, language))
    result = build_sphinx(
        book.root,
        output,
        noconfig=True,
        path_config=folder / "_config.yml",
        confoverrides={
            "external_toc_path": str(folder / "_toc.yml"),
            "nitpicky": nitpicky,
            "latex_individualpages": False,  # jb sets it, whatever it builds
        },
        doctreedir=folder / ".doctrees",
        warningiserror=strict,
        keep_going=keep_going,
    )
    return result if isinstance(result, int) else 1


def edition_contents(book: Book, language: str) -> str:
    """Return the table of contents in ``language``: the same pages in the same order, under translated captions.

    Raises
    ------
    DataError : a caption that has no translation.
    """
    captions = {caption: translate_phrase(caption, language, book) for caption in captions_of(book)}
    return contents_text(language, captions, book)


def merge_settings(base: object, changes: object) -> Any:
    """Return settings with changes put in, mapping by mapping.

    Examples
    --------
    >>> merge_settings({"sphinx": {"language": "en", "numfig": True}}, {"sphinx": {"language": "id"}})
    {'sphinx': {'language': 'id', 'numfig': True}}
    """
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: merge_settings(base.get(key), change) for key, change in changes.items()}


def language_of(docname: str, book: Book) -> str:
    """Return the language whose folder of chapters holds a document; the first where none does."""
    parts = docname.split("/")
    return parts[1] if parts[0] == CHAPTERS and len(parts) > 2 and parts[1] in book.languages else book.first_language


def _become_edition(
    reading: int, output: int, book: Book, language: str, folder: Path, options: dict[str, bool]
) -> None:
    """Be the process of another edition from here on; this does not return."""
    code = 1
    try:
        os.dup2(reading, 0)
        for stream in (1, 2):
            os.dup2(output, stream)
        sys.stdin = os.fdopen(0, encoding="utf-8")
        sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", buffering=1)
        os.environ[EDITION_VARIABLE] = language
        _forget_registered_names()
        code = _run_edition(book.root, language, folder, options)
    except SystemExit as ended:  # which has said why
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
        os._exit(code)  # without taking a whole environment apart, which takes as long as reading it


def _forget_registered_names() -> None:
    """Take back what Sphinx registered with docutils in the process that was forked: it registers it again."""
    from docutils.parsers.rst import directives, roles
    from sphinx.util import docutils

    directives._directives.clear()  # type: ignore[attr-defined]
    roles._roles.clear()  # type: ignore[attr-defined]
    for node in list(docutils.additional_nodes):
        docutils.unregister_node(node)
    docutils.additional_nodes.clear()


def _run_edition(root: Path, language: str, output: Path, options: dict[str, bool]) -> int:
    global told
    told = termination.end_with_pipe(sys.stdin)
    termination.end_cleanly()
    book = Book(root)
    use_book(book)
    return build_edition(book, language, output, **options)


def wait_for_data() -> None:
    """Wait until the first edition has found the data right; where it has not, it ends this process."""
    told.wait()


#: Set in the process of another edition once the data was found right.
told = threading.Event()


def main() -> int:
    """Build as :func:`start_edition` asks for it; return the exit code."""
    root, language, output, *wanted = sys.argv[1:]
    options = {name: name in wanted for name in ("strict", "keep_going", "nitpicky")}
    return _run_edition(Path(root), language, Path(output), options)


if __name__ == "__main__":
    sys.modules["checkable_book.sphinx_ext.multilingual"] = sys.modules["__main__"]
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
