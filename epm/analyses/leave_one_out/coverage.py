"""Whether conditions lie inside the prediction intervals of fits without one of them."""

from __future__ import annotations

from collections.abc import Sequence

from epm.analyses.data.cases import Cases
from epm.analyses.leave_one_out.block import Coverage
from epm.analyses.regression.least_squares import NO_RESIDUALS, LeastSquares, least_squares
from epm.values import Unavailable


def coverage(
    cases: Cases, pool: Cases, terms: Sequence[str], asked: Sequence[str] | None = None
) -> Coverage | Unavailable:
    """Drop each of the pool in turn, fit the rest of it, see whether these points are inside.

    Inside the 95% prediction interval of `LeastSquares.half_width`.

    Args:
        cases: all conditions.
        pool: those of which one is dropped, and the others fitted.
        terms: names of the predictors, and last of the outcome.
        asked: the conditions in question; None asks about the one that was dropped.

    Returns:
        The coverage, or Unavailable as soon as one of the fits is.
    """
    if asked is not None and not asked:
        return Unavailable(unavailable="no new condition has an outcome and all predictors")
    if not len(pool):
        return Unavailable(unavailable="no conditions to leave out")
    outside = []
    for dropped in pool.names:
        fitted = least_squares(pool.without(dropped), terms)
        if not isinstance(fitted, Unavailable) and fitted.perfect:
            fitted = NO_RESIDUALS
        if isinstance(fitted, Unavailable):
            return Unavailable(unavailable=f"without {dropped}: {fitted.unavailable}")
        points = cases.only([dropped] if asked is None else asked)
        if not _inside(fitted, points):
            outside.append(dropped)
    return Coverage(covered=len(pool) - len(outside), total=len(pool), outside=tuple(outside))


def _inside(fitted: LeastSquares, points: Cases) -> bool:
    return all(
        abs(y - fitted.at(x)) <= fitted.half_width(x)
        for x, y in zip(points.x, points.y, strict=True)
    )
