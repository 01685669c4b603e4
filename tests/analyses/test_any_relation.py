"""Analyses of conditions and predictors, on any data: no failure, no NaN, no hidden assumption."""

import warnings
from collections.abc import Iterator
from typing import Any

import frames
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from epm.analyses.best_of.spec import BestOf
from epm.analyses.block import Block
from epm.analyses.computing import compute
from epm.analyses.context import Parent
from epm.analyses.correlation import pairings
from epm.analyses.correlation.spec import Correlation
from epm.analyses.data.frame import Frame
from epm.analyses.influence.spec import Influence
from epm.analyses.leave_one_out.spec import LeaveOneOut
from epm.analyses.partial_correlation.spec import PartialCorrelation
from epm.analyses.registry import AnalysisBlock
from epm.analyses.regression.spec import Regression
from epm.definition.analysis import AnalysisSpec, Expected, Outcome, Predictor
from epm.results import Unavailable

BLOCK: TypeAdapter[Any] = TypeAdapter(AnalysisBlock | Unavailable)
A, B = Predictor("a"), Predictor("b")
EXPECTED = Expected(-0.4, -0.7, -0.1, "elsewhere")
Y = Outcome("hit")

QUESTIONS: dict[str, AnalysisSpec] = {
    "correlation": Correlation(
        name="q",
        primary=True,
        x=(A, B),
        y=Y,
        methods=("kendall", "pearson", "spearman"),
        groups="group",
        relevant=0.3,
    ),
    "primary_correlation": Correlation(
        name="q", primary=True, x=(A,), y=Y, methods=("spearman",), expected=EXPECTED
    ),
    "partial": PartialCorrelation(
        name="q", primary=True, x=A, y=Y, given=(Predictor("b", log=True),), expected=EXPECTED
    ),
    "regression": Regression(
        name="q",
        primary=True,
        x=A,
        y=Y,
        clusters="group",
        predict=("c0", "c3"),
        expected=EXPECTED,
    ),
    "weighted_regression": Regression(
        name="q",
        primary=True,
        x=A,
        y=Y,
        given=(B,),
        errors="clustered",
        clusters="group",
        weights="trials",
        predict=("c1", "elsewhere"),
    ),
    "influence": Influence(name="q", x=A, y=Y),
    "influence_given": Influence(name="q", x=A, y=Y, given=(B,)),
    "leave_one_out": LeaveOneOut(
        name="q", x=A, y=Y, groups="group", family=(A, B), new=("c0", "c4")
    ),
    "leave_one_out_given": LeaveOneOut(name="q", x=A, y=Y, given=(B,)),
    "best_of": BestOf(name="q", primary=True, x=(A, B), y=Y, expected=EXPECTED),
}

numbers = st.one_of(
    st.floats(-1, 1),
    st.sampled_from([0.0, 0.5, 0.1 + 0.2, 0.3, 1.0, -1.0]),
    st.floats(-1e9, 1e9),
    st.floats(1e-9, 2e-9),
    st.sampled_from([5e-324, 1e-200, 1e300, -1e308]),
)


@pytest.fixture(autouse=True)
def _few_pairings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairings, "RESAMPLES", 999)


@st.composite
def measured(draw: st.DrawFn) -> Frame:
    """Counts of up to nine conditions, with seeds, gaps, ties, extremes and one item only."""
    seeds = draw(st.sampled_from([(None,), (1,), (1, 2), (1, 2, 3)]))
    items = draw(st.integers(1, 3))
    trials = draw(st.sampled_from([1, 5, 100, 3000]))
    cells: list[frames.Cell] = []
    covariates: dict[str, dict[str, float]] = {}
    factors: dict[str, dict[str, str | float]] = {}
    same_rate = draw(st.integers(0, 6)) == 0
    for i in range(draw(st.integers(1, 9))):
        name = f"c{i}"
        for seed in seeds:
            for item in range(items):
                k = 0 if same_rate else draw(st.integers(0, trials))
                cells.append((name, seed, f"q{item}", k, trials))
        covariates[name] = {
            covariate: draw(numbers) for covariate in "ab" if draw(st.integers(0, 9))
        }
        if draw(st.integers(0, 9)):
            factors[name] = {"group": draw(st.sampled_from("xyz"))}
    return frames.counted(cells, covariates=covariates, factors=factors)


