"""Where things are in the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
#: Where the authors' exports of the review go, if they have them here.
EXPORTS = DATA / "review"
CHAPTERS = ROOT / "chapters"
REFERENCES = ROOT / "tests" / "reference"
