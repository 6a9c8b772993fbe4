"""The languages of the book: where each edition is, and how the second one is built.

Sphinx speaks one language a run. ``jb build .`` builds the English edition into
``_build/html``; its extension starts this module meanwhile, in a process of its
own, which builds the Indonesian edition into ``_build/html/id`` with the same
settings, ``_config.yml``, changed where ``_config.id.yml`` says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from smartcity_review.paths import ROOT

#: The languages, by code, with their own names; the first is the one that ``jb build`` is asked for.
NAMES = {"en": "English", "id": "Bahasa Indonesia"}

_BUILD = ROOT / "_build"


def edition(site: Path, language: str) -> Path:
    """Return the folder of the edition in ``language`` of the site below ``site``."""
    return site if language == next(iter(NAMES)) else site / language


def chapters(site: Path, language: str) -> Path:
    """Return the folder with the built chapters in ``language``."""
    return edition(site, language) / "chapters" / language


def pages(site: Path) -> list[Path]:
    """Return the built chapters in every language."""
    return [page for language in NAMES for page in sorted(chapters(site, language).glob("*.html"))]


def start(language: str, site: Path, **options: bool) -> subprocess.Popen[str]:
    """Start to build the edition in ``language`` of the site below ``site``, in a process of its own.

    ``options`` are those of :func:`build`; what the process says is in its output.
    """
    chosen = [name for name, wanted in options.items() if wanted]
    command = [sys.executable, "-m", __name__, language, str(edition(site, language)), *chosen]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def build(language: str, outdir: Path, *, strict: bool, keep_going: bool, nitpicky: bool) -> int:
    """Build the edition in ``language`` into ``outdir``; return the exit code of Sphinx."""
    from jupyter_book.sphinx import build_sphinx

    made = _BUILD / language
    made.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    changes = yaml.safe_load((ROOT / f"_config.{language}.yml").read_text(encoding="utf-8"))
    _write(made / "_config.yml", yaml.safe_dump(_merged(config, changes), allow_unicode=True))
    # The same chapters in the same order.
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace("chapters/en/", f"chapters/{language}/")
    _write(made / "_toc.yml", contents)
    result = build_sphinx(
        ROOT,
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
    # MyST-NB writes its notebooks beside the folder of the pages, which here is the site.
    shutil.rmtree(outdir.parent / "jupyter_execute", ignore_errors=True)
    return result if isinstance(result, int) else 1


def _merged(base: object, changes: object) -> object:
    """Return ``base`` with ``changes`` put in, mapping by mapping."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: _merged(base.get(key), change) for key, change in changes.items()}


def _write(path: Path, text: str) -> None:
    """Write only what differs, so that Sphinx sees an old file where nothing changed."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asked_for, folder, *wanted = sys.argv[1:]
    options = {name: name in wanted for name in ("strict", "keep_going", "nitpicky")}
    sys.exit(build(asked_for, Path(folder), **options))
