"""Wilson and the question-clustered interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from epm.results import ClusterCount, Rate, Unavailable
from epm.statistics.proportions import clustered, proportion, wilson


def asked(*counts: tuple[int, int]) -> Rate:
    """A rate of which each question has (successes, trials)."""
    return Rate(
        successes=sum(k for k, _ in counts),
        trials=sum(n for _, n in counts),
        clusters=tuple(
            ClusterCount(cluster=str(i), successes=k, trials=n) for i, (k, n) in enumerate(counts)
        ),
    )


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
questions = st.lists(counts, min_size=2, max_size=25)


@given(counts)
def test_wilson_contains_the_estimate_and_stays_in_the_unit_interval(
    count: tuple[int, int],
) -> None:
    k, n = count
    interval = wilson(k / n, n)
    assert 0 <= interval.lower <= k / n <= interval.upper <= 1
    expected = proportion_confint(k, n, method="wilson")
    assert (interval.lower, interval.upper) == pytest.approx(expected, abs=1e-12)


@given(questions)
def test_clustering_never_narrows(counted: list[tuple[int, int]]) -> None:
    found = proportion(asked(*counted))
    assert found.clustered.clusters == len(counted)
    assert found.clustered.design_effect >= 1
    assert found.clustered.effective_n <= found.trials * (1 + 1e-12)
    width = found.wilson.upper - found.wilson.lower
    assert found.clustered.upper - found.clustered.lower >= width - 1e-12
    assert 0 <= found.clustered.lower <= found.estimate <= found.clustered.upper <= 1


def test_identical_answers_count_once() -> None:
    found = clustered(asked(*[(5, 5)] * 10, *[(0, 5)] * 10))
    assert found.design_effect == pytest.approx(100 / 19)  # C/(C-1) times the 5 of a question
    assert found.effective_n == pytest.approx(19 * (1.959964 / 2.093024) ** 2, abs=1e-4)


def test_equal_clusters_cost_only_the_degrees_of_freedom() -> None:
    found = clustered(asked(*[(2, 5)] * 20))
    assert found.design_effect == 1
    assert found.effective_n == pytest.approx(100 * (1.959964 / 2.093024) ** 2, abs=1e-3)


@pytest.mark.parametrize("successes", [0, 5])
def test_where_clusters_show_nothing_each_counts_as_one_answer(successes: int) -> None:
    found = clustered(asked(*[(successes, 5)] * 20))
    assert (found.design_effect, found.effective_n) == (5, 20)
    expected = proportion_confint(4 * successes, 20, method="wilson")
    assert (found.lower, found.upper) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (Rate(successes=3, trials=10), "no per-question counts"),
        (asked((3, 10)), "one question: no variance between questions"),
    ],
)
def test_without_clusters(rate: Rate, reason: str) -> None:
    assert clustered(rate) == Unavailable(unavailable=reason)
