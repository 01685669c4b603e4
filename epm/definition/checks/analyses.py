"""What analyses and gates can get wrong: names of what is not there, criteria without a bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from epm.definition.analysis import AnalysisSpec, Gate, Outcome, Subset
from epm.definition.checks.names import Problem, faulty_names, is_number, not_one_of, unknown
from epm.definition.conditions import Condition
from epm.definition.model import RecordedData
from epm.definition.profile import Profile

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    """At one scale."""
    specs, gates = experiment.analyses_of(profile), experiment.gates_of(profile)
    names = [spec.name for spec in specs]
    yield from faulty_names("analysis", names)
    yield from faulty_names("gate", [gate.name for gate in gates])
    for number, spec in enumerate(specs):
        yield from _analysis(experiment, profile, spec, names[:number])
    for gate in gates:
        yield from _gate(gate, names)
    if experiment.figure and experiment.figure not in names:
        yield unknown("analysis", experiment.figure, names, "the leading figure")
    if experiment.parent and experiment.parent.recipe is not None:
        profiles = [each.name for each in experiment.profiles]
        if experiment.parent.recipe not in profiles:
            yield unknown("profile", experiment.parent.recipe, profiles, "the parent's recipe")


def _analysis(
    experiment: Experiment, profile: Profile, spec: AnalysisSpec, before: Sequence[str]
) -> Iterator[Problem]:
    where = f"analysis '{spec.name}'"
    for what in spec.problems():
        yield f"{where}: {what}", "mend it in the definition"
    for outcome in spec.outcomes():
        yield from _outcome(experiment, outcome, where)
    counts = {scorer.name: scorer.counts for scorer in experiment.scorers}
    rates = all(counts.get(outcome.metric, False) for outcome in spec.outcomes())
    if spec.kind in ("difference", "means") and rates and (spec.relevant or 0) > 1:
        yield (
            f"{where} has a smallest relevant effect of {spec.relevant:g}, but is of rates",
            "0.05 is five points",
        )
    for first, second in spec.joint():
        if counts[first] != counts[second]:
            yield (
                f"{where} compares '{first}' with '{second}', yes or no with a number",
                "take two metrics of a kind",
            )
    conditions = [each.name for each in experiment.conditions]
    for name in spec.conditions():
        if name not in conditions:
            yield unknown("condition", name, conditions, where)
    factors = {name for each in experiment.conditions for name in each.levels}
    for name in spec.factors():
        if name not in factors:
            yield unknown("factor", name, sorted(factors), where)
    yield from _subset(experiment, spec.among, where)
    for name in spec.analyses():
        if name not in before:
            yield unknown("earlier analysis", name, before, where)
    if not isinstance(profile.model, RecordedData):
        given = covariates(experiment, profile)
        for predictor in spec.predictors():
            if predictor.name not in given:
                yield unknown("covariate", predictor.name, sorted(given), where)
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


def _outcome(experiment: Experiment, outcome: Outcome, where: str) -> Iterator[Problem]:
    metrics = [scorer.name for scorer in experiment.scorers]
    if outcome.metric not in metrics:
        yield unknown("metric", outcome.metric, metrics, where)
    if not isinstance(outcome.tasks, tuple):
        words = ("target", "off_target", "all")
        yield from not_one_of(f"the tasks of {where}", outcome.tasks, words)
        if outcome.tasks == "target" and not any(c.target for c in experiment.conditions):
            yield f"{where} asks for targets, but no condition has one", "give conditions a target"
        return
    tasks = [task.name for task in experiment.tasks]
    if not outcome.tasks:
        yield f"{where} is about no task", "name tasks, or leave them out to mean all"
    for task in outcome.tasks:
        if task not in tasks:
            yield unknown("task", task, tasks, where)


def _subset(experiment: Experiment, subset: Subset, where: str) -> Iterator[Problem]:
    """A level that no condition has, or requirements that no condition meets together."""
    for factor, level in subset.where:
        levels = [each.levels[factor] for each in experiment.conditions if factor in each.levels]
        if levels and level not in levels:
            known = dict.fromkeys(map(str, levels))
            yield unknown("level", str(level), known, f"{where}, of factor '{factor}',")
    if not any(_is_among(each, subset) for each in experiment.conditions):
        yield f"{where} is about no condition", "widen `among`"


def _is_among(condition: Condition, subset: Subset) -> bool:
    """As `epm.analyses.data.frame` chooses them."""
    named = condition.name in subset.names if subset.names else condition.role != "baseline"
    return (
        named
        and condition.name not in subset.without
        and all(condition.levels.get(factor) == level for factor, level in subset.where)
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
    known = {
        name
        for each in experiment.conditions
        for name, value in (*each.covariates.items(), *each.levels.items())
        if is_number(value)
    }
    return known | {name for source in profile.covariates for name, _ in source.names()}
