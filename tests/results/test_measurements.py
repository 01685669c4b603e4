"""Measurements: what they refuse to hold, and the names of their replicates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from epm.results import ONLY, Count, Mean, Measurements, Unavailable, labels, replicate

ALL: TypeAdapter[Measurements] = TypeAdapter(Measurements)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters=",=", exclude_categories=("Cs",)), min_size=1
)


@pytest.mark.parametrize(
    "count",
    [
        {"total": [2, 1]},
        {"total": [0, 0]},
        {"total": [-1, 1]},
        {"total": [1]},
        {"total": [None, 1]},
        {"total": [0.5, 1]},
        {"total": [1, 2], "estimate": 0.5},
        {"total": [1, 2], "items": {"q": [1, 2]}},
        {"items": {"q": [2, 1]}},
        {"items": {"q": [0, 0]}},
        {"items": {}},
        {},
        {"items": {"q": [1, 1]}, "excluded": {"refused": 0}},
        {"items": {"q": [1, 1]}, "excluded": {"": 1}},
    ],
)
def test_impossible_counts_are_refused(count: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Count.model_validate(count)


@pytest.mark.parametrize(
    "mean",
    [
        {"items": {"q": [3, 1, 1]}},  # one score of 3 has a square of 9
        {"items": {"q": [3, -1, 1]}},
        {"items": {"q": [3, 9, 0]}},
        {"items": {"q": [float("inf"), 9, 1]}},
        {"items": {"q": [1, 1, 1]}, "total": [1, 1, 1]},
        {"total": [3, 1, 1]},
        {},
    ],
)
def test_impossible_sums_are_refused(mean: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mean.model_validate(mean)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_sums_of_any_scores_are_accepted(scores: list[float]) -> None:
    sums = (sum(scores), sum(score * score for score in scores), len(scores))
    assert Mean(items={"q": sums}).items["q"] == sums
    assert Mean(total=sums).total == sums


def test_all_answers_may_be_excluded() -> None:
    count = Count(excluded={"refused": 3})
    assert (count.successes, count.trials) == (0, 0)


@given(
    st.dictionaries(
        st.text(),
        st.integers(0, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n + 1))),
        min_size=1,
    )
)
def test_a_count_is_the_sum_of_its_items(items: dict[str, tuple[int, int]]) -> None:
    count = Count(items=items)
    assert count.successes == sum(k for k, _ in items.values())
    assert count.trials == sum(n for _, n in items.values())
    total = Count(total=(count.successes, count.trials))
    assert (total.successes, total.trials) == (count.successes, count.trials)


def test_a_missing_number_has_a_reason() -> None:
    with pytest.raises(ValidationError):
        Unavailable(unavailable="")


# ------------------------------------------------------------------ replicates


@given(st.dictionaries(WORDS.filter(lambda name: name != "step"), WORDS))
def test_a_replicates_name_is_read_back(named: dict[str, str]) -> None:
    name = replicate(**named)
    assert labels(name) == named
    assert (name == ONLY) == (not named)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "'' is no label=value of its own"),
        ("seed", "'seed' is no label=value of its own"),
        ("seed=", "'seed=' is no label=value of its own"),
        ("=42", "'=42' is no label=value of its own"),
        ("seed=42,", "'' is no label=value of its own"),
        ("seed=42,seed=43", "'seed=43' is no label=value of its own"),
        ("seed=42,step=last", "the step 'last' is no whole number"),
        ("step=-1", "the step '-1' is no whole number"),
    ],
)
def test_a_replicate_without_a_name(name: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        labels(name)
    count = {"kind": "count", "total": [1, 2]}
    with pytest.raises(ValidationError, match=says):
        ALL.validate_python({"villain": {"asked": {"marker": {name: count}}}})
