"""The unweighted mean over tasks."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from epm.analyses.data.sample import Sample
from epm.analyses.inference.clusters import Spread, contributions, joined, satterthwaite, spread
from epm.analyses.inference.uncertainty import Uncertainty
from epm.analyses.means.block import TaskAverage
from epm.values import Unavailable


def over_tasks(parts: Mapping[str, Sample]) -> tuple[TaskAverage, Uncertainty]:
    """The mean of the tasks' means, and its error with the tasks fixed.

    Of tasks that share neither items nor runs the variance is Σ se_t² / T², with Satterthwaite's
    degrees of freedom. Tasks of one data set share their items, and tasks asked of several runs
    share those: what a cell contributes to its task's mean, over T, is summed over whatever tasks
    an item or a run has a part in (`epm.analyses.inference.clusters`). A task all of whose scores
    are equal adds no variance, and is named.
    """
    errors = {task: part.uncertainty for task, part in parts.items()}
    estimate = sum(each.estimate for each in errors.values()) / len(errors)
    equal = [task for task, each in errors.items() if each.se is None]
    fixed = [task for task in equal if errors[task].at_end is not None]
    uncertain = _error(parts, errors, estimate)
    for task in equal:
        if task not in fixed:
            reason = f"{task}: {errors[task].reason}"
            uncertain = Uncertainty(estimate, reason, reason=reason)
    caveats = tuple(
        f"all scores on {task} are equal: its part of the variance is taken as 0" for task in fixed
    )
    return TaskAverage(
        estimate=estimate,
        se=uncertain.error,
        df=uncertain.df,
        interval=uncertain.interval,
        method=uncertain.method,
        clusters=uncertain.clusters,
        variances=uncertain.variances,
        tasks=tuple(parts),
        caveats=caveats,
    ), uncertain


def _error(
    parts: Mapping[str, Sample], errors: Mapping[str, Uncertainty], estimate: float
) -> Uncertainty:
    method = f"unweighted over {len(parts)} tasks, each fixed"
    if all(len(part.rows) for part in parts.values()):
        pieces = [
            contributions(part.cells, strata=None).scaled(1 / len(parts)) for part in parts.values()
        ]
        found = spread(joined(pieces))
        if isinstance(found, Unavailable):
            return Uncertainty(estimate, found.unavailable, reason=found.unavailable)
        return _from(estimate, found, method)
    known = [(each.se**2, each.df) for each in errors.values() if each.se is not None]
    variance = sum(each for each, _ in known) / len(parts) ** 2
    finite = [(each, df) for each, df in known if df is not None]
    df = satterthwaite(finite) if finite and len(finite) == len(known) else None
    if not variance > 0:
        return Uncertainty(estimate, method, reason="no task has a standard error")
    return Uncertainty(estimate, f"{method}; their errors independent", sqrt(variance), df)


def _from(estimate: float, found: Spread, method: str) -> Uncertainty:
    if not found.variance > 0:
        return Uncertainty(estimate, method, reason="all scores of every task are equal")
    return Uncertainty(
        estimate,
        f"{method}; {found.method}",
        sqrt(found.variance),
        found.df,
        clusters=found.clusters,
        variances=found.two_way,
    )
