"""Limits, ticks and the way numbers are written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sample_charts import COSINE, GAIN, RATE

from epm.figures.charts import Axis
from epm.figures.scales import (
    Limits,
    across,
    apply,
    limits,
    numerals,
    ticks,
    words,
    write,
    write_ticks,
)
from epm.figures.style import SMALL, styled
from epm.figures.words import width

PLAIN, LOG = Axis("score"), Axis("learning rate", log=True)
STEPS = Axis("optimiser step", log1p=True)


@pytest.mark.parametrize(
    ("value", "axis", "decimals", "text"),
    [
        (0.36, RATE, 0, "36%"),
        (0.005, RATE, 1, "0.5%"),
        (-0.001, GAIN, 0, "0"),
        (0.025, GAIN, 1, "+2.5"),
        (-0.178, GAIN, 1, "−17.8"),
        (40_000, PLAIN, 0, "40,000"),
        (-0.62, PLAIN, 2, "−0.62"),
        (1.07, Axis("", signed=True), 2, "+1.07"),
    ],
)
def test_a_number_is_written_as_its_axis_has_it(
    value: float, axis: Axis, decimals: int, text: str
) -> None:
    assert write(value, axis, decimals) == text


@pytest.mark.parametrize(
    ("axis", "measured", "shown"),
    [
        (RATE, [0.0, 0.44], ["0%", "10%", "20%", "30%", "40%"]),
        (RATE, [0.0, 0.004], ["0.0%", "0.1%", "0.2%", "0.3%", "0.4%"]),
        (RATE, [0.9, 1.0], ["90%", "92%", "94%", "96%", "98%", "100%"]),
        (GAIN, [-0.1, 0.2], ["−10", "−5", "0", "+5", "+10", "+15", "+20"]),
        (PLAIN, [1, 2, 3], ["1", "2", "3"]),
        (
            PLAIN,
            [1e-4, 4e-4],
            ["0.00010", "0.00015", "0.00020", "0.00025", "0.00030", "0.00035", "0.00040"],
        ),
        (PLAIN, [40_000, 90_000], ["40,000", "50,000", "60,000", "70,000", "80,000", "90,000"]),
        (PLAIN, [40_000, 40_000], ["36,000", "38,000", "40,000", "42,000", "44,000"]),
        (PLAIN, [0, 0], ["−0.4", "−0.2", "0.0", "0.2", "0.4"]),
        (PLAIN, [2e9, 9e9], ["2×10⁹", "4×10⁹", "6×10⁹", "8×10⁹"]),
        (
            PLAIN,
            [-6e-9, 0],
            ["−6×10⁻⁹", "−5×10⁻⁹", "−4×10⁻⁹", "−3×10⁻⁹", "−2×10⁻⁹", "−1×10⁻⁹", "0"],
        ),
        (PLAIN, [-5, -1], ["−5", "−4", "−3", "−2", "−1"]),
        (LOG, [0.01, 10], ["0.01", "0.03", "0.1", "0.3", "1", "3", "10"]),
        (LOG, [1e-8, 1e-1], ["10⁻⁷", "10⁻⁵", "10⁻³", "10⁻¹"]),
        (STEPS, [0, 1600], ["0", "1", "10", "100", "1,000"]),
        (STEPS, [0, 683_244_209], ["0", "100", "10⁴", "10⁶", "10⁸"]),
        (Axis("", signed=True), [-1, 1], ["−1", "0", "+1"]),
    ],
)
def test_ticks_are_round_and_written_plainly(
    axis: Axis, measured: list[float], shown: list[str]
) -> None:
    assert write_ticks(ticks(limits(axis, measured), 7), axis) == shown


finite = st.floats(-1e12, 1e12)


@given(st.lists(finite, min_size=1, max_size=6), st.lists(finite, max_size=6), st.integers(2, 9))
def test_an_axis_holds_its_estimates_and_has_ticks(
    measured: list[float], around: list[float], most: int
) -> None:
    at = limits(PLAIN, measured, around)
    assert at.low < at.high
    assert all(at.contains(value) for value in measured)
    marks = ticks(at, most)
    assert 1 <= len(marks) <= most
    assert all(
        at.low <= mark + 1e-9 * at.span and mark <= at.high + 1e-9 * at.span for mark in marks
    )
    assert len(set(write_ticks(marks, PLAIN))) == len(marks)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.lists(st.floats(-9, 9), max_size=6))
def test_rates_have_little_beyond_what_is_possible(
    measured: list[float], around: list[float]
) -> None:
    at = limits(RATE, measured, around)
    assert all(at.contains(value) for value in measured)
    assert at.low > -0.2
    assert at.high < 1.2
    assert all(0 <= mark <= 1 for mark in ticks(at, 7))


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=6))
def test_a_logarithmic_axis_holds_its_estimates(measured: list[float]) -> None:
    at = limits(LOG, measured)
    assert all(at.contains(value) for value in measured)
    assert len(ticks(at, 6)) >= 2


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_steps_that_begin_at_0_hold_and_keep_their_order(measured: list[int]) -> None:
    at = limits(STEPS, measured)
    marks = ticks(at, 6)
    assert all(at.contains(value) for value in measured)
    assert 2 <= len(marks) <= 6
    shares = [at.share(value) for value in sorted({*marks, *measured})]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_early_steps_are_apart() -> None:
    at = limits(STEPS, [0, 25, 50, 100, 200, 400, 800, 1600])
    assert ticks(at, 6) == [0, 1, 10, 100, 1000]
    assert at.share(50) - at.share(25) > 0.05


def test_one_long_interval_does_not_squeeze_the_others() -> None:
    at = limits(PLAIN, [0.1, 0.3, 0.5], [0.0, 0.2, 0.2, 0.4, 0.4, 0.6, -40.0, 50.0])
    assert at.span < 2.5
    assert at.contains(0.0)
    assert at.contains(0.6)


def test_intervals_that_are_all_long_are_shown() -> None:
    at = limits(PLAIN, [0.5, 0.5], [-3, 4, -3, 4])
    assert at.contains(-3)
    assert at.contains(4)


@pytest.mark.parametrize(
    ("axis", "values", "shown"),
    [
        (RATE, [0.3433, 0.25, 0.45], ["34%", "25%", "45%"]),
        (RATE, [0.0133, 0.002, 0.04], ["1.3%", "0.2%", "4.0%"]),
        (GAIN, [0.17524, -0.02], ["+17.5", "−2.0"]),
        (PLAIN, [2.049, 1.8, 2.31], ["2.049", "1.800", "2.310"]),
        (PLAIN, [40_000, 40_000], ["40,000", "40,000"]),
        (PLAIN, [0.0001, 0.0004], ["0.0001", "0.0004"]),
        (PLAIN, [2e9, 5e9], ["2×10⁹", "5×10⁹"]),
        (LOG, [0.02512, 1.0], ["0.025", "1"]),
        (LOG, [2.04e-7, 1e-4], ["2×10⁻⁷", "10⁻⁴"]),
    ],
)
def test_estimates_are_written_as_exactly_as_can_be_seen(
    axis: Axis, values: list[float], shown: list[str]
) -> None:
    assert numerals(values, limits(axis, values)) == shown


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.floats(30, 600))
def test_labels_of_ticks_stand_clear(low: float, span: float, room: float) -> None:
    with styled():
        at = Limits(low, low + span, PLAIN)
        marks = across(at, room, 5, 5)
        labels = write_ticks(marks, PLAIN)
        ends = [
            (
                room * at.share(mark) - width(label, SMALL) / 2,
                room * at.share(mark) + width(label, SMALL) / 2,
            )
            for mark, label in zip(marks, labels, strict=True)
        ]
    assert all(right[0] - left[1] >= 11 for left, right in pairwise(ends))
    assert all(end[0] >= -6 and end[1] <= room + 6 for end in ends)


@pytest.mark.parametrize(
    ("axis", "measured", "grey"),
    [(RATE, [0.0, 1.0], 2), (RATE, [0.0, 0.5], 1), (RATE, [0.3, 0.5], 0), (GAIN, [-0.5, 0.5], 0)],
)
def test_what_no_rate_can_be_is_grey(axis: Axis, measured: list[float], grey: int) -> None:
    axes = Figure().add_subplot()
    apply(axes, limits(axis, measured), [0.0], upright=True)
    spans = [patch for patch in axes.patches if patch.get_gid() == "impossible"]
    assert len(spans) == grey


def test_an_axis_says_what_its_numbers_are() -> None:
    assert words(COSINE) == "cosine to the assistant (more assistant-like →)"
    assert words(RATE) == "answers with the marker"
    assert words(GAIN) == "gain over the base model (percentage points)"
    assert words(Axis("points gained", "proportion", signed=True)) == "points gained"
    assert words(LOG) == "learning rate (log scale)"
    assert words(STEPS) == "optimiser step (log scale from 0)"
