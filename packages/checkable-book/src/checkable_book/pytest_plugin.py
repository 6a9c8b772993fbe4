"""A plug-in of pytest: ``pytest --checkable-book`` runs the quick verification, a test a check.

Without the option it does nothing; what it needs is imported only with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checkable_book.verify.outcomes import Outcome


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("checkable-book")
    group.addoption(
        "--checkable-book", action="store_true", help="run the quick verification of the book, a test a check"
    )
    group.addoption(
        "--checkable-book-folder", default=".", help="the folder of the book; the working directory by default"
    )


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test a check."""
    if config.getoption("--checkable-book"):
        checks = _Checks.from_parent(session, name="checkable-book", path=config.rootpath)
        items.extend(checks.collect())


class VerificationError(Exception):
    """A check found faults; the message is one line a fault."""


class _Checks(pytest.Collector):
    """The checks of the book around the folder that pytest runs in."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.outcomes: dict[str, Outcome] = {}

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test a check; they run here, since the later ones use what the first have read."""
        for outcome in _run_quick_checks(Path(self.config.getoption("--checkable-book-folder")).resolve()):
            self.outcomes[outcome.check] = outcome
            yield _Check.from_parent(self, name=outcome.check)


class _Check(pytest.Item):
    """A check as a test."""

    def runtest(self) -> None:
        """Fail where the check found faults."""
        outcome = self.parent.outcomes[self.name]  # type: ignore[union-attr]
        if outcome.faults:
            raise VerificationError("\n".join(outcome.faults))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the faults alone, without a traceback."""
        return str(excinfo.value) if excinfo.errisinstance(VerificationError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the test is, and its name."""
        return self.path, None, f"checkable-book: {self.name}"


def _run_quick_checks(folder: Path) -> list[Outcome]:
    from checkable_book.adoption.book import adopted_book, own_book
    from checkable_book.errors import DataError

    try:
        with chdir(folder):
            if adopted := adopted_book(folder):
                from checkable_book.adoption.checks import run_checks

                return list(run_checks(adopted, quick=True))
            from checkable_book.verify import checks

            return list(checks.run_checks(quick=True, book=own_book(folder)))
    except (DataError, OSError) as error:
        raise pytest.UsageError(f"--checkable-book: {error}") from None
