"""The line, its predictions and its influences against statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import OLSInfluence

from epm.results import Unavailable
from epm.statistics.influence import influence, leave_one_out
from epm.statistics.points import Points
from epm.statistics.regression import fit_line, predict


@pytest.fixture
def scattered() -> Points:
    rng = np.random.default_rng(7)
    cosine = rng.uniform(-1, 1, 15)
    rate = np.clip(0.5 - 0.2 * cosine + rng.normal(0, 0.1, 15), 0, 1)
    return Points(tuple(f"p{i}" for i in range(15)), cosine, rate)


@pytest.fixture
def straight() -> Points:
    cosine = np.linspace(-0.5, 0.5, 6)
    return Points(tuple("abcdef"), cosine, 0.5 - 0.3 * cosine)


def test_fit_and_prediction_interval(scattered: Points) -> None:
    line = fit_line(scattered)
    theirs = sm.OLS(scattered.rate, sm.add_constant(scattered.cosine)).fit()
    assert (line.fit.intercept, line.fit.slope) == pytest.approx(tuple(theirs.params))
    assert line.fit.p == pytest.approx(theirs.pvalues[1])
    assert line.fit.residual_se == pytest.approx(np.sqrt(theirs.mse_resid))
    at = np.array([-1.5, 0.0, 1.0])
    frame = theirs.get_prediction(sm.add_constant(at)).summary_frame(alpha=0.05)
    assert line.predict(at) == pytest.approx(frame["mean"])
    assert line.predict(at) - line.half_width(at) == pytest.approx(frame["obs_ci_lower"])
    assert line.predict(at) + line.half_width(at) == pytest.approx(frame["obs_ci_upper"])


def test_influence(scattered: Points) -> None:
    found = influence(scattered)
    theirs = OLSInfluence(sm.OLS(scattered.rate, sm.add_constant(scattered.cosine)).fit())
    rows = list(found.personas.values())
    assert [row.leverage for row in rows] == pytest.approx(theirs.hat_matrix_diag)
    assert [row.cooks_distance for row in rows] == pytest.approx(theirs.cooks_distance[0])
    external = theirs.resid_studentized_external
    assert [row.studentised_residual for row in rows] == pytest.approx(external)


def test_held_out_agrees_with_the_external_residual(scattered: Points) -> None:
    """A held-out point is inside exactly when |t_i| is below the quantile at n-3."""
    analysis = influence(scattered).personas
    outside = [p for p, row in analysis.items() if abs(row.studentised_residual) > 2.178813]
    held_out = leave_one_out(scattered, new=()).held_out
    assert list(held_out.outside) == outside
    assert held_out.covered == 15 - len(outside)


def test_prediction_against_the_gate(scattered: Points) -> None:
    line = fit_line(scattered)
    found = predict(line, cosine=0.0, observed=0.5, gate=0.25)
    assert found.inside
    assert found.informative
    assert not found.leaves_unit_interval
    assert not predict(line, cosine=0.0, observed=0.5, gate=found.half_width - 1e-9).informative
    assert not predict(line, cosine=0.0, observed=1.0, gate=0.25).inside
    assert predict(line, cosine=9.0, observed=0.5, gate=0.25).leaves_unit_interval


def test_perfect_fit(straight: Points) -> None:
    line = fit_line(straight)
    assert line.perfect
    assert line.fit.r == pytest.approx(-1)
    assert predict(line, cosine=0.0, observed=0.5, gate=0.25) == Unavailable(
        unavailable="the fit is perfect: no residual to predict from"
    )
    assert influence(straight) == Unavailable(unavailable="the fit is perfect: no residuals")
    assert "the fit is perfect" in leave_one_out(straight, new=()).held_out.unavailable


def test_one_persona_off_the_line(straight: Points) -> None:
    rate = straight.rate + np.array([0, 0, 0, 0.2, 0, 0])
    bent = Points(straight.personas, straight.cosine, rate)
    assert influence(bent) == Unavailable(unavailable="without d the fit is perfect")


def test_one_persona_carries_the_slope(straight: Points) -> None:
    lever = Points(straight.personas, np.array([0.1] * 5 + [0.9]), np.linspace(0.1, 0.6, 6))
    assert influence(lever) == Unavailable(
        unavailable="f has leverage 1: the others share one cosine"
    )


def test_without_new_personas(scattered: Points) -> None:
    found = leave_one_out(scattered, new=())
    assert found.drops_with_new_in_fit == Unavailable(unavailable="no new personas")
    assert found.drops_of_named_fit == Unavailable(unavailable="no new personas")
    assert found.held_out.total == 15


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few(scattered: Points, n: int) -> None:
    few = scattered.only(scattered.personas[:n])
    reason = f"{n} persona{'' if n == 1 else 's'}, 3 needed"
    assert fit_line(few) == Unavailable(unavailable=reason)
    assert isinstance(influence(few), Unavailable)
    assert isinstance(leave_one_out(few, new=()).held_out, Unavailable)
