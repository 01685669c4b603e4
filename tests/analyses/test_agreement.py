"""Cohen's κ of two metrics on the same answers."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from frames import context
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from statsmodels.stats.inter_rater import cohens_kappa

from epm.analyses.agreement.block import AgreementBlock, AgreementOf, ClusterBootstrap, Kappa
from epm.analyses.agreement.compute import RESAMPLES, compute
from epm.analyses.agreement.spec import Agreement
from epm.analyses.data.frame import Frame
from epm.definition.analysis import Outcome
from epm.results import (
    ConditionRecord,
    Count,
    Joint,
    MetricRecord,
    TaskRecord,
    joint,
    replicate,
)
from epm.values import Interval, Unavailable

SPEC = Agreement(name="judges", first="strict", second="lenient")
Scores = list[tuple[str, Any, Any]]
"""Item, first and second score."""


def judged(scores: dict[str, Scores] | Joint, **given: Any) -> Frame:
    """Answers of conditions that two judges scored."""
    name = joint("strict", "lenient")
    both = (
        {"c": scores}
        if isinstance(scores, Joint)
        else {condition: Joint.of(own, **given) for condition, own in scores.items()}
    )
    return Frame(
        {condition: ConditionRecord() for condition in both},
        {"asked": TaskRecord()},
        {name: MetricRecord(label="both judges")},
        {c: {"asked": {name: {replicate(): each}}} for c, each in both.items()},
    )


def block(spec: Agreement, frame: Frame) -> AgreementBlock:
    """The computed block."""
    found = compute(spec, frame, context())
    assert isinstance(found, AgreementBlock)
    return found


def of(table: list[list[int]], levels: list[Any], spec: Agreement = SPEC) -> AgreementOf:
    """The agreement of answers, one an item, that a table counts."""
    scores = [
        (one, two)
        for one, row in zip(levels, table, strict=True)
        for two, n in zip(levels, row, strict=True)
        for _ in range(n)
    ]
    own = [(f"q{at}", one, two) for at, (one, two) in enumerate(scores)]
    return block(spec, judged({"c": own}, levels=levels)).overall


def kappa(found: AgreementOf) -> Kappa:
    """Its κ."""
    assert isinstance(found.kappa, Kappa)
    return found.kappa


def test_a_table_worked_by_hand() -> None:
    """20 and 15 of 50 agree, chance .5: κ = .4."""
    found = of([[20, 5], [10, 15]], [True, False])
    assert kappa(found).estimate == pytest.approx(0.4)
    assert kappa(found).by_chance == pytest.approx(0.5)
    assert (found.agreed.successes, found.agreed.trials) == (35, 50)
    assert found.table == {"no": {"no": 15, "yes": 10}, "yes": {"no": 5, "yes": 20}}
    assert kappa(found).largest == pytest.approx(0.8)


def test_as_published() -> None:
    """Fleiss, Levin and Paik (2003), chapter 18: 100 diagnoses by two raters, κ = .676, se .088."""
    found = kappa(of([[75, 1, 4], [5, 4, 1], [0, 0, 10]], [1, 2, 3]))
    assert found.estimate == pytest.approx(0.676, abs=5e-4)
    assert found.se == pytest.approx(0.088, abs=5e-4)
    assert isinstance(found.interval, Interval)
    assert isinstance(found.se, float)
    assert found.interval.upper == pytest.approx(found.estimate + 1.959964 * found.se)


@pytest.mark.parametrize(("weights", "power"), [("linear", 1), ("quadratic", 2)])
def test_weights_are_distances_of_scores(weights: Any, power: int) -> None:
    table = np.array([[11, 3, 1], [2, 9, 4], [0, 5, 15]])
    levels = np.array([0.0, 1.0, 4.0])
    found = kappa(of(table.tolist(), levels.tolist(), replace(SPEC, weights=weights)))
    apart = np.abs(levels[:, None] - levels) ** power
    shares = table / table.sum()
    chance = shares.sum(axis=1)[:, None] * shares.sum(axis=0)
    assert found.estimate == pytest.approx(1 - (apart * shares).sum() / (apart * chance).sum())
    assert found.largest is None


def test_the_bootstrap_keeps_the_answers_of_an_item_together() -> None:
    """The same answers five times each: the error is that of the items, √5 of the naive one."""
    rng = np.random.default_rng(1)
    first = rng.random(60) < 0.5
    second = np.where(rng.random(60) < 0.8, first, ~first)
    once = [
        (f"q{at}", bool(a), bool(b)) for at, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    alone = kappa(block(SPEC, judged({"c": once})).overall)
    repeated = kappa(block(SPEC, judged({"c": once * 5})).overall)
    assert repeated.estimate == pytest.approx(alone.estimate)
    assert repeated.se == pytest.approx(alone.se / sqrt(5))  # type: ignore[operator]
    for found in (alone.bootstrap, repeated.bootstrap):
        assert isinstance(found, ClusterBootstrap)
        assert found.se == pytest.approx(alone.se, rel=0.1)
        assert (found.clusters, found.resamples) == (60, RESAMPLES)


def test_the_bootstrap_is_repeatable_and_its_own_for_every_condition() -> None:
    scores = [(f"q{at}", at % 3 == 0, at % 4 == 0) for at in range(40)]
    frame = judged({"a": scores, "b": scores})
    here, there = block(SPEC, frame), block(SPEC, frame)
    assert here == there
    a, b = (kappa(here.conditions[name]).bootstrap for name in "ab")
    assert isinstance(a, ClusterBootstrap)
    assert isinstance(b, ClusterBootstrap)
    assert a.interval != b.interval
    assert a.interval.lower == pytest.approx(b.interval.lower, abs=0.02)


def test_over_conditions_an_item_is_one_cluster() -> None:
    scores = [(f"q{at}", at % 3 == 0, at % 4 == 0) for at in range(40)]
    found = block(SPEC, judged({"a": scores, "b": scores}))
    both = kappa(found.overall).bootstrap
    assert isinstance(both, ClusterBootstrap)
    assert both.clusters == 40
    assert (found.n, found.overall.n) == (2, 80)


# -------------------------------------------------------------------- what cannot be known


def test_one_and_the_same_score_throughout() -> None:
    found = of([[30, 0], [0, 0]], [True, False])
    assert found.agreed.estimate == 1.0
    assert found.kappa == Unavailable(unavailable="both give one and the same score throughout")


def test_a_judge_who_never_says_no_agrees_by_chance() -> None:
    found = kappa(of([[20, 0], [10, 0]], [True, False]))
    assert found.estimate == pytest.approx(0.0)


def test_totals_have_no_bootstrap() -> None:
    total = Joint(levels=("no", "yes"), total={"no": {"no": 9, "yes": 2}, "yes": {"yes": 12}})
    found = block(SPEC, judged(total)).overall
    assert kappa(found).bootstrap == Unavailable(unavailable="the items of answers are not known")
    assert isinstance(found.agreed.clustered, Unavailable)


def test_scores_that_were_not_counted_together() -> None:
    frame = Frame(
        {"c": ConditionRecord()},
        {"asked": TaskRecord()},
        {name: MetricRecord(label=name) for name in ("strict", "lenient")},
        {
            "c": {
                "asked": {
                    name: {replicate(): Count(total=(3, 10))} for name in ("strict", "lenient")
                }
            }
        },
    )
    found = compute(SPEC, frame, context())
    assert isinstance(found, Unavailable)
    assert "not counted together" in found.unavailable


def test_what_only_one_judge_scored_is_told() -> None:
    scores = [("q1", True, True), ("q2", False, True)]
    found = block(SPEC, judged({"c": scores}, excluded={"strict: refused": 3}))
    assert found.excluded == {"strict: refused": 3}


# -------------------------------------------------------------------- how it is kept


def test_a_joint_measurement_counts_pairs_by_item() -> None:
    found = Joint.of([("q1", True, False), ("q1", True, False), ("q1", True, True)])
    assert found.levels == ("no", "yes")
    assert found.items == {"q1": {"yes": {"no": 2, "yes": 1}}}
    numbers = Joint.of([("q1", 3, 10), ("q2", 2.5, 3)])
    assert numbers.levels == ("2.5", "3", "10")
    assert Joint.of([("q1", 1, 1)], levels=(0, 1, 2)).levels == ("0", "1", "2")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "neither items nor a total"),
        ({"items": {"q": {"no": {"yes": 1}}}, "total": {"no": {"no": 1}}}, "a total stands beside"),
        ({"items": {"q": {"no": {"maybe": 1}}}}, "q: maybe is not among the levels"),
        ({"levels": ("no", "no"), "total": {"no": {"no": 1}}}, "a level stands twice"),
    ],
)
def test_a_joint_measurement_that_contradicts_itself(given: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Joint(**{"levels": ("no", "yes"), **given})


def test_the_spec_says_what_has_to_be_counted_together() -> None:
    assert list(SPEC.joint()) == [("strict", "lenient")]
    assert list(SPEC.outcomes()) == [Outcome("strict"), Outcome("lenient")]
    assert list(SPEC.problems()) == []
    (problem,) = replace(SPEC, second="strict").problems()
    assert problem == "it compares 'strict' with itself"


# -------------------------------------------------------------------- properties

tables = st.lists(st.integers(0, 20), min_size=9, max_size=9).map(
    lambda cells: [cells[:3], cells[3:6], cells[6:]]
)


@settings(max_examples=8)
@given(tables.filter(lambda table: sum(map(sum, table)) > 1))
def test_as_statsmodels_has_it_and_the_same_for_either_judge(table: list[list[int]]) -> None:
    here, there = (
        of(table, [1, 2, 3]),
        of([list(row) for row in zip(*table, strict=True)], [1, 2, 3]),
    )
    if isinstance(here.kappa, Unavailable):
        assert isinstance(there.kappa, Unavailable)
        return
    assert kappa(there).estimate == pytest.approx(here.kappa.estimate)
    expected: Any = cohens_kappa(np.array(table))
    assert here.kappa.estimate == pytest.approx(expected.kappa)
    if isinstance(here.kappa.se, float):
        assert here.kappa.se == pytest.approx(sqrt(expected.var_kappa))


def test_it_comes_back_from_json_as_what_it_was() -> None:
    scores = [(f"q{at}", at % 3 == 0, at % 4 == 0) for at in range(12)]
    found = block(SPEC, judged({"a": scores, "b": [("q1", True, True)]}))
    assert AgreementBlock.model_validate_json(found.model_dump_json()) == found
