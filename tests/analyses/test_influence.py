"""Influence: known figures, statsmodels, and where it does not exist."""

from typing import Any

import frames
import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import OLSInfluence
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
from epm.analyses.data.frame import Frame
from epm.analyses.influence.block import InfluenceBlock
from epm.analyses.influence.spec import Influence
from epm.definition.analysis import Predictor
from epm.results import Unavailable

X = Predictor("x")


def influence(frame: Frame, **asked: Any) -> InfluenceBlock:
    asked = {"name": "influence", "x": X, "y": RATE} | asked
    return compute([Influence(**asked)], frame, alpha=0.05, seed=7)["influence"]


def line(values: Any, rates: Any) -> Frame:
    return frames.reported(
        {f"c{i}": (float(rate), None) for i, rate in enumerate(rates)},
        {f"c{i}": {"x": float(value)} for i, value in enumerate(values)},
    )


def test_the_words() -> None:
    found = influence(words(), x=PROJECTION)
    for name, figures in WORDS["figures"]["influence"].items():
        own = found.conditions[name]
        assert [
            own.leverage,
            own.cook,
            own.dffits,
            own.studentised,
            own.dfbetas,
            own.residual,
        ] == pytest.approx(figures, rel=1e-6)
    over = {name: tuple(names) for name, names in WORDS["figures"]["over"].items()}
    assert dict(found.over) == over
    assert found.parameters == 2


def test_published() -> None:
    found = influence(published(), x=PRIMARY, y=MARKER)
    assert found.thresholds.cook == found.thresholds.leverage == pytest.approx(1 / 3)
    for measure, column in (("cook", "cooks_distance"), ("leverage", "leverage")):
        own = {name: getattr(row, measure) for name, row in found.conditions.items()}
        assert own == pytest.approx(PUBLISHED["published"][column], **CLOSE)
    assert list(found.over.cook) == PUBLISHED["corrections"]["influential"]
    assert list(found.over.leverage) == PUBLISHED["corrections"]["high_leverage"]


def test_with_covariates_against_statsmodels() -> None:
    found = influence(words(), x=PROJECTION, given=(TOKENS, LOG_FREQ))
    rows = WORDS["words"].values()
    columns = [[row[x.name] for row in rows] for x in (PROJECTION, TOKENS, LOG_FREQ)]
    y = [row["rate"] for row in rows]
    theirs = OLSInfluence(sm.OLS(y, sm.add_constant(np.array(columns).T)).fit())
    own = list(found.conditions.values())
    assert [row.leverage for row in own] == pytest.approx(theirs.hat_matrix_diag)
    assert [row.cook for row in own] == pytest.approx(theirs.cooks_distance[0])
    assert [row.dffits for row in own] == pytest.approx(theirs.dffits[0])
    assert [row.dfbetas for row in own] == pytest.approx(theirs.dfbetas[:, 1])
    assert [row.studentised for row in own] == pytest.approx(theirs.resid_studentized_external)
    assert found.parameters == 4
    assert found.thresholds.leverage == pytest.approx(8 / 24)
    assert found.thresholds.dffits == pytest.approx(2 * np.sqrt(4 / 24))


STRAIGHT = np.linspace(-0.5, 0.5, 6)


@pytest.mark.parametrize(
    ("values", "rates", "reason"),
    [
        (STRAIGHT, 0.5 - 0.3 * STRAIGHT, "the fit is perfect: no residuals"),
        (
            STRAIGHT,
            0.5 - 0.3 * STRAIGHT + np.array([0, 0, 0, 0.2, 0, 0]),
            "without c3 the fit is perfect",
        ),
        (
            [0.1] * 5 + [0.9],
            np.linspace(0.1, 0.6, 6),
            "c5 has leverage 1: nothing else fixes its value",
        ),
        ([1, 2, 3], [0.1, 0.3, 0.2], "3 conditions, 4 needed"),
        ([1, 2], [0.1, 0.3], "2 conditions, 3 needed"),
    ],
)
def test_degenerate(values: Any, rates: Any, reason: str) -> None:
    assert influence(line(values, rates)) == Unavailable(unavailable=reason)


def test_a_predictor_named_twice() -> None:
    spec = Influence(name="q", x=X, y=RATE, given=(X,))
    assert list(spec.problems()) == ["the predictor 'x' is named twice"]
