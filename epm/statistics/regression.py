"""Least squares of source rate on cosine: the line, and how far off it a new point may fall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from epm.results import Fit, Interval, Prediction, Unavailable
from epm.statistics.correlation import LEAST
from epm.statistics.points import FloatArray, Points
from epm.statistics.proportions import LEVEL

PERFECT_RESIDUAL = 1e-12
"""Residual sum of squares, as a share of the total, at which a fit is perfect up to float64
noise."""


@dataclass(frozen=True)
class Line:
    """A fitted line, rate = intercept + slope·cosine, rates as fractions.

    Attributes:
        fit: the coefficients, Pearson's r, the slope's two-sided p and the residual standard error.
        centre: mean cosine of the fitted points.
        spread: Sxx, the sum of squared deviations of their cosines from it.
        perfect: whether all points lie on the line, so that it says nothing of others.
    """

    fit: Fit
    centre: float
    spread: float
    perfect: bool

    def predict(self, cosine: FloatArray) -> FloatArray:
        """The line at these cosines; shape kept, fractions, not limited to [0, 1]."""
        return self.fit.intercept + self.fit.slope * cosine

    def half_width(self, cosine: FloatArray) -> FloatArray:
        """Half the 95% prediction interval of one further point; shape kept, fractions.

            t_{n-2} · s · sqrt(1 + 1/n + (x - x̄)²/Sxx)

        Source: Draper and Smith (1998), Applied Regression Analysis, 3rd ed., section 3.1.
        """
        t = stats.t.ppf((1 + LEVEL) / 2, self.fit.n - 2)
        deviation = (cosine - self.centre) ** 2 / self.spread
        return np.asarray(t * self.fit.residual_se * np.sqrt(1 + 1 / self.fit.n + deviation))


def fit_line(points: Points) -> Line | Unavailable:
    """Ordinary least squares of rate on cosine.

    slope = Sxy/Sxx, intercept = ȳ - slope·x̄, s = sqrt(RSS/(N-2)); p is that of t =
    slope·sqrt(Sxx)/s on N-2 degrees of freedom (`scipy.stats.linregress`).

    Returns:
        The line, or Unavailable for N < 3 or where cosines or rates are all equal.
    """
    if obstacle := points.obstacle(LEAST):
        return obstacle
    found = stats.linregress(points.cosine, points.rate)
    residuals = points.rate - (found.intercept + found.slope * points.cosine)
    unexplained = float(np.sum(residuals**2))
    centre = float(np.mean(points.cosine))
    return Line(
        fit=Fit(
            n=len(points),
            slope=float(found.slope),
            intercept=float(found.intercept),
            r=float(found.rvalue),
            p=float(found.pvalue),
            residual_se=float(np.sqrt(unexplained / (len(points) - 2))),
        ),
        centre=centre,
        spread=float(np.sum((points.cosine - centre) ** 2)),
        perfect=unexplained
        <= PERFECT_RESIDUAL * float(np.sum((points.rate - points.rate.mean()) ** 2)),
    )


def predict(
    line: Line | Unavailable, *, cosine: float, observed: float, gate: float
) -> Prediction | Unavailable:
    """Hold one point, not in the fit, against the line's 95% prediction interval.

    Args:
        line: the fit, or why there is none.
        cosine: of the point.
        observed: its source rate, a fraction.
        gate: largest half-width that is still informative, a fraction.

    Returns:
        The prediction in fractions, or Unavailable without a fit or with a perfect one, whose
        interval would have no width.
    """
    if isinstance(line, Unavailable):
        return line
    if line.perfect:
        return Unavailable(unavailable="the fit is perfect: no residual to predict from")
    at = np.array(cosine)
    predicted, half_width = float(line.predict(at)), float(line.half_width(at))
    lower, upper = predicted - half_width, predicted + half_width
    return Prediction(
        observed=observed,
        predicted=predicted,
        interval=Interval(lower=lower, upper=upper, level=LEVEL),
        half_width=half_width,
        inside=lower <= observed <= upper,
        leaves_unit_interval=lower < 0 or upper > 1,
        informative=half_width <= gate,
    )
