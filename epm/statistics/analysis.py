"""The one entry: counts and cosines in, the statistics of the results file out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from epm.results import (
    CompleteCondition,
    LayerStatistics,
    MissingCondition,
    PersonaProportions,
    Prediction,
    PrimaryStatistics,
    Proportion,
    Rate,
    SeedProportions,
    Statistics,
    StepProportion,
    TrajectoryPoint,
    Unavailable,
)
from epm.statistics.correlation import adjust, correlations, pearson, permutation, spearman
from epm.statistics.influence import influence, leave_one_out
from epm.statistics.length import length_partial
from epm.statistics.points import Points
from epm.statistics.proportions import proportion
from epm.statistics.regression import Line, fit_line, predict

Conditions = Mapping[str, CompleteCondition | MissingCondition]


def analyse(
    conditions: Conditions,
    cosines: Mapping[str, Mapping[str, float]],
    prompt_tokens: Mapping[str, int],
    *,
    reference: str,
    primary_layer: int,
    alpha: float,
    prediction_gate: float,
    seed: int,
) -> Statistics:
    """Compute every statistic of the results file.

    Missing conditions, and personas without a finite cosine, are left out, and each n says so.
    Whatever its data cannot support is Unavailable with the reason; nothing is raised and nothing
    is NaN.

    Args:
        conditions: by persona; `new` marks the personas that are predicted, the rest are "named".
        cosines: layer -> persona -> centred cosine to the reference persona.
        prompt_tokens: system prompt length by persona, in tokens.
        reference: the persona that the cosines point at.
        primary_layer: the pre-registered layer, a key of `cosines` as a number.
        alpha: pre-registered level, recorded for whoever states significance.
        prediction_gate: largest half-width, a fraction, at which a prediction is informative.
        seed: of the permutation tests.
    """
    return Statistics(
        alpha=alpha,
        personas={
            persona: _proportions(condition)
            for persona, condition in conditions.items()
            if isinstance(condition, CompleteCondition)
        },
        layers=_layers({k: Points.of(conditions, at) for k, at in cosines.items()}, seed),
        primary=_primary(
            Points.of(conditions, cosines.get(str(primary_layer), {})),
            conditions,
            prompt_tokens,
            reference=reference,
            layer=primary_layer,
            gate=prediction_gate,
        ),
    )


def _proportions(condition: CompleteCondition) -> PersonaProportions:
    replicates = condition.replicates
    return PersonaProportions(
        source=proportion(condition.source, [each.source for each in replicates]),
        bystanders=_pooled(condition.bystanders, [each.bystanders for each in replicates]),
        seeds=tuple(
            SeedProportions(
                seed=each.seed,
                source=proportion(each.source),
                bystanders=_pooled(each.bystanders, ()),
            )
            for each in replicates
        ),
        trajectory=tuple(_steps(condition.trajectory)),
    )


def _pooled(
    bystanders: Mapping[str, Rate], replicates: Sequence[Mapping[str, Rate]]
) -> Proportion | Unavailable:
    """The rate over all bystander personas."""
    if not bystanders:
        return Unavailable(unavailable="no bystander was sampled")
    by_seed = [Rate.pooled(list(each.values())) for each in replicates]
    return proportion(Rate.pooled(list(bystanders.values())), by_seed)


def _steps(trajectory: Sequence[TrajectoryPoint]) -> Iterator[StepProportion]:
    """Each step of a training, its seeds pooled."""
    for step, points in groupby(trajectory, key=lambda point: point.step):
        by_seed = [point.rate for point in points]
        yield StepProportion(step=step, source=proportion(Rate.pooled(by_seed), by_seed))


def _layers(layers: Mapping[str, Points], seed: int) -> dict[str, LayerStatistics]:
    by_pearson = {layer: pearson(points) for layer, points in layers.items()}
    by_spearman = {layer: spearman(points) for layer, points in layers.items()}
    pearson_adjusted, spearman_adjusted = adjust(by_pearson), adjust(by_spearman)
    return {
        layer: LayerStatistics(
            pearson=by_pearson[layer],
            spearman=by_spearman[layer],
            permutation=permutation(points, seed),
            pearson_adjusted=pearson_adjusted[layer],
            spearman_adjusted=spearman_adjusted[layer],
        )
        for layer, points in layers.items()
    }


def _primary(
    points: Points,
    conditions: Conditions,
    prompt_tokens: Mapping[str, int],
    *,
    reference: str,
    layer: int,
    gate: float,
) -> PrimaryStatistics:
    new = [persona for persona, condition in conditions.items() if condition.new]
    named_line = fit_line(points.only([p for p in points.personas if p not in new]))
    all_line = fit_line(points)
    categories: dict[str, list[str]] = {}
    for persona in points.personas:
        categories.setdefault(conditions[persona].category, []).append(persona)
    return PrimaryStatistics(
        layer=layer,
        prediction_gate=gate,
        named_fit=named_line.fit if isinstance(named_line, Line) else named_line,
        all_fit=all_line.fit if isinstance(all_line, Line) else all_line,
        predictions={
            persona: _prediction(persona, points, conditions, named_line, gate) for persona in new
        },
        leave_one_out=leave_one_out(points, new),
        influence=influence(points),
        length_partial=length_partial(points, prompt_tokens),
        without_reference=correlations(points.without(reference)),
        drop_one={persona: correlations(points.without(persona)) for persona in points.personas},
        within_category={
            category: correlations(points.only(members)) for category, members in categories.items()
        },
    )


def _prediction(
    persona: str, points: Points, conditions: Conditions, line: Line | Unavailable, gate: float
) -> Prediction | Unavailable:
    condition = conditions[persona]
    if isinstance(condition, MissingCondition):
        return Unavailable(unavailable=f"the condition is missing: {condition.reason}")
    if persona not in points.personas:
        return Unavailable(unavailable="no cosine at the primary layer")
    cosine, rate = points.at(persona)
    return predict(line, cosine=cosine, observed=rate, gate=gate)
