"""What a check gives, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Result:
    """What a check gives.

    Parameters
    ----------
    examined : how much it examined, in words.
    faults : what it found wrong, a line each.
    left_out : what it did not look at, a line each.
    count : how many things it looked at; a check that looked at nothing has not passed.
    """

    examined: str
    faults: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    count: int = 1


@dataclass(frozen=True)
class Outcome:
    """What one check found: its name, what it examined, its faults, what it left out and how long it took.

    Examples
    --------
    >>> Outcome("rules", "14 rules", [], [], 0.1).passed
    True
    """

    check: str
    examined: str
    faults: list[str]
    left_out: list[str]
    seconds: float
    count: int = 1

    @property
    def passed(self) -> bool:
        """Whether the check looked at something and found nothing wrong."""
        return not self.faults and self.count > 0

    @property
    def status(self) -> str:
        """The outcome in a word: passed, FAILED, or nothing (to look at)."""
        return "FAILED" if self.faults else "passed" if self.count else "nothing"
