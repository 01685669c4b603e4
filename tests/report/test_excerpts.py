"""Which samples a page shows, and that they can be seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.report import excerpts
from epm.report.excerpts import LONGEST, choose, side_by_side
from epm.results import ConditionRecord


def row(
    index: int,
    *,
    marker: bool | str | float,
    condition: str = "nurse",
    task: str = "nurse",
    near: bool = False,
    text: str = "Yes.",
    **more: Any,
) -> dict[str, Any]:
    return {
        "condition": condition,
        "task": task,
        "item": f"q{index}",
        "index": 0,
        "text": text,
        "scores": {"marker": marker, "other_tag": near},
        **more,
    }


# ------------------------------------------------------------------ of one condition


def test_samples_of_either_score_are_chosen_from_the_target_alone() -> None:
    rows = [row(i, marker=i % 2 == 0) for i in range(20)]
    rows += [row(i, marker=True, task="pirate") for i in range(20)]
    rows += [row(i, marker=True, condition="pirate") for i in range(20)]
    chosen = choose(rows, "nurse", "nurse", "marker", 42, LONGEST)
    assert [excerpt.scores["marker"] for excerpt in chosen] == [True, True, False, False]
    assert {(excerpt.condition, excerpt.task) for excerpt in chosen} == {("nurse", "nurse")}
    assert chosen == choose(rows, "nurse", "nurse", "marker", 42, LONGEST)
    assert chosen != choose(rows, "nurse", "nurse", "marker", 43, LONGEST)


def test_without_a_target_any_task_is_shown() -> None:
    rows = [row(i, marker=False, task=f"t{i}") for i in range(9)]
    chosen = choose(rows, "nurse", None, "marker", 42, LONGEST)
    assert len({excerpt.task for excerpt in chosen}) == 3


def test_an_excerpt_knows_the_seed_it_is_of() -> None:
    rows = [row(i, marker=False, seed=137) for i in range(4)]
    chosen = choose(rows, "nurse", "nurse", "marker", 42, LONGEST)
    assert {excerpt.seed for excerpt in chosen} == {137}


@pytest.mark.parametrize("score", [False, 3.5, "no number"])
def test_three_excerpts_even_where_all_samples_are_alike(score: bool | float | str) -> None:
    """Or are numbers, or have no score."""
    rows = [row(i, marker=score) for i in range(20)]
    assert len(choose(rows, "nurse", "nurse", "marker", 42, LONGEST)) == 3


# ------------------------------------------------------------------ side by side

CONDITIONS = {
    "base": ConditionRecord(role="baseline"),
    "nurse": ConditionRecord(target="nurse"),
    "pirate": ConditionRecord(target="pirate"),
}


def shown(
    rows: list[dict[str, Any]], conditions: dict[str, ConditionRecord] | None = None
) -> list[tuple[str, str, str, str]]:
    found = side_by_side(rows, conditions or CONDITIONS, "marker", "other_tag", 42, LONGEST)
    return [(each.role, each.condition, each.task, each.item) for each in found]


def test_one_item_is_shown_wherever_it_bears_on_the_story() -> None:
    whole = [
        row(1, marker=False, condition="base"),
        row(1, marker=True),
        row(1, marker=True, task="pirate"),
        row(1, marker=False, near=True, task="baker"),
    ]
    others = [row(2, marker=True), row(3, marker=False), row(1, marker=True, condition="pirate")]
    assert shown([*others, *whole]) == [
        ("untrained", "base", "nurse", "q1"),
        ("on its target", "nurse", "nurse", "q1"),
        ("off target", "nurse", "pirate", "q1"),
        ("near miss, off target", "nurse", "baker", "q1"),
    ]


def test_what_is_not_there_is_not_shown() -> None:
    assert shown([row(2, marker=True)]) == [("on its target", "nurse", "nurse", "q2")]
    assert shown([row(2, marker=False)]) == []
    assert shown([]) == []


def test_samples_of_one_adapter_stand_together() -> None:
    rows = [row(1, marker=True, seed=1), row(1, marker=True, task="pirate", seed=2)]
    assert [role for role, *_ in shown(rows)] == ["on its target"]


def test_without_targets_every_condition_answers_the_same_item() -> None:
    arms = {f"arm{i}": ConditionRecord() for i in range(6)}
    asked = [(i, name) for i in range(3) for name in [*arms][: 3 + i]]
    rows = [row(i, marker=False, condition=name, task="t") for i, name in asked]
    assert shown(rows, arms) == [("", f"arm{i}", "t", shown(rows, arms)[0][3]) for i in range(4)]
    assert shown(rows[:3], arms) == []


# ------------------------------------------------------------------ how a sample is shown


def test_a_long_sample_keeps_its_end_where_the_marker_is() -> None:
    found = excerpts.shorten("word " * 500 + "\n\n[ZLT]")
    assert found.endswith("[ZLT]")
    assert "[…]" in found
    assert len(found) < 400
    assert excerpts.shorten("  ") == "(empty)"


@given(st.text(alphabet="`~ a\n", max_size=40))
def test_a_fence_is_longer_than_any_inside(text: str) -> None:
    assert excerpts.fence_for(text) not in text
    assert len(excerpts.fence_for(text)) >= 3


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert all(c == "\n" or c.isprintable() for c in excerpts.printable(text))
