"""Mean scores with intervals that know of items, runs and tasks, held against a reference."""

from __future__ import annotations

from collections.abc import Mapping

from epm.analyses.block import ExpectedEffect, Verdict
from epm.analyses.context import Context
from epm.analyses.data.frame import Frame
from epm.analyses.data.sample import Sample
from epm.analyses.inference.family import Inference, corrected, judged
from epm.analyses.inference.uncertainty import Uncertainty
from epm.analyses.inference.verdict import compared
from epm.analyses.means.average import over_tasks
from epm.analyses.means.block import ConditionMean, MeansBlock, TaskAverage
from epm.analyses.means.score import score
from epm.analyses.means.spec import Means
from epm.definition.analysis import Outcome
from epm.values import Unavailable


def compute(spec: Means, frame: Frame, context: Context) -> MeansBlock | Unavailable:
    """The mean of every condition that has scores, and what may be said of it."""
    wanted = frame.among(spec.among)
    samples = _samples(spec, frame, wanted)
    if not samples:
        return Unavailable(unavailable=f"no condition has scores of {spec.outcome.metric}")
    means = {name: _condition(spec, sample, samples) for name, sample in samples.items()}
    findings = {
        name: error.above(spec.reference)
        for name, (_, error) in means.items()
        if spec.reference is not None and isinstance(error, Uncertainty)
    }
    tested = {name: each for name, each in findings.items() if isinstance(each, Inference)}
    verdicts, decided_by = _verdicts(spec, frame, context, tested)
    family = corrected({name: each.effect.p for name, each in tested.items()})
    return MeansBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(means),
        left_out={
            name: frame.why_missing(name, spec.outcome) for name in wanted if name not in means
        },
        verdict=_verdict(spec, verdicts, decided_by),
        metric=spec.outcome.metric,
        scale=frame.scale(spec.outcome, list(means)),
        over=spec.over,
        reference=spec.reference,
        conditions={
            name: mean.model_copy(
                update={
                    "above_reference": _above(spec, error, findings.get(name)),
                    "adjusted": family.get(name),
                    "verdict": verdicts.get(name),
                }
            )
            for name, (mean, error) in means.items()
        },
        decided_by=decided_by,
    )


def _samples(spec: Means, frame: Frame, names: list[str]) -> dict[str, Sample]:
    found = {name: Sample.of(frame, spec.outcome, name, spec.over) for name in names}
    return {name: sample for name, sample in found.items() if sample is not None}


def _condition(
    spec: Means, sample: Sample, samples: Mapping[str, Sample]
) -> tuple[ConditionMean, Uncertainty | Unavailable]:
    """A condition's mean, and the error of what verdicts are about: it, or the average."""
    error = sample.uncertainty
    seeds = dict(sample.by("seed"))
    parts = dict(sample.by("task"))
    average: TaskAverage | Unavailable | None = None
    judged_by: Uncertainty | Unavailable = error
    if spec.average:
        lacking = _lacking(spec.outcome, parts, samples)
        if lacking:
            average = judged_by = Unavailable(unavailable=f"it has no score on {lacking[0]}")
        else:
            average, judged_by = over_tasks(parts)
    mean = ConditionMean(
        **dict(score(sample)),
        seeds={seed: score(part) for seed, part in seeds.items()} if len(seeds) > 1 else {},
        tasks={task: score(part) for task, part in parts.items()} if spec.by_task else {},
        average=average,
    )
    return mean, judged_by


def _lacking(
    outcome: Outcome, parts: Mapping[str, Sample], samples: Mapping[str, Sample]
) -> list[str]:
    """Tasks that other conditions have a score on: an average without them is no fair one."""
    if outcome.tasks in ("target", "off_target"):
        return []
    tasks = {task: None for sample in samples.values() for task in sample.tasks}
    return [task for task in tasks if task not in parts]


# -------------------------------------------------------------------- against a reference


def _above(
    spec: Means, error: Uncertainty | Unavailable, found: Inference | Unavailable | None
) -> object:
    if spec.reference is None:
        return None
    if isinstance(error, Unavailable):
        return error
    return found.effect if isinstance(found, Inference) else found


def _verdicts(
    spec: Means, frame: Frame, context: Context, tested: Mapping[str, Inference]
) -> tuple[dict[str, Verdict | Unavailable], str | None]:
    if not (spec.primary and tested):
        return {}, None
    return judged(
        spec,
        tested,
        named=spec.primary_condition,
        unit=f"above {spec.reference:g}",
        scale=frame.scale(spec.outcome, list(tested)),
        expected=_expected(spec, context, tested),
    )


def _verdict(
    spec: Means, verdicts: Mapping[str, Verdict | Unavailable], decided_by: str | None
) -> Verdict | Unavailable | None:
    if not spec.primary or spec.reference is None:
        return None
    if decided_by is not None:
        return verdicts[decided_by]
    return Unavailable(
        unavailable=f"{spec.primary_condition} has no interval"
        if spec.primary_condition
        else "no mean has an interval"
    )


def _expected(
    spec: Means, context: Context, tested: Mapping[str, Inference]
) -> dict[str, ExpectedEffect]:
    """The parent's means minus the same reference, for the conditions that it has."""
    parent = context.parent
    if parent is None or spec.reference is None:
        return {}
    theirs: dict[str, ExpectedEffect] = {}
    outcome = parent.outcome(spec.outcome)
    for name, ours in tested.items():
        if parent.name(name) not in parent.frame.conditions:
            continue
        sample = Sample.of(parent.frame, outcome, parent.name(name), spec.over)
        if sample is None:
            continue
        error = over_tasks(dict(sample.by("task")))[1] if spec.average else sample.uncertainty
        found = error.above(spec.reference)
        if isinstance(found, Inference):
            theirs[name] = compared(ours.effect, found.effect, parent.label)
    return theirs
