"""Answers without a score: counts by reason, whether arms differ in them, and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from epm.analyses.block import RunPermutation
from epm.analyses.context import Context
from epm.analyses.data.frame import Frame
from epm.analyses.exclusions.block import (
    BoundedLosses,
    Bounds,
    ConditionLosses,
    DifferenceBounds,
    ExclusionsBlock,
    LossDifference,
    Losses,
    PairLosses,
)
from epm.analyses.exclusions.spec import ANY_REASON, Exclusions
from epm.analyses.inference.family import corrected
from epm.analyses.inference.permutation import over_runs
from epm.analyses.inference.score_intervals import BoundedMean, newcombe
from epm.analyses.inference.uncertainty import Ends
from epm.analyses.pairs import ConditionPair, pair_name
from epm.values import Unavailable

FEW = 6
"""Conditions up to which all pairs are compared without being named."""

Sets = Mapping[str, tuple[str, ...] | Unavailable]


@dataclass(frozen=True)
class Portion:
    """The answers of one condition, or of one task or run of it."""

    rows: pd.DataFrame
    lost: pd.DataFrame
    planned: int | None
    """Items that were to be asked."""

    def where(self, column: str, value: str, planned: int | None = None) -> Portion:
        """Its part of one task or seed."""
        rows, lost = (each[each[column] == value] for each in (self.rows, self.lost))
        return Portion(rows, lost, planned)

    def values(self, column: str) -> list[str]:
        """Its tasks or seeds."""
        return list(dict.fromkeys([*self.rows[column], *self.lost[column]]))

    @property
    def scored(self) -> int:
        """Answers with a score."""
        return int(self.rows["n"].sum())

    @property
    def total(self) -> float:
        """Sum of the scores."""
        return float(self.rows["total"].sum())

    @property
    def reasons(self) -> dict[str, int]:
        """Lost answers by reason."""
        by_reason = self.lost.groupby("reason", sort=False)["n"].sum()
        return {str(reason): int(n) for reason, n in by_reason.items()}

    @property
    def missed(self) -> int:
        """Lost answers."""
        return sum(self.reasons.values())


def compute(spec: Exclusions, frame: Frame, context: Context) -> ExclusionsBlock | Unavailable:
    """The losses of every condition that was asked anything, and of every pair."""
    among = frame.among(spec.among)
    named = bool(spec.pairs) or spec.against is not None
    pairs = spec.compared(among) if named or len(among) <= FEW else []
    wanted = list(dict.fromkeys([*among, *(name for pair in pairs for name in pair)]))
    parts = {name: _part(spec, frame, name) for name in wanted if name in frame.conditions}
    parts = {name: part for name, part in parts.items() if part.scored + part.missed}
    # of how many answers a reported value is left is not known
    reported = set(frame.reported(spec.outcome, list(parts))["condition"])
    parts = {name: part for name, part in parts.items() if part.scored or name not in reported}
    if not parts:
        return Unavailable(unavailable=f"no condition has answers of {spec.outcome.metric}")
    sets = _sets(spec, parts)
    ends = frame.ends(spec.outcome, list(parts))
    conditions = {name: _condition(spec, frame, name, parts[name], sets, ends) for name in parts}
    compared = {pair_name(pair): _pair(spec, context, pair, parts, conditions) for pair in pairs}
    crowd = len(among) * (len(among) - 1) // 2
    return ExclusionsBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(parts),
        left_out={
            name: frame.why_missing(name, spec.outcome) for name in among if name not in parts
        },
        metric=spec.outcome.metric,
        lowest=ends[0] if ends else None,
        highest=ends[1] if ends else None,
        sets={name: each for name, each in sets.items() if not isinstance(each, Unavailable)},
        conditions=conditions,
        pairs=_adjusted(compared),
        not_compared=None
        if pairs or len(among) < 2
        else f"{len(among)} conditions make {crowd} pairs: name those to compare",
    )


def _part(spec: Exclusions, frame: Frame, name: str) -> Portion:
    rows, lost = frame.rows(spec.outcome, [name]), frame.lost(spec.outcome, [name])
    asked = [len(frame.tasks[task].items) for task in frame.tasks_of(name, spec.outcome)]
    return Portion(rows, lost, sum(asked) if all(asked) else None)


def _sets(spec: Exclusions, parts: Mapping[str, Portion]) -> Sets:
    """The sets of reasons; one that names a reason that never occurs is not trusted."""
    occurring = tuple(dict.fromkeys(reason for part in parts.values() for reason in part.reasons))
    sets: dict[str, tuple[str, ...] | Unavailable] = {ANY_REASON: occurring}
    for name, reasons in spec.reasons.items():
        strange = [reason for reason in reasons if reason not in occurring]
        sets[name] = reasons
        if strange:
            there = ", ".join(f"'{reason}'" for reason in occurring) or "none"
            sets[name] = Unavailable(
                unavailable=f"no answer was lost as '{strange[0]}'; the reasons are: {there}"
            )
    return sets


# -------------------------------------------------------------------- one condition


def _condition(
    spec: Exclusions, frame: Frame, name: str, part: Portion, sets: Sets, ends: Ends
) -> ConditionLosses:
    seeds = part.values("seed")
    tasks = {
        task: part.where("task", task, len(frame.tasks[task].items) or None)
        for task in part.values("task")
    }
    return ConditionLosses(
        **dict(_bounded(part, sets, ends)),
        seeds={seed: _losses(part.where("seed", seed)) for seed in seeds} if len(seeds) > 1 else {},
        tasks={task: _bounded(each, sets, ends) for task, each in tasks.items()}
        if spec.by_task
        else {},
        missing=frame.conditions[name].missing,
    )


def _losses(part: Portion) -> Losses:
    asked = part.scored + part.missed
    return Losses(
        asked=asked,
        scored=part.scored,
        lost=part.missed,
        share=part.missed / asked,
        reasons=part.reasons,
    )


def _bounded(part: Portion, sets: Sets, ends: Ends) -> BoundedLosses:
    known = part.scored > 0 and bool((part.rows["item"] != "").all())
    none = Unavailable(unavailable="no answer has a score")
    return BoundedLosses(
        **dict(_losses(part)),
        estimate=part.total / part.scored if part.scored else none,
        total=part.total,
        items=len(part.rows[["task", "item"]].drop_duplicates()) if known else None,
        planned_items=part.planned,
        bounds={name: bounds(part, reasons, ends) for name, reasons in sets.items()},
    )


def bounds(
    part: Portion, reasons: tuple[str, ...] | Unavailable, ends: Ends
) -> Bounds | Unavailable:
    """Bounds of a mean when the answers lost for some reasons may have any score.

    With n answers scored, s the sum of their scores, m lost for these reasons, and a scale from
    l to u, they are (s + l·m)/(n + m) and (s + u·m)/(n + m). Answers lost for other reasons are
    left out.

    Source: Manski (1989), J. Hum. Resour. 24, 343-360; Horowitz and Manski (2000), J. Am. Stat.
    Assoc. 95, 77-84.
    """
    if isinstance(reasons, Unavailable):
        return reasons
    m = sum(part.reasons.get(reason, 0) for reason in reasons)
    n = part.scored + m
    if ends is None:
        return Unavailable(unavailable="the metric's scale has no ends")
    if not n:
        return Unavailable(unavailable="no answer has a score or was lost for these reasons")
    lower, upper = ((part.total + end * m) / n for end in ends)
    return Bounds(lost=m, n=n, lower=lower, upper=upper)


# -------------------------------------------------------------------- two conditions


def _pair(
    spec: Exclusions,
    context: Context,
    pair: ConditionPair,
    parts: Mapping[str, Portion],
    conditions: Mapping[str, ConditionLosses],
) -> PairLosses | Unavailable:
    lacking = [name for name in pair if name not in parts]
    if lacking:
        return Unavailable(unavailable=f"no answers of {' and '.join(lacking)}")
    a, b = (conditions[name] for name in pair)
    reasons = dict.fromkeys([*a.reasons, *b.reasons])
    gap: float | Unavailable
    if isinstance(a.estimate, Unavailable) or isinstance(b.estimate, Unavailable):
        gap = Unavailable(unavailable="a condition has no scored answer")
    else:
        gap = a.estimate - b.estimate
    return PairLosses(
        lost=loss_difference(a.lost, a.asked, b.lost, b.asked),
        reasons={
            reason: loss_difference(
                a.reasons.get(reason, 0), a.asked, b.reasons.get(reason, 0), b.asked
            )
            for reason in reasons
        },
        permutation=_permutation(a, b, context.seed_for("exclusions", spec.name, *pair)),
        difference=gap,
        bounds={name: _apart(a.bounds[name], b.bounds[name]) for name in a.bounds},
        as_failures={name: _failing(a.bounds[name], b.bounds[name]) for name in a.bounds},
    )


def loss_difference(lost_a: int, asked_a: int, lost_b: int, asked_b: int) -> LossDifference:
    """Difference of two shares of lost answers, with Newcombe's interval and Fisher's exact p.

    Both take every answer as independent, though answers of one run may be lost together.

    Source: Newcombe (1998), Stat. Med. 17, 873-890, method 10; Fisher's p by scipy.
    """
    table = np.array([[lost_a, asked_a - lost_a], [lost_b, asked_b - lost_b]])
    a, b = (
        BoundedMean(lost / asked, asked, None)
        for lost, asked in ((lost_a, asked_a), (lost_b, asked_b))
    )
    return LossDifference(
        difference=a.estimate - b.estimate,
        interval=newcombe(a, b),
        p=min(1.0, float(stats.fisher_exact(table).pvalue)),
    )


def _permutation(a: ConditionLosses, b: ConditionLosses, seed: int) -> RunPermutation | None:
    ours, theirs = ([run.share for run in side.seeds.values()] for side in (a, b))
    found = over_runs(ours, theirs, seed)
    return None if isinstance(found, Unavailable) else found


def _apart(a: Bounds | Unavailable, b: Bounds | Unavailable) -> DifferenceBounds | Unavailable:
    if isinstance(a, Unavailable):
        return a
    if isinstance(b, Unavailable):
        return b
    return DifferenceBounds(lower=a.lower - b.upper, upper=a.upper - b.lower)


def _failing(a: Bounds | Unavailable, b: Bounds | Unavailable) -> float | Unavailable:
    if isinstance(a, Unavailable):
        return a
    return b if isinstance(b, Unavailable) else a.lower - b.lower


def _adjusted(
    pairs: Mapping[str, PairLosses | Unavailable],
) -> dict[str, PairLosses | Unavailable]:
    family = corrected(
        {name: each.lost.p for name, each in pairs.items() if isinstance(each, PairLosses)}
    )
    found = dict(pairs)
    for name, adjusted in family.items():
        pair = found[name]
        if isinstance(pair, PairLosses):
            lost = pair.lost.model_copy(update={"adjusted": adjusted})
            found[name] = pair.model_copy(update={"lost": lost})
    return found
