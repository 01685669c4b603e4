"""Least squares: known figures, statsmodels, predictions, and where there are none."""

from typing import Any

import frames
import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor
from tables import (
    CLOSE,
    COSINE,
    FAMILY,
    HIT,
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
    seeded,
    words,
)

from epm.analyses.computing import compute, gate
from epm.analyses.context import Parent
from epm.analyses.data.cases import Cases
from epm.analyses.data.frame import Frame
from epm.analyses.regression.block import Fit, RegressionBlock
from epm.analyses.regression.least_squares import LeastSquares, least_squares
from epm.analyses.regression.spec import Regression
from epm.definition.analysis import Expected, Gate, Outcome, Predictor, Subset
from epm.results import Unavailable

X = Predictor("x")


def regress(frame: Frame, parent: Parent | None = None, **asked: Any) -> RegressionBlock:
    asked = {"name": "slope", "x": X, "y": RATE} | asked
    return compute([Regression(**asked)], frame, alpha=0.05, seed=7, parent=parent)["slope"]


def line(values: Any, rates: Any, groups: Any = ()) -> Frame:
    return frames.reported(
        {f"c{i}": (float(rate), None) for i, rate in enumerate(rates)},
        {f"c{i}": {"x": float(value)} for i, value in enumerate(values)},
        {f"c{i}": {"group": group} for i, group in enumerate(groups)},
    )


@pytest.fixture
def scattered() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, 15)
    return x, np.clip(0.5 - 0.2 * x + rng.normal(0, 0.1, 15), 0, 1)


# ---------------------------------------------------------------- known figures


@pytest.mark.parametrize(
    ("figures", "asked"),
    [
        ("simple", {}),
        ("adjusted", {"given": (TOKENS, LOG_FREQ)}),
        ("simple_weighted_by_n", {"weights": "trials"}),
    ],
)
def test_six_predictors(figures: str, asked: dict[str, Any]) -> None:
    found = regress(words(), x=PROJECTION, clusters="group", **asked).fit
    expected = WORDS["figures"]["regression"][figures]
    assert (found.r2, found.adjusted_r2, found.residual_se, found.df) == pytest.approx(
        (expected["r2"], expected["adjusted_r2"], expected["residual_se"], expected["df"]), rel=1e-6
    )
    assert found.clusters == 6
    for name, term in expected["terms"].items():
        own = found.terms[name]
        assert own.estimate == pytest.approx(term["estimate"], rel=1e-6)
        for errors in ("ordinary", "hc3", "clustered"):
            known = getattr(own, errors)
            assert [known.se, known.interval.lower, known.interval.upper, known.p] == pytest.approx(
                term[errors], rel=1e-6
            )
        assert own.clustered.df == 5
    for name, vif in expected["vif"].items():
        assert found.terms[name].vif == pytest.approx(vif, rel=1e-6)


def test_published_fit_of_the_named_personas_and_its_predictions() -> None:
    found = regress(published(), x=PRIMARY, y=MARKER, predict=NEW)
    expected = PUBLISHED["published"]["named_fit"]
    slope = found.fit.terms[PRIMARY.name]
    assert (found.n, found.held_out) == (10, 2)
    assert found.fit.r == pytest.approx(expected["r"], **CLOSE)
    assert slope.estimate == pytest.approx(expected["slope"], **CLOSE)
    assert slope.ordinary.p == pytest.approx(expected["p"], **CLOSE)
    assert found.fit.terms["intercept"].estimate == pytest.approx(expected["intercept"], **CLOSE)
    assert found.predictions.keys() == PUBLISHED["published"]["predictions"].keys()
    for name, figures in PUBLISHED["published"]["predictions"].items():
        own = found.predictions[name]
        assert own.model_dump(include=figures.keys()) == pytest.approx(figures, **CLOSE)
        assert round(100 * own.half_width) == PUBLISHED["corrections"]["half_width_percent"][name]
        assert own.leaves_scale
        assert 0 <= own.rate.interval.lower < own.rate.interval.upper <= 1
        assert own.rate.inside
    interval = found.predictions["helpful_assistant"].interval
    assert [
        round(100 * interval.lower),
        round(100 * interval.upper),
    ] == PUBLISHED["corrections"]["interval_percent"]["helpful_assistant"]


