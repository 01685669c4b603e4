"""Stretches of numbers hold all that their inputs can make."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from epm_lint.reading.ranges import Range, propagate


@given(st.floats(-9, 9), st.floats(0, 3), st.floats(-9, 9), st.floats(0, 3), st.floats(0, 1))
def test_arithmetic_of_ranges_holds_all_its_numbers(a, width_a, b, width_b, share):
    one, other = (
        Range(Fraction(x), Fraction(x) + Fraction(w)) for x, w in ((a, width_a), (b, width_b))
    )
    x, y = (r.low + (r.high - r.low) * Fraction(share) for r in (one, other))
    assert x + y in one.plus(other)
    assert x * y in one.times(other)
    assert -x in one.negated
    assert abs(x) in one.magnitudes
    if 0 not in other:
        assert x / y in one.times(other.inverted)
    made = propagate(lambda p, q: p - 2 * q, one, other)
    assert float(x) - 2 * float(y) in Range(made.low - 1e-9, made.high + 1e-9)


def test_ranges_that_touch():
    closed, half_open = Range(1, 2), Range(0, 1, True, False)
    assert not closed.meets(half_open)
    assert closed.meets(Range(0, 1))
    assert closed.within(3, 4) is None
    assert closed.within(1.5, 4) == Range(1.5, 2)
    assert half_open.within(1, 4) is None
    assert Range(-3, 1, False).magnitudes == Range(0, 3, True, False)
    assert propagate(lambda x: float("nan"), closed) is None
