"""Scorers: what they make of a completion, and what they leave out with a reason."""

import pickle
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import (
    Choice,
    Exact,
    Excluded,
    Function,
    Item,
    LogLikelihood,
    Number,
    Regex,
    Scorer,
    Substring,
)
from epm.errors import EpmError

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


CITIES = Item("city", "Where?", answer="Paris", choices=("Rome", "Paris", "New York", "York"))


@pytest.mark.parametrize(
    ("completion", "score"),
    [
        ("Paris", True),
        (" paris.\n", True),
        ("B", True),
        ("(b)", True),
        ("B) Paris", True),
        ("A. Rome", False),
        ("A) Paris", True),  # a letter that contradicts its text is none
        ("The answer is B.", True),
        ("Rome or York? Answer: Paris", True),
        ("I say: answer: A\nNo. Answer: B", True),
        ("It lies in Paris, France.", True),
        ("New York, of course", False),
        ("I saw a cat", Excluded("no choice")),
        ("Parisian food", Excluded("no choice")),
        ("Rome or Paris", Excluded("several choices")),
        ("New York or York", Excluded("several choices")),
        ("", Excluded("no choice")),
        ("E", Excluded("no choice")),
    ],
)
def test_a_choice_by_its_text_or_letter(completion: str, score: Any) -> None:
    assert Choice("c").score(completion, CITIES) == score


@given(st.text())
def test_any_completion_gives_a_choice_or_a_reason(completion: str) -> None:
    found = Choice("c").score(completion, CITIES)
    assert isinstance(found, bool | Excluded)


def test_an_item_without_choices_has_none() -> None:
    assert Choice("c").score("B", ITEM) == Excluded("no choices to compare with")


@pytest.mark.parametrize(
    ("per", "score"),
    [("choice", False), ("token", True), ("character", Excluded("several choices alike"))],
)
def test_likelihoods(per: Any, score: Any) -> None:
    item = Item("i", "?", answer="four", choices=("or", "four"))
    assert LogLikelihood("l", per=per).score_likelihoods([-2.0, -4.0], [1, 4], item) == score


def given_back(value: Any) -> Any:
    return lambda completion, item: value


@pytest.mark.parametrize(
    ("value", "number", "score"),
    [
        (True, False, True),
        (np.bool_(False), False, False),
        (3, True, 3.0),
        (np.float32(0.5), True, 0.5),
        (11, True, Excluded("outside the scale")),
        (Excluded("refused"), False, Excluded("refused")),
    ],
)
def test_what_a_function_may_give(value: Any, number: bool, score: Any) -> None:
    found = Function("f", function=given_back(value), number=number, upper=10).score("", ITEM)
    assert found == score
    assert type(found) is type(score)


@pytest.mark.parametrize(
    ("value", "number", "says"),
    [
        (None, False, "gave None, not True or False"),
        (1, False, "gave 1, not True or False; return True or False"),
        ("yes", False, "gave 'yes', not True or False"),
        (True, True, "gave True, not a number"),
        (float("nan"), True, "the score is nan"),
        (float("inf"), True, "the score is inf"),
        (Excluded(" "), False, "excluded for no reason"),
    ],
)
def test_what_a_function_may_not_give(value: Any, number: bool, says: str) -> None:
    with pytest.raises(EpmError) as caught:
        Function("polite", function=given_back(value), number=number).score("", ITEM)
    assert str(caught.value).startswith("scorer 'polite', item 'sum': ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_function_that_raises_is_one_line_with_its_place() -> None:
    def divided(completion: str, item: Item) -> bool:
        return 1 / len(completion) > 1

    with pytest.raises(EpmError, match=r"ZeroDivisionError.*\(test_scorers.py, line \d+\)"):
        Function("polite", function=divided).score("", ITEM)


def test_a_worker_knows_a_function_without_having_it() -> None:
    scorer = Function("f", function=given_back(True))
    there = pickle.loads(pickle.dumps(scorer))  # noqa: S301
    assert there.source == scorer.source
    with pytest.raises(EpmError, match="the function is not at hand"):
        there.score("", ITEM)


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
