"""Clustered intervals against those that `epm run` computes."""

import pytest
from epm.statistics import proportions
from hypothesis import given
from hypothesis import strategies as st

from epm.results import ClusterCount, Rate
from epm_lint.statistics.clusters import clustered

QUESTION = st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def rate(cells: dict[str, tuple[int, int]]) -> Rate:
    counts = [ClusterCount(cluster=q, successes=k, trials=n) for q, (k, n) in cells.items()]
    return Rate(
        successes=sum(c.successes for c in counts),
        trials=sum(c.trials for c in counts),
        clusters=tuple(counts),
    )


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefghijkl"), QUESTION, min_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_as_the_run_computes_them(seeds: list[dict[str, tuple[int, int]]]) -> None:
    rates = [rate(cells) for cells in seeds]
    expected = proportions.proportion(Rate.pooled(rates), rates).clustered
    found = clustered(seeds)
    assert found is not None
    assert tuple(found) == pytest.approx((expected.lower, expected.upper), abs=1e-10)


def test_one_question_has_no_interval() -> None:
    assert clustered([{"a": (1, 5)}, {"a": (2, 5)}]) is None
    assert clustered([]) is None
