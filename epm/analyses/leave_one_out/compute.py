"""A correlation and a fit without each condition in turn, and without each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from epm.analyses.context import Context
from epm.analyses.correlation.block import Coefficients
from epm.analyses.correlation.coefficients import obstacle, pearson, spearman
from epm.analyses.data.cases import Cases
from epm.analyses.data.frame import Frame
from epm.analyses.leave_one_out.block import (
    Coverages,
    HeldOutFits,
    LeaveOneOutBlock,
    Range,
    Span,
    Without,
)
from epm.analyses.leave_one_out.coverage import coverage
from epm.analyses.leave_one_out.held_out import Folds, choosing, held_out
from epm.analyses.leave_one_out.spec import LeaveOneOut
from epm.analyses.regression.least_squares import least_squares
from epm.values import Unavailable


def compute(spec: LeaveOneOut, frame: Frame, context: Context) -> LeaveOneOutBlock | Unavailable:
    """Correlations, slopes, held-out R² and coverage."""
    names = frame.among(spec.among)
    predictors = (spec.x, *spec.given)
    cases = frame.cases(predictors, spec.y, names)
    terms = [*(each.name for each in predictors), spec.y.metric]
    none = obstacle(cases.x[:, 0], cases.y, len(predictors) + 3, (spec.x.name, spec.y.metric))
    fitted = none or least_squares(cases, terms)
    if isinstance(fitted, Unavailable):
        return fitted
    without = {name: _without(cases.without(name), terms) for name in cases.names}
    groups = frame.groups(spec.groups, cases.names) if spec.groups else {}
    return LeaveOneOutBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(cases),
        left_out=cases.left_out,
        metric=spec.y.metric,
        scale=frame.scale(spec.y, cases.names),
        x=spec.x.name,
        given=tuple(each.name for each in spec.given),
        logarithms=tuple(
            each.name for each in dict.fromkeys((*predictors, *spec.family)) if each.log
        ),
        r2=min(1.0, max(0.0, float(fitted.result.rsquared))),
        without=without,
        pearson=_span({name: own.pearson for name, own in without.items()}, context.alpha),
        spearman=_span({name: own.spearman for name, own in without.items()}, context.alpha),
        slope=_range({name: own.slope for name, own in without.items()}),
        grouped_by=spec.groups,
        without_group={
            group: _without(cases.without(*members), terms) for group, members in groups.items()
        },
        family=tuple(each.name for each in spec.family),
        held_out=_held_out(spec, frame, cases, terms),
        new=spec.new,
        coverage=_coverages(spec, cases, terms),
    )


def _without(left: Cases, terms: Sequence[str]) -> Without:
    none = obstacle(left.x[:, 0], left.y, names=(terms[0], terms[-1]))
    fitted = least_squares(left, terms)
    return Without(
        n=len(left),
        pearson=none or pearson(left.x[:, 0], left.y),
        spearman=none or spearman(left.x[:, 0], left.y),
        slope=fitted if isinstance(fitted, Unavailable) else float(fitted.coefficients[1]),
    )


def _span(found: Mapping[str, Coefficients | Unavailable], alpha: float) -> Span | Unavailable:
    known = {name: own for name, own in found.items() if isinstance(own, Coefficients)}
    coefficient = _range(
        {
            name: own.coefficient if isinstance(own, Coefficients) else own
            for name, own in found.items()
        }
    )
    if isinstance(coefficient, Unavailable):
        return coefficient
    worst = max(known, key=lambda name: known[name].p)
    return Span(
        coefficient=coefficient,
        largest_p=known[worst].p,
        largest_p_without=worst,
        significant=sum(own.p < alpha for own in known.values()),
        runs=len(known),
        alpha=alpha,
    )


def _range(found: Mapping[str, float | Unavailable]) -> Range | Unavailable:
    """Over all of them; Unavailable as soon as one of them is."""
    known: dict[str, float] = {}
    for name, value in found.items():
        if isinstance(value, Unavailable):
            return Unavailable(unavailable=f"without {name}: {value.unavailable}")
        known[name] = value
    lowest, highest = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    return Range(
        lowest=known[lowest],
        lowest_without=lowest,
        highest=known[highest],
        highest_without=highest,
    )


def _held_out(spec: LeaveOneOut, frame: Frame, cases: Cases, terms: Sequence[str]) -> HeldOutFits:
    by_group = _folds(spec, frame, cases)
    found = HeldOutFits(
        conditions=held_out(cases, terms, {name: (name,) for name in cases.names}),
        groups=by_group
        if isinstance(by_group, Unavailable | None)
        else held_out(cases, terms, by_group),
    )
    if not spec.family:
        return found
    given = [each.name for each in spec.given]
    family = frame.cases((*spec.family, *spec.given), spec.y, frame.among(spec.among))
    names = [each.name for each in spec.family]
    groups = _folds(spec, frame, family)
    return found.model_copy(
        update={
            "conditions_choosing": choosing(
                family, names, given, spec.y.metric, {name: (name,) for name in family.names}
            ),
            "groups_choosing": groups
            if isinstance(groups, Unavailable | None)
            else choosing(family, names, given, spec.y.metric, groups),
        }
    )


def _folds(spec: LeaveOneOut, frame: Frame, cases: Cases) -> Folds | Unavailable | None:
    """The members of each group; every condition must have one."""
    if spec.groups is None:
        return None
    groups = frame.groups(spec.groups, cases.names)
    grouped = {name for members in groups.values() for name in members}
    without = [name for name in cases.names if name not in grouped]
    if without:
        return Unavailable(unavailable=f"{without[0]} has no {spec.groups}")
    return {group: tuple(members) for group, members in groups.items()}


def _coverages(spec: LeaveOneOut, cases: Cases, terms: Sequence[str]) -> Coverages:
    asked = [name for name in cases.names if name in spec.new]
    if not spec.new:
        return Coverages(held_out=coverage(cases, cases, terms))
    return Coverages(
        with_new_in_fit=coverage(cases, cases, terms, asked),
        of_named_fit=coverage(cases, cases.without(*spec.new), terms, asked),
        held_out=coverage(cases, cases, terms),
    )
