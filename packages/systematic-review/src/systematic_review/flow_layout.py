"""Boxes of text for a flow diagram: how wide a text is, where it breaks, how high its box is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: The height of a line, in the units of the picture.
LINE = 16
_MARGIN = 10
# Widths in thousandths of the size of the type, of the widest of the usual sans-serif faces.
_NARROW = dict.fromkeys("ijl'|", 285) | dict.fromkeys(".,:;!()[] ", 400) | dict.fromkeys("frt/-", 415)
_WIDE = {"m": 980, "w": 830, "M": 870, "W": 995, "@": 1000, "%": 955, "—": 1000}
_CAPITAL, _OTHER, _FULL = 780, 640, 1100


def text_width(text: str, size: float = 13, *, bold: bool = False) -> float:
    """Return how wide ``text`` is at most in a usual sans-serif face.

    Examples
    --------
    >>> text_width("Records screened") < 206 < text_width("Records identified from databases")
    True
    """
    thousandths = sum(
        _NARROW.get(sign)
        or _WIDE.get(sign)
        or (_FULL if ord(sign) > 0x2E7F else _CAPITAL if sign.isupper() else _OTHER)
        for sign in text
    )
    return thousandths * size / 1000 * (1.1 if bold else 1)


def wrap_text(text: str, room: float, size: float = 13) -> list[str]:
    """Return the lines that ``text`` is broken into so that none is wider than ``room``, between words if it can be.

    Examples
    --------
    >>> wrap_text("Records identified from databases", 130)
    ['Records identified', 'from databases']
    """
    lines: list[str] = []
    held = ""
    for word in text.split():
        longer = f"{held} {word}".strip()
        if text_width(longer, size) <= room:
            held = longer
            continue
        if held:
            lines.append(held)
        held = ""
        for sign in word:  # a word that is wider than the room is broken where it has to be
            if held and text_width(held + sign, size) > room:
                lines.append(held)
                held = ""
            held += sign
    return [*lines, held] if held else lines or [""]


@dataclass(frozen=True)
class TextLine:
    """One line in a box: its ``text``, the ``number`` in bold behind it, and what that counts (``name``).

    Examples
    --------
    >>> TextLine("Records screened ", "(n = 4)", "screened").number
    '(n = 4)'
    """

    text: str
    number: str = ""
    name: str = ""
    indent: float = 0


@dataclass(frozen=True)
class Entry:
    """What a box says of one thing: words, how many there are (nothing for a heading), and what is counted (``name``).

    Examples
    --------
    >>> Entry("Records screened", "4", "screened").indent
    0
    """

    text: str
    count: str = ""
    name: str = ""
    indent: float = 0


def break_entry(entry: Entry, room: float) -> list[TextLine]:
    """Return the lines of an entry, the count never apart from the last word before it.

    Examples
    --------
    >>> [(line.text, line.number) for line in break_entry(Entry("Reports sought for retrieval", "4", "sought"), 150)]
    [('Reports sought for', ''), ('retrieval ', '(n = 4)')]
    """
    room -= entry.indent
    if not entry.count:
        return [TextLine(line, indent=entry.indent) for line in wrap_text(entry.text, room)]
    number = f"(n = {entry.count})"
    before, _, last = entry.text.strip().rpartition(" ")
    glued = text_width(f"{last} ") + text_width(number, bold=True)
    if glued > room:  # a word that leaves no room beside it
        lines = [*wrap_text(entry.text, room), ""]
    else:
        lines = [line for line in wrap_text(before, room) if line]
        if lines and text_width(f"{lines[-1]} ") + glued <= room:
            lines[-1] = f"{lines[-1]} {last} "
        else:
            lines.append(f"{last} ")
    ends = [TextLine(line, indent=entry.indent) for line in lines[:-1]]
    return [*ends, TextLine(lines[-1], number, entry.name, entry.indent)]


@dataclass
class Box:
    """A box with lines of text; ``y`` and ``height`` follow from the layout.

    Examples
    --------
    >>> standing = Box(x=10, width=200, lines=[TextLine("Records screened ", "(n = 4)", "screened")])
    >>> standing.needed_height, standing.middle
    (40, 110.0)
    """

    x: float
    width: float
    lines: list[TextLine]
    y: float = 0
    height: float = 0

    @property
    def needed_height(self) -> float:
        """How high the box has to be for its lines."""
        return LINE * len(self.lines) + 24

    @property
    def middle(self) -> float:
        """Where its middle is, from left to right."""
        return self.x + self.width / 2


def make_box(x: float, room: float, entries: Iterable[Entry]) -> Box:
    """Return a box with what it says, wrapped to its ``room``.

    Examples
    --------
    >>> [line.text for line in make_box(0, 260, [Entry("Records screened", "4", "screened")]).lines]
    ['Records screened ']
    """
    lines = [line for entry in entries for line in break_entry(entry, room - 2 * _MARGIN)]
    return Box(x, room, lines)


@dataclass(frozen=True)
class Phase:
    """The name of a phase, written from below to above beside its rows.

    Examples
    --------
    >>> Phase("Screening", y=20, height=80).height
    80
    """

    name: str
    y: float
    height: float


def lay_out_rows(
    rows: Sequence[Sequence[Box]], phases: Sequence[tuple[str, int]], top: float, gap: float = 34.0
) -> tuple[list[Phase], float]:
    """Give rows of boxes their places and heights; return the phases beside them, and where the picture ends.

    Parameters
    ----------
    rows : boxes side by side, from above to below.
    phases : names with how many rows each has.
    top : where the first row begins.
    gap : the room between rows; a row may be without a box.

    Examples
    --------
    >>> rows = [[Box(0, 200, [TextLine("Records screened")])], [Box(0, 200, [TextLine("Studies included")])]]
    >>> phases, end = lay_out_rows(rows, [("Screening", 1), ("Included", 1)], top=10)
    >>> [phase.name for phase in phases], rows[1][0].y > rows[0][0].y
    (['Screening', 'Included'], True)
    """
    heights = [max((box.needed_height for box in row), default=0) for row in rows]
    told: list[Phase] = []
    place, y = 0, top
    for name, count in phases:
        taken = sum(heights[place : place + count]) + gap * (count - 1)
        # A name that is longer than its rows are high would be cut: the last of them grows.
        if (short := text_width(name) + 16 - taken) > 0 and name:
            heights[place + count - 1] += float(int(short) + 1)
            taken += float(int(short) + 1)
        told.append(Phase(name, y, taken))
        y += taken + gap
        place += count
    y = top
    for row, height in zip(rows, heights, strict=True):
        for one in row:
            one.y, one.height = y, one.needed_height
        y += height + gap
    return told, y - gap
