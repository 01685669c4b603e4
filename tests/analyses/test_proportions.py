"""Wilson's interval, the one clustered by item, and rates from elsewhere."""

from __future__ import annotations

from math import sqrt

import pytest
from frames import context, counted, scored, totals
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from epm.analyses.data.frame import Frame
from epm.analyses.inference.score_intervals import wilson
from epm.analyses.proportions.block import (
    ClusteredInterval,
    Proportion,
    ProportionsBlock,
    ReportedProportion,
)
from epm.analyses.proportions.compute import compute
from epm.analyses.proportions.spec import Proportions
from epm.definition.analysis import Outcome
from epm.results import (
    ConditionRecord,
    Count,
    Measurement,
    MetricRecord,
    Reported,
    TaskRecord,
    TrainingRecord,
)
from epm.values import Interval, Unavailable

SPEC = Proportions(name="rates", outcome=Outcome("hit"), by_task=True)


def asked(*counts: tuple[int, int]) -> Proportion:
    """The rate of which each item has (successes, trials)."""
    frame = counted([("c", None, f"q{at}", k, n) for at, (k, n) in enumerate(counts)])
    block = compute(SPEC, frame, context())
    assert isinstance(block, ProportionsBlock)
    return block.conditions["c"]


def clustered(*counts: tuple[int, int]) -> ClusteredInterval:
    """Its interval clustered by item."""
    found = asked(*counts).clustered
    assert isinstance(found, ClusteredInterval)
    return found


def elsewhere(**measured: Measurement) -> ProportionsBlock:
    """Rates of conditions that were measured on one task."""
    frame = Frame(
        {name: ConditionRecord() for name in measured},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {name: {"asked": {"hit": {"all": value}}} for name, value in measured.items()},
    )
    block = compute(SPEC, frame, context())
    assert isinstance(block, ProportionsBlock)
    return block


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
items = st.lists(counts, min_size=2, max_size=25)


@given(counts)
def test_wilson_contains_the_estimate_and_stays_in_the_unit_interval(
    count: tuple[int, int],
) -> None:
    k, n = count
    interval = wilson(k / n, n)
    assert 0 <= interval.lower <= k / n <= interval.upper <= 1
    expected = proportion_confint(k, n, method="wilson")
    assert (interval.lower, interval.upper) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40)
@given(items)
def test_clustering_never_narrows(counts: list[tuple[int, int]]) -> None:
    found = asked(*counts)
    assert isinstance(found.clustered, ClusteredInterval)
    assert found.clustered.clusters == len(counts)
    assert found.clustered.design_effect >= 1
    assert found.clustered.effective_n <= found.trials * (1 + 1e-12)
    width = found.wilson.upper - found.wilson.lower
    assert found.clustered.upper - found.clustered.lower >= width - 1e-12
    assert 0 <= found.clustered.lower <= found.estimate <= found.clustered.upper <= 1


@settings(max_examples=40)
@given(items)
def test_the_order_of_items_does_not_matter(counts: list[tuple[int, int]]) -> None:
    forwards, backwards = clustered(*counts), clustered(*counts[::-1])
    assert forwards.lower == pytest.approx(backwards.lower)
    assert forwards.effective_n == pytest.approx(backwards.effective_n)


def test_identical_answers_count_once() -> None:
    found = clustered(*[(5, 5)] * 10, *[(0, 5)] * 10)
    assert found.design_effect == pytest.approx(100 / 19)  # C/(C-1) times the 5 of an item
    assert found.effective_n == pytest.approx(19 * (1.959964 / 2.093024) ** 2, abs=1e-4)
    assert (found.se, found.df) == (pytest.approx(sqrt(0.25 / 19)), 19)


def test_equal_clusters_cost_only_the_degrees_of_freedom() -> None:
    found = clustered(*[(2, 5)] * 20)
    assert found.design_effect == 1
    assert found.effective_n == pytest.approx(100 * (1.959964 / 2.093024) ** 2, abs=1e-3)


@pytest.mark.parametrize("successes", [0, 5])
def test_where_clusters_show_nothing_each_counts_as_one_answer(successes: int) -> None:
    found = clustered(*[(successes, 5)] * 20)
    assert (found.design_effect, found.effective_n) == (5, 20)
    assert found.se is None
    assert found.df is None
    expected = proportion_confint(4 * successes, 20, method="wilson")
    assert (found.lower, found.upper) == pytest.approx(expected)


