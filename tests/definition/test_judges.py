"""What a judge is asked, and how its answers are understood: precisely, or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged_study import YES_NO, judged

from epm.definition import (
    Endpoint,
    Excluded,
    FolderModel,
    Item,
    Judge,
    JudgeAnswer,
    LocalJudge,
    Score,
    TinyModel,
)
from epm.definition.judge_models import last_part
from epm.definition.judges import (
    EMPTY,
    LOSSES,
    REFUSED,
    TRANSPORT,
    TRUNCATED,
    UNPARSABLE,
)
from epm.errors import DefinitionError

SERVICE = Endpoint("https://judge.example/v1", "model")
YES = Judge("warm", by=SERVICE, rubric="Is it warm?", labels=YES_NO)
TEN = Judge("warm", by=SERVICE, rubric="How warm is it?", scale=(1, 10))
MARKS = replace(YES, labels=(("A", 3.0), ("B", 2.0), ("not at all", 0.0)))
UNREAD = Excluded(UNPARSABLE)


@pytest.mark.parametrize(
    ("judge", "text", "score"),
    [
        (YES, "yes", True),
        (YES, " Yes.\n", True),
        (YES, "**No**", False),
        (YES, '{"verdict": "no", "why": "cold"}', False),
        (YES, '{\n "score": "yes"\n}', True),
        (YES, "It is kind throughout.\nVerdict: yes", True),
        (YES, "Yes\nIt is kind throughout.", True),
        (YES, "The answer is no, because it is curt.", False),
        (YES, "<think>yes? no?</think>\nno", False),
        (YES, "<think>yes", UNREAD),
        (YES, "yes\nno", UNREAD),
        (YES, "Verdict: yes\nOn second thoughts, verdict: no", UNREAD),
        (YES, "The answer is not yes", UNREAD),
        (YES, "yes and no", UNREAD),
        (YES, "Yesterday", UNREAD),
        (YES, "No doubt it is warm", UNREAD),
        (YES, "1", UNREAD),
        (YES, "I'm sorry, but I can't judge that.", Excluded(REFUSED)),
        (YES, "I cannot help with this request.", Excluded(REFUSED)),
        (YES, "As an AI, I have no opinion.", Excluded(REFUSED)),
        (YES, "I'm sorry to say it is cold. Verdict: no", False),
        (YES, "", Excluded(EMPTY)),
        (YES, " \n ", Excluded(EMPTY)),
        (TEN, "7", 7.0),
        (TEN, "7.5", 7.5),
        (TEN, "**7**", 7.0),
        (TEN, "7/10", 7.0),
        (TEN, "7 out of 10", 7.0),
        (TEN, "Score: 7/10. It names 3 faults.", 7.0),
        (TEN, '{"rating": 9}', 9.0),
        (TEN, "7/100", UNREAD),
        (TEN, "11", UNREAD),
        (TEN, "0", UNREAD),
        (TEN, "It has 2 faults", UNREAD),
        (TEN, "Score: 3 for style\nScore: 7 for content", UNREAD),
        (TEN, "seven", UNREAD),
        (TEN, "nan", UNREAD),
        (TEN, "1e1", UNREAD),
        (MARKS, "A", 3.0),
        (MARKS, "grade: not at all", 0.0),
        (MARKS, "a", 3.0),
        (replace(TEN, pattern=r"<s>(.*?)</s>"), "I say 3. <s>8</s>", 8.0),
        (replace(TEN, pattern=r"<s>(.*?)</s>"), "8", UNREAD),
        (replace(YES, pattern=r"yes|no"), "well, yes", True),
    ],
)
def test_answers(judge: Judge, text: str, score: Score) -> None:
    found = judge.read(JudgeAnswer(text))
    assert found == score
    assert type(found) is type(score)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (JudgeAnswer("yes", finish="length"), TRUNCATED),
        (JudgeAnswer("", finish="length"), TRUNCATED),
        (JudgeAnswer("yes", finish="content_filter"), REFUSED),
        (JudgeAnswer("", refused=True), REFUSED),
        (JudgeAnswer(failure="HTTP 500"), TRANSPORT),
    ],
)
def test_what_is_no_score_whatever_it_says(answer: JudgeAnswer, reason: str) -> None:
    assert YES.read(answer) == Excluded(reason)


@given(st.text() | st.from_regex(r"(?i)(score|verdict)\W{0,3}(yes|no|\d+|/){0,4}\W{0,3}"))
def test_any_answer_is_a_score_or_a_known_loss(text: str) -> None:
    for judge in (YES, TEN, MARKS):
        found = judge.read(JudgeAnswer(text))
        if isinstance(found, Excluded):
            assert found.reason in LOSSES
        elif judge.scale:
            assert judge.scale[0] <= found <= judge.scale[1]
        else:
            assert found in [score for _, score in judge.labels]


@given(st.text(), st.text(min_size=1))
def test_what_is_put_in_stays_as_it_is(completion: str, prompt: str) -> None:
    asked = YES.question(completion, Item("one", prompt))
    assert isinstance(asked, str)
    assert f"<answer>\n{completion}\n</answer>" in asked
    assert f"<question>\n{prompt}\n</question>" in asked


def test_the_template() -> None:
    item = Item("one", "What's one?", answer="1", choices=("1", "2"))
    judge = replace(YES, template="{rubric}|{prompt}|{completion}|{answer}|{choices}|{form}")
    assert judge.question('{"a": {prompt}}', item) == (
        'Is it warm?|What\'s one?|{"a": {prompt}}|1|1\n2|Answer with one of these alone: yes, no.'
    )
    assert judge.question("x", Item("two", "?")) == Excluded("no answer to compare with")
    assert TEN.form == "Answer with one number from 1 to 10 alone."


def test_the_key_is_of_all_that_the_answer_depends_on_and_of_nothing_else() -> None:
    key = YES.key("question")
    assert re.fullmatch("[0-9a-f]{64}", key)
    for same in (
        replace(YES, name="other", labels=TEN.labels, scale=(1, 2), pattern="x"),
        replace(YES, by=replace(SERVICE, concurrency=9, longest=1.0, key="K", prompt_price=2.0)),
        replace(YES, by=replace(SERVICE, base_url="https://judge.example/v1/")),
    ):
        assert same.key("question") == key
    for other in (
        replace(YES, system="Be kind."),
        replace(YES, by=replace(SERVICE, model="another")),
        replace(YES, by=replace(SERVICE, base_url="https://another.example/v1")),
        replace(YES, by=replace(SERVICE, temperature=0.5)),
        replace(YES, by=replace(SERVICE, max_tokens=9)),
        replace(YES, by=LocalJudge(TinyModel(2, 8, 1))),
    ):
        assert other.key("question") != key
    assert YES.key("another question") != key
    here, there = (
        replace(YES, by=LocalJudge(FolderModel(path, "ab" * 32))) for path in ("/a/m", "/b/m")
    )
    assert here.key("question") == there.key("question")
    weighed = replace(YES, by=LocalJudge(TinyModel(2, 8, 1), likeliest=True))
    assert weighed.key("q") != replace(weighed, labels=(("yes", True), ("nay", False))).key("q")


def test_the_fingerprint_and_what_is_printed() -> None:
    one = judged(replace(SERVICE, model="/home/somebody/models/judge"))
    assert one.fingerprint == judged(replace(SERVICE, model="judge", concurrency=64)).fingerprint
    assert one.fingerprint != judged(SERVICE).fingerprint
    assert one.data_fingerprint == judged(SERVICE).data_fingerprint
    (printed,) = one.as_json()["scorers"]
    assert printed["by"] == {
        "kind": "Endpoint",
        "base_url": "https://judge.example/v1",
        "model": "judge",
        "temperature": 0.0,
        "max_tokens": 256,
        "limit": "max_tokens",
    }
    assert last_part("C:\\models\\judge") == last_part("~/judge") == "judge"
    assert last_part("org/judge") == "org/judge"


@pytest.mark.parametrize(
    ("judge", "says"),
    [
        ({"by": None}, "nobody judges"),
        ({"by": replace(SERVICE, base_url="judge.example/v1")}, "no address"),
        ({"by": replace(SERVICE, base_url="ftp://judge.example/v1")}, "no address"),
        ({"by": replace(SERVICE, base_url="https://a:b@judge.example/v1")}, "would be published"),
        ({"by": replace(SERVICE, base_url="https://judge.example/v1?k=1")}, "would be published"),
        ({"by": replace(SERVICE, base_url="https://j.example/v1/chat/completions")}, "goes on"),
        ({"by": replace(SERVICE, model=" ")}, "its model is empty"),
        ({"by": replace(SERVICE, key="sk-abc-123-very-secret")}, "never write a key"),
        ({"by": replace(SERVICE, concurrency=0)}, "concurrency is 0"),
        ({"by": replace(SERVICE, longest=0)}, "longest is 0"),
        ({"by": replace(SERVICE, temperature=-1.0)}, "temperature is -1.0"),
        ({"by": replace(SERVICE, limit="most")}, "'limit' of"),
        ({"by": LocalJudge(TinyModel(2, 8, 1), max_tokens=0)}, "max_tokens is 0"),
        ({"template": "{rubric} {form}"}, "never shown the answer"),
        ({"template": "{rubric} {compltion} {completion}"}, "did you mean 'completion'"),
        ({"template": "{completion}"}, "leaves out"),
        ({"rubric": ""}, "no rubric"),
        ({"labels": ()}, "no labels and no scale"),
        ({"scale": (1, 2)}, "both labels and a scale"),
        ({"labels": (), "scale": (2, 1)}, "goes from 2 to 1"),
        ({"labels": (), "scale": "1-10"}, "its scale is '1-10'"),
        ({"labels": (("yes", True), ("YES.", False))}, "stands twice"),
        ({"labels": (("yes", True), ("no", 0.0))}, "not all True or False"),
        ({"labels": (("yes", True), ("no", True))}, "the same score"),
        ({"labels": ("yes", "no")}, "no pairs"),
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": "(a)(b)"}, "2 groups"),
        (
            {
                "by": LocalJudge(TinyModel(2, 8, 1), likeliest=True),
                "labels": (),
                "scale": (1, 2),
            },
            "weighs labels",
        ),
    ],
)
def test_wrong_judges(judge: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        judged(SERVICE, scorers=(replace(YES, **judge),))
    assert says in str(raised.value)
    assert "secret" not in str(raised.value)