def test_published_predictions_fail_their_gate() -> None:
    spec = Regression(name="slope", x=PRIMARY, y=MARKER, predict=NEW)
    blocks = compute([spec], published(), alpha=0.01, seed=7)
    for number in ("half_width", "rate/half_width"):
        asked = Gate("informative", "slope", f"predictions/qwen_default/{number}", at_most=0.25)
        found = gate(asked, blocks)
        assert found.passed is False
        assert found.value == pytest.approx(0.35, abs=0.02)


def test_three_seeds_beside_the_published_slope() -> None:
    parent = Parent("the 7B experiment", published(), {COSINE.name: PRIMARY.name, "hit": "marker"})
    found = regress(seeded(), parent, x=COSINE, y=HIT, primary=True)
    verdict = found.verdict
    points = [100 * verdict.effect.estimate, *_points(verdict.effect.interval)]
    assert [round(each, 1) for each in points] == [2.5, -1.2, 6.3]
    theirs = [100 * verdict.expected.estimate, *_points(verdict.expected.interval)]
    assert [round(each, 1) for each in theirs] == [-17.8, -33.7, -2.0]
    assert found.parent.n == 12
    assert found.parent.terms[COSINE.name].estimate == verdict.expected.estimate
    apart = verdict.expected.difference
    assert [round(100 * apart.estimate, 1), *np.round(_points(apart.interval), 1)] == [
        20.4,
        4.3,
        36.5,
    ]
    assert apart.df == pytest.approx(11.11, abs=0.005)
    assert (verdict.says, verdict.scale) == ("excluded", "proportion")
    assert verdict.unit == "per unit of cosine L21"
    assert verdict.detectable == pytest.approx((2.2281389 + 0.8790578) * verdict.effect.se)


def _points(interval: Any) -> list[float]:
    return [100 * interval.lower, 100 * interval.upper]


# ---------------------------------------------------------------- statsmodels