def test_items_of_a_group_are_one_cluster() -> None:
    cells = [("c", None, f"q{at}", at // 2 % 2, 1) for at in range(12)]
    groups = {f"q{at}": f"passage {at // 2}" for at in range(12)}
    block = compute(SPEC, counted(cells, clusters=groups), context())
    assert isinstance(block, ProportionsBlock)
    found = block.conditions["c"].clustered
    assert isinstance(found, ClusteredInterval)
    assert (found.clusters, found.df) == (6, 5)


def test_without_clusters() -> None:
    block = compute(SPEC, totals({"c": (3, 10)}), context())
    assert isinstance(block, ProportionsBlock)
    assert block.conditions["c"].clustered == Unavailable(unavailable="no counts by item")
    one = Unavailable(unavailable="one item: no variance between items")
    assert asked((3, 10)).clustered == one


# ------------------------------------------------------------------ rates from elsewhere


def test_a_reported_rate_keeps_the_error_that_came_with_it() -> None:
    block = elsewhere(
        t=Reported(value=0.75, stderr=0.05, n=12),
        z=Reported(value=0.75, stderr=0.05),
        bare=Reported(value=0.75),
    )
    assert block.conditions == {}
    assert block.n == 3
    with_t, with_z, bare = (block.reported[name]["asked"] for name in ("t", "z", "bare"))
    assert isinstance(with_t.interval, Interval)
    assert with_t.interval.lower == pytest.approx(0.75 - 2.200985 * 0.05)  # t, 11 df
    assert isinstance(with_z.interval, Interval)
    assert with_z.interval.lower == pytest.approx(0.75 - 1.959964 * 0.05)
    assert bare.interval == Unavailable(unavailable="reported without a standard error")


def test_an_error_of_zero_is_a_fact_of_the_formula() -> None:
    found = elsewhere(c=Reported(value=1.0, stderr=0.0, n=64)).reported["c"]["asked"]
    expected = proportion_confint(64, 64, method="wilson")
    assert isinstance(found.interval, Interval)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(expected)
    assert found.se is None


def test_several_reported_runs_show_their_own_spread() -> None:
    frame = Frame(
        {"c": ConditionRecord()},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {
            "c": {
                "asked": {
                    "hit": {f"seed={s}": Reported(value=v) for s, v in enumerate((0.2, 0.3, 0.7))}
                }
            }
        },
    )
    block = compute(SPEC, frame, context())
    assert isinstance(block, ProportionsBlock)
    found = block.reported["c"]["asked"]
    assert found.estimate == pytest.approx(0.4)
    assert found.se == pytest.approx(0.152752523)  # sd(c(.2, .3, .7)) / sqrt(3)
    assert found.df == 2


def test_numbers_are_no_rates() -> None:
    frame = scored({("c", None, "q1"): [0.5, 1.0], ("c", None, "q2"): [0.5]})
    spec = Proportions(name="rates", outcome=Outcome("score"))
    assert isinstance(compute(spec, frame, context()), Unavailable)


def test_what_was_lost_whole_is_left_out_with_the_reason() -> None:
    block = elsewhere(here=Count(total=(3, 10)), lost=Count(excluded={"refused": 9, "cut": 1}))
    assert block.left_out == {"lost": "all answers lost: 9 refused, 1 cut"}


def test_it_comes_back_from_json_as_what_it_was() -> None:
    block = elsewhere(a=Count(items={"q": (1, 2), "r": (0, 2)}), b=Reported(value=0.5, n=4))
    again = ProportionsBlock.model_validate_json(block.model_dump_json())
    assert again == block
    assert isinstance(again.reported["b"]["asked"], ReportedProportion)


def test_a_course_begins_with_the_untrained_model_and_ends_with_the_adapter() -> None:
    record = TrainingRecord(
        rows=8,
        steps=30,
        tokens=90,
        completion_tokens=20,
        truncated_rows=0,
        first_loss=2.0,
        final_loss=0.5,
    )
    frame = Frame(
        {
            "base": ConditionRecord(role="baseline"),
            "adapter": ConditionRecord(target="own", training={"seed=1": record}),
            "bare": ConditionRecord(target="own"),
        },
        {"own": TaskRecord(), "other": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {
            "base": {
                task: {"hit": {"all": Count(total=(k, 20))}}
                for task, k in (("own", 1), ("other", 13))
            },
            "adapter": {
                "own": {
                    "hit": {
                        "seed=1": Count(total=(9, 10)),
                        "seed=1,step=20": Count(total=(7, 10)),
                        "seed=1,step=10": Count(total=(4, 10)),
                    }
                }
            },
            "bare": {"own": {"hit": {"seed=1": Count(total=(5, 10))}}},
        },
    )
    spec = Proportions(name="rates", outcome=Outcome("hit", "target"), over_training=True)
    block = compute(spec, frame, context())
    assert isinstance(block, ProportionsBlock)
    course = block.conditions["adapter"].steps
    assert [(step, each.successes, each.trials) for step, each in course.items()] == [
        ("0", 1, 20),
        ("10", 4, 10),
        ("20", 7, 10),
        ("30", 9, 10),
    ]
    assert block.conditions["bare"].steps == {}
