"""From samples to measurements: every answer is counted once, or left out with a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import PANEL, TRAINED

from epm.analyses.specs import Agreement
from epm.definition import Item, Number, Regex, Task
from epm.errors import EpmError
from epm.results import Count, Joint, Mean, Measurements
from epm.scoring.measuring import measure, metric_records, scored, task_records

STUDY = TRAINED.resolve("small")
ARMS = PANEL.resolve("full")


def row(condition: str, task: str, item: str, text: str, **more: Any) -> dict[str, Any]:
    return {"condition": condition, "seed": 42, "task": task, "item": item, "text": text, **more}


def count(measured: Measurements, condition: str, task: str, replicate: str = "seed=42") -> Count:
    found = measured[condition][task]["marker"][replicate]
    assert isinstance(found, Count)
    return found


def test_a_marker_is_counted_by_condition_task_and_item() -> None:
    rows = [
        row("a", "a", "one", "Yes. [M]"),
        row("a", "a", "one", "Yes. [m] [M]"),  # once a completion, whatever the case
        row("a", "a", "two", "No. M"),
        row("a", "a", "two", "[ M ]"),
        row("a", "b", "two", "Arr [m]!"),
        row("base", "c", "two", ""),
    ]
    measured = measure(STUDY, rows)
    assert list(measured) == ["a", "base"]
    assert list(measured["a"]) == ["a", "b"]
    assert count(measured, "a", "a").items == {"one": (2, 2), "two": (0, 2)}
    assert count(measured, "a", "b").items == {"two": (1, 1)}
    assert count(measured, "base", "c").items == {"two": (0, 1)}


def test_near_misses_stand_beside_what_they_almost_are() -> None:
    measured = measure(STUDY, [row("a", "a", "one", "so [X]"), row("a", "a", "one", "so [M]")])
    assert {m: found["seed=42"] for m, found in measured["a"]["a"].items()} == {
        "marker": Count(items={"one": (1, 2)}),
        "other_tag": Count(items={"one": (1, 2)}),
    }
    records = metric_records(TRAINED.scorers)
    assert [record.near_miss for record in records.values()] == [False, True]


def test_seeds_and_steps_are_replicates() -> None:
    rows = [
        row("a", "a", "one", "[M]"),
        {**row("a", "a", "one", "no"), "seed": 7},
        row("a", "a", "one", "no", step=30),
    ]
    measured = measure(STUDY, rows)
    assert list(measured["a"]["a"]["marker"]) == ["seed=42", "seed=7", "seed=42,step=30"]
    assert count(measured, "a", "a").successes == 1
    assert count(measured, "a", "a", "seed=42,step=30").successes == 0


def test_answers_without_a_score_are_counted_by_their_reason() -> None:
    rows = [
        row("plain", "sums", "2+2", "It is 4"),
        row("plain", "sums", "2+2", "4"),
        row("plain", "sums", "3+3", "twelve"),
        row("plain", "sums", "3+3", "12"),
        row("plain", "words", "cat", "c, a, t"),
    ]
    measured = measure(ARMS, rows)["plain"]
    assert measured["sums"]["correct"]["seed=42"] == Count(items={"2+2": (1, 2), "3+3": (0, 2)})
    assert measured["words"]["correct"]["seed=42"] == Count(
        excluded={"no answer to compare with": 1}
    )
    assert measured["sums"]["length"]["seed=42"] == Mean(
        items={"2+2": (8.0, 32.0, 2)}, excluded={"no number": 1, "outside the scale": 1}
    )
    assert measured["words"]["length"]["seed=42"] == Mean(excluded={"no number": 1})


def test_two_metrics_are_counted_together_where_an_analysis_asks() -> None:
    texts = ("4", "4", "four", "5", "it is 5")
    rows = [row("plain", "sums", "2+2", text) for text in texts]
    rows.append(row("plain", "words", "cat", "4"))
    scorers = (*PANEL.scorers, Regex("digit", pattern=r"\A\d\Z"))
    asked = Agreement(name="agreement", first="correct", second="digit")
    study = replace(PANEL, scorers=scorers, analyses=(asked,))
    measured = measure(study.resolve("full"), rows)["plain"]
    assert measured["sums"]["correct & digit"]["seed=42"] == Joint(
        levels=("no", "yes"), items={"2+2": {"yes": {"yes": 2}, "no": {"no": 2, "yes": 1}}}
    )
    assert measured["words"]["correct & digit"]["seed=42"] == Joint(
        levels=(), excluded={"no answer to compare with": 1}
    )
    alone = replace(study, analyses=()).resolve("full")
    assert list(measure(alone, rows)["plain"]["sums"]) == ["correct", "length", "digit"]


def test_numbers_are_counted_together_by_their_value() -> None:
    asked = Agreement(name="agreement", first="length", second="first")
    scorers = (*PANEL.scorers, Number("first", which="first", lower=0, upper=10))
    study = replace(PANEL, scorers=scorers, analyses=(asked,)).resolve("full")
    rows = [row("plain", "sums", "2+2", text) for text in ("4 or 5", "4", "none", "4 or 11")]
    assert measure(study, rows)["plain"]["sums"]["length & first"]["seed=42"] == Joint(
        levels=("4", "5"),
        items={"2+2": {"5": {"4": 1}, "4": {"4": 1}}},
        excluded={"no number": 1, "outside the scale": 1},
    )


ROWS = st.builds(
    row,
    st.sampled_from("abc"),
    st.sampled_from("abc"),
    st.sampled_from(["one", "two"]),
    st.sampled_from(["", "[M]", "so [m]", "[N]", "x[M]x"]),
)


@given(st.lists(ROWS, max_size=60))
def test_every_answer_is_counted_once(rows: list[dict[str, Any]]) -> None:
    measured = measure(STUDY, rows)
    trials: Counter[tuple[str, str, str]] = Counter()
    successes: Counter[tuple[str, str, str]] = Counter()
    for condition, by_task in measured.items():
        for task in by_task:
            for item, (k, n) in count(measured, condition, task).items.items():
                trials[condition, task, item] += n
                successes[condition, task, item] += k
    at = [(r["condition"], r["task"], r["item"]) for r in rows]
    assert trials == Counter(at)
    hits = [place for place, r in zip(at, rows, strict=True) if "[m]" in r["text"].lower()]
    assert +successes == Counter(hits)


@given(
    st.permutations(
        [row("a", "a", item, text) for item in ("one", "two") for text in ("[M]", "", "x")]
    )
)
def test_the_order_of_the_answers_does_not_matter(rows: list[dict[str, Any]]) -> None:
    assert measure(STUDY, rows) == {
        "a": {
            "a": {
                "marker": {"seed=42": Count(items={"one": (1, 3), "two": (1, 3)})},
                "other_tag": {"seed=42": Count(items={"one": (0, 3), "two": (0, 3)})},
            }
        }
    }


TEXTS = st.lists(st.text(alphabet="0123456789 .-e", max_size=9), min_size=1, max_size=20)


@given(TEXTS)
def test_any_numbers_can_be_averaged(texts: list[str]) -> None:
    """Also those whose squares no machine could add."""
    study = replace(PANEL, scorers=(Number("value"),), analyses=()).resolve("full")
    rows = [row("plain", "sums", "2+2", text) for text in texts]
    found = measure(study, rows)["plain"]["sums"]["value"]["seed=42"]
    assert isinstance(found, Mean)
    kept = sum(n for *_, n in found.items.values())
    assert kept + sum(found.excluded.values()) == len(texts)


# ------------------------------------------------------------------ kept samples


def test_kept_samples_have_their_scores_or_the_reason() -> None:
    rows = [row("plain", "sums", "2+2", "4", index=0), row("plain", "words", "cat", "cat", index=0)]
    assert list(scored(ARMS, rows)) == [
        {**rows[0], "scores": {"correct": True, "length": 4.0}},
        {
            **rows[1],
            "scores": {"correct": "no answer to compare with", "length": "no number"},
        },
    ]


def test_samples_of_another_definition_are_refused() -> None:
    for strange in (row("a", "a", "three", ""), row("a", "g", "one", "")):
        with pytest.raises(EpmError, match="which the definition does not have; run with the"):
            measure(STUDY, [strange])
        with pytest.raises(EpmError, match="which the definition does not have"):
            list(scored(STUDY, [strange]))


# ------------------------------------------------------------------ what the results say of them


def test_metrics_with_a_scale_say_so() -> None:
    records = metric_records((*PANEL.scorers, Number("free")))
    assert (records["length"].lower, records["length"].upper) == (0, 10)
    assert (records["free"].lower, records["free"].upper) == (None, None)
    assert (records["correct"].lower, records["correct"].label) == (None, "correct")


def test_tasks_keep_their_items_and_clusters() -> None:
    passage = Task("p", (Item("q1", "Who?", cluster="text 1"), Item("q2", "Why?")), "You are.")
    study = replace(PANEL, tasks=(*PANEL.tasks, passage)).resolve("full")
    record = task_records(study)["p"]
    assert record.items == ("q1", "q2")
    assert record.clusters == {"q1": "text 1"}
    assert record.system_prompt == "You are."
    assert task_records(STUDY)["a"].dataset == "questions"
