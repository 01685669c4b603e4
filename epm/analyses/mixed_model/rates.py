"""From log-odds to rates: averages over the random effects, and intervals for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from epm.analyses.data.cases import FloatArray
from epm.values import Interval

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def average(log_odds: FloatArray, variance: float) -> FloatArray:
    """Mean of expit(log-odds + u) over u ~ N(0, variance): 60-point Gauss-Hermite quadrature.

    Args:
        log_odds: shape (...,).
        variance: sum of the variances of all random effects.

    Returns:
        Rates in the population of trainings and items, shape (...,). That of a training and an item
        whose effects are 0 lies further from 50%: Zeger, Liang and Albert (1988), Biometrics 44,
        1049-1060.
    """
    return np.asarray(expit(log_odds[..., None] + sqrt(variance) * _NODES) @ _WEIGHTS)


@dataclass(frozen=True)
class Line:
    """Fitted log-odds beta[0] + beta[1]·z over the conditions, and what they are in rates."""

    z: FloatArray
    """Standardised predictor, shape (C,)."""
    beta: FloatArray
    covariance: FloatArray
    variance: float
    """Sum of the variances of all random effects."""

    def points(self, beta: FloatArray) -> float:
        """Slope of the least-squares line through the average rates of the conditions, per z.

        For two arms it is the difference of their rates times the spread of z. It rises with
        beta[1], is 0 where that is, and cannot leave what rates allow.
        """
        rates = average(beta[0] + beta[1] * self.z, self.variance)
        return float(self.z @ rates) / float(self.z @ self.z)

    def se(self) -> float:
        """Of the points, by the delta method."""
        steps = 1e-5 * np.eye(2)
        gradient = np.array(
            [(self.points(self.beta + s) - self.points(self.beta - s)) / 2e-5 for s in steps]
        )
        return sqrt(max(0.0, float(gradient @ self.covariance @ gradient)))

    def interval(self, reach: float) -> Interval:
        """Least and largest points over the ellipse of fixed effects that are `reach` errors away.

        The profile interval of the points if the log-likelihood is quadratic in the fixed effects.
        It contains 0 exactly where the interval of the slope in log-odds does.

        Source: Venzon and Moolgavkar (1988), Appl. Stat. 37, 87-94; Newcombe (2011), Commun. Stat.
        Theory Methods 40, 3154-3180, for the same by 'propagating imprecision'.
        """
        root = reach * np.linalg.cholesky(self.covariance)

        def at(angle: float) -> float:
            return self.points(self.beta + root @ np.array([np.cos(angle), np.sin(angle)]))

        return Interval(lower=-_largest(lambda angle: -at(angle)), upper=_largest(at))

    def detectable(self, slope: float) -> float:
        """Points of a slope in log-odds per z, or of its opposite if they are more.

        Args:
            slope: above 0; the middle of the line stays where it is.
        """
        return max(abs(self.points(np.array([self.beta[0], s]))) for s in (slope, -slope))

    def rate(self, z: float, reach: float) -> tuple[float, Interval]:
        """Average rate at z, with its pointwise interval."""
        weights = np.array([1.0, z])
        eta = float(weights @ self.beta)
        out = reach * sqrt(float(weights @ self.covariance @ weights))
        lower, rate, upper = average(np.array([eta - out, eta, eta + out]), self.variance)
        return float(rate), Interval(lower=float(lower), upper=float(upper))


def _largest(of: Callable[[float], float]) -> float:
    """Over all angles: the best of a grid, refined."""
    grid = np.linspace(0, 2 * np.pi, 73)
    best = float(grid[int(np.argmax([of(float(angle)) for angle in grid]))])
    step = float(grid[1])
    found = minimize_scalar(
        lambda angle: -of(float(angle)),
        bounds=(best - step, best + step),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return max(of(best), -float(found.fun))
