"""One comparison of two conditions, by the method that their answers allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt

import numpy as np

from epm.analyses.block import Effect, RunPermutation
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.cells import Cells
from epm.analyses.data.sample import Sample
from epm.analyses.difference.block import Comparison, Side
from epm.analyses.difference.contrast import Contrast, apart, contrast
from epm.analyses.difference.effect_size import ratio, score_intervals, standardised
from epm.analyses.difference.mcnemar import by_rule
from epm.analyses.difference.spec import Difference
from epm.analyses.inference.clusters import Spread, satterthwaite
from epm.analyses.inference.family import Inference, from_error, from_interval
from epm.analyses.inference.permutation import over_runs
from epm.analyses.inference.score_intervals import BoundedMean, newcombe, newcombe_p, tango
from epm.analyses.inference.uncertainty import Ends, at_the_end, bounded
from epm.analyses.inference.verdict import effect
from epm.values import Interval, Unavailable


@dataclass(frozen=True)
class Ask:
    """What a comparison is asked, and what is known beside the answers."""

    spec: Difference
    a: str
    b: str
    """The conditions."""
    seed: int
    """Of permutations that are drawn."""
    trained: frozenset[str] = field(default_factory=frozenset)
    """Conditions that were trained."""

    @property
    def by_dataset(self) -> bool:
        """Whether an item is the same in all tasks of a data set.

        True where conditions are compared on tasks of their own, or on all but their own.
        """
        return self.spec.outcome.tasks in ("target", "off_target")


@dataclass(frozen=True)
class Compared:
    """A comparison, and what families and averages need of it."""

    block: Comparison
    finding: Inference | Unavailable
    contrast: Contrast | None = None
    """None where a side has no answers, only values."""
    error: tuple[float, float | None] | None = None
    """Variance and degrees of freedom, where they are known."""

    def with_caveat(self, caveat: str) -> Compared:
        """The same with one more caveat."""
        caveats = (*self.block.caveats, caveat)
        return replace(self, block=self.block.model_copy(update={"caveats": caveats}))


def compare(a: Sample, b: Sample, ask: Ask) -> Compared:
    """a minus b on the tasks of two samples, which are the same."""
    if not (len(a.rows) and len(b.rows)):
        return _of_values(a, b, ask)
    counted, ends = a.counted and b.counted, a.ends if a.ends == b.ends else None
    of = contrast(a, b, by_dataset=ask.by_dataset, shared_seeds=ask.spec.shared_seeds)
    found = of.spread()
    sized = bounded(of.cells_a, ends), bounded(of.cells_b, ends)
    finding, method = _finding(of, found, sized, counted=counted, ends=ends)
    shown = _effect(of.estimate, finding)
    several, known = of.kind == "runs", of.items is not None
    runs_a, runs_b = _runs(a), _runs(b)
    spread = found if isinstance(found, Spread) else None
    block = Comparison(
        **dict(shown),
        method=method,
        caveats=_caveats(of, finding, ask, ends),
        a=_side(of.cells_a, runs_a),
        b=_side(of.cells_b, runs_b),
        items=of.items,
        clusters=spread.clusters if spread else None,
        variances=spread.two_way if spread else None,
        unpaired=_unpaired(a, b, of, counted=counted),
        newcombe=score_intervals(of.cells_a, of.cells_b, *sized)
        if counted and of.kind != "paired"
        else None,
        ratio=ratio(of) if counted else None,
        standardised=None
        if counted
        else standardised(of.estimate, shown.interval, of.cells_a, of.cells_b),
        mcnemar=by_rule(
            a.rows,
            b.rows,
            by_dataset=ask.by_dataset,
            counted=a.yes_or_no and b.yes_or_no,
            success_from=ask.spec.success_from,
        )
        if known and not several
        else {},
        run_means=_run_means(runs_a, runs_b, ask) if several else None,
        permutation=_permutation(runs_a, runs_b, ask) if several else None,
    )
    error = (spread.variance, spread.df) if spread else None
    return Compared(block, finding, of, error)


def _of_values(a: Sample, b: Sample, ask: Ask) -> Compared:
    """Of two means one of which, or both, was reported without its answers."""
    ours, theirs = a.uncertainty, b.uncertainty
    estimate = ours.estimate - theirs.estimate
    variances = [(each.se**2, each.df) for each in (ours, theirs) if each.se is not None]
    whole = sum(variance for variance, _ in variances)
    finite = [(variance, df) for variance, df in variances if df is not None]
    df = satterthwaite(finite) if len(finite) == 2 else None
    finding: Inference | Unavailable
    method = "difference of two means, one or both reported without their answers"
    if len(variances) == 2:
        finding = from_error(estimate, sqrt(whole), df)
        method = f"{method}; their errors independent"
    else:
        side, lacking = (ask.a, ours) if ours.se is None else (ask.b, theirs)
        finding = Unavailable(unavailable=f"{side}: {lacking.reason or lacking.method}")
    runs_a, runs_b = _runs(a), _runs(b)
    several = max(len(runs_a), len(runs_b)) > 1
    block = Comparison(
        **dict(_effect(estimate, finding)),
        method=method,
        a=_value(a, runs_a),
        b=_value(b, runs_b),
        run_means=_run_means(runs_a, runs_b, ask) if several else None,
        permutation=_permutation(runs_a, runs_b, ask) if several else None,
    )
    return Compared(block, finding, None, (whole, df) if len(variances) == 2 else None)


def _effect(estimate: float, finding: Inference | Unavailable) -> Effect:
    if isinstance(finding, Inference):
        return finding.effect
    return Effect(estimate=estimate, se=finding, df=None, interval=finding, p=finding)


# -------------------------------------------------------------------- the interval that leads


def _finding(
    of: Contrast,
    found: Spread | Unavailable,
    sized: tuple[BoundedMean | None, BoundedMean | None],
    *,
    counted: bool,
    ends: Ends,
) -> tuple[Inference | Unavailable, str]:
    """The interval and p that lead, and the method in words.

    Student's t on the clustered standard error, but for two unrelated samples of yes-or-no scores,
    and wherever no score varies: there the score intervals, which have a width all the same.
    """
    a, b = sized
    rates_apart = of.kind == "apart" and counted and a is not None and b is not None
    if isinstance(found, Spread) and found.variance > 0 and not rates_apart:
        t = f"{found.method}, t with {found.df:.3g} degrees of freedom"
        return from_error(of.estimate, sqrt(found.variance), found.df), f"{of.method}; {t}"
    if of.kind == "paired":
        return _alike(of, ends)
    if a is None or b is None:
        reason = found if isinstance(found, Unavailable) else None
        return reason or Unavailable(unavailable="all scores are equal"), of.method
    score = from_interval(of.estimate, lambda level: newcombe(a, b, level), newcombe_p(a, b))
    sizes = "at effective sizes" if rates_apart else "as all scores of a side are equal"
    return score, f"{of.method}; Newcombe's score interval {sizes}, p where it touches zero"


def _alike(of: Contrast, ends: Ends) -> tuple[Inference | Unavailable, str]:
    """Of pairs that all differ alike: not at all, or by the whole scale."""
    whole = of.estimate / (ends[1] - ends[0]) if ends else None
    if ends is None or whole not in (-1.0, 0.0, 1.0):
        return Unavailable(unavailable="all items differ by the same amount"), of.method
    width, sign = ends[1] - ends[0], int(whole)
    of_cells = of.contributions()
    pairs = len(set(of_cells.items))

    def at(level: float) -> Interval:
        own = tango(sign, pairs, level)
        return Interval(lower=own.lower * width, upper=own.upper * width, level=level)

    p = min(1.0, 2 * 0.5**pairs) if sign else 1.0
    words = f"Tango's score interval, each {of_cells.by_item} counting once, as all differ alike"
    return from_interval(of.estimate, at, p), f"{of.method}; {words}; p by the sign test"


def _caveats(
    of: Contrast, finding: Inference | Unavailable, ask: Ask, ends: Ends
) -> tuple[str, ...]:
    found: list[str] = []
    by_t = isinstance(finding, Inference) and not isinstance(finding.effect.se, Unavailable)
    for name, cells in ((ask.a, of.cells_a), (ask.b, of.cells_b)):
        if name in ask.trained and len(cells.runs) < 2:
            found.append(
                f"{name} was trained once: how much another training of it would differ is not in "
                "the interval"
            )
        if by_t and at_the_end(cells, ends) is not None:
            found.append(f"all scores of {name} are equal: its part of the variance is taken as 0")
    interval = finding.effect.interval if isinstance(finding, Inference) else None
    if ends is not None and isinstance(interval, Interval):
        width = ends[1] - ends[0]
        if interval.lower < -width or interval.upper > width:
            found.append("the interval leaves the scale: clusters are few")
    return tuple(found)


# -------------------------------------------------------------------- what stands beside it


def _side(cells: Cells, runs: Mapping[str, float]) -> Side:
    return Side(
        estimate=cells.mean,
        n=cells.answers,
        total=float(cells.total.sum()),
        items=cells.distinct_items if cells.known else None,
        sd=cells.over_answers.deviation,
        runs=dict(runs) if len(runs) > 1 else {},
    )


def _value(sample: Sample, runs: Mapping[str, float]) -> Side:
    if len(sample.rows):
        return _side(sample.cells, runs)
    return Side(
        estimate=sample.summary.estimate,
        n=sample.summary.n,
        runs=dict(runs) if len(runs) > 1 else {},
    )


def _runs(sample: Sample) -> dict[str, float]:
    """Mean of each run, by seed; '' where a sample has no seeds."""
    if not len(sample.rows):
        return dict(sample.summary.runs) or {"": sample.summary.estimate}
    cells = sample.cells
    return {seed: cells.where(cells.seeds == seed).mean for seed in cells.runs}


def _unpaired(a: Sample, b: Sample, of: Contrast, *, counted: bool) -> Effect | None:
    """Welch's t as if no item were shared, where it is not what leads."""
    if of.kind == "runs" or (of.kind == "apart" and not counted):
        return None
    free = apart(a, b)
    found = free.spread()
    if isinstance(found, Unavailable):
        return _effect(free.estimate, found)
    return effect(free.estimate, sqrt(found.variance), found.df)


