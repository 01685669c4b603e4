"""The best of several predictors: known figures, its error rate, and where there is none."""

from itertools import permutations
from typing import Any

import frames
import numpy as np
import pytest
from scipy import stats
from tables import FAMILY, LAYERS, MARKER, RATE, WORDS, published, words

from epm.analyses.best_of.block import BestOfBlock
from epm.analyses.best_of.compute import choice
from epm.analyses.best_of.spec import BestOf
from epm.analyses.computing import compute
from epm.analyses.correlation import pairings
from epm.analyses.correlation.coefficients import standardised
from epm.analyses.correlation.pairings import by_chance
from epm.analyses.data.frame import Frame
from epm.definition.analysis import Expected, Predictor
from epm.results import Unavailable

FIGURES = WORDS["figures"]["best_of"]
A, B = Predictor("a"), Predictor("b")


def best(frame: Frame, **asked: Any) -> BestOfBlock:
    asked = {"name": "best", "x": FAMILY, "y": RATE} | asked
    return compute([BestOf(**asked)], frame, alpha=0.05, seed=7)["best"]


def columns(y: Any, **values: Any) -> Frame:
    return frames.reported(
        {f"c{i}": (float(each), None) for i, each in enumerate(y)},
        {
            f"c{i}": {name: float(column[i]) for name, column in values.items()}
            for i in range(len(y))
        },
    )


@pytest.fixture(scope="module")
def six() -> BestOfBlock:
    return best(words(), primary=True)


def test_six_predictors(six: BestOfBlock) -> None:
    found = six.pearson
    assert (found.leads, six.spearman.leads) == (FIGURES["leads"], FIGURES["leads_by_rank"])
    for name, own in found.candidates.items():
        assert own.p == pytest.approx(FIGURES["p"][name], abs=FIGURES["within"])
        assert own.corrected_p == pytest.approx(FIGURES["corrected_p"][name], abs=FIGURES["within"])
        assert own.p <= own.corrected_p
    assert found.critical == pytest.approx(FIGURES["critical"], abs=FIGURES["critical_within"])
    assert [found.interval.lower, found.interval.upper] == pytest.approx(
        FIGURES["interval"], abs=FIGURES["interval_within"]
    )
    assert [found.alone.lower, found.alone.upper] == pytest.approx(
        WORDS["figures"]["pearson"]["projection"][2:], rel=1e-6
    )
    assert (six.pairings, six.exact) == (99_999, False)


def test_the_verdict_knows_of_the_choice(six: BestOfBlock) -> None:
    verdict = six.verdict
    assert verdict.says == "cannot tell"
    assert verdict.effect.p == six.pearson.candidates["projection"].corrected_p
    assert verdict.effect.interval == six.pearson.interval
    # more than the 0.54 of a predictor that was named beforehand
    assert verdict.detectable == pytest.approx(0.645, abs=0.005)
    expected = Expected(-0.5, -0.8, -0.1, "#9")
    assert best(words(), primary=True, expected=expected).verdict.says == "excluded"


def test_layers_that_go_together_cost_less_than_bonferroni() -> None:
    found = best(published(), x=LAYERS, y=MARKER).pearson
    assert found.leads == "cosine_L15"
    alone = stats.norm.ppf(0.975)
    assert alone < found.critical < stats.norm.ppf(1 - 0.025 / 4)
    own = found.candidates["cosine_L15"]
    assert own.p < own.corrected_p < 4 * own.p


def test_few_conditions_are_exact() -> None:
    """Against all pairings, gone through one by one."""
    rng = np.random.default_rng(1)
    a, b, y = rng.normal(size=(3, 6))
    found = best(columns(y, a=a, b=b), x=(A, B))
    largest = [
        max(abs(stats.pearsonr(x, order).statistic) for x in (a, b)) for order in permutations(y)
    ]
    observed = {name: abs(stats.pearsonr(x, y).statistic) for name, x in (("a", a), ("b", b))}
    for name, r in observed.items():
        expected = np.mean(np.array(largest) >= r - 1e-9)
        assert found.pearson.candidates[name].corrected_p == pytest.approx(expected)
    assert (found.exact, found.pairings) == (True, 720)
    assert found.pearson.leads == max(observed, key=observed.__getitem__)


def test_by_chance_alone_one_in_twenty_leads_significantly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six predictors of nothing, 200 times: uncorrected it would be one in four."""
    monkeypatch.setattr(pairings, "RESAMPLES", 399)
    rng = np.random.default_rng(8)
    corrected, alone, held = 0, 0, 0
    for _ in range(200):
        y, *xs = rng.normal(size=(7, 20))
        family = {str(i): x for i, x in enumerate(xs)}
        chance = by_chance(np.array([standardised(x) for x in xs]), standardised(y), 1)
        found = choice(family, y, chance, "pearson")
        own = found.candidates[found.leads]
        corrected += own.corrected_p <= 0.05
        alone += own.p <= 0.05
        held += found.interval.contains(0)
    assert corrected / 200 == pytest.approx(0.05, abs=0.04)
    assert held / 200 == pytest.approx(0.95, abs=0.05)
    assert alone / 200 > 0.15


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (
            columns([1, 2, 3, 4], a=[1, 3, 2, 4], b=[4, 2, 3, 3]),
            "4 conditions with an outcome and all predictors, 5 needed",
        ),
        (columns([1] * 6, a=range(6), b=range(6)), "level is the same in all 6 conditions"),
        (columns(range(6), a=range(6), b=[1] * 6), "fewer than two predictors vary"),
    ],
)
def test_degenerate(frame: Frame, reason: str) -> None:
    assert best(frame, x=(A, B)) == Unavailable(unavailable=reason)


def test_a_predictor_that_does_not_vary_is_left_out() -> None:
    rng = np.random.default_rng(1)
    a, b, y = rng.normal(size=(3, 8))
    found = best(columns(y, a=a, b=b, flat=[2] * 8), x=(A, B, Predictor("flat")))
    assert found.left_out_predictors == {"flat": "it is the same in all 8 conditions"}
    assert list(found.pearson.candidates) == ["a", "b"]


def test_a_perfect_predictor() -> None:
    y = [1.0, 2, 4, 8, 16, 32]
    found = best(columns(y, a=y, b=[3, 1, 2, 5, 4, 9]), x=(A, B), primary=True)
    assert found.pearson.leads == "a"
    perfect = Unavailable(unavailable="the correlation is perfect")
    assert found.pearson.interval == found.pearson.alone == found.verdict == perfect
    assert found.pearson.candidates["a"].corrected_p == pytest.approx(1 / 720)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"x": (A,)}, "it has one predictor: there is nothing to choose from"),
        ({"x": (A, A)}, "the predictor 'a' is named twice"),
        ({"relevant": 2.0}, "the smallest relevant correlation is 2.0, not below 1"),
    ],
)
def test_questions_that_contradict_themselves(asked: dict[str, Any], problem: str) -> None:
    spec = BestOf(**({"name": "q", "x": (A, B), "y": RATE} | asked))
    assert problem in list(spec.problems())
