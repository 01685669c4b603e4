"""What judges lost is told on every page, also where the definition does not ask for it."""

from __future__ import annotations

from epm.analyses.exclusions.spec import Exclusions
from epm.analyses.pairs import PairsSpec
from epm.definition import Definition
from epm.definition.analysis import AnalysisSpec, Outcome


def of_judges(definition: Definition) -> tuple[Exclusions, ...]:
    """An analysis of the exclusions of every judged metric that has none.

    Of the outcome that the first analysis of the metric has, primary ones before others, and of the
    pairs that it compares.
    """
    specs = definition.analyses
    asked = {
        outcome.metric
        for spec in specs
        if isinstance(spec, Exclusions)
        for outcome in spec.outcomes()
    }
    names = {spec.name for spec in specs}
    found = []
    for judge in definition.judges:
        if judge.name in asked:
            continue
        reading = sorted(
            (spec for spec in specs if judge.name in {o.metric for o in spec.outcomes()}),
            key=lambda spec: (not spec.primary, not isinstance(spec, PairsSpec)),
        )
        name = f"{judge.name}_exclusions"
        while name in names:
            name += "_"
        label = f"without a score of {judge.label or judge.name.replace('_', ' ')}"
        found.append(_like(reading[0] if reading else None, name, label, judge.name))
    return tuple(found)


def _like(spec: AnalysisSpec | None, name: str, label: str, metric: str) -> Exclusions:
    outcomes = spec.outcomes() if spec else ()
    outcome = next((each for each in outcomes if each.metric == metric), Outcome(metric))
    if isinstance(spec, PairsSpec):
        return Exclusions(
            name=name,
            label=label,
            outcome=outcome,
            among=spec.among,
            pairs=spec.pairs,
            against=spec.against,
        )
    return Exclusions(name=name, label=label, outcome=outcome)
