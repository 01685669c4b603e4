"""GRIM against brute force."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.reading.number import Number
from epm_lint.statistics.grim import can_tell, neighbours, possible_counts, possible_totals


def printed_forms(k, n, decimals, modes):
    """How k/n is printed in percent, in each way of rounding."""
    with localcontext() as context:
        context.prec = 60
        # n has factors that no decimal fraction holds; 50 digits keep ties apart from near ties
        percent = Decimal(100 * k) / Decimal(n)
        return {str(percent.quantize(Decimal(1).scaleb(-decimals), mode)) + "%" for mode in modes}


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 120), st.integers(0, 2), st.integers(0, 10_000))
def test_counts_by_trying_all(n, decimals, hundredths):
    text = f"{Decimal(hundredths) / 100:.{decimals}f}%"
    for truncated, modes in ((False, (ROUND_HALF_UP, ROUND_HALF_EVEN)), (True, (ROUND_DOWN,))):
        expected = [k for k in range(n + 1) if text in printed_forms(k, n, decimals, modes)]
        own = possible_counts(Number.of(text), n, truncated=truncated)
        assert list(own) == expected


def test_examples():
    assert list(possible_counts(Number.of("23%"), 100)) == [23]
    assert list(possible_counts(Number.of("23.4%"), 50)) == []
    assert list(possible_counts(Number.of("33.3%"), 12)) == [4]
    assert list(possible_counts(Number.of("41.6%"), 12)) == []
    assert list(possible_counts(Number.of("41.6%"), 12, truncated=True)) == [5]
    assert list(possible_counts(Number.of("50%"), 1000)) == list(range(495, 506))
    assert list(possible_counts(Number.of("< 5%"), 100)) == [0, 1, 2, 3, 4]
    assert list(possible_counts(Number.of("120%"), 100)) == []
    assert list(possible_counts(Number.of("0.23"), 0)) == []
    assert len(possible_counts(Number.of("50%"), 10**15)) == 10**13 + 1


def test_means():
    # Brown & Heathers' own example: 28 persons, 5.19 is impossible
    assert list(possible_totals(Number.of("5.19"), 28)) == []
    assert list(possible_totals(Number.of("5.18"), 28)) == [145]
    assert list(possible_totals(Number.of("-5.18"), 28)) == [-145]
    assert possible_totals(Number.of("< 5.19"), 28) is None


def test_neighbours():
    assert neighbours(Number.of("23.4%"), 50) == ("22.0%", "24.0%")
    assert neighbours(Number.of("5.19"), 28) == ("5.18", "5.21")


def test_at_a_large_n_nothing_can_be_told():
    assert can_tell(Number.of("23.4%"), 50)
    assert not can_tell(Number.of("23.4%"), 1000)
    assert not can_tell(Number.of("23.4%"), 0)


@given(st.integers(1, 5000), st.integers(0, 9999))
def test_where_nothing_can_be_told_everything_is_possible(n, units):
    printed = Number.of(f"{Fraction(units, 10000).numerator and units / 10000:.4f}")
    if not can_tell(printed, n):
        assert possible_counts(printed, n)
