"""The guide to running a review says what happens: its commands are run, and its output compared."""

import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from systematic_review import records
from systematic_review.__main__ import main

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "running-a-review.md"


def copied(arguments: list[str]) -> None:
    """Do what ``cp`` does, without another process."""
    *_, source, into = arguments
    if source.endswith("/."):
        shutil.copytree(source, into, dirs_exist_ok=True)
    else:
        shutil.copy(source, into)


def test_the_guide_s_commands_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["example", "example"]) == 0
    text = GUIDE.read_text(encoding="utf-8")
    said = ""
    kept: dict[str, Path] = {}
    for kind, block in re.findall(r"```(sh|text)\n(.*?)```", text, re.DOTALL):
        if kind == "text":
            for line in block.splitlines():
                assert line in said.splitlines(), line
            continue
        capsys.readouterr()
        for line in block.splitlines():
            program, *arguments = shlex.split(line)
            if program == "cp":
                copied(arguments)
            else:
                assert main(arguments) == 0, line
        said = capsys.readouterr().out
        if "decisions" in block:
            kept["screened"] = shutil.copytree("my-review/results", tmp_path / "screened")
    agreed = records.read_cells(kept["screened"] / "agreement.csv").query("criterion == 'decision'")
    for stage, row in zip(("title and abstract", "full text"), agreed.to_dict("records"), strict=True):
        assert f"| {stage} | {row['records']} | {row['agreed']} | {float(row['kappa']):.2f} |" in text
    drawn = BeautifulSoup((kept["screened"] / "flow.en.svg").read_text(encoding="utf-8"), "html.parser").svg
    flow = " ".join(drawn.get_text(" ").split())  # a line of a box is an element of its own
    for told in (
        "Citation searching (n = 3)",
        "A register of trials (n = 2)",
        "No findings of its own (n = 2)",
        "2 of the reports await",
    ):
        assert told in flow
    assert "With 6 studies of the previous version" in Path("my-review/results/flow.en.svg").read_text(encoding="utf-8")
    assert len(pd.read_csv(kept["screened"] / "orphaned-decisions.csv")) == 0
