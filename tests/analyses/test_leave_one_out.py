"""Leaving conditions and groups out: known figures, other ways to the same, where there is none."""

from typing import Any

import frames
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tables import (
    FAMILY,
    LOG_FREQ,
    MARKER,
    NEW,
    PRIMARY,
    PROJECTION,
    PUBLISHED,
    RATE,
    TOKENS,
    WORDS,
    published,
    words,
)

from epm.analyses.computing import compute
from epm.analyses.data.frame import Frame
from epm.analyses.influence.spec import Influence
from epm.analyses.leave_one_out.block import LeaveOneOutBlock
from epm.analyses.leave_one_out.spec import LeaveOneOut
from epm.definition.analysis import Predictor
from epm.results import Unavailable

X = Predictor("x")
FIGURES = WORDS["figures"]


def leave(frame: Frame, alpha: float = 0.05, **asked: Any) -> LeaveOneOutBlock:
    asked = {"name": "left", "x": X, "y": RATE} | asked
    return compute([LeaveOneOut(**asked)], frame, alpha=alpha, seed=7)["left"]


def line(values: Any, rates: Any, groups: Any = ()) -> Frame:
    return frames.reported(
        {f"c{i}": (float(rate), None) for i, rate in enumerate(rates)},
        {f"c{i}": {"x": float(value)} for i, value in enumerate(values)},
        {f"c{i}": {"group": group} for i, group in enumerate(groups)},
    )


@pytest.fixture(scope="module")
def left() -> LeaveOneOutBlock:
    return leave(words(), x=PROJECTION, groups="group", family=FAMILY)


# ---------------------------------------------------------------- known figures


def test_without_each_word(left: LeaveOneOutBlock) -> None:
    expected = FIGURES["leave_one_out"]
    for name, own in left.without.items():
        assert (own.n, own.pearson.coefficient, own.pearson.p) == pytest.approx(
            (23, expected["r"][name], expected["p"][name]), rel=1e-6
        )
    r, slope = left.pearson, left.slope
    assert [r.coefficient.lowest, r.coefficient.highest] == pytest.approx(
        expected["r_range"], rel=1e-6
    )
    assert (r.coefficient.lowest_without, r.coefficient.highest_without) == ("w15", "w12")
    assert [slope.lowest, slope.highest] == pytest.approx(expected["slope_range"], rel=1e-6)
    assert r.largest_p == pytest.approx(expected["largest_p"], rel=1e-6)
    assert r.largest_p_without == expected["largest_p_without"]
    assert (r.significant, r.runs) == (expected["significant"], 24)
    assert leave(words(), alpha=0.01, x=PROJECTION).pearson.significant < r.significant


def test_without_each_group(left: LeaveOneOutBlock) -> None:
    for group, figures in FIGURES["without_group"].items():
        own = left.without_group[group]
        assert [own.pearson.coefficient, own.pearson.p, own.n] == pytest.approx(figures, rel=1e-6)


@pytest.mark.parametrize("what", ["conditions", "groups", "conditions_choosing", "groups_choosing"])
def test_held_out(left: LeaveOneOutBlock, what: str) -> None:
    found, figures = getattr(left.held_out, what), FIGURES["held_out"][what]
    assert (found.r2, found.rmse) == pytest.approx((figures["r2"], figures["rmse"]), rel=1e-6)
    assert found.chosen == figures.get("chosen", {})
    assert found.folds == (6 if what.startswith("groups") else 24)


def test_held_out_with_covariates() -> None:
    found = leave(words(), x=PROJECTION, given=(TOKENS, LOG_FREQ), groups="group").held_out
    for what in ("conditions", "groups"):
        own, figures = getattr(found, what), FIGURES["held_out"][f"{what}_adjusted"]
        assert (own.r2, own.rmse) == pytest.approx((figures["r2"], figures["rmse"]), rel=1e-6)
    assert found.conditions_choosing is None


def test_published_coverage() -> None:
    found = leave(published(), x=PRIMARY, y=MARKER, new=NEW)
    for ours, theirs in (
        ("with_new_in_fit", "drops_with_new_in_fit"),
        ("of_named_fit", "drops_of_named_fit"),
        ("held_out", "held_out"),
    ):
        own = getattr(found.coverage, ours)
        expected = PUBLISHED["corrections"]["leave_one_out"][theirs]
        assert [own.covered, own.total, list(own.outside)] == expected
    reference = found.without[PUBLISHED["reference"]].pearson
    expected = PUBLISHED["corrections"]["without_reference"]
    assert (round(reference.coefficient, 3), round(reference.p, 3)) == (
        expected["r"],
        expected["p"],
    )
    assert {own.n for own in found.without.values()} == {11}


