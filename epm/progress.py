"""Say what is going on: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console


class Meter(Protocol):
    """Counts the work inside one task."""

    def advance(self, units: int = 1, tokens: int = 0, loss: float | None = None) -> None:
        """Report units of work done, tokens processed and the latest loss."""


class Progress(Protocol):
    """Told by the runner and the stages what happens."""

    def say(self, line: str) -> None:
        """One line worth reading."""

    def task(self, title: str, unit: str, total: int) -> AbstractContextManager[Meter]:
        """Enter a piece of work of `total` units; leave it when the block ends."""

    def finished(self) -> None:
        """One more task of the run is done, or was before."""


class PlainProgress:
    """A line when a task begins and one when it ends; for logs."""

    def __init__(self, console: Console) -> None:
        """Print to a console."""
        self._console = console

    def say(self, line: str) -> None:
        """Print the line."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, title: str, unit: str, total: int) -> Iterator[Meter]:
        """Print the title, and how it went."""
        self.say(f"{title}: {total} {unit} to go")
        count = _Counter()
        started = time.monotonic()
        yield count
        seconds = time.monotonic() - started
        self.say(f"{title}: {count.units} {unit} in {seconds:.1f} s{count.summary(seconds)}")

    def finished(self) -> None:
        """Nothing: the lines say it."""


class _Counter:
    def __init__(self) -> None:
        self.units = 0
        self.tokens = 0
        self.loss: float | None = None

    def advance(self, units: int = 1, tokens: int = 0, loss: float | None = None) -> None:
        self.units += units
        self.tokens += tokens
        self.loss = self.loss if loss is None else loss

    def summary(self, seconds: float) -> str:
        parts = []
        if self.loss is not None:
            parts.append(f"loss {self.loss:.3f}")
        if self.tokens and seconds > 0:
            parts.append(f"{self.tokens / seconds:.0f} tokens/s")
        return "".join(f", {part}" for part in parts)


class RichProgress:
    """Two bars: the whole run, and the task at hand with its loss and speed."""

    def __init__(self, console: Console, tasks: int) -> None:
        """Draw on a console; `tasks` is the number of tasks of the whole run."""
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}", markup=False),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._whole = self._bars.add_task("the whole run", total=tasks, unit="tasks", note="")

    def __enter__(self) -> RichProgress:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop drawing, also when interrupted."""
        self._bars.stop()

    def say(self, line: str) -> None:
        """Print the line above the bars."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def task(self, title: str, unit: str, total: int) -> Iterator[Meter]:
        """Show a bar for the task."""
        bar = self._bars.add_task(title, total=total, unit=unit, note="")
        count = _Counter()
        started = time.monotonic()
        bars = self._bars

        class _Bar:
            def advance(self, units: int = 1, tokens: int = 0, loss: float | None = None) -> None:
                count.advance(units, tokens, loss)
                note = count.summary(time.monotonic() - started).removeprefix(", ")
                bars.update(bar, advance=units, note=note)

        try:
            yield _Bar()
        finally:
            bars.remove_task(bar)
        seconds = time.monotonic() - started
        self.say(f"✓ {title}: {count.units} {unit} in {seconds:.1f} s{count.summary(seconds)}")

    def finished(self) -> None:
        """Move the bar of the whole run."""
        self._bars.advance(self._whole)