def test_fit_and_prediction_interval(scattered: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = scattered
    found = least_squares(cases(x, y), ["x", "y"])
    theirs = sm.OLS(y, sm.add_constant(x)).fit()
    assert found.coefficients == pytest.approx(theirs.params)
    assert found.residual_se == pytest.approx(np.sqrt(theirs.mse_resid))
    assert found.leverage == pytest.approx(theirs.get_influence().hat_matrix_diag)
    at = np.array([-1.5, 0.0, 1.0])
    frame = theirs.get_prediction(sm.add_constant(at)).summary_frame(alpha=0.05)
    assert found.at(at[:, None]) == pytest.approx(frame["mean"])
    reach = np.array([found.half_width(np.array([each])) for each in at])
    assert found.at(at[:, None]) - reach == pytest.approx(frame["obs_ci_lower"])
    band = found.band(at[:, None], *found.covariance("ordinary"))
    assert found.at(at[:, None]) + band == pytest.approx(frame["mean_ci_upper"])


def test_weighted_prediction_interval(scattered: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = scattered
    weights = np.arange(1.0, 16.0)
    found = least_squares(cases(x, y), ["x", "y"], weights)
    theirs = sm.WLS(y, sm.add_constant(x), weights=weights).fit()
    frame = theirs.get_prediction(np.array([[1.0, 0.5]]), weights=4.0).summary_frame(alpha=0.05)
    reach = found.half_width(np.array([0.5]), weight=4.0)
    assert found.at(np.array([0.5])) + reach == pytest.approx(float(frame["obs_ci_upper"].iloc[0]))
    assert found.leverage == pytest.approx(
        np.diag(theirs.model.wexog @ theirs.normalized_cov_params @ theirs.model.wexog.T)
    )


@pytest.mark.parametrize("seed", range(3))
def test_covariates_with_robust_errors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plain, y = rng.normal((5, 0, -3), size=(20, 3)), rng.normal(size=20)
    groups = [str(i % 6) for i in range(20)]
    found = least_squares(cases(plain * [1e-6, 1, 1e6], y), ["a", "b", "c", "y"]).fit(groups)
    design = sm.add_constant(plain)
    theirs = sm.OLS(y, design).fit()
    robust = {
        "ordinary": theirs,
        "hc3": theirs.get_robustcov_results("HC3", use_t=True),
        "clustered": theirs.get_robustcov_results("cluster", groups=np.arange(20) % 6, use_t=True),
    }
    for i, (name, unit) in enumerate((("a", 1e6), ("b", 1), ("c", 1e-6)), start=1):
        term = found.terms[name]
        assert term.estimate == pytest.approx(theirs.params[i] * unit)
        for errors, known in robust.items():
            assert getattr(term, errors).se == pytest.approx(known.bse[i] * unit)
            assert getattr(term, errors).p == pytest.approx(known.pvalues[i])
        assert term.vif == pytest.approx(variance_inflation_factor(design, i))
    assert found.r is None


def cases(x: np.ndarray, y: np.ndarray) -> Cases:
    x = x.reshape(len(y), -1)
    return Cases(tuple(f"c{i}" for i in range(len(y))), x, y, {})


# ---------------------------------------------------------------- what it says, and of what


def test_which_errors_decide() -> None:
    """HC3 and clusters disagree on the words; the slope is the same."""
    asked = {"x": PROJECTION, "clusters": "group", "primary": True}
    found = {
        errors: regress(words(), errors=errors, **asked)
        for errors in ("ordinary", "hc3", "clustered")
    }
    says = {errors: each.verdict.says for errors, each in found.items()}
    assert says == {"ordinary": "supported", "hc3": "supported", "clustered": "cannot tell"}
    assert found["clustered"].verdict.effect.df == 5
    assert len({each.verdict.effect.estimate for each in found.values()}) == 1
    # the band is that of the errors that decide
    wide, narrow = (found[errors].line[0] for errors in ("clustered", "ordinary"))
    assert wide.y == narrow.y
    assert wide.lower < narrow.lower


def test_the_line_reaches_the_conditions_that_are_predicted() -> None:
    found = regress(published(), x=PRIMARY, y=MARKER, predict=NEW)
    assert found.line[-1].x == pytest.approx(1, abs=1e-6)
    assert max(point.x for point in found.points.values()) < 0.6
    assert all(point.lower < point.y < point.upper for point in found.line)
    assert regress(words(), x=PROJECTION, given=(TOKENS,)).line == ()


def test_an_effect_that_was_foretold() -> None:
    expected = Expected(-0.178, -0.337, -0.02, "#122")
    found = regress(seeded(), x=COSINE, y=HIT, primary=True, expected=expected, relevant=0.1)
    assert found.verdict.says == "excluded"
    assert found.verdict.expected.source == "#122"
    assert found.verdict.relevant == 0.1


def test_without_the_reference() -> None:
    found = regress(seeded(), x=COSINE, y=HIT, among=Subset(without=("helpful_assistant",)))
    assert found.n == 11
    assert found.verdict is None
    assert abs(found.fit.terms[COSINE.name].estimate) < 0.01


def test_a_parent_that_lacks_the_predictor() -> None:
    found = regress(seeded(), Parent("it", words()), x=COSINE, y=HIT, primary=True)
    assert isinstance(found.parent, Unavailable)
    assert found.verdict.expected is None


def test_scores_on_their_own_scale() -> None:
    frame = frames.scored(
        {
            (f"c{i}", None, f"q{j}"): [40.0 + 5 * i + 3 * j + (i * j) % 4, 60.0]
            for i in range(6)
            for j in range(3)
        },
        covariates={f"c{i}": {"x": i} for i in range(6)},
    )
    found = regress(frame, y=Outcome("score"), predict=("c5",), primary=True)
    assert found.scale == found.verdict.scale == "plain"
    assert found.predictions["c5"].leaves_scale is None
    assert found.predictions["c5"].rate is None


def test_a_predicted_condition_that_was_not_measured() -> None:
    frame = frames.totals(
        {f"c{i}": (10 * i + i % 3, 100) for i in range(6)},
        {f"c{i}": {"x": i} for i in range(6)},
    )
    missing = frame.conditions["c5"].model_copy(update={"missing": {"all": "out of memory"}})
    measured = {name: own for name, own in frame.measurements.items() if name != "c5"}
    lost = Frame({**frame.conditions, "c5": missing}, frame.tasks, frame.metrics, measured)
    found = regress(lost, y=HIT, predict=("c5", "c9")).predictions
    reason = Unavailable(unavailable="out of memory")
    assert found["c5"].observed == found["c5"].inside == found["c5"].rate == reason
    assert found["c5"].predicted == pytest.approx(0.5, abs=0.05)
    assert found["c9"] == Unavailable(unavailable="it is not among the conditions")


# ---------------------------------------------------------------- where there is none


def test_perfect_fit() -> None:
    x = np.linspace(-0.5, 0.5, 6)
    found = regress(line([*x, 0.7], [*(0.5 - 0.3 * x), 0.2]), predict=("c6",), primary=True)
    none = Unavailable(unavailable="the fit is perfect: no residuals")
    assert found.fit.r == pytest.approx(-1)
    assert found.fit.terms["x"].ordinary == found.fit.terms["x"].hc3 == none
    assert found.predictions == {"c6": none}
    assert found.verdict == none
    assert found.line == ()


def test_a_condition_that_carries_the_slope_has_no_robust_error() -> None:
    found = regress(line([0.1] * 5 + [0.9], np.linspace(0.1, 0.6, 6)))
    assert found.fit.terms["x"].hc3 == Unavailable(
        unavailable="a condition determines a coefficient by itself"
    )


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        (["a"] * 6, "1 cluster, 2 needed"),
        (["a", "b", "a", "b", "a"], "c5 has no group"),
    ],
)
def test_no_clustered_errors(groups: list[str], reason: str) -> None:
    frame = line(range(6), [0.1, 0.4, 0.2, 0.3, 0.6, 0.5], groups)
    found = regress(frame, clusters="group", errors="clustered", primary=True)
    none = Unavailable(unavailable=reason)
    assert found.fit.terms["x"].clustered == found.verdict == none


