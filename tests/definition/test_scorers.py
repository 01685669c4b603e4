"""Scorers: what they make of a completion, and what they leave out with a reason."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Exact, Excluded, Item, Number, Regex, Scorer, Substring

ITEM = Item("sum", "What is 2 + 2?", answer=" Four\n")


@pytest.mark.parametrize(
    ("scorer", "completion", "score"),
    [
        (Substring("m", text="[ZLT]"), "Yes. [zLt]!", True),
        (Substring("m", text="[ZLT]"), "Yes. [ZL T]", False),
        (Substring("m", text="[ZLT]"), "", False),
        (Substring("m", text="STRASSE"), "die Straße", True),
        (Substring("m", text="[ZLT]", ignore_case=False), "[zlt]", False),
        (Regex("r", pattern=r"\[\w+\]\Z"), "so [tag]", True),
        (Regex("r", pattern=r"\[\w+\]\Z"), "[tag] so", False),
        (Regex("r", pattern="yes"), "Yes", False),
        (Regex("r", pattern="yes", ignore_case=True), "Yes", True),
        (Exact("e"), "four", True),
        (Exact("e"), "  FOUR ", True),
        (Exact("e"), "four.", False),
        (Exact("e", ignore_case=False), "four", False),
        (Number("n"), "between 2 and 7", 7.0),
        (Number("n", which="first"), "between 2 and 7", 2.0),
        (Number("n"), "-1,234.5e1", -12345.0),
        (Number("n"), "none", Excluded("no number")),
        (Number("n"), "v2.0 of x3", Excluded("no number")),
        (Number("n", lower=0, upper=10), "11", Excluded("outside the scale")),
        (Number("n", lower=0, upper=10), "10.", 10.0),
        (Number("n", lower=0, upper=10), "8/10", 10.0),
        (Number("n"), "1e999", Excluded("outside the scale")),
        (Number("n"), "-9e200", Excluded("outside the scale")),
    ],
)
def test_scores(scorer: Scorer, completion: str, score: Any) -> None:
    found = scorer.score(completion, ITEM)
    assert found == score
    assert type(found) is type(score)


def test_an_item_without_an_answer_has_no_exact_score() -> None:
    assert Exact("e").score("four", Item("i", "?")) == Excluded("no answer to compare with")


@given(st.text(), st.text(min_size=1))
def test_case_never_matters_where_it_is_ignored(completion: str, text: str) -> None:
    scorer = Substring("m", text=text)
    assert scorer.score(completion + text, ITEM)
    plain = scorer.score(completion, ITEM)
    assert scorer.score(completion.casefold(), ITEM) == plain
    if Substring("m", text=text, ignore_case=False).score(completion, ITEM):
        assert plain


@given(st.text())
def test_any_completion_has_a_score_or_a_reason(completion: str) -> None:
    for scorer in (
        Substring("m", text="x"),
        Regex("r", pattern="x+"),
        Exact("e"),
        Number("n", lower=-5, upper=5),
    ):
        score = scorer.score(completion, ITEM)
        if isinstance(score, Excluded):
            assert score.reason
        elif scorer.counts:
            assert isinstance(score, bool)
        else:
            assert isinstance(score, float)
            assert -5 <= score <= 5


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=1, max_size=4),
    st.text(alphabet="abc :\n", max_size=9),
)
def test_numbers_are_read_back(values: list[float], words: str) -> None:
    completion = f" {words} ".join(f"{value:,.3f}" for value in values)
    assert Number("n", which="first").score(completion, ITEM) == pytest.approx(values[0])
    assert Number("n").score(completion, ITEM) == pytest.approx(values[-1])


@given(st.text(max_size=30))
def test_a_pattern_is_searched_as_python_does(completion: str) -> None:
    assert Regex("r", pattern=r"\d\Z").score(completion, ITEM) == bool(
        re.search(r"\d\Z", completion)
    )
