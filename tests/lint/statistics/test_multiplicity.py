"""Corrections against statsmodels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from epm_lint.statistics.multiplicity import bonferroni, holm


def surviving(adjusted, alpha):
    """Places of what is significant at alpha."""
    return [place for place, p in enumerate(adjusted) if p <= alpha]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_as_statsmodels_gives_them(ps, alpha):
    for adjust in (bonferroni, holm):
        _, adjusted, *_ = multipletests(ps, alpha, method=adjust.__name__)
        assert adjust(ps) == pytest.approx(list(adjusted), rel=1e-12)


def test_one_of_eight_survives_at_the_level_of_four_tests():
    """Four layers, two coefficients, alpha 0.01."""
    ps = [0.011, 0.004, 0.031, 0.051, 0.0095, 0.0014, 0.006, 0.016]
    assert surviving(bonferroni(ps), 0.01) == []
    assert surviving(ps, 0.01) == [1, 4, 5, 6]
    assert surviving(bonferroni(ps, tests=4), 0.01) == [5]
    assert surviving(holm(ps), 0.05) == [0, 1, 4, 5, 6, 7]


def test_none():
    assert bonferroni([]) == holm([]) == []


def test_more_tests_than_are_shown():
    assert bonferroni([0.01, 0.3], tests=8) == [0.08, 1.0]
