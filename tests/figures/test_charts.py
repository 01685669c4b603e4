"""A chart that cannot be drawn as it was meant is refused when it is made."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import pytest
from sample_charts import GAIN, RATE

from epm.figures.charts import (
    Axis,
    Dot,
    DotChart,
    Line,
    Panel,
    PanelsChart,
    ScatterChart,
    ScatterPoint,
)

SCORE, DOSE = Axis("score"), Axis("dose", log=True)


def one(dot: Dot, axis: Axis = SCORE, reference: float | None = None) -> DotChart:
    return DotChart("", "", axis, [dot], "", reference=reference)


def scatter(point: ScatterPoint, line: Line | None = None, mark: float = 1.0) -> ScatterChart:
    return ScatterChart("", "", DOSE, SCORE, [point], "", line, marks=[(mark, "EC50")])


def panel(*points: ScatterPoint) -> PanelsChart:
    return PanelsChart("", "", SCORE, SCORE, [Panel("villain", "", list(points))], "")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: one(Dot("villain", nan)), "'villain': nan cannot be shown"),
        (lambda: one(Dot("villain", 1, upper=inf)), "'villain': inf cannot be shown"),
        (lambda: one(Dot("villain", 1, replicates=[nan])), "'villain': nan cannot be shown"),
        (lambda: one(Dot("villain", 1), reference=nan), "'the reference': nan cannot be shown"),
        (lambda: one(Dot("villain", 1, 2, 1)), "'villain': its interval ends before it begins"),
        (lambda: one(Dot("villain", 1, beside=0)), "'villain': .* has no beside_label"),
        (lambda: one(Dot("villain", -0.1), RATE), "'villain': no rate; .* needs a signed axis"),
        (lambda: one(Dot("villain", 36), RATE), "'villain': no rate"),
        (lambda: one(Dot("villain", 0), DOSE), "'villain': 0 has no place on a logarithmic axis"),
        (lambda: scatter(ScatterPoint("a", 1, x=0)), "'a': 0 has no place on a logarithmic axis"),
        (
            lambda: one(Dot("villain", -1), Axis("step", log1p=True)),
            "'villain': -1 has no place on an axis that begins at 0",
        ),
        (lambda: scatter(ScatterPoint("a", 1, x=1), mark=-1), "'EC50': -1 has no place"),
        (lambda: scatter(ScatterPoint("a", 1, x=1), Line("fit", [1], [nan])), "'fit': nan"),
        (lambda: Line("fit", [1, 2], [1]), "'fit' has 2 x and 1 y"),
        (lambda: Line("fit", [2, 1], [1, 1]), "the x of 'fit' do not rise"),
        (lambda: Line("fit", [1], [1], [0]), "the band of 'fit' needs both bounds"),
        (
            lambda: panel(ScatterPoint("", 1, x=2), ScatterPoint("", 1, x=1)),
            "'villain' do not rise",
        ),
        (lambda: panel(ScatterPoint("", 1, replicates=[1])), "the seeds of a panel"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_what_may_leave_the_range_of_rates_may_do_so() -> None:
    one(Dot("a gain", -0.1, -0.2, 0), GAIN)
    one(Dot("a Wald interval", 0.01, -0.02, 0.04), RATE)
    line = Line("a straight line", [0.0, 1.0], [-0.1, 1.2])
    ScatterChart("", "", SCORE, RATE, [ScatterPoint("villain", 1.0)], "", line)
