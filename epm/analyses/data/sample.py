"""The scored answers of one condition, or of part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from epm.analyses.data.cells import Cells, Over
from epm.analyses.data.frame import Frame
from epm.analyses.data.reported import ReportedEstimate, summarised
from epm.analyses.inference.uncertainty import Ends, Uncertainty, of_mean, of_reported
from epm.definition.analysis import Outcome


@dataclass(frozen=True)
class Sample:
    """What is known of one condition, or of one task or run of it."""

    rows: pd.DataFrame
    """As from `Frame.rows`."""
    reported: pd.DataFrame
    """As from `Frame.reported`; it stands in where there are no rows."""
    lost: pd.DataFrame
    """As from `Frame.lost`."""
    over: Over
    scale: Ends
    """Ends of the metric's scale, as it is recorded."""
    planned: dict[str, int | None]
    """Items that were to be asked, by task."""

    @classmethod
    def of(cls, frame: Frame, outcome: Outcome, condition: str, over: Over) -> Sample | None:
        """What a condition has of an outcome; None where it has no score."""
        rows = frame.rows(outcome, [condition])
        reported = frame.reported(outcome, [condition])
        if not len(rows) and not len(reported):
            return None
        planned = {
            task: len(frame.tasks[task].items) or None
            for task in frame.tasks_of(condition, outcome)
        }
        lost = frame.lost(outcome, [condition])
        return cls(rows, reported, lost, over, frame.recorded_ends(outcome), planned)

    def by(self, column: str) -> Iterator[tuple[str, Sample]]:
        """Its parts that have scores, by task or seed."""
        for value in dict.fromkeys([*self.rows[column], *self.reported[column]]):
            yield str(value), self._where(column, [value])

    def on(self, tasks: Sequence[str]) -> Sample:
        """Its part on some tasks."""
        return self if set(self.tasks) <= set(tasks) else self._where("task", tasks)

    def _where(self, column: str, values: Sequence[str]) -> Sample:
        rows, reported, lost = (
            each[each[column].isin(values)] for each in (self.rows, self.reported, self.lost)
        )
        by_task = column == "task"
        planned = {t: n for t, n in self.planned.items() if not by_task or t in values}
        return Sample(rows, reported, lost, self.over, self.scale, planned)

    @cached_property
    def counted(self) -> bool:
        """Whether it has rows, all of yes-or-no scores."""
        return len(self.rows) > 0 and bool(self.rows["counted"].all())

    @cached_property
    def yes_or_no(self) -> bool:
        """Whether every score is 0 or 1, also of a metric that gives scores between them elsewhere.

        On that scale a sum of scores is the sum of their squares only if each is 0 or 1.
        """
        if self.counted or self.scale != (0.0, 1.0) or not len(self.rows):
            return self.counted
        return bool((self.rows["squares"] == self.rows["total"]).all())

    @property
    def ends(self) -> Ends:
        """Of the scale: 0 and 1 of yes-or-no scores."""
        return (0.0, 1.0) if self.counted else self.scale

    @cached_property
    def tasks(self) -> list[str]:
        """Tasks that it has scores on."""
        return list(dict.fromkeys([*self.rows["task"], *self.reported["task"]]))

    @cached_property
    def cells(self) -> Cells:
        """The cells of its rows."""
        return Cells.of(self.rows, self.over)

    @cached_property
    def summary(self) -> ReportedEstimate:
        """Of what is reported of it."""
        return summarised(self.reported, self.ends)

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Of its mean."""
        if len(self.rows):
            return of_mean(self.cells, self.ends)
        return of_reported(self.summary, self.ends)
