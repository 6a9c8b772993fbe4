"""What the tests share."""

import shutil
from pathlib import Path

import pytest

from smartcity_review import kernels
from smartcity_review.paths import DATA

kernels.announce()  # nbval starts its kernels by name


@pytest.fixture
def data_copy(tmp_path: Path) -> Path:
    """Return a copy of the data that a test may spoil."""
    return shutil.copytree(DATA, tmp_path / "data")