def answer(spec: AnalysisSpec, frame: Frame, parent: Parent | None = None) -> Block | Unavailable:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return compute([spec], frame, alpha=0.05, seed=1, parent=parent)["q"]


@pytest.mark.parametrize("question", QUESTIONS)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(measured(), st.booleans())
def test_never_raises_never_warns_never_nan(
    question: str, frame: Frame, beside_a_parent: bool
) -> None:
    parent = Parent("the parent", frame) if beside_a_parent else None
    found = answer(QUESTIONS[question], frame, parent)
    # the schema refuses NaN and infinity; a round trip shows that the file holds what was computed
    assert BLOCK.validate_json(BLOCK.dump_json(found)) == found


Table = dict[str, tuple[int, int, int, str]]
"""Two predictors in tenths, k of 100, and a group, by condition."""


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Well-scaled data of five to nine conditions, with ties."""
    return {
        f"c{i}": (
            draw(st.integers(1, 40)),
            draw(st.integers(1, 40)),
            draw(st.integers(0, 100)),
            draw(st.sampled_from("xyz")),
        )
        for i in range(draw(st.integers(5, 9)))
    }


def framed(table: Table, factor: float = 1.0, shift: float = 0.0) -> Frame:
    """The table with its first predictor in another unit."""
    return frames.totals(
        {name: (k, 100) for name, (_, _, k, _) in table.items()},
        {name: {"a": a / 10 * factor + shift, "b": b / 10} for name, (a, b, _, _) in table.items()},
        {name: {"group": group} for name, (_, _, _, group) in table.items()},
    )


RESAMPLED = {"permutation", "bootstrap over conditions"}


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and word of a block by its path; of lists of names, what is in them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in RESAMPLED:
                yield from leaves(inner, f"{at}/{name}")
    elif isinstance(value, list | tuple):
        if all(isinstance(each, str) for each in value):
            yield at, sorted(value)
    else:
        yield at, value


def numbers_of(found: Block | Unavailable) -> dict[str, Any]:
    return dict(leaves(found.model_dump(mode="json")))


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "best_of"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables())
def test_the_order_of_conditions_does_not_matter(question: str, table: Table) -> None:
    one = numbers_of(answer(QUESTIONS[question], framed(table)))
    other = numbers_of(answer(QUESTIONS[question], framed(dict(reversed(table.items())))))
    assert one.keys() == other.keys()
    for at, value in one.items():
        # of several conditions that share an extreme, or that something fails without, the first
        # is named
        if not at.endswith(("_without", "/unavailable")):
            assert other[at] == (
                pytest.approx(value, rel=1e-6, abs=1e-9) if isinstance(value, float) else value
            ), at


@pytest.mark.parametrize("question", ["correlation", "partial", "influence", "leave_one_out"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables(), st.sampled_from([1e-6, 0.001, 1000.0, 1e6]), st.sampled_from([0.0, 3.0]))
def test_the_unit_of_a_predictor_does_not_matter(
    question: str, table: Table, factor: float, shift: float
) -> None:
    """But to slopes, which are per unit."""
    one = numbers_of(answer(QUESTIONS[question], framed(table)))
    other = numbers_of(answer(QUESTIONS[question], framed(table, factor, shift * factor)))
    assert one.keys() == other.keys()
    for at, value in one.items():
        if at.endswith("slope") or at.startswith("/slope"):
            value, other[at] = (
                (value, other[at] * factor) if isinstance(value, float) else (value, other[at])
            )
        if not at.endswith("_without"):
            assert other[at] == (
                pytest.approx(value, rel=1e-6, abs=1e-8) if isinstance(value, float) else value
            ), at


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables(), st.sampled_from([1e-6, 1000.0]), st.sampled_from([0.0, 3.0]))
def test_predictions_do_not_depend_on_the_unit_and_slopes_do(
    table: Table, factor: float, shift: float
) -> None:
    spec = QUESTIONS["regression"]
    one = answer(spec, framed(table))
    other = answer(spec, framed(table, factor, shift * factor))
    if isinstance(one, Unavailable):
        assert other == one
        return
    close = {"rel": 1e-6, "abs": 1e-9}
    slope, scaled = one.fit.terms["a"], other.fit.terms["a"]
    assert scaled.estimate * factor == pytest.approx(slope.estimate, **close)
    assert numbers_of(one.predictions["c0"]) == pytest.approx(
        numbers_of(other.predictions["c0"]), **close
    ) or "unavailable" in str(one.predictions["c0"])
