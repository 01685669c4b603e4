"""Count completions again: what the page says is k of n, held against the texts themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from epm.results import labels
from epm.viewer.data.completions import Completion


@dataclass(frozen=True)
class Selection:
    """Completions that a number stands on."""

    metric: str
    cells: tuple[tuple[str, str], ...]
    """Conditions with tasks."""
    replicates: tuple[str, ...] | None = None
    """None for all but those of checkpoints."""
    items: tuple[str, ...] | None = None
    """None for all."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys(condition for condition, _ in self.cells))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys(task for _, task in self.cells))


class Counted(NamedTuple):
    """What is found of a selection."""

    scored: int = 0
    yes: int = 0
    total: float = 0.0
    """Of the scores, a yes being 1."""
    lost: int = 0
    """Without a score."""
    reasons: Mapping[str, int] = {}
    """The lost by reason."""

    def plus(self, other: Counted) -> Counted:
        """Both together."""
        return Counted(
            self.scored + other.scored,
            self.yes + other.yes,
            self.total + other.total,
            self.lost + other.lost,
            dict(Counter(self.reasons) + Counter(other.reasons)) if other.reasons else self.reasons,
        )

    def size(self, of: str) -> int:
        """How many they are: 'k', 'n', 'lost', 'asked', or 'lost:REASON'."""
        if of.startswith("lost:"):
            return self.reasons.get(of.partition(":")[2], 0)
        sizes = {"k": self.yes, "lost": self.lost, "asked": self.scored + self.lost}
        return sizes.get(of, self.scored)


class Tally:
    """The completions of a run, counted by condition, task, metric, replicate and item."""

    def __init__(self, rows: Iterable[Completion]) -> None:
        self._cells: dict[tuple[str, str, str], dict[tuple[str, str], list[float]]] = {}
        self._reasons: dict[tuple[str, str, str, str, str], Counter[str]] = {}
        self.metrics: set[str] = set()
        """Those that any completion has a score of."""
        for row in rows:
            for metric, score in row.scores.items():
                self.metrics.add(metric)
                cell = self._cells.setdefault((row.condition, row.task, metric), {})
                counts = cell.setdefault((row.replicate, row.item), [0, 0, 0.0, 0])
                if isinstance(score, str) or score is None:
                    counts[3] += 1
                    place = (row.condition, row.task, metric, row.replicate, row.item)
                    self._reasons.setdefault(place, Counter())[str(score)] += 1
                else:
                    counts[0] += 1
                    counts[1] += score is True
                    counts[2] += float(score)

    def count(self, selection: Selection) -> Counted:
        """All that the selection means."""
        found = Counted()
        for condition, task in selection.cells:
            cell = self._cells.get((condition, task, selection.metric), {})
            for (replicate, item), counts in cell.items():
                if is_meant(replicate, selection.replicates) and (
                    selection.items is None or item in selection.items
                ):
                    place = (condition, task, selection.metric, replicate, item)
                    why = self._reasons.get(place, Counter())
                    found = found.plus(
                        Counted(int(counts[0]), int(counts[1]), counts[2], int(counts[3]), why)
                    )
        return found


def is_meant(replicate: str, wanted: Sequence[str] | None) -> bool:
    """Whether a replicate is among those wanted; where none is named, no checkpoint is."""
    return "step" not in labels(replicate) if wanted is None else replicate in wanted
