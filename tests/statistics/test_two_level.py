"""The interval of a rate pooled over seeds that were asked the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from epm.definition import derive_seed
from epm.results import (
    ClusterCount,
    ClusteredInterval,
    Proportion,
    Rate,
    TwoLevelInterval,
    Unavailable,
)
from epm.statistics.proportions import Z, clustered, proportion, two_level, wilson

Table = Sequence[Sequence[int]]


def seeds(successes: Table, trials: int) -> list[Rate]:
    """Rates by seed, each cell of a table of counts having so many trials."""
    return [
        Rate(
            successes=sum(row),
            trials=trials * len(row),
            clusters=tuple(
                ClusterCount(cluster=f"q{at}", successes=k, trials=trials)
                for at, k in enumerate(row)
            ),
        )
        for row in successes
    ]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """2 to 5 seeds, 5 to 20 questions, 5 trials a cell."""
    questions = draw(st.integers(5, 20))
    row = st.lists(st.integers(0, 5), min_size=questions, max_size=questions)
    return draw(st.lists(row, min_size=2, max_size=5))


@given(tables())
def test_pooling_seeds_never_narrows(table: Table) -> None:
    rates = seeds(table, 5)
    pooled = Rate.pooled(rates)
    found, by_question = two_level(rates), clustered(pooled)
    assert isinstance(found, TwoLevelInterval)
    assert isinstance(by_question, ClusteredInterval)
    assert (found.seeds, found.clusters) == (len(table), len(table[0]))
    assert 0 <= found.lower <= pooled.estimate <= found.upper <= 1
    width = by_question.upper - by_question.lower
    assert found.upper - found.lower >= width - 1e-12
    assert found.design_effect >= by_question.design_effect - 1e-12


@given(tables())
def test_a_single_seed_is_clustered_by_question_as_ever(table: Table) -> None:
    (rate,) = seeds(table[:1], 5)
    alone = proportion(rate)
    assert proportion(rate, [rate]) == alone
    assert proportion(rate, [rate]).model_dump_json() == alone.model_dump_json()
    assert type(alone.clustered) is ClusteredInterval


def test_a_table_worked_by_hand() -> None:
    # p = 1/2; e = [[1, 0], [0, -1]] in 4 trials a cell; n = 16
    found = two_level(seeds([[3, 2], [2, 1]], 4))
    assert isinstance(found, TwoLevelInterval)
    # both levels: 2/1 · (1 + 1)/256; cells: 4/3 · 2/256; alone: 1/64
    variance = 4 / 256 + 4 / 256 - 8 / 3 / 256
    assert found.design_effect == pytest.approx(variance * 64)
    t = 12.7062047  # one degree of freedom at both levels
    assert found.effective_n == pytest.approx(16 / found.design_effect * (Z / t) ** 2)
    expected = wilson(0.5, found.effective_n)
    assert (found.lower, found.upper) == (expected.lower, expected.upper)


def test_seeds_that_differ_cost_more_than_questions_that_do() -> None:
    by_seed = two_level(seeds([[5] * 20, [3] * 20, [1] * 20], 5))
    by_question = two_level(seeds([[5] * 7 + [3] * 6 + [1] * 7] * 3, 5))
    assert isinstance(by_seed, TwoLevelInterval)
    assert isinstance(by_question, TwoLevelInterval)
    assert by_seed.effective_n < 3
    assert by_question.effective_n > 20


@pytest.mark.parametrize("successes", [0, 5])
def test_where_nothing_varies_each_question_counts_once(successes: int) -> None:
    found = two_level(seeds([[successes] * 20] * 3, 5))
    assert isinstance(found, TwoLevelInterval)
    assert (found.design_effect, found.effective_n) == (15, 20)


def test_without_questions_there_is_none() -> None:
    bare = Rate(successes=3, trials=10)
    assert two_level([bare, bare]) == Unavailable(unavailable="no per-question counts")
    reason = "one question: no variance between questions"
    assert two_level(seeds([[3], [4]], 5)) == Unavailable(unavailable=reason)


def test_it_comes_back_from_json_as_what_it_was() -> None:
    rates = seeds([[1, 2, 3], [3, 4, 5]], 5)
    for found in (proportion(Rate.pooled(rates), rates), proportion(rates[0])):
        again = Proportion.model_validate_json(found.model_dump_json())
        assert again == found
        assert type(again.clustered) is type(found.clustered)


# ------------------------------------------------------------------ coverage

QUESTIONS, COMPLETIONS = 20, 5


def coverage(
    *, replicates: int, centre: float, seed_sd: float, question_sd: float, draws: int
) -> tuple[float, float]:
    """Share of simulated tables whose interval holds the true rate, and the mean width.

    Log-odds of a cell are `centre` plus a normal effect of its seed and one of its question; the
    true rate is the mean over both.
    """
    label = f"{replicates} {centre} {seed_sd} {question_sd}"
    rng = np.random.default_rng(derive_seed(0, "coverage", label))
    spread = np.hypot(seed_sd, question_sd)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    true = float(weights @ _odds(centre + spread * nodes) / weights.sum())
    of_seed = rng.normal(0, seed_sd, (draws, replicates, 1))
    of_question = rng.normal(0, question_sd, (draws, 1, QUESTIONS))
    tables = rng.binomial(COMPLETIONS, _odds(centre + of_seed + of_question))
    found = list(_intervals(tables))
    held = np.mean([interval.lower <= true <= interval.upper for interval in found])
    return float(held), float(np.mean([interval.upper - interval.lower for interval in found]))


def _odds(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _intervals(tables: NDArray[np.int64]) -> Iterator[TwoLevelInterval]:
    for table in tables:
        found = two_level(seeds(table.tolist(), COMPLETIONS))
        assert isinstance(found, TwoLevelInterval)
        yield found


@pytest.mark.parametrize("replicates", [2, 3, 5])
def test_coverage_where_seeds_differ_most(replicates: int) -> None:
    held, _ = coverage(replicates=replicates, centre=-0.5, seed_sd=0.6, question_sd=0.5, draws=400)
    assert held >= 0.91  # 0.945 less three standard errors


def test_three_seeds_that_do_not_differ_are_not_drowned_in_caution() -> None:
    _, width = coverage(replicates=3, centre=-0.5, seed_sd=0, question_sd=0.5, draws=100)
    assert width < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [2, 3, 5, 8])
@pytest.mark.parametrize("centre", [-2.0, -0.5])
@pytest.mark.parametrize("seed_sd", [0, 0.3, 0.6])
@pytest.mark.parametrize("question_sd", [0, 0.5, 1])
def test_coverage_everywhere(
    replicates: int, centre: float, seed_sd: float, question_sd: float
) -> None:
    held, width = coverage(
        replicates=replicates,
        centre=centre,
        seed_sd=seed_sd,
        question_sd=question_sd,
        draws=2000,
    )
    print(f"{replicates=} {centre=} {seed_sd=} {question_sd=}: {held:.3f}, width {width:.2f}")  # noqa: T201
    assert held >= 0.93 - 3 * 0.0057  # three standard errors below the least that is claimed
