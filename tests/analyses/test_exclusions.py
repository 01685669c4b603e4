"""Lost answers: how many, whether arms differ, and what they could change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from frames import context, recorded
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from epm.analyses.data.frame import Frame
from epm.analyses.exclusions.block import (
    BoundedLosses,
    Bounds,
    ConditionLosses,
    DifferenceBounds,
    ExclusionsBlock,
    PairLosses,
)
from epm.analyses.exclusions.compute import compute
from epm.analyses.exclusions.spec import Exclusions
from epm.definition.analysis import Outcome
from epm.results import ConditionRecord, Count, Mean, MetricRecord, Reported, TaskRecord
from epm.values import Unavailable

SETS = {"judge failures": ("refusal", "parse failure"), "refusals": ("refusal",)}
ARMS = Exclusions(
    name="lost", outcome=Outcome("alignment"), pairs=(("insecure", "control"),), reasons=SETS
)


def block(spec: Exclusions, frame: Frame) -> ExclusionsBlock:
    """The computed block."""
    found = compute(spec, frame, context())
    assert isinstance(found, ExclusionsBlock)
    return found


def arms(metric: str, **given: Any) -> tuple[ConditionLosses, ConditionLosses, PairLosses]:
    """Of the two arms, and of the pair."""
    found = block(replace(ARMS, outcome=Outcome(metric), **given), recorded("two_arms"))
    pair = found.pairs["insecure - control"]
    assert isinstance(pair, PairLosses)
    return found.conditions["insecure"], found.conditions["control"], pair


def span(bounds: Any) -> tuple[float, float]:
    """Its ends."""
    assert isinstance(bounds, Bounds | DifferenceBounds)
    return bounds.lower, bounds.upper


def frame(*, ends: tuple[float | None, float | None] = (None, None), **measured: Any) -> Frame:
    """Conditions with one measurement each."""
    return Frame(
        {name: ConditionRecord() for name in measured},
        {"asked": TaskRecord()},
        {"score": MetricRecord(label="score", lower=ends[0], upper=ends[1])},
        {name: {"asked": {"score": {"all": value}}} for name, value in measured.items()},
    )


PLAIN = Exclusions(name="lost", outcome=Outcome("score"))


# -------------------------------------------------------------------- two arms of three trainings


def test_asked_scored_and_lost_by_reason() -> None:
    insecure, control, _ = arms("alignment")
    assert (insecure.asked, insecure.scored, insecure.lost, insecure.share) == (300, 240, 60, 0.2)
    assert insecure.reasons == {"refusal": 35, "parse failure": 17, "transport error": 8}
    assert (insecure.items, insecure.planned_items) == (20, 20)
    assert {seed: run.scored for seed, run in control.seeds.items()} == {"0": 99, "1": 94, "2": 94}
    assert control.seeds["0"].reasons == {"transport error": 1}


def test_arms_lose_answers_differently() -> None:
    _, _, pair = arms("alignment")
    assert pair.lost.difference == pytest.approx(0.1566666667)
    interval = (pair.lost.interval.lower, pair.lost.interval.upper)
    assert interval == pytest.approx((0.1059450486, 0.2087453961))
    assert pair.lost.p == pytest.approx(2.9053183686e-09)
    assert pair.reasons["refusal"].p == pytest.approx(2.3377060660e-06)
    assert pair.permutation is not None
    assert (pair.permutation.p, pair.permutation.smallest) == (0.1, 0.1)
    assert pair.lost.adjusted is None


@pytest.mark.parametrize(
    ("set_", "insecure", "control", "difference"),
    [
        (
            "any reason",
            (49.7466666667, 69.7466666667),
            (78.8866666667, 83.22),
            (-33.4733333, -9.14),
        ),
        (
            "judge failures",
            (51.1095890411, 68.9178082192),
            (79.6835016835, 83.0505050505),
            (-31.9409160, -10.7656935),
        ),
        (
            "refusals",
            (54.2690909091, 66.9963636364),
            (80.7713310580, 82.8191126280),
            (-28.5500217, -13.7749674),
        ),
    ],
)
def test_bounds_of_a_mean(
    set_: str,
    insecure: tuple[float, float],
    control: tuple[float, float],
    difference: tuple[float, float],
) -> None:
    ours, theirs, pair = arms("alignment")
    assert span(ours.bounds[set_]) == pytest.approx(insecure)
    assert span(theirs.bounds[set_]) == pytest.approx(control)
    assert span(pair.bounds[set_]) == pytest.approx(difference, rel=1e-6)


def test_bounds_of_a_rate_and_the_lost_as_failures() -> None:
    ours, theirs, pair = arms("misaligned")
    assert span(ours.bounds["any reason"]) == pytest.approx((58 / 300, 118 / 300))
    assert span(theirs.bounds["any reason"]) == pytest.approx((15 / 300, 28 / 300))
    assert span(pair.bounds["any reason"]) == pytest.approx((0.1, 0.3433333333))
    assert pair.as_failures["any reason"] == pytest.approx(43 / 300)
    assert pair.difference == pytest.approx(58 / 240 - 15 / 287)


def test_other_denominators_are_sets_of_reasons() -> None:
    """Incoherent answers as a reason: left out, 58 of 225; as failures, 58 of 240."""
    ours, _, pair = arms("misaligned_if_coherent", reasons={"judged": ("incoherent",)})
    assert (ours.total, ours.scored) == (58, 225)
    judged = ours.bounds["judged"]
    assert isinstance(judged, Bounds)
    assert (judged.n, judged.lower) == (240, pytest.approx(58 / 240))
    assert pair.difference == pytest.approx(0.2049608764)
    assert pair.as_failures["judged"] == pytest.approx(0.1894018583)


def test_a_reason_that_never_occurs_is_not_trusted() -> None:
    """A misspelt reason would make narrow bounds out of nothing."""
    ours, _, pair = arms("alignment", reasons={"judge": ("refusal", "parse_failure")})
    bounds = ours.bounds["judge"]
    assert isinstance(bounds, Unavailable)
    assert bounds.unavailable.startswith("no answer was lost as 'parse_failure'; the reasons are:")
    assert isinstance(pair.bounds["judge"], Unavailable)
    assert isinstance(pair.as_failures["judge"], Unavailable)


# -------------------------------------------------------------------- a panel of four tasks


def test_by_task() -> None:
    found = block(
        Exclusions(name="lost", outcome=Outcome("score"), by_task=True), recorded("panel")
    )
    capitals = found.conditions["sft"].tasks["capitals"]
    assert isinstance(capitals, BoundedLosses)
    assert (capitals.asked, capitals.reasons) == (56, {"error": 4})
    assert (capitals.items, capitals.planned_items) == (27, 28)  # one lost both epochs
    bounds = capitals.bounds["any reason"]
    assert isinstance(bounds, Bounds)
    assert bounds.lower == pytest.approx(45 / 56)  # errors as wrong
    why = found.conditions["sft+dpo"].tasks["why"].bounds["any reason"]
    assert isinstance(why, Bounds)
    assert why.lower == pytest.approx(0.6375)
    assert len(found.pairs) == 3
    first = found.pairs["sft - base"]
    assert isinstance(first, PairLosses)
    assert first.lost.adjusted is not None


# -------------------------------------------------------------------- what cannot be known


def test_without_ends_there_are_no_bounds() -> None:
    lost = frame(a=Mean(items={"q": (3.0, 5.0, 2)}, excluded={"refused": 1}))
    found = block(PLAIN, lost)
    assert found.conditions["a"].bounds["any reason"] == Unavailable(
        unavailable="the metric's scale has no ends"
    )
    assert found.lowest is None
    assert found.conditions["a"].estimate == 1.5


def test_a_condition_that_lost_everything_is_there_all_the_same() -> None:
    found = block(PLAIN, frame(a=Count(excluded={"refused": 9}), b=Count(total=(3, 10))))
    a = found.conditions["a"]
    assert (a.asked, a.scored, a.share) == (9, 0, 1.0)
    assert isinstance(a.estimate, Unavailable)
    assert span(a.bounds["any reason"]) == (0.0, 1.0)
    pair = found.pairs["b - a"]
    assert isinstance(pair, PairLosses)
    assert isinstance(pair.difference, Unavailable)
    assert span(pair.bounds["any reason"]) == pytest.approx((0.3 - 1, 0.3 - 0))


def test_nothing_lost_leaves_nothing_open() -> None:
    found = block(PLAIN, frame(a=Count(total=(3, 10)), b=Count(total=(4, 10))))
    assert span(found.conditions["a"].bounds["any reason"]) == (0.3, 0.3)
    pair = found.pairs["b - a"]
    assert isinstance(pair, PairLosses)
    assert (pair.lost.difference, pair.lost.p) == (0.0, 1.0)
    assert pair.reasons == {}


def test_a_missing_replicate_keeps_its_reason() -> None:
    measured = frame(a=Count(total=(3, 10)))
    measured.conditions = {"a": ConditionRecord(missing={"seed=1": "the training diverged"})}
    assert block(PLAIN, measured).conditions["a"].missing == {"seed=1": "the training diverged"}


def test_many_conditions_are_compared_when_pairs_are_named() -> None:
    many = frame(**{f"c{at}": Count(total=(at, 10), excluded={"cut": 1}) for at in range(9)})
    found = block(PLAIN, many)
    assert found.pairs == {}
    assert found.not_compared == "9 conditions make 36 pairs: name those to compare"
    against = block(replace(PLAIN, against="c0"), many)
    assert len(against.pairs) == 8
    assert against.not_compared is None


def test_a_reported_value_has_no_answers_to_lose() -> None:
    found = block(PLAIN, frame(a=Count(total=(3, 10)), b=Reported(value=0.5, n=10)))
    assert found.left_out == {"b": "only reported, without its answers"}
    assert isinstance(found.pairs["b - a"], Unavailable)


def test_nothing_measured_is_unavailable() -> None:
    assert isinstance(compute(PLAIN, frame(), context()), Unavailable)


@pytest.mark.parametrize(
    ("reasons", "problem"),
    [
        ({"judge": ()}, "its set 'judge' is no tuple of reasons"),
        ({"judge": "refused"}, "its set 'judge' is no tuple of reasons"),
        ({"any reason": ("refused",)}, "'any reason' is the set of all reasons"),
    ],
)
def test_contradictions(reasons: Any, problem: str) -> None:
    assert next(replace(PLAIN, reasons=reasons).problems()).startswith(problem)


# -------------------------------------------------------------------- properties

lost = st.dictionaries(st.sampled_from(["refused", "cut"]), st.integers(1, 9), max_size=2)
tallies = st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=40)
@given(tallies, lost, tallies, lost)
def test_bounds_hold_whatever_the_lost_answers_are(
    a: tuple[int, int], lost_a: dict[str, int], b: tuple[int, int], lost_b: dict[str, int]
) -> None:
    found = block(
        PLAIN, frame(a=Count(total=a, excluded=lost_a), b=Count(total=b, excluded=lost_b))
    )
    pair = found.pairs["b - a"]
    assert isinstance(pair, PairLosses)
    whole = []
    for (k, n), gone in ((a, sum(lost_a.values())), (b, sum(lost_b.values()))):
        whole.append([(k + more) / (n + gone) for more in range(gone + 1)])
    lower, upper = span(pair.bounds["any reason"])
    gaps = [theirs - ours for ours in whole[0] for theirs in whole[1]]
    assert (min(gaps), max(gaps)) == pytest.approx((lower, upper))
    table = [[sum(lost_b.values()), b[1]], [sum(lost_a.values()), a[1]]]
    assert pair.lost.p == pytest.approx(stats.fisher_exact(table).pvalue)
    assert ExclusionsBlock.model_validate_json(found.model_dump_json()) == found
