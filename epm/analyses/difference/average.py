"""The unweighted mean over tasks of the differences on each."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isinf, sqrt

from epm.analyses.block import Effect
from epm.analyses.difference.block import AverageDifference, SharedItems, Side
from epm.analyses.difference.compare import Compared
from epm.analyses.inference.clusters import Spread, joined, satterthwaite, spread
from epm.analyses.inference.family import Inference, from_error
from epm.analyses.inference.verdict import effect
from epm.values import Unavailable


def over_tasks(tasks: Mapping[str, Compared]) -> tuple[AverageDifference, Inference | Unavailable]:
    """The mean of the tasks' differences, and its error with the tasks fixed.

    Of tasks that share neither items nor runs the variance is Σ se_t² / T², with Satterthwaite's
    degrees of freedom; shared items (of one data set) and runs are summed over the tasks first, as
    in `epm.analyses.means.average`. Tasks that are compared in different ways are taken as
    independent.
    """
    estimate = sum(each.block.estimate for each in tasks.values()) / len(tasks)
    found = _variance(tasks)
    method = f"unweighted mean over {len(tasks)} tasks, each fixed, of: {_method(tasks)}"
    finding: Inference | Unavailable
    if isinstance(found, Unavailable):
        finding = found
    elif not found.variance > 0:
        finding = Unavailable(unavailable="nothing varies on any task")
    else:
        df = None if isinf(found.df) else found.df
        finding = from_error(estimate, sqrt(found.variance), df)
        quantile = f"t with {df:.3g} degrees of freedom" if df else "normal quantile"
        method += f"; {found.method}, {quantile}"
    shown = (
        finding.effect
        if isinstance(finding, Inference)
        else Effect(estimate=estimate, se=finding, df=None, interval=finding, p=finding)
    )
    blocks = [each.block for each in tasks.values()]
    spread = found if isinstance(found, Spread) else None
    return AverageDifference(
        **dict(shown),
        method=method,
        caveats=_caveats(tasks),
        a=_side([block.a for block in blocks]),
        b=_side([block.b for block in blocks]),
        items=_shared([block.items for block in blocks]),
        clusters=spread.clusters if spread else None,
        variances=spread.two_way if spread else None,
        unpaired=_unpaired([block.unpaired for block in blocks]),
        tasks=tuple(tasks),
    ), finding


def _method(tasks: Mapping[str, Compared]) -> str:
    return " or ".join(
        dict.fromkeys(
            each.contrast.method if each.contrast else each.block.method for each in tasks.values()
        )
    )


def _variance(tasks: Mapping[str, Compared]) -> Spread | Unavailable:
    for task, each in tasks.items():
        if each.error is None and isinstance(each.finding, Unavailable):
            return Unavailable(unavailable=f"{task}: {each.finding.unavailable}")
    contrasts = [each.contrast for each in tasks.values() if each.contrast is not None]
    kinds = {of.kind for of in contrasts}
    if len(contrasts) == len(tasks) and len(kinds) == 1:
        pieces = [of.contributions(by_dataset=True).scaled(1 / len(tasks)) for of in contrasts]
        return spread(joined(pieces))
    errors = [each.error for each in tasks.values() if each.error is not None]
    finite = [(variance, df) for variance, df in errors if df is not None]
    return Spread(
        variance=sum(variance for variance, _ in errors) / len(tasks) ** 2,
        df=satterthwaite(finite) if len(finite) == len(errors) else inf,
        method="errors of the tasks taken as independent",
    )


def _caveats(tasks: Mapping[str, Compared]) -> tuple[str, ...]:
    flat = [
        f"nothing varies on {task}: its part of the variance is taken as 0"
        for task, each in tasks.items()
        if each.error is None or not each.error[0] > 0
    ]
    trained = dict.fromkeys(
        caveat for each in tasks.values() for caveat in each.block.caveats if "trained" in caveat
    )
    return (*flat, *trained)


def _side(sides: list[Side]) -> Side:
    """The mean over tasks of one side."""
    n = [side.n for side in sides if side.n is not None]
    items = [side.items for side in sides if side.items is not None]
    return Side(
        estimate=sum(side.estimate for side in sides) / len(sides),
        n=sum(n) if len(n) == len(sides) else None,
        items=sum(items) if len(items) == len(sides) else None,
    )


def _shared(items: list[SharedItems | None]) -> SharedItems | None:
    known = [each for each in items if each is not None]
    if len(known) < len(items):
        return None
    return SharedItems(
        shared=sum(each.shared for each in known),
        only_a=sum(each.only_a for each in known),
        only_b=sum(each.only_b for each in known),
    )


def _unpaired(effects: list[Effect | None]) -> Effect | None:
    """The difference of the two averages, every task's error independent of the others'."""
    known = [each for each in effects if each is not None]
    if len(known) < len(effects):
        return None
    estimate = sum(each.estimate for each in known) / len(known)
    parts = [(each.se**2, each.df) for each in known if isinstance(each.se, float)]
    finite = [(variance, df) for variance, df in parts if df is not None]
    variance = sum(each for each, _ in parts) / len(known) ** 2
    df = satterthwaite(finite) if finite and len(finite) == len(parts) else None
    return effect(estimate, sqrt(variance), df)
