"""Partial correlations against pingouin, on known figures, and where there are none."""

from typing import Any

import frames
import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import (
    CLOSE,
    LOG_FREQ,
    MARKER,
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
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.partial_correlation.block import PartialCorrelationBlock
from epm.analyses.partial_correlation.spec import PartialCorrelation
from epm.definition.analysis import Outcome, Predictor
from epm.results import Unavailable

X, Z, W = Predictor("x"), Predictor("z"), Predictor("w")
LENGTH = Predictor("prompt_tokens", log=True)


def partial(frame: Frame, parent: Parent | None = None, **asked: Any) -> PartialCorrelationBlock:
    asked = {"name": "partial", "x": X, "y": RATE, "given": (Z,)} | asked
    spec = PartialCorrelation(**asked)
    return compute([spec], frame, alpha=0.05, seed=7, parent=parent)["partial"]


def columns(**values: Any) -> Frame:
    names = [f"c{i}" for i in range(len(values["y"]))]
    return frames.reported(
        {name: (float(y), None) for name, y in zip(names, values.pop("y"), strict=True)},
        {
            name: {column: float(each[i]) for column, each in values.items() if i < len(each)}
            for i, name in enumerate(names)
        },
    )


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("given_", [(TOKENS,), (TOKENS, LOG_FREQ)])
def test_six_predictors(method: str, given_: tuple[Predictor, ...]) -> None:
    found = partial(words(), x=PROJECTION, given=given_)
    names = " + ".join(each.name for each in given_)
    own = getattr(found, method)
    figures = WORDS["figures"]["partial"][f"{method} given {names}"]
    assert [
        own.coefficient,
        own.p,
        own.df,
        own.interval.lower,
        own.interval.upper,
    ] == pytest.approx(figures, rel=1e-6)
    assert found.covariates == len(given_)
    r = WORDS["figures"]["pearson"]["projection"][0]
    assert found.plain.pearson.coefficient == pytest.approx(r)


def test_published_length() -> None:
    """Published were Spearman's of the rank residuals, ranked again: -.6667 and p = .0251."""
    found = partial(published(), x=PRIMARY, y=MARKER, given=(LENGTH,), methods=("spearman",))
    corrected = PUBLISHED["corrections"]["length_partial"]
    assert found.spearman.coefficient == pytest.approx(corrected["coefficient"], **CLOSE)
    assert found.spearman.p == pytest.approx(corrected["p"], **CLOSE)
    assert (found.n, found.spearman.df) == (12, corrected["df"])
    assert found.vif == pytest.approx(PUBLISHED["published"]["vif"], **CLOSE)
    assert found.pearson is None
    assert found.logarithms == ("prompt_tokens",)


@settings(max_examples=25, deadline=None)
@given(st.integers(7, 15), st.integers(0, 10**6), st.sampled_from(["pearson", "spearman"]))
def test_against_pingouin(n: int, seed: int, method: str) -> None:
    """Ties in all variables; two covariates."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.integers(0, 6, (n, 4)), columns=list("xzwy")).astype(float)
    found = partial(columns(**table), given=(Z, W))
    own = getattr(found, method)
    if isinstance(own, Unavailable):
        ranked = table.rank() if method == "spearman" else table
        assert np.linalg.cond(np.corrcoef(ranked.T) + 0.0) > 1e6 or (table.nunique() < 2).any()
        return
    theirs = pg.partial_corr(table, "x", "y", ["z", "w"], method=method).iloc[0]
    assert own.coefficient == pytest.approx(theirs["r"], abs=1e-8)
    assert own.p == pytest.approx(theirs["p_val"], abs=1e-8)
    assert own.df == n - 4
    if not isinstance(own.interval, Unavailable):
        assert [own.interval.lower, own.interval.upper] == pytest.approx(
            list(theirs["CI95"]), abs=0.0051
        )


def test_the_verdict_is_on_the_first_method_beside_the_parents() -> None:
    parent = Parent("the parent", words())
    asked = {"x": PROJECTION, "given": (TOKENS,), "primary": True}
    found = partial(words(), parent, **asked)
    assert found.verdict.effect.estimate == found.pearson.coefficient
    assert found.verdict.expected.estimate == found.pearson.coefficient
    assert found.verdict.expected.difference.p == pytest.approx(1)
    assert found.verdict.says == "cannot tell"
    # one covariate costs one condition
    assert found.verdict.detectable == pytest.approx(pg.power_corr(n=23, power=0.8))
    assert partial(words(), **asked, methods=("spearman",)).verdict.effect.df == 21


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ([5] * 8, "z is the same in all 8 conditions"),
        ([1, 2, 3], "3 conditions, 4 needed"),
        (range(8), "given z, nothing of x is left"),
    ],
)
def test_degenerate(given_: Any, reason: str) -> None:
    y = np.random.default_rng(0).uniform(size=8)
    found = partial(columns(x=range(8), z=given_, y=y))
    assert found.pearson == found.spearman == Unavailable(unavailable=reason)


def test_ranks_may_be_collinear_where_numbers_are_not() -> None:
    y = np.random.default_rng(0).uniform(size=8)
    found = partial(columns(x=range(8), z=np.exp(range(8)), y=y))
    assert found.pearson.n == 8
    assert found.spearman == Unavailable(unavailable="given z, nothing of x is left")


def test_covariates_that_are_the_same() -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(size=9)
    found = partial(
        columns(x=rng.uniform(size=9), z=z, w=3 * z + 1, y=rng.uniform(size=9)), given=(Z, W)
    )
    assert found.pearson == Unavailable(unavailable="z, w are collinear")


def test_a_predictor_made_of_its_covariates_has_no_finite_vif() -> None:
    found = partial(columns(x=range(8), z=range(8), y=[1, 5, 3, 2, 8, 9, 4, 4]))
    assert found.vif == Unavailable(unavailable="x is a linear function of its covariates")


def test_no_condition_has_all() -> None:
    found = partial(columns(x=[], z=[], y=[1, 2]))
    assert found == Unavailable(
        unavailable="no condition has an outcome, the predictor and all covariates"
    )


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"given": ()}, "nothing is held constant: name a covariate, or ask for a correlation"),
        ({"given": (X,)}, "the predictor 'x' is named twice"),
        ({"methods": ()}, "it has no method"),
    ],
)
def test_questions_that_contradict_themselves(asked: dict[str, Any], problem: str) -> None:
    spec = PartialCorrelation(**({"name": "q", "x": X, "y": Outcome("hit"), "given": (Z,)} | asked))
    assert problem in list(spec.problems())
