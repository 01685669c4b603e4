"""Differences of pairs of conditions, their families, and what may be said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from epm.analyses.block import Adjusted, ExpectedEffect, Verdict
from epm.analyses.context import Context
from epm.analyses.data.frame import Frame
from epm.analyses.data.sample import Sample
from epm.analyses.difference.average import over_tasks
from epm.analyses.difference.block import (
    AverageDifference,
    ComparedPair,
    Comparison,
    DifferenceBlock,
)
from epm.analyses.difference.compare import Ask, Compared, compare
from epm.analyses.difference.spec import Difference
from epm.analyses.inference.family import Inference, corrected, judged
from epm.analyses.inference.verdict import compared
from epm.analyses.pairs import ConditionPair, pair_name
from epm.definition.analysis import Outcome
from epm.values import Unavailable

C = TypeVar("C", bound=Comparison)

MOST = 1000
"""Pairs up to which all are compared without being named."""


@dataclass(frozen=True)
class Found:
    """What was found of one pair."""

    overall: Compared
    tasks: Mapping[str, Compared] = field(default_factory=dict)
    average: AverageDifference | Unavailable | None = None
    finding: Inference | Unavailable | None = None
    """What verdicts are about: the average over tasks, if one was asked for, else the overall."""


def compute(spec: Difference, frame: Frame, context: Context) -> DifferenceBlock | Unavailable:
    """The difference in every pair, corrected over the family of pairs."""
    pairs = spec.compared(frame.among(spec.among))
    if not pairs:
        return Unavailable(unavailable="fewer than two conditions: nothing to compare")
    if len(pairs) > MOST and not spec.pairs:
        return Unavailable(
            unavailable=f"{len(pairs)} pairs: name those to compare, or one to compare all with"
        )
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    samples = _samples(spec, frame, spec.outcome, names)
    found = {
        pair_name(pair): _pair(spec, frame, spec.outcome, samples, pair, context) for pair in pairs
    }
    known = {name: each for name, each in found.items() if isinstance(each, Found)}
    if not known:
        return _none(found)
    findings = {n: each.finding for n, each in known.items() if isinstance(each.finding, Inference)}
    over_pairs = corrected({name: each.effect.p for name, each in findings.items()})
    each_task = {
        (name, task): each.block.p
        for name, pair in known.items()
        for task, each in pair.tasks.items()
        if spec.by_task
    }
    over_cells = corrected(each_task)
    verdicts, decided_by = _verdicts(spec, frame, context, pairs, findings)
    return DifferenceBlock(
        question=spec.question,
        primary=spec.primary,
        n=sum(name in samples for name in names),
        left_out={
            name: frame.why_missing(name, spec.outcome)
            if name in frame.conditions
            else "there is no such condition"
            for name in names
            if name not in samples
        },
        verdict=_verdict(spec, verdicts, decided_by),
        metric=spec.outcome.metric,
        scale=frame.scale(spec.outcome, list(samples)),
        over=spec.over,
        pairs={
            name: _block(spec, name, each, over_pairs, over_cells, verdicts)
            if isinstance(each, Found)
            else each
            for name, each in found.items()
        },
        families={
            family: len(ps)
            for family, ps in (("pairs", over_pairs), ("pairs and tasks", over_cells))
            if ps
        },
        decided_by=decided_by,
    )


def _none(found: Mapping[str, Found | Unavailable]) -> Unavailable:
    """Why no pair could be compared."""
    reasons: dict[str, str] = {}
    for name, each in found.items():
        if isinstance(each, Unavailable):
            reasons.setdefault(each.unavailable, name)
    said = [f"{name}: {reason}" for reason, name in reasons.items()]
    more = f"; and {len(said) - 3} more" if len(said) > 3 else ""
    return Unavailable(unavailable="; ".join(said[:3]) + more)


def _samples(
    spec: Difference, frame: Frame, outcome: Outcome, names: list[str]
) -> dict[str, Sample]:
    found = {
        name: Sample.of(frame, outcome, name, spec.over)
        for name in names
        if name in frame.conditions
    }
    return {name: sample for name, sample in found.items() if sample is not None}


def _pair(
    spec: Difference,
    frame: Frame,
    outcome: Outcome,
    samples: Mapping[str, Sample],
    pair: ConditionPair,
    context: Context,
) -> Found | Unavailable:
    lacking = [name for name in pair if name not in samples]
    if lacking:
        return Unavailable(unavailable=f"no scores of {' and '.join(lacking)}")
    a, b = (samples[name] for name in pair)
    ask = Ask(
        spec,
        *pair,
        seed=context.seed_for("difference", spec.name, *pair),
        trained=frozenset(name for name in pair if frame.conditions[name].training),
    )
    if ask.by_dataset:
        overall = compare(a, b, ask)
        none = Unavailable(unavailable="each condition has tasks of its own")
        average = none if spec.average else None
        return Found(overall, {}, average, none if spec.average else overall.finding)
    tasks = [task for task in a.tasks if task in b.tasks]
    if not tasks:
        return Unavailable(unavailable="no task was measured of both")
    apart = sorted({*a.tasks, *b.tasks} - {*tasks})
    overall = compare(a.on(tasks), b.on(tasks), ask)
    if apart:
        overall = overall.with_caveat(f"only one of the two was measured on {', '.join(apart)}")
    if not (spec.by_task or spec.average):
        return Found(overall, finding=overall.finding)
    by_task = {task: compare(a.on([task]), b.on([task]), ask) for task in tasks}
    if not spec.average:
        return Found(overall, by_task, finding=overall.finding)
    return Found(overall, by_task, *over_tasks(by_task))


def _block(
    spec: Difference,
    name: str,
    found: Found,
    over_pairs: Mapping[str, Adjusted],
    over_cells: Mapping[tuple[str, str], Adjusted],
    verdicts: Mapping[str, Verdict | Unavailable],
) -> ComparedPair:
    average, overall = found.average, found.overall.block
    if isinstance(average, AverageDifference):
        average = _with(average, over_pairs.get(name))
    else:
        overall = _with(overall, over_pairs.get(name))
    return ComparedPair(
        overall=overall,
        tasks={
            task: _with(each.block, over_cells.get((name, task)))
            for task, each in found.tasks.items()
        }
        if spec.by_task
        else {},
        average=average,
        verdict=verdicts.get(name),
    )


def _with(block: C, adjusted: Adjusted | None) -> C:
    return block if adjusted is None else block.model_copy(update={"adjusted": adjusted})


# -------------------------------------------------------------------- verdicts


def _verdicts(
    spec: Difference,
    frame: Frame,
    context: Context,
    pairs: list[ConditionPair],
    findings: Mapping[str, Inference],
) -> tuple[dict[str, Verdict | Unavailable], str | None]:
    if not (spec.primary and findings):
        return {}, None
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    return judged(
        spec,
        findings,
        named=pair_name(spec.primary_pair) if spec.primary_pair else None,
        unit=frame.metrics[spec.outcome.metric].unit,
        scale=frame.scale(spec.outcome, [name for name in names if name in frame.conditions]),
        expected=_expected(spec, context, pairs, findings),
    )


def _verdict(
    spec: Difference, verdicts: Mapping[str, Verdict | Unavailable], decided_by: str | None
) -> Verdict | Unavailable | None:
    if not spec.primary:
        return None
    if decided_by is not None:
        return verdicts[decided_by]
    lacking = pair_name(spec.primary_pair) if spec.primary_pair else "no pair"
    return Unavailable(unavailable=f"{lacking} has an interval")


def _expected(
    spec: Difference,
    context: Context,
    pairs: list[ConditionPair],
    findings: Mapping[str, Inference],
) -> dict[str, ExpectedEffect]:
    """The same differences in the parent, for the pairs that it has."""
    parent = context.parent
    if parent is None:
        return {}
    outcome = parent.outcome(spec.outcome)
    theirs: dict[str, ExpectedEffect] = {}
    for pair in pairs:
        ours = findings.get(pair_name(pair))
        named = (parent.name(pair[0]), parent.name(pair[1]))
        if ours is None or not all(name in parent.frame.conditions for name in named):
            continue
        samples = _samples(spec, parent.frame, outcome, list(named))
        found = _pair(spec, parent.frame, outcome, samples, named, context)
        if isinstance(found, Found) and isinstance(found.finding, Inference):
            theirs[pair_name(pair)] = compared(ours.effect, found.finding.effect, parent.label)
    return theirs
