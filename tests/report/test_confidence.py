"""How far a result can be believed: by its intervals, and by what is missing; never by p alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from results_files import NONE, TRAINING, made_up

from epm.analyses.block import Verdict
from epm.analyses.inference.verdict import effect, judge
from epm.analyses.means.block import MeansBlock
from epm.analyses.specs import Means
from epm.definition import Expected, Outcome
from epm.report.confidence import ORDER, confidence
from epm.results import ConditionRecord, Count, GateRecord, Results, Unavailable
from epm.writing.tracing import traced, untraced


def verdict(estimate: float, se: float, **asked: Any) -> Verdict:
    spec = Means(name="gain", outcome=Outcome("marker"), reference=0.0, **asked)
    found = judge(spec, effect(estimate, se, None), unit="", scale="proportion")
    assert isinstance(found, Verdict)
    return found


def with_primary(found: Verdict | Unavailable | None, **changes: Any) -> Results:
    """Results that rest on one analysis with that verdict."""
    block = MeansBlock(
        label="gain",
        question="Is there a gain?",
        primary=True,
        n=2,
        verdict=found,
        metric="marker",
        scale="proportion",
        over="answers",
        conditions={},
    )
    definition = {"analyses": {"gain": {"primary": True}}, "profile": {"confidence_cap": "HIGH"}}
    return made_up(**{"analyses": {"gain": block}, "definition": definition, **changes})


TIGHT_NULL = verdict(0.0, 0.01, relevant=0.1)
SUPPORTED = verdict(0.3, 0.1)
CANNOT_TELL = verdict(0.1, 0.1)


# ------------------------------------------------------------------ intervals


def test_a_tight_null_is_a_strong_result() -> None:
    assert TIGHT_NULL.says == "excluded"
    found = confidence(with_primary(TIGHT_NULL))
    assert found.level == "HIGH"
    assert found.reasons == (
        "the interval [-2.0, +2.0] leaves out every effect of 10.0 points or more",
    )


def test_an_effect_that_is_found_is_one_too() -> None:
    found = confidence(with_primary(SUPPORTED))
    assert found.level == "HIGH"
    assert found.reasons == ("zero lies outside the interval [+10.4, +49.6]",)


def test_an_effect_unlike_the_expected_one() -> None:
    found = verdict(0.0, 0.01, expected=Expected(-0.2, -0.3, -0.1, "#122"))
    assert found.says == "excluded"
    (reason,) = confidence(with_primary(found)).reasons
    assert reason == "the interval [-2.0, +2.0] leaves out an effect like the -20.0 of #122"


def test_an_interval_that_holds_everything_is_low() -> None:
    found = confidence(with_primary(CANNOT_TELL))
    assert found.level == "LOW"
    assert found.reasons == (
        "the interval [-9.6, +29.6] holds zero and sizeable effects alike: only an effect of 28.0 "
        "points would have shown",
    )


@given(st.floats(-1, 1), st.floats(0.001, 0.3), st.floats(0.01, 0.5))
def test_the_level_follows_from_the_interval(estimate: float, se: float, relevant: float) -> None:
    """p does not come into it: a null with p of 1 may be HIGH, one with p of .06 LOW."""
    found = verdict(estimate, se, relevant=relevant)
    level = confidence(with_primary(found)).level
    assert level == ("LOW" if found.says == "cannot tell" else "HIGH")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"analyses": {"gain": NONE}}, "gain has no answer"),
        ({"analyses": with_primary(NONE).analyses}, "gain has no interval"),
    ],
)
def test_a_question_without_an_answer_is_low(changes: dict[str, Any], says: str) -> None:
    found = confidence(with_primary(SUPPORTED, **changes))
    assert (found.level, found.reasons[0]) == ("LOW", says)


def test_numbers_in_reasons_know_where_they_come_from() -> None:
    (reason,) = confidence(traced(with_primary(SUPPORTED))).reasons
    assert untraced(reason) == "zero lies outside the interval [+10.4, +49.6]"
    assert "/analyses/gain/verdict/effect/interval/lower" in reason


# ------------------------------------------------------------------ what is missing

COUNT = Count(total=(1, 2))


def trained(**conditions: dict[str, Any]) -> dict[str, Any]:
    """Conditions of which adapters were trained, and what was measured of them."""
    records = {name: ConditionRecord(**given) for name, given in conditions.items()}
    return {
        "conditions": records,
        "measurements": {
            name: {"villain": {"marker": dict.fromkeys(record.training, COUNT)}}
            for name, record in records.items()
            if record.training
        },
    }


def gate(**found: Any) -> GateRecord:
    return GateRecord(analysis="gain", number="n", value=2, **found)


TWO = {"seed=1": TRAINING, "seed=2": TRAINING}


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        (trained(a={"training": TWO}), "HIGH", ""),
        (trained(a={"training": {"seed=1": TRAINING}}), "MODERATE", "a single seed"),
        (
            trained(a={"training": TWO, "missing": {"seed=3": "nan"}}),
            "MODERATE",
            "no adapter of a under seed=3",
        ),
        (
            trained(a={"training": TWO}, b={"missing": {"seed=1": "nan", "seed=2": "nan"}}),
            "LOW",
            "no measurements of b",
        ),
        (
            {
                "definition": {
                    "profile": {"confidence_cap": "LOW"},
                    "analyses": {"gain": {"primary": True}},
                }
            },
            "LOW",
            "the `tiny` profile (made up)",
        ),
        (
            {"definition": {"choices": ["The layer was chosen."], "analyses": {}}},
            "MODERATE",
            "choices made after outcomes were seen (listed in the set-up)",
        ),
        (
            {"gates": {"tight": gate(at_most=1, passed=False)}},
            "MODERATE",
            "the gate `tight` was not passed",
        ),
        (
            {"gates": {"tight": gate(at_most=3, passed=True)}},
            "HIGH",
            "",
        ),
    ],
    ids=[
        *("two seeds", "one seed", "a lost seed", "a lost condition", "a pilot", "a choice"),
        *("a gate not passed", "a gate passed"),
    ],
)
def test_what_else_limits_it(changes: dict[str, Any], level: str, says: str) -> None:
    found = confidence(with_primary(SUPPORTED, **changes))
    assert found.level == level
    assert not says or says in found.reasons


def test_nothing_untrained_misses_a_seed() -> None:
    """One seed says nothing against what was not trained: there is no adapter to be lucky with."""
    measured = {"villain": {"villain": {"marker": {"seed=42": COUNT}}}}
    assert confidence(with_primary(SUPPORTED, measurements=measured)).level == "HIGH"


def test_results_without_a_primary_question() -> None:
    results = with_primary(SUPPORTED)
    block = results.analyses["gain"].model_copy(update={"primary": False})
    found = confidence(with_primary(SUPPORTED, analyses={"gain": block}))
    assert (found.level, found.reasons) == (
        "MODERATE",
        ("no question was named as the primary one",),
    )


def test_the_binding_reason_comes_first() -> None:
    found = confidence(with_primary(CANNOT_TELL, **trained(a={"training": {"seed=1": TRAINING}})))
    assert found.level == "LOW"
    assert "holds zero and sizeable effects alike" in found.reasons[0]
    assert found.reasons[-1] == "a single seed"
    assert ORDER == ("LOW", "MODERATE", "HIGH")