@pytest.mark.parametrize(
    ("values", "rates", "reason"),
    [
        ([0.1, 0.2], [0.3, 0.4], "2 conditions, 3 needed"),
        ([0.5] * 4, [0.1, 0.2, 0.3, 0.4], "x is the same in all 4 conditions"),
        ([0.1, 0.2, 0.3], [0.5] * 3, "level is the same in all 3 conditions"),
    ],
)
def test_degenerate(values: list[float], rates: list[float], reason: str) -> None:
    assert regress(line(values, rates)) == Unavailable(unavailable=reason)


def test_collinear_covariates() -> None:
    frame = frames.reported(
        {f"c{i}": (i % 4 / 4, None) for i in range(6)},
        {f"c{i}": {"x": i, "z": 3 * i + 1} for i in range(6)},
    )
    found = regress(frame, given=(Predictor("z"),))
    assert found == Unavailable(unavailable="x and z are collinear")


def test_weights_that_are_not_known() -> None:
    found = regress(line(range(4), [0.1, 0.3, 0.2, 0.4]), weights="trials")
    assert found == Unavailable(unavailable="how many answers c0 gave is not known")


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"given": (X,)}, "the predictor 'x' is named twice"),
        ({"errors": "clustered"}, "its errors are clustered, but no factor is named"),
        ({"predict": ("a", "a")}, "the condition 'a' is predicted twice"),
        ({"relevant": -1.0}, "the smallest relevant effect is -1.0, not above 0"),
    ],
)
def test_questions_that_contradict_themselves(asked: dict[str, Any], problem: str) -> None:
    spec = Regression(**({"name": "q", "x": X, "y": Outcome("hit")} | asked))
    assert any(problem in each for each in spec.problems())


def test_it_names_what_it_reads() -> None:
    spec = Regression(
        name="q",
        x=X,
        y=HIT,
        given=FAMILY[:1],
        clusters="group",
        predict=("new",),
        among=Subset(without=("old",), where=(("arm", "a"),)),
    )
    assert [each.name for each in spec.predictors()] == ["x", "projection"]
    assert list(spec.conditions()) == ["old", "new"]
    assert list(spec.factors()) == ["arm", "group"]


def test_types() -> None:
    found = least_squares(cases(np.arange(5.0), np.array([1.0, 3, 2, 5, 4])), ["x", "y"])
    assert isinstance(found, LeastSquares)
    assert isinstance(found.fit(), Fit)
