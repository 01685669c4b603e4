"""The scored answers of a condition, or of part of it, and their mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose, sqrt

import pandas as pd

from epm.analyses.clusters import Over, cells, mean
from epm.analyses.frame import Frame
from epm.analyses.means.block import MeanScore
from epm.analyses.reported import summarised
from epm.analyses.score_intervals import BoundedMean
from epm.analyses.uncertainty import Ends, Uncertainty, of_mean
from epm.definition.analysis import Outcome
from epm.values import Unavailable

FEW_SCORES = 10
"""Different scores up to which it is told how often each was given."""


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
    ends: Ends
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
        return cls(rows, reported, lost, over, frame.ends(outcome, [condition]), planned)

    def by(self, column: str) -> Iterator[tuple[str, Sample]]:
        """Its parts that have scores, by task or seed."""
        for value in dict.fromkeys([*self.rows[column], *self.reported[column]]):
            rows, reported, lost = (
                each[each[column] == value] for each in (self.rows, self.reported, self.lost)
            )
            planned = {value: self.planned[value]} if column == "task" else self.planned
            yield str(value), Sample(rows, reported, lost, self.over, self.ends, planned)

    @property
    def cells(self) -> pd.DataFrame:
        """Its cells; see `epm.analyses.clusters.cells`."""
        return cells(self.rows, self.over)

    def score(self) -> tuple[MeanScore, Uncertainty]:
        """Its mean, and what is known of the mean's error."""
        if not len(self.rows):
            return self._reported()
        summed = self.cells
        uncertain = of_mean(summed, self.ends)
        known = bool((summed["item"] != "").all())
        asked = [count for count in self.planned.values() if count is not None]
        apart = sorted({*self.reported["task"]} - {*self.rows["task"]})
        without = f", without {', '.join(apart)}, which is only reported" if apart else ""
        return MeanScore(
            estimate=uncertain.estimate,
            se=uncertain.error,
            df=uncertain.df,
            interval=uncertain.interval,
            bounded=uncertain.inside(self.ends, float(summed["n"].sum())),
            method=uncertain.method + without,
            clusters=uncertain.clusters,
            variances=uncertain.variances,
            n=int(summed["n"].sum()),
            total=float(summed["total"].sum()),
            sd=deviation(summed),
            items=len(summed[["task", "item"]].drop_duplicates()) if known else None,
            planned_items=sum(asked) if len(asked) == len(self.planned) else None,
            other_weighting=self._other_weighting(uncertain.estimate) if known else None,
            values=self._values(),
            excluded=self._excluded(),
        ), uncertain

    def _reported(self) -> tuple[MeanScore, Uncertainty]:
        found = summarised(self.reported, self.ends)
        without = found.interval.unavailable if isinstance(found.interval, Unavailable) else ""
        uncertain = Uncertainty(found.estimate, found.method, found.se, found.df, reason=without)
        if found.se is None and not without and found.n and self.ends:
            size = BoundedMean(found.estimate, found.n, None, *self.ends)
            uncertain = Uncertainty(found.estimate, found.method, at_end=size)
        return MeanScore(
            estimate=found.estimate,
            se=uncertain.error if without or found.se else Unavailable(unavailable=_NO_ERROR),
            df=found.df,
            interval=found.interval,
            method=found.method,
            n=found.n,
            excluded=self._excluded(),
        ), uncertain

    def _other_weighting(self, estimate: float) -> float | None:
        other = mean(cells(self.rows, "items" if self.over == "answers" else "answers"))
        return None if isclose(other, estimate, rel_tol=1e-12, abs_tol=1e-12) else other

    def _excluded(self) -> dict[str, int]:
        by_reason = self.lost.groupby("reason", sort=False)["n"].sum()
        return {str(reason): int(n) for reason, n in by_reason.items()}

    def _values(self) -> dict[str, int]:
        """How often each score was given; empty for yes-or-no scores, or where not known.

        The scores of one answer are known, those of two from their sum s and sum of squares q
        (s/2 ± sqrt(q/2 - (s/2)²)), those of more only where they are equal.
        """
        if (self.rows["total"] == self.rows["squares"]).all():
            return {}
        counted: Counter[str] = Counter()
        places = zip(self.rows["n"], self.rows["total"], self.rows["squares"], strict=True)
        for n, total, squares in places:
            m = total / n
            apart = squares / n - m**2
            if apart <= 1e-12 * squares / n:
                counted[_written(m)] += int(n)
            elif n == 2:
                counted.update([_written(m - sqrt(apart)), _written(m + sqrt(apart))])
            else:
                return {}
            if len(counted) > FEW_SCORES:
                return {}
        return dict(sorted(counted.items(), key=lambda each: float(each[0])))


_NO_ERROR = "no standard error was reported"


def _written(score: float) -> str:
    return f"{score:.6g}"


def deviation(cells: pd.DataFrame) -> float | None:
    """Standard deviation of what is averaged, with n - 1; None where there is but one.

    Over answers from their sums and sums of squares, over items from the items' means.
    """
    if (cells["weight"] == 1).all() and not (cells["n"] == 1).all():
        return float(cells["score"].std(ddof=1)) if len(cells) > 1 else None
    n, total, squares = (float(cells[name].sum()) for name in ("n", "total", "squares"))
    if n < 2:
        return None
    about = squares - total**2 / n
    return sqrt(about / (n - 1)) if about > 1e-12 * squares else 0.0
