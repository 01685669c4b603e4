"""The entry: what is left out, and that nothing makes it fail."""

import subprocess
import sys
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

from epm.results import (
    ClusterCount,
    CompleteCondition,
    Correlation,
    MissingCondition,
    Rate,
    Statistics,
    Unavailable,
)
from epm.statistics import analyse

PERSONAS = [f"p{i}" for i in range(14)]
cosine = st.one_of(
    st.floats(-1, 1),
    st.sampled_from([0.0, 0.5, 0.1 + 0.2, 0.3, 1.0]),
    st.just(float("nan")),
)


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    clusters = []
    for i in range(draw(st.integers(0, 4))):
        trials = draw(st.integers(1, 6))
        count = draw(st.integers(0, trials))
        clusters.append(ClusterCount(cluster=f"q{i}", successes=count, trials=trials))
    if not clusters:
        trials = draw(st.sampled_from([1, 5, 100]))
        return Rate(successes=draw(st.integers(0, trials)), trials=trials)
    successes, trials = sum(c.successes for c in clusters), sum(c.trials for c in clusters)
    return Rate(successes=successes, trials=trials, clusters=tuple(clusters))


@st.composite
def condition(draw: st.DrawFn) -> CompleteCondition | MissingCondition:
    category, new = draw(st.sampled_from("xy")), draw(st.booleans())
    if draw(st.integers(0, 5)) == 0:
        return MissingCondition(category=category, new=new, reason="out of memory")
    return CompleteCondition(
        category=category,
        new=new,
        negatives=(),
        source=draw(rates()),
        bystanders=draw(st.dictionaries(st.sampled_from(PERSONAS), rates(), max_size=2)),
        training=Unavailable(unavailable="drawn"),
    )


def run(
    conditions: dict[str, CompleteCondition | MissingCondition],
    cosines: dict[str, dict[str, float]],
    prompt_tokens: dict[str, int],
) -> Statistics:
    return analyse(
        conditions,
        cosines,
        prompt_tokens,
        reference="p0",
        primary_layer=1,
        alpha=0.01,
        prediction_gate=0.25,
        seed=0,
    )


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(PERSONAS), condition(), max_size=9),
    st.dictionaries(
        st.sampled_from("12"), st.dictionaries(st.sampled_from(PERSONAS), cosine), max_size=2
    ),
    st.dictionaries(st.sampled_from(PERSONAS), st.integers(0, 40)),
)
def test_never_raises_never_warns_never_nan(
    conditions: dict[str, CompleteCondition | MissingCondition],
    cosines: dict[str, dict[str, float]],
    prompt_tokens: dict[str, int],
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run(conditions, cosines, prompt_tokens)
    # the schema refuses NaN and infinity; a round trip shows that the file holds what was computed
    assert Statistics.model_validate_json(found.model_dump_json()) == found


def complete(successes: int, *, new: bool = False) -> CompleteCondition:
    return CompleteCondition(
        category="x",
        new=new,
        negatives=(),
        source=Rate(successes=successes, trials=100),
        bystanders={},
        training=Unavailable(unavailable="made up"),
    )


def test_missing_conditions_are_left_out_and_n_says_so() -> None:
    conditions = {
        f"p{i}": complete(successes) for i, successes in enumerate([23, 40, 31, 55, 62, 47])
    } | {
        "p6": MissingCondition(category="x", new=True, reason="out of memory"),
        "p7": complete(30, new=True),
    }
    at = {"1": {f"p{i}": 1 - 0.2 * i for i in range(7)}}
    found = run(conditions, at, {f"p{i}": 5 + i * i % 5 for i in range(8)})
    assert "p6" not in found.personas
    assert found.layers["1"].pearson.n == 6
    assert found.primary.length_partial.n == 6
    assert found.primary.within_category["x"].n == 6
    assert list(found.primary.drop_one) == [f"p{i}" for i in range(6)]
    assert found.primary.predictions == {
        "p6": Unavailable(unavailable="the condition is missing: out of memory"),
        "p7": Unavailable(unavailable="no cosine at the primary layer"),
    }


def test_equal_rates_leave_only_the_proportions() -> None:
    conditions = {f"p{i}": complete(0, new=i > 9) for i in range(12)}
    at = {"1": {persona: i / 12 for i, persona in enumerate(conditions)}}
    found = run(conditions, at, dict.fromkeys(conditions, 7))
    equal = Unavailable(unavailable="all rates are equal")
    assert found.layers["1"].spearman == found.layers["1"].spearman_adjusted == equal
    assert found.primary.named_fit == found.primary.predictions["p10"] == equal
    assert found.primary.influence == found.primary.length_partial == equal
    assert found.primary.leave_one_out.held_out == Unavailable(
        unavailable="without p0: all rates are equal"
    )
    assert found.personas["p0"].source.wilson.upper > 0.03


def test_a_layer_that_was_not_extracted() -> None:
    conditions = {f"p{i}": complete(10 * i) for i in range(6)}
    found = run(conditions, {"2": {persona: 0.1 * i for i, persona in enumerate(conditions)}}, {})
    assert isinstance(found.layers["2"].pearson, Correlation)
    assert found.primary.without_reference.n == 0
    assert isinstance(found.primary.all_fit, Unavailable)


def test_importing_epm_does_not_import_this() -> None:
    code = (
        "import sys, epm, epm.results; sys.exit('scipy' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
