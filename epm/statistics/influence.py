"""Which personas carry the fit: leave-one-out in three readings, and each one's influence."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from epm.results import Coverage, Influence, InfluenceAnalysis, LeaveOneOut, Unavailable
from epm.statistics.points import SAME, Points
from epm.statistics.regression import PERFECT_RESIDUAL, fit_line, predict

PARAMETERS = 2
"""Slope and intercept."""

LEAST = PARAMETERS + 2
"""The fewest points with a degree of freedom left once one of them is set aside."""


def leave_one_out(points: Points, new: Collection[str]) -> LeaveOneOut:
    """Leave-one-out in the three readings that go by that name.

    - drops with the new points in the fit: for each persona, fit all others; are the new points
      inside?
    - drops of the named fit: for each named persona, fit the other named ones; are the new points
      inside?
    - held out: for each persona, fit all others; is that persona inside?

    "Inside" means inside the 95% prediction interval of `Line.half_width`; `outside` names the
    personas whose drop put a point outside. A reading is Unavailable as soon as one of its fits is.
    """
    named = points.only([persona for persona in points.personas if persona not in new])
    asked = [persona for persona in points.personas if persona in new]
    return LeaveOneOut(
        drops_with_new_in_fit=_coverage(
            f"drop one of all {len(points)} personas, new ones in the fit; all new points inside",
            points,
            points,
            asked,
        ),
        drops_of_named_fit=_coverage(
            f"drop one of the {len(named)} named personas, fit the others; all new points inside",
            points,
            named,
            asked,
        ),
        held_out=_coverage(
            f"hold out one of all {len(points)} personas; its own point inside", points, points
        ),
    )


def influence(points: Points) -> InfluenceAnalysis | Unavailable:
    """Cook's distance, leverage and externally studentised residual in the fit of all personas.

    With e the residuals, s² = RSS/(N-2) and p = 2 parameters:

        leverage  h_i = 1/N + (x_i - x̄)²/Sxx                            high above 2p/N
        Cook      D_i = e_i²/(p·s²) · h_i/(1-h_i)²                      influential above 4/N
        external  t_i = e_i/sqrt(s²_(i)·(1-h_i)),  s²_(i) = (RSS - e_i²/(1-h_i))/(N-3)

    Source: Belsley, Kuh and Welsch (1980), Regression Diagnostics, ch. 2, for leverage, its
    threshold and t_i; Cook (1977), Technometrics 19, 15-18; Bollen and Jackman (1990), in Modern
    Methods of Data Analysis, for 4/N.

    Returns:
        The analysis, or Unavailable for N < 4, without a fit, or where a denominator is zero: a
        persona of leverage 1, or others that lie on one line.
    """
    if obstacle := points.obstacle(LEAST):
        return obstacle
    line = fit_line(points)
    if isinstance(line, Unavailable):
        return line
    if line.perfect:
        return Unavailable(unavailable="the fit is perfect: no residuals")
    n = len(points)
    residuals = points.rate - line.predict(points.cosine)
    unexplained = float(np.sum(residuals**2))
    leverage = 1 / n + (points.cosine - line.centre) ** 2 / line.spread
    for persona, h in zip(points.personas, leverage, strict=True):
        if h >= 1 - SAME:
            return Unavailable(unavailable=f"{persona} has leverage 1: the others share one cosine")
    left_over = unexplained - residuals**2 / (1 - leverage)
    for persona, rest in zip(points.personas, left_over, strict=True):
        if rest <= PERFECT_RESIDUAL * unexplained:
            return Unavailable(unavailable=f"without {persona} the fit is perfect")
    cooks = residuals**2 / (PARAMETERS * line.fit.residual_se**2) * leverage / (1 - leverage) ** 2
    external = residuals / np.sqrt(left_over / (n - PARAMETERS - 1) * (1 - leverage))
    cooks_threshold, leverage_threshold = 4 / n, 2 * PARAMETERS / n
    return InfluenceAnalysis(
        cooks_threshold=cooks_threshold,
        leverage_threshold=leverage_threshold,
        personas={
            persona: Influence(
                cooks_distance=float(cooks[i]),
                leverage=float(leverage[i]),
                studentised_residual=float(external[i]),
                influential=bool(cooks[i] > cooks_threshold),
                high_leverage=bool(leverage[i] > leverage_threshold),
            )
            for i, persona in enumerate(points.personas)
        },
    )


def _coverage(
    reading: str, points: Points, pool: Points, asked: Sequence[str] | None = None
) -> Coverage | Unavailable:
    """Drop each of the pool in turn, fit the rest of it, ask whether these points are inside.

    Without `asked`, the question is about the point that was dropped.
    """
    if asked is not None and not asked:
        return Unavailable(unavailable="no new personas")
    if not len(pool):
        return Unavailable(unavailable="no personas to leave out")
    outside = []
    for dropped in pool.personas:
        line = fit_line(pool.without(dropped))
        found = []
        for persona in [dropped] if asked is None else asked:
            cosine, rate = points.at(persona)
            prediction = predict(line, cosine=cosine, observed=rate, gate=1.0)
            if isinstance(prediction, Unavailable):
                return Unavailable(unavailable=f"without {dropped}: {prediction.unavailable}")
            found.append(prediction.inside)
        if not all(found):
            outside.append(dropped)
    return Coverage(
        reading=reading,
        covered=len(pool) - len(outside),
        total=len(pool),
        outside=tuple(outside),
    )
