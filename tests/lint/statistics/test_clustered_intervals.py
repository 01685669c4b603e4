"""Clustered intervals against those that `epm run` computes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.analyses.proportions.compute import proportion
from epm.values import Unavailable
from epm_lint.statistics.clusters import clustered

ITEM = st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def rows(seeds: list[dict[str, tuple[int, int]]]) -> pd.DataFrame:
    """As of the frame that an analysis sees."""
    return pd.DataFrame(
        [
            (f"seed={at}", item, item, n, float(k))
            for at, cells in enumerate(seeds)
            for item, (k, n) in cells.items()
        ],
        columns=["seed", "item", "cluster", "n", "total"],
    )


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefghijkl"), ITEM, min_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_as_the_run_computes_them(seeds: list[dict[str, tuple[int, int]]]) -> None:
    expected = proportion(rows(seeds)).clustered
    assert not isinstance(expected, Unavailable)
    found = clustered(seeds)
    assert found is not None
    assert tuple(found) == pytest.approx((expected.lower, expected.upper), abs=1e-10)


def test_one_item_has_no_interval() -> None:
    assert clustered([{"a": (1, 5)}, {"a": (2, 5)}]) is None
    assert clustered([]) is None
