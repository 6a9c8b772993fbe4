"""The project's own papers: each says what the data and the set-up say."""

import re
import subprocess
import sys

from cffconvert import Citation

from smartcity_review import dictionary, edition
from smartcity_review.paths import ROOT


def test_the_data_dictionary_is_in_step() -> None:
    assert dictionary.README.read_text(encoding="utf-8") == dictionary.text()


def test_the_citation_is_valid_and_in_step() -> None:
    text = edition.CITATION.read_text(encoding="utf-8")
    Citation(text).validate()
    assert text == edition.citation()


def test_requirements_pin_everything_exactly() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line.partition(";")[0].strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert wanted[-1] == "-e ."
    assert all(re.fullmatch(r"[\w.\[\],-]+==[\w.+]+", line) for line in wanted[:-1])


def test_the_readme_names_the_folders_that_there_are() -> None:
    rows = re.findall(r"^\| (`.+`) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"`([^`]+)`", " ".join(rows))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_code_is_formatted_linted_and_typed() -> None:
    for command in (["ruff", "format", "--check", "-q"], ["ruff", "check", "-q"], ["mypy", "--no-error-summary"]):
        result = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
