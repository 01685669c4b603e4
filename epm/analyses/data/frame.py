"""The measurements as a table, and what every computation asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import log

import numpy as np
import pandas as pd

from epm.analyses.block import Scale
from epm.analyses.data.cases import Cases
from epm.definition.analysis import Outcome, Predictor, Subset, Tasks
from epm.results import (
    ConditionRecord,
    Count,
    Joint,
    Mean,
    Measurement,
    Measurements,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
    joint,
    labels,
)

COLUMNS = (
    *("condition", "task", "dataset", "metric", "seed", "epoch", "step"),
    *("item", "cluster", "n", "total", "squares", "counted"),
)


class Frame:
    """What was measured, asked by outcome, condition and predictor."""

    def __init__(
        self,
        conditions: Mapping[str, ConditionRecord],
        tasks: Mapping[str, TaskRecord],
        metrics: Mapping[str, MetricRecord],
        measurements: Measurements,
        *,
        baselines: bool = False,
    ) -> None:
        """Nothing is computed yet.

        Args:
            conditions: what is compared.
            tasks: what they were asked.
            metrics: what was counted.
            measurements: by condition, task, metric and replicate.
            baselines: whether baselines are among the conditions where none is named. Of an
                experiment that was run they are the untrained model, which is no case of what is
                studied; of results made elsewhere they are one more condition.
        """
        self._baselines = baselines
        self.conditions = conditions
        self.tasks = tasks
        self.metrics = metrics
        self.measurements = measurements

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return pd.DataFrame(list(self._cells()), columns=list(COLUMNS))

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str], list[tuple[str, int, float]]]:
        """Seed, number of answers and sum of scores at the ends of trainings."""
        ended = self._rows[self._rows["step"] < 0]
        place = ["condition", "task", "metric", "seed"]
        sums = ended.groupby(place, sort=False)[["n", "total"]].sum()
        found: dict[tuple[str, str, str], list[tuple[str, int, float]]] = {}
        for (condition, task, metric, seed), n, total in zip(
            sums.index, sums["n"], sums["total"], strict=True
        ):
            found.setdefault((condition, task, metric), []).append((seed, int(n), float(total)))
        return found

    def _sums(self, outcome: Outcome, condition: str) -> list[tuple[str, int, float]]:
        return [
            sums
            for task in self.tasks_of(condition, outcome)
            for sums in self._by_place.get((condition, task, outcome.metric), ())
        ]

    def _cells(self) -> Iterator[tuple[object, ...]]:
        for condition, task, metric, name, measured in self._measured():
            named = labels(name)
            step = named.get("step")
            place = (
                *(condition, task, self.tasks[task].dataset or task, metric),
                *(named.get("seed", ""), named.get("epoch", "")),
                -1 if step is None else int(step),
            )
            match measured:
                case Count(items=items, total=total):
                    for item, (k, n) in items.items():
                        yield *place, item, self._cluster(task, item), n, float(k), float(k), True
                    if total:
                        yield *place, "", "", total[1], float(total[0]), float(total[0]), True
                case Mean(items=sums, total=whole):
                    for item, (s, q, n) in sums.items():
                        yield *place, item, self._cluster(task, item), n, s, q, False
                    if whole:
                        yield *place, "", "", whole[2], whole[0], whole[1], False

    def _measured(self) -> Iterator[tuple[str, str, str, str, Measurement]]:
        for condition, by_task in self.measurements.items():
            for task, by_metric in by_task.items():
                for metric, by_replicate in by_metric.items():
                    for name, measured in by_replicate.items():
                        yield condition, task, metric, name, measured

    def _cluster(self, task: str, item: str) -> str:
        """Items are the same across tasks of one data set, and different across data sets."""
        record = self.tasks[task]
        return f"{record.dataset or task}/{record.clusters.get(item, item)}"

    # ---------------------------------------------------------------- conditions

    def among(self, subset: Subset) -> list[str]:
        """The conditions of a subset, in their order; baselines as it was made to have them."""
        return [
            name
            for name, record in self.conditions.items()
            if (
                name in subset.names
                if subset.names
                else self._baselines or record.role != "baseline"
            )
            and name not in subset.without
            and all(record.factors.get(factor) == level for factor, level in subset.where)
        ]

    def tasks_of(self, condition: str, outcome: Outcome) -> list[str]:
        """The tasks that an outcome means for a condition, among those it was measured on."""
        record = self.conditions[condition]
        measured = self.measurements.get(condition, {})
        match outcome.tasks:
            case "target":
                wanted = [record.target] if record.target else []
            case "off_target":
                wanted = [task for task in measured if task != record.target]
            case "all":
                wanted = list(measured)
            case names:
                wanted = list(names)
        return [task for task in wanted if outcome.metric in measured.get(task, {})]

    def covariate(self, condition: str, predictor: Predictor) -> float | None:
        """A condition's covariate or numeric factor; None where it has none or no logarithm."""
        record = self.conditions[condition]
        value = record.covariates.get(predictor.name, record.factors.get(predictor.name))
        if not isinstance(value, int | float):
            return None
        if not predictor.log:
            return float(value)
        return log(value) if value > 0 else None

    # ---------------------------------------------------------------- rows

    def rows(
        self, outcome: Outcome, conditions: Sequence[str], *, steps: bool = False
    ) -> pd.DataFrame:
        """Scored answers of an outcome, one row a condition, task, replicate and item.

        Args:
            outcome: the metric and its tasks.
            conditions: those wanted.
            steps: the checkpoints of trainings, in place of their ends.

        Returns:
            Columns condition, task, dataset, seed, epoch, step, item, cluster, n, total, squares
            and counted: how many answers there are, the sum of their scores and that of the scores'
            squares, and whether scores are yes or no. A row without an item is a total whose items
            are not known.
        """
        rows = self._rows
        at = (rows["metric"] == outcome.metric) & ((rows["step"] >= 0) == steps)
        pairs = {
            (condition, task)
            for condition in conditions
            for task in self.tasks_of(condition, outcome)
        }
        place = pd.Series(
            [pair in pairs for pair in zip(rows["condition"], rows["task"], strict=True)],
            index=rows.index,
            dtype=bool,
        )
        return rows[at & place].drop(columns=["metric"])

    def reported(self, outcome: Outcome, conditions: Sequence[str]) -> pd.DataFrame:
        """Values of an outcome that stand for themselves, no answers behind them.

        Returns:
            Columns condition, task, seed, value, stderr and n, the last two NaN where not known.
        """
        found = []
        for condition, task, name, measured in self._of(outcome, conditions):
            if isinstance(measured, Reported | Scalar):
                whole = measured if isinstance(measured, Reported) else None
                error = (whole.stderr, whole.n) if whole else (None, None)
                seed = labels(name).get("seed", "")
                found.append((condition, task, seed, measured.value, *error))
        columns = ["condition", "task", "seed", "value", "stderr", "n"]
        return pd.DataFrame(found, columns=columns).astype({"stderr": float, "n": float})

    def lost(self, outcome: Outcome, conditions: Sequence[str]) -> pd.DataFrame:
        """Answers without a score, by reason: columns condition, task, seed, reason and n."""
        found = [
            (condition, task, labels(name).get("seed", ""), reason, n)
            for condition, task, name, measured in self._of(outcome, conditions)
            for reason, n in measured.excluded.items()
        ]
        return pd.DataFrame(found, columns=["condition", "task", "seed", "reason", "n"])

    def joint(
        self, first: str, second: str, tasks: Tasks, conditions: Sequence[str]
    ) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Two metrics' scores of the same answers, one row an item and pair of scores.

        Returns:
            Columns condition, task, dataset, seed, item, cluster, first, second and n, the item ''
            where it is not known; and the levels of the scores, in their order on the scale.
        """
        levels: dict[str, None] = {}
        found: list[tuple[object, ...]] = []
        outcome = Outcome(joint(first, second), tasks)
        for condition, task, name, measured in self._of(outcome, conditions):
            if not isinstance(measured, Joint):
                continue
            levels |= dict.fromkeys(measured.levels)
            dataset, seed = self.tasks[task].dataset or task, labels(name).get("seed", "")
            tables = measured.items or {"": measured.total or {}}
            for item, table in tables.items():
                cluster = self._cluster(task, item) if item else ""
                place = (condition, task, dataset, seed, item, cluster)
                for one, row in table.items():
                    found.extend((*place, one, two, n) for two, n in row.items())
        columns = ["condition", "task", "dataset", "seed", "item", "cluster", "first", "second"]
        return pd.DataFrame(found, columns=[*columns, "n"]), _ordered(levels)

    def _of(
        self, outcome: Outcome, conditions: Sequence[str]
    ) -> Iterator[tuple[str, str, str, Measurement]]:
        """Measurements of an outcome, the checkpoints of trainings aside."""
        for condition in conditions:
            for task in self.tasks_of(condition, outcome):
                for name, measured in self.measurements[condition][task][outcome.metric].items():
                    if "step" not in labels(name):
                        yield condition, task, name, measured

    def counted(self, outcome: Outcome, conditions: Sequence[str]) -> bool:
        """Whether all scores that are known are yes or no, and there are some."""
        kinds = {type(measured) for *_, measured in self._of(outcome, conditions)}
        return Count in kinds and Mean not in kinds

    def ends(self, outcome: Outcome, conditions: Sequence[str]) -> tuple[float, float] | None:
        """Ends of the metric's scale; a count's are 0 and 1."""
        return (0.0, 1.0) if self.counted(outcome, conditions) else self.recorded_ends(outcome)

    def recorded_ends(self, outcome: Outcome) -> tuple[float, float] | None:
        """Ends of a numeric metric's scale."""
        record = self.metrics.get(outcome.metric)
        if record is None or record.lower is None or record.upper is None:
            return None
        return (record.lower, record.upper) if record.lower < record.upper else None

    def scale(self, outcome: Outcome, conditions: Sequence[str]) -> Scale:
        """How its effects are printed: a scale from 0 to 1 without a unit is one of shares."""
        record = self.metrics.get(outcome.metric)
        shares = self.ends(outcome, conditions) == (0.0, 1.0) and not (record and record.unit)
        return "proportion" if shares else "plain"

    def estimate(self, outcome: Outcome, condition: str) -> float | None:
        """The mean score of a condition over all its answers; reported values as they are."""
        if sums := self._sums(outcome, condition):
            return sum(total for _, _, total in sums) / sum(n for _, n, _ in sums)
        reported = [
            measured.value
            for task in self.tasks_of(condition, outcome)
            for measured in self.measurements[condition][task][outcome.metric].values()
            if isinstance(measured, Reported | Scalar)
        ]
        return float(np.mean(reported)) if reported else None

    def answers(self, outcome: Outcome, condition: str) -> int | None:
        """How many answers the mean score rests on; None where that is not known."""
        if sums := self._sums(outcome, condition):
            return sum(n for _, n, _ in sums)
        reported = [
            measured.n
            for task in self.tasks_of(condition, outcome)
            for measured in self.measurements[condition][task][outcome.metric].values()
            if isinstance(measured, Reported)
        ]
        known = [n for n in reported if n is not None]
        return sum(known) if known and len(known) == len(reported) else None

    def by_seed(self, outcome: Outcome, condition: str) -> dict[str, float]:
        """The mean score of each training of a condition; empty where seeds are not named."""
        found: dict[str, tuple[int, float]] = {}
        for seed, n, total in self._sums(outcome, condition):
            if seed:
                answers, scores = found.get(seed, (0, 0.0))
                found[seed] = answers + n, scores + total
        return {seed: total / n for seed, (n, total) in found.items()}

    def groups(self, factor: str, conditions: Sequence[str]) -> dict[str, list[str]]:
        """The conditions by their level of a factor, in order; those without a level left out."""
        found: dict[str, list[str]] = {}
        for name in conditions:
            level = self.conditions[name].factors.get(factor)
            if level is not None:
                whole = isinstance(level, float) and level.is_integer()
                found.setdefault(str(int(level) if whole else level), []).append(name)
        return found

    def cases(self, x: Sequence[Predictor], y: Outcome, conditions: Sequence[str]) -> Cases:
        """Predictors and outcome of the conditions that have all of them; why others do not."""
        names: list[str] = []
        xs: list[list[float]] = []
        ys: list[float] = []
        left_out: dict[str, str] = {}
        for name in conditions:
            at, score = self.predictors(name, x), self.estimate(y, name)
            if score is None:
                left_out[name] = self.why_missing(name, y)
            elif not squarable(score):
                left_out[name] = f"{y.metric} is {score:g}, too near or far from 0 to compute with"
            elif isinstance(at, str):
                left_out[name] = at
            else:
                names.append(name)
                xs.append(at)
                ys.append(score)
        at_all = np.array(xs, float).reshape(len(names), len(x))
        return Cases(tuple(names), at_all, np.array(ys, float), left_out)

    def predictors(self, condition: str, x: Sequence[Predictor]) -> list[float] | str:
        """All of some predictors of a condition, or why it has not all of them."""
        found = {str(each): self.covariate(condition, each) for each in x}
        missing = [name for name, value in found.items() if value is None]
        if missing:
            return ", ".join(f"no {name}" for name in missing)
        known = {name: value for name, value in found.items() if value is not None}
        for name, value in known.items():
            if not squarable(value):
                return f"{name} is {value:g}, too near or far from 0 to compute with"
        return list(known.values())

    def why_missing(self, condition: str, outcome: Outcome | None = None) -> str:
        """Why a condition has no score, of an outcome if one is given."""
        reasons = dict.fromkeys(self.conditions[condition].missing.values())
        if outcome is not None and not reasons:
            if len(self.reported(outcome, [condition])):
                return "only reported, without its answers"
            if len(lost := self.lost(outcome, [condition])):
                counts = lost.groupby("reason", sort=False)["n"].sum().items()
                return "all answers lost: " + ", ".join(f"{n} {why}" for why, n in counts)
        return "; ".join(reasons) or "not measured"


def squarable(value: float) -> bool:
    """Whether the square of a number, and sums of such, are within float64."""
    return value == 0 or 1e-100 < abs(value) < 1e100


def _ordered(levels: Iterable[str]) -> tuple[str, ...]:
    """Levels of several tables in one order: by their numbers, or as they first stand."""
    try:
        return tuple(sorted(levels, key=float))
    except ValueError:
        return tuple(levels)
