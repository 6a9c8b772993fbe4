"""What must hold for this book: it says what its data says, and its outputs are those that were kept."""

import pytest

from checkable_book.verify import checks, reference_notebooks


def test_references_hold_the_cells_of_their_chapters_all_executed() -> None:
    """``checkable-book refresh`` writes the references after a change that is meant."""
    assert reference_notebooks.outdated_references() == []


@pytest.mark.parametrize("check", checks.QUICK)
def test_quick_verification_passes(check: str) -> None:
    """Run one check of the quick verification."""
    [outcome] = checks.run_checks(quick=True, skip=tuple(name for name in checks.QUICK if name != check))
    assert outcome.faults == []
