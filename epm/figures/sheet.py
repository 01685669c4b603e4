"""What every figure has around its axes: title, subtitle and legend above, the note below.

Lengths are in inches, from the left and from the bottom of the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from epm.figures.style import DPI, GREY, INK, NOTE, SMALL, TEXT, TITLE, WIDTH
from epm.figures.words import fit, height, width, wrap

EDGE = 0.14
"""Left free on all sides."""
ROOM = WIDTH - 2 * EDGE
"""Width of what stands between."""
HANDLE, PAD, GAP = 1.9, 0.5, 1.6
"""Of the legend, in sizes of its type: the sign, the blank after it, the blank between entries."""
NOTE_LINES = 4


@dataclass(frozen=True)
class Entry:
    """One sign of the legend, and what it stands for."""

    sign: Artist
    label: str

    @property
    def lines(self) -> list[str]:
        """The label, broken where it would not fit."""
        return wrap(self.label, ROOM * 72 - (HANDLE + PAD) * SMALL, SMALL) or [""]

    @property
    def width(self) -> float:
        """In inches, with the blank after it."""
        text = max(width(line, SMALL) for line in self.lines)
        return (text + (HANDLE + PAD + GAP) * SMALL) / 72


class Sheet:
    """A figure with its words, and free room of the height asked for in the middle."""

    def __init__(
        self,
        title: str,
        subtitle: str,
        note: str,
        *,
        body: float,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Lay out the words; the title is made smaller before it takes a third line."""
        size, heading = _title(title)
        second = wrap(subtitle, ROOM * 72, TEXT)
        last = fit(note, ROOM * 72, NOTE, lines=NOTE_LINES)
        rows = _rows(entries)
        above = EDGE + height(len(heading), size) + height(len(second), TEXT)
        above += 0.05 * bool(heading and second) + 0.1
        legend = [0.05 + max(height(len(e.lines), SMALL) for e in row) for row in rows]
        below = EDGE + (height(len(last), NOTE) + 0.08 if last else 0)
        self.height = above + sum(legend) + 0.08 * bool(rows) + body + below
        self.bottom = below
        """Where the free room begins."""
        self.top = below + body
        """Where it ends."""
        self.figure = Figure(figsize=(WIDTH, self.height), dpi=DPI)
        FigureCanvasAgg(self.figure)
        at = self.height - EDGE
        self.text(EDGE, at, heading, size=size, weight="bold", va="top", gid="title")
        at -= height(len(heading), size) + 0.05 * bool(heading)
        self.text(EDGE, at, second, size=TEXT, color=GREY, va="top", gid="subtitle")
        at = self.height - above
        for row, tall in zip(rows, legend, strict=True):
            self._legend(row, at)
            at -= tall
        self.text(EDGE, EDGE, last, size=NOTE, color=GREY, va="bottom", gid="note")

    def text(self, x: float, y: float, lines: Sequence[str], **style: object) -> None:
        """Write lines at a place in inches; no lines write nothing."""
        if lines:
            style = {"color": INK, **style}
            where = (x / WIDTH, y / self.height)
            self.figure.text(*where, "\n".join(lines), **style)  # type: ignore[arg-type]

    def axes(self, left: float, right: float, bottom: float, top: float) -> Axes:
        """Axes between these places in inches."""
        box = (left, bottom, right - left, top - bottom)
        whole = (WIDTH, self.height, WIDTH, self.height)
        share = [length / of for length, of in zip(box, whole, strict=True)]
        return self.figure.add_axes((share[0], share[1], share[2], share[3]))

    def _legend(self, row: Sequence[Entry], top: float) -> None:
        legend = Legend(
            self.figure,
            [entry.sign for entry in row],
            ["\n".join(entry.lines) for entry in row],
            loc="upper left",
            bbox_to_anchor=(EDGE / WIDTH, top / self.height),
            ncols=len(row),
            borderpad=0,
            borderaxespad=0,
            handlelength=HANDLE,
            handletextpad=PAD,
            columnspacing=GAP,
            fontsize=SMALL,
            labelcolor=INK,
        )
        self.figure.legends.append(legend)
        legend.set_in_layout(True)


def _title(title: str) -> tuple[float, list[str]]:
    """The title's size and its lines: two at most, if it can be read at that size."""
    for size in (TITLE, TITLE - 1, TITLE - 2):
        lines = wrap(title, ROOM * 72, size, "bold")
        if len(lines) <= 2:
            break
    return size, lines


def _rows(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The legend's entries, as many in a row as fit."""
    rows: list[list[Entry]] = []
    used = 0.0
    for entry in entries:
        wide = entry.width
        if not rows or used + wide > ROOM + GAP * SMALL / 72:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += wide
    return rows


def nothing(title: str, subtitle: str, note: str, what: str) -> Figure:
    """A figure that says that there is nothing to show."""
    sheet = Sheet(title, subtitle, note, body=1.0)
    middle = (sheet.bottom + sheet.top) / 2
    sheet.text(WIDTH / 2, middle, [what], size=TEXT, color=GREY, ha="center", va="center")
    return sheet.figure
