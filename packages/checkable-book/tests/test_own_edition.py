"""The guide to an edition of one's own: its commands, run one after the other as they stand there."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from small_book import BIN, SRC, Run, environment, run

GUIDE = SRC.parent / "docs" / "chapters" / "en" / "tutorial.md"
BLOCK = re.compile(r"(?:<!-- fails: (?P<told>[^\n]*) -->\n)?```sh\n(?P<commands>.*?)```", re.DOTALL)


def typed(command: str, folder: Path) -> Run:
    """Run a line of the guide as a shell does, our own programs by name as forks of a warm process."""
    if command.startswith(("jb ", "checkable-book ")):
        return run(folder, *shlex.split(command))
    named = environment() | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euc", command], cwd=folder, env=named, capture_output=True, text=True)
    return Run(done.returncode, done.stdout + done.stderr)


def test_the_commands_of_the_guide_do_what_it_says(tmp_path: Path) -> None:
    blocks = list(BLOCK.finditer(GUIDE.read_text(encoding="utf-8")))
    assert len(blocks) >= 7
    folder = tmp_path
    for block in blocks:
        for command in block["commands"].splitlines():
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                continue
            done = typed(command, folder)
            if block["told"] and command.startswith("jb"):
                assert done.code != 0, command
                assert block["told"] in done.said, done.said
                assert "Traceback" not in done.said
            else:
                assert done.code == 0, f"{command}\n{done.said}"
    assert "https://example.org/my-edition/chapters/en/index.html" in (
        folder / "_build" / "html" / "sitemap.xml"
    ).read_text(encoding="utf-8")
    findings = (folder / "_build" / "html" / "chapters" / "en" / "findings.html").read_text(encoding="utf-8")
    assert "323,485" in findings


def test_the_guide_names_helpers_that_exist() -> None:
    from checkable_book.render import book_tables, chart, values

    text = GUIDE.read_text(encoding="utf-8")
    helpers = {"values": values, "book_tables": book_tables, "chart": chart}
    named = re.findall(r"`(values|book_tables|chart)\.(\w+)\(", text)
    assert len(named) >= 4
    for module, name in named:
        assert callable(getattr(helpers[module], name))
