"""What analyses and gates can get wrong: names of what is not there, criteria without a bound.

A definition that is run has names of its own; one about imported results has those of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from epm.definition.analysis import AnalysisSpec, Gate, Outcome, Subset
from epm.definition.checks.names import (
    THERE_IS_NOT,
    Problem,
    faulty_names,
    is_number,
    not_one_of,
    unknown,
)
from epm.definition.model import RecordedData
from epm.definition.profile import Profile

if TYPE_CHECKING:
    from epm.definition.conditions import Condition
    from epm.definition.experiment import Experiment

_IN_POINTS = ("difference", "means", "proportions")
"""Kinds whose effects are differences of scores."""


class Described(Protocol):
    """What is known of a condition, in a definition or in results."""

    @property
    def role(self) -> str:
        """As 'baseline'."""

    @property
    def target(self) -> str | None:
        """Task that it is about."""

    @property
    def factors(self) -> Mapping[str, str | float]:
        """What sets it apart."""

    @property
    def covariates(self) -> Mapping[str, float]:
        """Numbers of it."""


@dataclass(frozen=True)
class Known:
    """What can be asked about."""

    conditions: Mapping[str, Described]
    tasks: Collection[str]
    metrics: Mapping[str, bool | None]
    """Whether scores are yes or no; None where that is not known."""
    numbers: Collection[str] | None
    """Covariates and numeric factors of the conditions; None where they are in a file that is read
    later."""
    lacking: str = THERE_IS_NOT
    """What is said of a name that is not among these."""


def of_profile(experiment: Experiment, profile: Profile) -> Known:
    """What a definition has at one scale."""
    recorded = isinstance(profile.model, RecordedData)
    return Known(
        conditions={each.name: each for each in _with_levels(experiment)},
        tasks=[task.name for task in experiment.tasks],
        metrics=dict.fromkeys(experiment.metrics)
        | {scorer.name: scorer.counts for scorer in experiment.scorers},
        numbers=None if recorded else covariates(experiment, profile),
    )


def _with_levels(experiment: Experiment) -> list[Condition]:
    """The conditions, what steers one counted among its factors."""
    return [replace(each, factors=each.levels) for each in experiment.conditions]


def contradictions(
    specs: Sequence[AnalysisSpec], gates: Sequence[Gate], figure: str
) -> Iterator[Problem]:
    """What is wrong whatever they are asked about."""
    names = [spec.name for spec in specs]
    yield from faulty_names("analysis", names)
    yield from faulty_names("gate", [gate.name for gate in gates])
    for number, spec in enumerate(specs):
        yield from _itself(spec, names[:number])
    for gate in gates:
        yield from _gate(gate, names)
    if figure and figure not in names:
        yield unknown("analysis", figure, names, "the leading figure")


def problems(specs: Sequence[AnalysisSpec], known: Known) -> Iterator[Problem]:
    """What they ask about that is not there, or is not so."""
    for spec in specs:
        yield from _asked(spec, known)


def _itself(spec: AnalysisSpec, before: Sequence[str]) -> Iterator[Problem]:
    where = f"analysis '{spec.name}'"
    for what in spec.problems():
        yield f"{where}: {what}", "mend it in the definition"
    for outcome in spec.outcomes():
        if not isinstance(outcome.tasks, tuple):
            words = ("target", "off_target", "all")
            yield from not_one_of(f"the tasks of {where}", outcome.tasks, words)
        elif not outcome.tasks:
            yield f"{where} is about no task", "name tasks, or leave them out to mean all"
    for name in spec.analyses():
        if name not in before:
            yield unknown("earlier analysis", name, before, where)
    expected = spec.expected
    if expected and not (
        all(map(is_number, (expected.estimate, expected.lower, expected.upper)))
        and expected.lower <= expected.estimate <= expected.upper
    ):
        yield (
            f"{where}: the expected effect {expected.estimate} is not between {expected.lower} and "
            f"{expected.upper}",
            "give an estimate inside its interval",
        )


def _asked(spec: AnalysisSpec, known: Known) -> Iterator[Problem]:
    where = f"analysis '{spec.name}'"
    for outcome in spec.outcomes():
        yield from _outcome(outcome, known, where)
    rates = all(known.metrics.get(outcome.metric) for outcome in spec.outcomes())
    if spec.kind in _IN_POINTS and rates and (spec.relevant or 0) > 1:
        yield (
            f"{where} has a smallest relevant effect of {spec.relevant:g}, but is of rates",
            "0.05 is five points",
        )
    for first, second in spec.joint():
        kinds = {known.metrics[first], known.metrics[second]}
        if kinds == {True, False}:
            yield (
                f"{where} compares '{first}' with '{second}', yes or no with a number",
                "take two metrics of a kind",
            )
    for name in spec.conditions():
        if name not in known.conditions:
            yield unknown("condition", name, known.conditions, where, known.lacking)
    factors = {name for each in known.conditions.values() for name in each.factors}
    for name in spec.factors():
        if name not in factors:
            yield unknown("factor", name, sorted(factors), where, known.lacking)
    yield from _subset(spec.among, known, where)
    if known.numbers is not None:
        yield from predictors(spec, known.numbers, known.lacking)


def predictors(spec: AnalysisSpec, numbers: Collection[str], lacking: str) -> Iterator[Problem]:
    """Covariates that no condition has."""
    for predictor in spec.predictors():
        if predictor.name not in numbers:
            where = f"analysis '{spec.name}'"
            yield unknown("covariate", predictor.name, sorted(numbers), where, lacking)


def _outcome(outcome: Outcome, known: Known, where: str) -> Iterator[Problem]:
    if outcome.metric not in known.metrics:
        yield unknown("metric", outcome.metric, known.metrics, where, known.lacking)
    if outcome.tasks == "target" and not any(c.target for c in known.conditions.values()):
        yield f"{where} asks for targets, but no condition has one", "give conditions a target"
    for task in outcome.tasks if isinstance(outcome.tasks, tuple) else ():
        if task not in known.tasks:
            yield unknown("task", task, known.tasks, where, known.lacking)


def _subset(subset: Subset, known: Known, where: str) -> Iterator[Problem]:
    """A level that no condition has, or requirements that no condition meets together."""
    conditions = known.conditions.values()
    for factor, level in subset.where:
        levels = [each.factors[factor] for each in conditions if factor in each.factors]
        if levels and level not in levels:
            there = dict.fromkeys(map(str, levels))
            by = f"{where}, of factor '{factor}',"
            yield unknown("level", str(level), there, by, known.lacking)
    if not any(_is_among(name, each, subset) for name, each in known.conditions.items()):
        yield f"{where} is about no condition", "widen `among`"


def _is_among(name: str, condition: Described, subset: Subset) -> bool:
    """As `epm.analyses.data.frame` chooses them."""
    named = name in subset.names if subset.names else condition.role != "baseline"
    return (
        named
        and name not in subset.without
        and all(condition.factors.get(factor) == level for factor, level in subset.where)
    )


def _gate(gate: Gate, names: Sequence[str]) -> Iterator[Problem]:
    where = f"gate '{gate.name}'"
    if gate.analysis not in names:
        yield unknown("analysis", gate.analysis, names, where)
    if not all(gate.number.split("/")):
        yield (
            f"{where}: {gate.number!r} leads to no number",
            "give the steps into the analysis' results, as in 'conditions/villain/estimate'",
        )
    bounds = [bound for bound in (gate.at_most, gate.at_least) if bound is not None]
    if len(bounds) != 1:
        yield f"{where} has no bound, or two", "give it at_most or at_least"
    for bound in bounds:
        if not is_number(bound):
            yield f"{where}: its bound is {bound!r}", "give a finite number"


def covariates(experiment: Experiment, profile: Profile) -> set[str]:
    """Names of the numbers that conditions have at a scale: known, numeric factors, computed."""
    computed = {name for source in profile.covariates for name, _ in source.names()}
    return numbers_of(_with_levels(experiment)) | computed


def numbers_of(conditions: Iterable[Described]) -> set[str]:
    """Names of covariates and numeric factors."""
    return {
        name
        for each in conditions
        for name, value in (*each.covariates.items(), *each.factors.items())
        if is_number(value)
    }
