"""The languages of a book: where each edition is, and how those after the first are built.

Sphinx speaks one language a run. ``jb build .`` builds the first edition into
``_build/html``; the extension :mod:`editions` starts this module meanwhile, in a process of its
own, which builds the edition in another language into ``_build/html/LANGUAGE``
with the same settings, ``_config.yml``, changed where ``_config.LANGUAGE.yml``
says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from checkable_book import project
from checkable_book.render import i18n

#: The folder of the built site, below ``_build``.
SITE = "html"
#: The environment variable that names the language to a process that builds one of the other editions.
EDITION_VARIABLE = "CHECKABLE_BOOK_EDITION"
#: The environment variable that names the run to all processes that build an edition in it.
RUN_VARIABLE = "CHECKABLE_BOOK_RUN"


def first() -> str:
    """Return the language that ``jb build`` is asked for.

    Examples
    --------
    >>> first() == project.languages()[0]
    True
    """
    return project.languages()[0]


def edition(site: Path, language: str) -> Path:
    """Return the folder of the edition in ``language`` of the site below ``site``.

    Examples
    --------
    >>> edition(Path("html"), first()).as_posix()
    'html'
    """
    return site if language == first() else site / language


def chapters(site: Path, language: str) -> Path:
    """Return the folder with the built chapters in ``language``.

    Examples
    --------
    >>> chapters(Path("html"), first()).parent.as_posix()
    'html/chapters'
    """
    return edition(site, language) / "chapters" / language


def pages(site: Path) -> list[Path]:
    """Return the built chapters in every language.

    Examples
    --------
    >>> pages(Path("no site"))
    []
    """
    return [page for language in project.languages() for page in sorted(chapters(site, language).glob("*.html"))]


def start(language: str, site: Path, **options: bool) -> subprocess.Popen[str]:
    """Start to build the edition in ``language`` of the site below ``site``, in a process of its own.

    ``options`` are those of :func:`build`; what the process says is in its output.
    """
    chosen = [name for name, wanted in options.items() if wanted]
    command = [sys.executable, "-m", __name__, str(project.root()), language, str(edition(site, language)), *chosen]
    environment = os.environ | {EDITION_VARIABLE: language}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def build(language: str, outdir: Path, *, strict: bool, keep_going: bool, nitpicky: bool) -> int:
    """Build the edition in ``language`` into ``outdir``; return the exit code of Sphinx."""
    from jupyter_book.sphinx import build_sphinx

    root = project.root()
    made = outdir.parents[1] / language
    made.mkdir(parents=True, exist_ok=True)
    _write(
        made / "_config.yml", yaml.safe_dump(_merged(project.config(), project.config(language)), allow_unicode=True)
    )
    _write(made / "_toc.yml", contents(language))
    result = build_sphinx(
        root,
        outdir,
        noconfig=True,
        path_config=made / "_config.yml",
        confoverrides={
            "external_toc_path": str(made / "_toc.yml"),
            "nitpicky": nitpicky,
            "latex_individualpages": False,  # jb sets it, whatever it builds
        },
        doctreedir=made / ".doctrees",
        warningiserror=strict,
        keep_going=keep_going,
    )
    return result if isinstance(result, int) else 1


def contents(language: str) -> str:
    """Return the table of contents in ``language``: the same chapters in the same order, under translated captions.

    Examples
    --------
    >>> yaml.safe_load(contents(first()))["root"] == f"chapters/{first()}/index"
    True
    """
    written = (project.root() / "_toc.yml").read_text(encoding="utf-8")
    toc = yaml.safe_load(written.replace(f"chapters/{first()}/", f"chapters/{language}/"))
    for part in toc.get("parts", []):
        if "caption" in part:
            part["caption"] = i18n.translated(part["caption"], language)
    return yaml.safe_dump(toc, allow_unicode=True, sort_keys=False)


def _merged(base: object, changes: object) -> object:
    """Return ``base`` with ``changes`` put in, mapping by mapping."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: _merged(base.get(key), change) for key, change in changes.items()}


def _write(path: Path, text: str) -> None:
    """Write only what differs, so that Sphinx sees an old file where nothing changed."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Build as :func:`start` asks for it; return the exit code."""
    book, language, outdir, *wanted = sys.argv[1:]
    project.use(Path(book))
    options = {name: name in wanted for name in ("strict", "keep_going", "nitpicky")}
    return build(language, Path(outdir), **options)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # without taking a whole environment apart, which takes as long as reading it
