"""The project's own papers: each says what the data and the set-up say."""

import re
import subprocess
import sys

import pytest
import yaml
from jsonschema import validate

from checkable_book.book import current_book
from checkable_book.render import book_metadata
from checkable_book.verify import data_dictionary

#: What the Citation File Format 1.2.0 asks of the keys that are used here.
CITATION_FILE = {
    "type": "object",
    "required": ["cff-version", "message", "title", "authors"],
    "properties": {
        "cff-version": {"const": "1.2.0"},
        "message": {"type": "string", "minLength": 1},
        "type": {"enum": ["software", "dataset"]},
        "authors": {"type": "array", "minItems": 1, "items": {"required": ["name"]}},
        "date-released": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "license": {"type": "array", "items": {"enum": ["MIT", "CC-BY-4.0"]}},
        "references": {
            "type": "array",
            "items": {
                "required": ["type", "title", "authors"],
                "properties": {"doi": {"type": "string", "pattern": r"^10\.\d{4,9}/\S+$"}, "year": {"type": "integer"}},
            },
        },
    },
}


def test_the_data_dictionary_is_in_step() -> None:
    assert data_dictionary.dictionary_path().read_text(encoding="utf-8") == data_dictionary.dictionary_text()


def test_the_citation_is_valid_and_in_step() -> None:
    text = book_metadata.citation_path().read_text(encoding="utf-8")
    validate(yaml.safe_load(text), CITATION_FILE)
    assert text == book_metadata.citation()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_pin_everything_exactly(name: str) -> None:
    lines = (current_book().root / name).read_text(encoding="utf-8").splitlines()
    wanted = [line.partition(";")[0].strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    own = ["-e packages/checkable-book", "-e packages/systematic-review", "-e ."]
    pinned = wanted[: -len(own)] if name == "requirements.txt" else wanted
    assert (wanted[-len(own) :] == own) == (name == "requirements.txt")
    assert all(re.fullmatch(r"[\w.\[\],-]+==[\w.+]+", line) for line in pinned)


def test_the_readme_names_the_folders_that_there_are() -> None:
    rows = re.findall(r"^\| (`.+`) \|", (current_book().root / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"`([^`]+)`", " ".join(rows))
    assert named
    assert [name for name in named if not (current_book().root / name).exists()] == []
    root = current_book().root
    guides = {path.relative_to(root).as_posix() for path in root.glob("packages/*/docs/*.md")}
    assert guides <= set(named)


def test_the_code_is_formatted_linted_and_typed() -> None:
    for command in (["ruff", "format", "--check", "-q"], ["ruff", "check", "-q"], ["mypy", "--no-error-summary"]):
        result = subprocess.run(
            [sys.executable, "-m", *command], cwd=current_book().root, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
