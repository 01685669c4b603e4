"""How well conditions are predicted by fits that did not see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import sqrt

import numpy as np

from epm.analyses.correlation.coefficients import constant, counted, standardised
from epm.analyses.data.cases import Cases, FloatArray
from epm.analyses.leave_one_out.block import HeldOut
from epm.analyses.regression.least_squares import least_squares
from epm.values import Unavailable

Folds = Mapping[str, tuple[str, ...]]
"""The conditions of each fold, by its name; each condition in one."""


def held_out(cases: Cases, terms: Sequence[str], folds: Folds) -> HeldOut | Unavailable:
    """R² of predictions for conditions that were left out of the fit.

    With ŷ_i from the fit without i's fold:

        R² = 1 - Σ (y_i - ŷ_i)² / Σ (y_i - ȳ)²,   rmse = sqrt(1/N · Σ (y_i - ŷ_i)²)

    the first sum is PRESS, Allen (1974), Technometrics 16, 125-127; ȳ is the mean of all, not of
    the conditions in each fit.

    Args:
        cases: all conditions.
        terms: names of the predictors, and last of the outcome.
        folds: what is left out together.
    """
    return _predicted(cases, folds, terms[-1], lambda left: (left, cases, terms))


def choosing(
    cases: Cases, family: Sequence[str], given: Sequence[str], outcome: str, folds: Folds
) -> HeldOut | Unavailable:
    """The same where each fold fits the predictor of a family that is strongest in its others.

    Strongest by |Pearson's r| over the conditions that are not left out: what choosing a predictor
    costs is then in the predictions, as the choice did not see them either. Source: Varma and
    Simon (2006), BMC Bioinformatics 7, 91.

    Args:
        cases: with the family's predictors first, the covariates after them.
        family: names of the predictors.
        given: names of the covariates, which every fit has.
        outcome: its name.
        folds: what is left out together.
    """

    def chosen(left: Cases) -> tuple[Cases, Cases, Sequence[str]] | Unavailable:
        if constant(left.y):
            return Unavailable(unavailable=f"{outcome} is the same in all {counted(len(left))}")
        y = standardised(left.y)
        strength = {
            i: abs(float(standardised(left.x[:, i]) @ y))
            for i in range(len(family))
            if not constant(left.x[:, i])
        }
        if not strength:
            return Unavailable(unavailable="no predictor varies")
        best = max(strength, key=strength.__getitem__)
        columns = [best, *range(len(family), cases.x.shape[1])]
        names = [family[best], *given, outcome]
        return _columns(left, columns), _columns(cases, columns), names

    return _predicted(cases, folds, outcome, chosen, count=True)


def _predicted(
    cases: Cases,
    folds: Folds,
    outcome: str,
    model: Callable[[Cases], tuple[Cases, Cases, Sequence[str]] | Unavailable],
    *,
    count: bool = False,
) -> HeldOut | Unavailable:
    """Predict each fold from a fit of the others, which `model` gives the predictors of."""
    if len(folds) < 2:
        return Unavailable(unavailable=f"{counted(len(folds), 'group')}, 2 needed")
    if not len(cases) or constant(cases.y):
        return Unavailable(unavailable=f"{outcome} is the same in all {counted(len(cases))}")
    predicted: FloatArray = np.empty(len(cases))
    chosen: Counter[str] = Counter()
    for fold, members in folds.items():
        found = model(cases.without(*members))
        if isinstance(found, Unavailable):
            return Unavailable(unavailable=f"without {fold}: {found.unavailable}")
        left, whole, names = found
        fitted = least_squares(left, names)
        if isinstance(fitted, Unavailable):
            return Unavailable(unavailable=f"without {fold}: {fitted.unavailable}")
        at = [i for i, name in enumerate(cases.names) if name in members]
        predicted[at] = fitted.at(whole.x[at])
        chosen[names[0]] += 1
    press = float(np.sum((cases.y - predicted) ** 2))
    return HeldOut(
        r2=1 - press / float(np.sum((cases.y - cases.y.mean()) ** 2)),
        rmse=sqrt(press / len(cases)),
        n=len(cases),
        folds=len(folds),
        chosen=dict(chosen) if count else {},
    )


def _columns(cases: Cases, columns: Sequence[int]) -> Cases:
    return Cases(cases.names, cases.x[:, columns], cases.y, {})