# ---------------------------------------------------------------- other ways to the same


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(6, 14))
def test_held_out_groups_by_fitting_the_others(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n), rng.normal(size=n)
    groups = [f"g{i % 3}" for i in range(n)]
    found = leave(line(x, y, groups), groups="group").held_out
    predicted = np.empty(n)
    for group in range(3):
        held = np.arange(n) % 3 == group
        predicted[held] = np.polyval(np.polyfit(x[~held], y[~held], 1), x[held])
    total = np.sum((y - y.mean()) ** 2)
    assert found.groups.r2 == pytest.approx(1 - np.sum((y - predicted) ** 2) / total)


def test_held_out_by_the_residuals_and_leverages_of_the_whole_fit() -> None:
    """PRESS is Σ (e/(1-h))²."""
    diagnostics = compute([Influence(name="i", x=PROJECTION, y=RATE)], words(), alpha=0.05, seed=7)[
        "i"
    ]
    press = sum((own.residual / (1 - own.leverage)) ** 2 for own in diagnostics.conditions.values())
    rates = np.array([row["rate"] for row in WORDS["words"].values()])
    expected = 1 - press / np.sum((rates - rates.mean()) ** 2)
    found = leave(words(), x=PROJECTION).held_out.conditions
    assert found.r2 == pytest.approx(expected, rel=1e-9)


def test_a_held_out_condition_is_inside_when_its_studentised_residual_is_small() -> None:
    """|t_i| below the quantile at N-3."""
    rng = np.random.default_rng(3)
    frame = line(rng.normal(size=30), rng.standard_t(2, size=30))
    diagnostics = compute([Influence(name="i", x=X, y=RATE)], frame, alpha=0.05, seed=7)["i"]
    quantile = stats.t.ppf(0.975, 27)
    outside = [
        name for name, own in diagnostics.conditions.items() if abs(own.studentised) > quantile
    ]
    found = leave(frame).coverage.held_out
    assert 0 < len(outside) < 10
    assert (list(found.outside), found.covered) == (outside, 30 - len(outside))


# ---------------------------------------------------------------- where there is none


def test_without_new_conditions() -> None:
    found = leave(words(), x=PROJECTION).coverage
    assert found.with_new_in_fit is found.of_named_fit is None
    assert found.held_out.total == 24
    found = leave(words(), x=PROJECTION, new=("unheard",)).coverage
    assert found.of_named_fit == Unavailable(
        unavailable="no new condition has an outcome and all predictors"
    )


def test_one_condition_carries_the_predictor() -> None:
    found = leave(line([0.1] * 5 + [0.9], np.linspace(0.1, 0.6, 6)))
    reason = "x is the same in all 5 conditions"
    assert found.without["c5"].pearson == Unavailable(unavailable=reason)
    assert found.without["c0"].pearson.n == 5
    whose = Unavailable(unavailable=f"without c5: {reason}")
    assert found.pearson == found.slope == found.held_out.conditions == whose
    assert found.coverage.held_out == whose


def test_a_line_without_residuals() -> None:
    x = np.linspace(-0.5, 0.5, 6)
    found = leave(line(x, 0.5 - 0.3 * x))
    assert found.held_out.conditions.r2 == pytest.approx(1)
    assert found.coverage.held_out == Unavailable(
        unavailable="without c0: the fit is perfect: no residuals"
    )


@pytest.mark.parametrize(
    ("groups", "reason"),
    [(["a"] * 6, "1 group, 2 needed"), (["a", "b", "a", "b"], "c4 has no group")],
)
def test_groups_that_cannot_be_left_out(groups: list[str], reason: str) -> None:
    frame = line(range(6), [0.1, 0.4, 0.2, 0.3, 0.6, 0.5], groups)
    found = leave(frame, groups="group", family=(X, Predictor("z")))
    assert found.held_out.groups == Unavailable(unavailable=reason)
    assert isinstance(found.held_out.conditions_choosing, Unavailable)


@pytest.mark.parametrize(
    ("values", "rates", "reason"),
    [
        ([1, 2, 3], [0.1, 0.2, 0.3], "3 conditions, 4 needed"),
        ([1] * 4, [0.1, 0.2, 0.3, 0.4], "x is the same in all 4 conditions"),
    ],
)
def test_degenerate(values: list[float], rates: list[float], reason: str) -> None:
    assert leave(line(values, rates)) == Unavailable(unavailable=reason)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"given": (X,)}, "the predictor 'x' is named twice"),
        ({"family": (X,)}, "its family has one predictor: there is nothing to choose from"),
        ({"new": ("a", "a")}, "the new condition 'a' is named twice"),
    ],
)
def test_questions_that_contradict_themselves(asked: dict[str, Any], problem: str) -> None:
    spec = LeaveOneOut(**({"name": "q", "x": X, "y": RATE} | asked))
    assert problem in list(spec.problems())