def _run_means(a: Mapping[str, float], b: Mapping[str, float], ask: Ask) -> Effect | None:
    """Welch's t over the means of runs; Student's over their differences where seeds are shared."""
    if ask.spec.shared_seeds:
        gaps = np.array([a[seed] - b[seed] for seed in a if seed in b])
        if len(gaps) < 2:
            return None
        return effect(float(gaps.mean()), _error(gaps), len(gaps) - 1)
    ours, theirs = np.array(list(a.values())), np.array(list(b.values()))
    if min(len(ours), len(theirs)) < 2:
        return None
    parts = [(_error(each) ** 2, len(each) - 1.0) for each in (ours, theirs)]
    gap = float(ours.mean() - theirs.mean())
    return effect(gap, sqrt(sum(variance for variance, _ in parts)), satterthwaite(parts))


def _error(values: FloatArray) -> float:
    """Standard error of the mean of independent values; 0 where they are equal but for rounding."""
    se = float(values.std(ddof=1)) / sqrt(len(values))
    return se if se > 1e-12 * float(np.abs(values).max()) else 0.0


def _permutation(
    a: Mapping[str, float], b: Mapping[str, float], ask: Ask
) -> RunPermutation | Unavailable:
    if not ask.spec.shared_seeds:
        return over_runs(list(a.values()), list(b.values()), ask.seed)
    both = [seed for seed in a if seed in b]
    return over_runs([a[s] for s in both], [b[s] for s in both], ask.seed, paired=True)
