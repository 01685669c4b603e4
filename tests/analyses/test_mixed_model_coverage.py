"""How often the mixed model's interval covers the truth: a simulation, in short and in full."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq

from epm.analyses.data.cases import FloatArray
from epm.analyses.mixed_model.block import MixedModelFit
from epm.analyses.mixed_model.fitting import fitted
from epm.analyses.mixed_model.rates import average
from epm.values import Interval

COSINES = (0.67, -0.23, 0.74, 0.19, -0.21, -0.55, -0.28, -0.55, -0.24, -0.46, 1.0, 0.65)
"""Predictor of the twelve conditions, as in the published experiment."""


@dataclass(frozen=True)
class Truth:
    """What counts are drawn from."""

    rate: float
    """Mean over conditions."""
    slope: float
    """In log-odds."""
    sd: tuple[float, float, float, float]
    """Of condition, training, item, and item in one condition."""
    x: tuple[float, ...] = COSINES
    trainings: int = 3
    items: int = 20
    answers: int = 5
    arms: bool = False

    @cached_property
    def middle(self) -> float:
        """Log-odds at the mean of x."""
        return float(brentq(lambda a: float(self.rates(a).mean()) - self.rate, -20, 20))

    def rates(self, middle: float) -> FloatArray:
        """Of the conditions, averaged over all effects."""
        x = np.array(self.x)
        return average(middle + self.slope * (x - x.mean()), float(np.square(self.sd).sum()))

    @cached_property
    def points(self) -> float:
        """Slope of the line through those rates."""
        return float(stats.linregress(self.x, self.rates(self.middle)).slope)

    def draw(self, generator: np.random.Generator) -> pd.DataFrame:
        """Counts of one experiment."""
        x, normal = np.array(self.x), generator.standard_normal
        shape = len(x), self.trainings, self.items
        log_odds = (
            self.middle
            + (self.slope * (x - x.mean()) + self.sd[0] * normal(len(x)))[:, None, None]
            + self.sd[1] * normal(shape[:2])[:, :, None]
            + self.sd[2] * normal(self.items)
            + (self.sd[3] * normal((len(x), self.items)))[:, None, :]
        )
        k = generator.binomial(self.answers, 1 / (1 + np.exp(-log_odds)))
        c, s, i = (each.ravel().astype(str) for each in np.indices(shape))
        columns = {"condition": c, "training": s, "item": i, "k": k.ravel().astype(float)}
        return pd.DataFrame({**columns, "n": self.answers})


def coverage(truth: Truth, samples: int) -> tuple[float, float, int]:
    """Share of samples whose interval covers the truth, in log-odds and in points.

    Returns:
        Both shares, and how many samples had a fit.
    """
    generator = np.random.default_rng(20)
    x = {str(i): value for i, value in enumerate(truth.x)}
    covered = []
    for _ in range(samples):
        found = fitted(truth.draw(generator), x, arms=truth.arms)
        if isinstance(found, MixedModelFit):
            log_odds, points = found.log_odds.interval, found.points.interval
            assert isinstance(log_odds, Interval)
            assert isinstance(points, Interval)
            covered.append((log_odds.contains(truth.slope), points.contains(truth.points)))
    shares = np.mean(covered, axis=0)
    return float(shares[0]), float(shares[1]), len(covered)


def test_an_interval_covers_in_short() -> None:
    """30 samples: fewer than 25 covered would happen once in 400 at 93%."""
    log_odds, points, fits = coverage(Truth(0.1, 1.0, (0.5, 0.3, 1.0, 0.5)), 30)
    assert fits == 30
    assert log_odds >= 25 / 30
    assert points >= 25 / 30


TRUTHS = [
    Truth(0.02, 0.0, (0, 0, 0.7, 0)),
    Truth(0.02, 1.0, (0.5, 0.3, 1.0, 0.5)),
    Truth(0.02, 1.5, (0.5, 0.3, 1.0, 0.5)),
    Truth(0.1, 1.0, (0.5, 0.3, 1.0, 0.5)),
    Truth(0.3, 1.0, (1.0, 0.5, 1.5, 1.0)),
    Truth(0.5, 0.0, (0, 0, 0.7, 0)),
    Truth(0.5, 1.0, (0.5, 0.3, 0.7, 0.3)),
]

OTHERS = [
    Truth(0.1, 0.8, (0, 0.4, 0.8, 0.3), x=(1, 0), arms=True),
    Truth(0.1, 0.8, (0, 0, 0.8, 0.3), x=(1, 0), trainings=1, arms=True),
    Truth(0.3, 0.8, (0.5, 0, 0.8, 0.3), x=(1, 1, 1, 0, 0, 0), trainings=1, arms=True),
    Truth(0.3, 0.5, (0.4, 0.3, 0.8, 0.3), x=(0, 0.5, 1, 2, 4), trainings=2),
]


@pytest.mark.slow
@pytest.mark.parametrize("truth", [*TRUTHS, *OTHERS], ids=str)
def test_an_interval_covers(truth: Truth) -> None:
    log_odds, points, _ = coverage(truth, 1000)
    assert log_odds >= 0.93
    assert points >= 0.93
