"""The one number: what it says as it is written, and what it can stand for."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.reading.number import Number, range_of
from epm_lint.reading.ranges import Range
from epm_lint.statistics.answers import Outcome, match


@pytest.mark.parametrize(
    ("text", "value", "decimals", "unit"),
    [
        ("23%", "0.23", 0, "%"),
        ("23 %", "0.23", 0, "%"),
        ("15.8\u2009%", "0.158", 1, "%"),
        ("-0.62", "-0.62", 2, ""),
        ("−0.62", "-0.62", 2, ""),
        ("–0.62", "-0.62", 2, ""),
        ("+1.000", "1", 3, ""),
        (".05", "0.05", 2, ""),
        ("−.05", "-0.05", 2, ""),
        ("1,234.5", "1234.5", 1, ""),
        ("12,345,678", "12345678", 0, ""),
        ("1\u202f234", "1234", 0, ""),
        ("1_000", "1000", 0, ""),
        ("1e-4", "0.0001", 0, ""),
        ("1.2E+03", "1200", 1, ""),
        ("1.2×10⁻³", "0.0012", 1, ""),
        ("1.2 x 10^-3", "0.0012", 1, ""),
        ("1.2·10^{-3}", "0.0012", 1, ""),
        ("10⁻³", "0.001", 0, ""),
        ("10^-3", "0.001", 0, ""),
        ("10", "10", 0, ""),
        ("8pp", "0.08", 0, "pp"),
        ("8.0 pp", "0.08", 1, "pp"),
        ("8 percentage points", "0.08", 0, "pp"),
        ("8%-points", "0.08", 0, "pp"),
        ("3.4×", "3.4", 1, "×"),
        ("3.4x", "3.4", 1, "×"),
        ("2-fold", "2", 0, "×"),
        ("**0.5**", "0.5", 1, ""),
        ("`0.5`", "0.5", 1, ""),
    ],
)
def test_read(text, value, decimals, unit):
    printed = Number.of(text)
    assert (printed.value, printed.places, printed.unit) == (Fraction(value), decimals, unit)
    assert printed.relation == ""
    assert printed.percent == (unit == "%")


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("p < .01", "<"),
        ("<0.01", "<"),
        ("p ≤ 0.01", "≤"),
        ("<= 0.01", "≤"),
        ("> 0.01", ">"),
        (">= .01", "≥"),
        ("≈0.01", "≈"),
        ("~.01", "≈"),
        ("p = 0.01", ""),
        ("ρ=.01", ""),
    ],
)
def test_relations(text, relation):
    assert (Number.of(text).bound, Number.of(text).value) == (relation, Fraction(1, 100))


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".", "p", "%", "1e", "5^2", "5²", "1.2^10", "0x10", "1,23", "0,05", "1,2345"),
        *(
            "inf",
            "nan",
            "٣",
            "1-2",
            "4/5",
            "1e999999999",
            "10^9999",
            "1e301",
            "0e310",
            "9" * 70,
            "1.2.3",
        ),
        *("½", "2nd"),
    ],
)
def test_no_number(text):
    assert Number.read(text) is None
    with pytest.raises(ValueError, match="number"):
        Number.of(text)


@settings(max_examples=500)
@given(st.text("0123456789.,-−+eE×x10^{}⁻³% pp<≤≈~_*\u2009\u202f", max_size=70) | st.text())
def test_any_text(text):
    printed = Number.read(text)
    if printed is not None:
        assert printed.range.low <= printed.value <= printed.range.high
        assert Number.read(printed.like(printed.value)) is not None


@settings(max_examples=500)
@given(st.decimals(-1000, 1000, places=6), st.integers(0, 4))
def test_whatever_rounds_to_it_is_in_its_range(true, decimals):
    step = Decimal(1).scaleb(-decimals)
    for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        rounded = true.quantize(step, mode)
        assert Fraction(true) in Number.of(str(rounded)).range
        beyond = Fraction(rounded) + Fraction(step)
        assert beyond not in Number.of(str(rounded)).range
    cut = Number.of(str(true.quantize(step, ROUND_DOWN)))
    assert Fraction(true) in cut.truncated


def test_ends():
    assert Fraction("0.125") in Number.of("0.13").range
    assert Fraction("0.125") in Number.of("0.12").range
    # the binary number next to 0.615 lies above it, the one next to 0.645 below
    assert (f"{0.615:.2f}", f"{0.645:.2f}") == ("0.61", "0.65")
    for half in ("0.615", "0.645"):
        assert Fraction(half) in Number.of(f"{float(half):.2f}").range
    assert Number.of("0").range == Range(Fraction(-1, 2), Fraction(1, 2))
    assert Fraction(1, 100) not in Number.of("< .01").range
    assert Fraction(1, 100) in Number.of("≤ .01").range
    assert Number.of("> 3").range.high == inf
    assert Number.of("≈ 20").range == Range(Fraction(15), Fraction(25))
    assert Number.of("≈ 21").range == Range(Fraction(20), Fraction(22))
    assert Number.of("≈ 0.4").range == Range(Fraction("0.3"), Fraction("0.5"))


@pytest.mark.parametrize(
    ("text", "low", "high", "outcome"),
    [
        ("41.6%", 0.4166626, 0.4166628, Outcome.TRUNCATED),
        ("41.7%", 0.4166626, 0.4166628, Outcome.CONSISTENT),
        ("41.5%", 0.4166626, 0.4166628, Outcome.INCONSISTENT),
        ("-0.62", -0.627, -0.626, Outcome.TRUNCATED),
        ("-0.62", -0.619, -0.618, Outcome.CONSISTENT),
        ("< .01", 0.02, 0.03, Outcome.INCONSISTENT),
    ],
)
def test_truncation_is_told_apart(text, low, high, outcome):
    assert match(Number.of(text), Range(low, high)) is outcome


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        ("0.018", 0.02497, "0.025"),
        (".018", 0.02497, ".025"),
        (".018", 1.02497, "1.025"),
        ("−0.62", -0.5, "−0.50"),
        ("−0.62", 0.5, "0.50"),
        ("+0.62", 0.5, "+0.50"),
        ("+0.62", -0.5, "-0.50"),
        ("0.62", -0.001, "0.00"),
        ("41.6%", 0.41663, "41.7%"),
        ("8pp", 0.0912, "9 pp"),
        ("3.4×", 4.44, "4.4×"),
        ("1,000", 1234567, "1,234,567"),
        ("1\u2009000", 12345, "12\u2009345"),
        ("1.2e-4", 0.0251, "2.5e-2"),
        ("1.2×10⁻⁴", 0.0251, "2.5×10⁻²"),
        ("64", Fraction(16), "16"),
        ("64", inf, "∞"),
        ("64", -inf, "−∞"),
        ("64", float("nan"), "undefined"),
        ("64", Fraction(10) ** 5000, "∞"),
    ],
)
def test_another_number_in_the_same_dress(text, number, shown):
    assert Number.of(text).like(number) == shown


def test_counts_are_exact():
    assert range_of(Number.of("12")) == Range.exactly(Fraction(12))
    assert range_of(7) == Range.exactly(7)
    assert range_of(Number.of("12%")).low < Fraction("0.12")
    assert range_of(Number.of("~12")).low == 11
