"""How often the interval of a difference over runs holds the true difference.

Log-odds of an answer are those of its arm, plus normal effects of its run, of its item, and of its
item in its arm. In the 36 designs of `test_coverage_everywhere` (2, 3, 5 trainings an arm; 20
items; 5 answers a cell), 2,000 draws each (standard error 0.5 points), the 95% interval of
`difference` holds the true difference in 91.9% to 99.7%: in 97.5% to 99.7% where trainings do not
differ and items do not either, in 91.9% to 96.1% where the log-odds of trainings have a standard
deviation of 0.6. The degrees of freedom, min(G) - 1, are one more there than runs less arms.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from epm.analyses.data.cells import Cells
from epm.analyses.difference.contrast import Contrast
from epm.analyses.inference.clusters import Spread
from epm.analyses.inference.verdict import around
from epm.definition import derive_seed

ITEMS, ANSWERS = 20, 5

Floats = NDArray[np.float64]


def odds(log_odds: Floats) -> Floats:
    """From log-odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def mean_rate(centre: float, spread: float) -> float:
    """Mean probability where log-odds are normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    return float(weights @ odds(centre + spread * nodes) / weights.sum())


def cells(successes: NDArray[np.int64]) -> Cells:
    """Of one arm, from a table of successes by run and item."""
    runs, items = successes.shape
    n = np.full(runs * items, float(ANSWERS))
    k = successes.ravel().astype(float)
    task = np.full(runs * items, "t", object)
    item = np.tile(np.array([f"q{at}" for at in range(items)], object), runs)
    seed = np.repeat(np.array([f"{at}" for at in range(runs)], object), items)
    return Cells(task, task, seed, item, "t/" + item, n, k, k, n)


def coverage(
    *, runs: int, centre: float, gap: float, run_sd: float, item_sd: float, draws: int
) -> tuple[float, float]:
    """Share of intervals that hold the true difference, and their mean width."""
    label = f"{runs} {centre} {gap} {run_sd} {item_sd}"
    rng = np.random.default_rng(derive_seed(0, "difference", label))
    own_sd = item_sd / 2
    spread = float(np.sqrt(run_sd**2 + item_sd**2 + own_sd**2))
    true = mean_rate(centre + gap, spread) - mean_rate(centre, spread)
    held, widths = [], []
    for _ in range(draws):
        of_item = rng.normal(0, item_sd, ITEMS)
        sides = []
        for level in (centre + gap, centre):
            of_run = rng.normal(0, run_sd, (runs, 1))
            chance = odds(level + of_run + of_item + rng.normal(0, own_sd, ITEMS))
            sides.append(cells(rng.binomial(ANSWERS, chance)))
        contrast = Contrast("runs", *sides, None)
        found = contrast.spread()
        assert isinstance(found, Spread)
        interval = around(contrast.estimate, found.variance**0.5, found.df)
        held.append(interval.contains(true))
        widths.append(interval.upper - interval.lower)
    return float(np.mean(held)), float(np.mean(widths))


def test_three_trainings_an_arm_that_differ() -> None:
    held, _ = coverage(runs=3, centre=-2, gap=1, run_sd=0.5, item_sd=1, draws=300)
    assert held >= 0.91


def test_trainings_that_do_not_differ_are_not_drowned_in_caution() -> None:
    held, width = coverage(runs=3, centre=-1, gap=0.5, run_sd=0, item_sd=0.5, draws=100)
    assert held >= 0.93
    assert width < 0.35


def without_items(successes: NDArray[np.int64], answers: int, *, one_item: bool) -> Cells:
    """Of one arm, a count a run; the items are not known, or are one."""
    runs = len(successes)
    n, k = np.full(runs, float(answers)), successes.astype(float)
    task, item = np.full(runs, "t", object), np.full(runs, "q" * one_item, object)
    seed = np.array([f"{at}" for at in range(runs)], object)
    return Cells(task, task, seed, item, np.full(runs, "t/q" * one_item, object), n, k, k, n)


@pytest.mark.parametrize("one_item", [False, True])
@pytest.mark.parametrize("runs", [2, 4, 8])
@pytest.mark.parametrize("answers", [10, 60])
def test_an_arm_that_ran_once_has_its_share_of_the_width(
    runs: int, answers: int, *, one_item: bool
) -> None:
    """No arm differs from another, nor a run from another."""
    rng = np.random.default_rng(derive_seed(0, "one run", f"{runs} {answers} {one_item}"))
    held = []
    for _ in range(400):
        sides = [
            without_items(rng.binomial(answers, 0.4, size), answers, one_item=one_item)
            for size in (runs, 1)
        ]
        contrast = Contrast("runs", *sides, 1 if one_item else None)
        found = contrast.spread()
        assert isinstance(found, Spread)
        assert "answers taken as independent" in found.method
        interval = around(contrast.estimate, found.variance**0.5, found.df)
        held.append(interval.contains(0))
    assert np.mean(held) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("runs", [2, 3, 5])
@pytest.mark.parametrize("centre", [-3.0, -1.0])
@pytest.mark.parametrize("run_sd", [0, 0.3, 0.6])
@pytest.mark.parametrize("item_sd", [0, 1])
def test_coverage_everywhere(runs: int, centre: float, run_sd: float, item_sd: float) -> None:
    held, width = coverage(
        runs=runs, centre=centre, gap=0.7, run_sd=run_sd, item_sd=item_sd, draws=2000
    )
    print(f"{runs=} {centre=} {run_sd=} {item_sd=}: {held:.3f}, width {width:.3f}")  # noqa: T201
    assert held >= 0.90
