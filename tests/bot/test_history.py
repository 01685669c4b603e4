"""The verdicts that our comment remembers: the last fifty, the number of all, nothing forged."""

from __future__ import annotations

import json
import random
import zlib
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bot_at_work import SEED_SHAPE, Bot
from faulty_proxy import meanwhile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_comment_says import SIGNED, cannot, found, judged, says

from epm.bot import block, comment, memory, past
from epm.bot.comment import MARKER, compose
from epm.bot.history import MOST, MOST_NAMED, History, How, PastVerdict, Turn, taken_up
from epm.bot.memory import Memory, Remembered
from epm.github.interface import LONGEST_BODY
from epm_lint.model import Status, Verdict
from epm_lint.rules import RULES

SLUGS = [rule.slug for rule in RULES]
PASSED = Verdict.passed("fine")


def at(minute: int) -> str:
    return f"2026-{1 + minute // 40_000:02}-01T{minute // 60 % 24:02}:{minute % 60:02}:00Z"


turns = st.builds(
    Turn,
    st.sampled_from(How),
    st.lists(st.sampled_from(SLUGS), unique=True, max_size=MOST_NAMED).map(tuple),
    st.integers(0, 40),
)
verdicts = st.builds(
    PastVerdict,
    st.text("0123456789abcdef", min_size=12, max_size=12) | st.just(""),
    st.integers(0, 400).map(at),
    st.sampled_from(list(Status)),
    st.dictionaries(st.sampled_from(list(Status)), st.integers(1, 60), max_size=6),
    st.none() | st.lists(turns, max_size=4).map(tuple),
)


def told(count: int, seed: int = 1) -> list[PastVerdict]:
    """Verdicts that compress as badly as those of rules can."""
    chance = random.Random(seed)
    return [
        PastVerdict(
            f"{chance.randrange(16**12):012x}",
            at(number),
            chance.choice(list(Status)),
            {status: chance.randint(1, 60) for status in Status},
            tuple(Turn(how, tuple(chance.sample(SLUGS, MOST_NAMED)), 9) for how in How),
        )
        for number in range(count)
    ]


def after(all_of_them: list[PastVerdict]) -> History:
    history = History()
    for one in all_of_them:
        history = history.having(one)
    return history


@given(st.lists(verdicts, max_size=130))
@settings(max_examples=60, deadline=None)
def test_the_last_fifty_are_kept_and_all_are_counted(some: list[PastVerdict]) -> None:
    history, distinct = History(), list[PastVerdict]()
    for one in some:
        grown = history.having(one)
        if grown.number > history.number:
            distinct.append(one)
        else:
            assert grown == history
            assert any(one.repeats(other) for other in history.verdicts)
        history = grown
    in_time = sorted(distinct, key=lambda one: one.at)
    assert history.verdicts == tuple(in_time[-MOST:])
    assert Counter(history.older) == Counter(one.status for one in in_time[:-MOST])
    assert history.since == min((one.at for one in distinct), default="")
    assert all(map(history.knows, distinct))
    assert history.joined(distinct) == history
    line = block.written(history)
    assert block.written(history) == line
    assert block.read(line) == history


@pytest.mark.parametrize("seed", range(5))
def test_any_history_has_room(seed: int) -> None:
    """Where the names of rules do not fit, how many have turned is kept."""
    history = after(told(300, seed))
    line = block.written(history)
    read = block.read(line)
    assert read is not None
    assert len(line) <= block.LONGEST + 40
    assert read.without_names() == history.without_names()
    bare = block.written(history.without_names())
    assert len(bare) < 4_000
    assert block.read(bare) == history.without_names()


def test_names_fit_where_few_rules_turn() -> None:
    few = [
        PastVerdict(one.edit, one.at, one.status, one.counts, one.turned and one.turned[:1])
        for one in told(60)
    ]
    history = after(few)
    assert block.read(block.written(history)) == history


def line_of(fields: object) -> str:
    return packed(json.dumps(fields).encode())


def packed(data: bytes) -> str:
    return f"<!-- epm:lint-history {b64encode(zlib.compress(data, 9)).decode()} -->"


ONE = ["0" * 12, at(1), "FAIL", {"FAIL": 1}, None]
FORGED = {
    "no base64": "<!-- epm:lint-history !!!! -->",
    "nothing": "<!-- epm:lint-history  -->",
    "no zlib": "<!-- epm:lint-history AAAAAAAA -->",
    "cut": block.written(after(told(3)))[:-20] + "AA== -->",
    "more behind": f"<!-- epm:lint-history {b64encode(zlib.compress(b'{}') + b'x').decode()} -->",
    "a bomb": packed(b" " * 400_000),
    "a bomb of JSON": packed(b'{"verdicts":[' + b"[" * 50_000 + b"]" * 50_000 + b"]}"),
    "deep": packed(b"[" * 50_000),
    "no JSON": packed(b"x"),
    "no text": packed(b"\xff\xfe"),
    "a list": line_of([]),
    "no verdicts": line_of({}),
    "verdicts that are none": line_of({"verdicts": [1]}),
    "too many": line_of({"verdicts": [ONE] * 51}),
    "out of order": line_of({"verdicts": [ONE, [ONE[0], at(0), *ONE[2:]]]}),
    "older without the newer": line_of({"verdicts": [ONE], "older": {"FAIL": 3}, "since": at(0)}),
    "Markdown for a time": line_of({"verdicts": [[ONE[0], "| @all", *ONE[2:]]]}),
    "Markdown for an edit": line_of({"verdicts": [["`|<b>#1 @all", *ONE[1:]]]}),
    "Markdown for a rule": line_of({"verdicts": [[*ONE[:4], [[0, ["`@all"], 0]]]]}),
    "no status": line_of({"verdicts": [[*ONE[:2], "GREAT", {}, None]]}),
    "a negative count": line_of({"verdicts": [[*ONE[:3], {"FAIL": -1}, None]]}),
    "an endless count": packed(
        b'{"verdicts":[["","","FAIL",{"FAIL":' + b"9" * 5_000 + b"},null]]}"
    ),
    "infinite": packed(b'{"verdicts":[["","","FAIL",{"FAIL":Infinity},null]]}'),
    "no way to turn": line_of({"verdicts": [[*ONE[:4], [[9, [], 1]]]]}),
    "the last way": line_of({"verdicts": [[*ONE[:4], [[-1, [], 1]]]]}),
}


@pytest.mark.parametrize("line", FORGED.values(), ids=FORGED)
def test_a_forged_block_is_said_and_begun_anew(line: str) -> None:
    """As somebody would write it who makes the seal fit as well."""
    assert block.read(line) is None
    first = says(judged(a=found("x")))
    before = memory.read(first, f"<!-- /epm:{MARKER.name} -->")
    assert before is not None
    content = before[1].partition("\n")[2]
    forged = MARKER.wrap(memory.written(before[0], f"{line}\n{content}"))
    assert compose(judged(a=found("x")), forged, SIGNED) is None, "the verdict stands"
    made = compose(judged(text="Mended.", a=PASSED), forged, SIGNED)
    assert made is not None
    assert "was FAIL; mended: A" in made.body
    assert "<summary>History: 1 verdict, begun anew</summary>" in made.body
    assert "It is not believed, and the history begins anew." in made.body
    history = comment.history(made.body)
    assert (history.number, history.anew) == (1, True)
    later = compose(judged(text="Worse.", a=found("y")), made.body, SIGNED)
    assert later is not None
    assert "begun anew</summary>" in later.body, "and it stays said"


@given(st.binary(max_size=300), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
@example(b"", 0)
def test_whatever_is_packed_is_a_history_or_none(data: bytes, seed: int) -> None:
    assert block.read(packed(data)) is None
    line = list(block.written(after(told(4))))
    chance = random.Random(seed)
    for _ in range(3):
        line[chance.randrange(22, len(line) - 4)] = chance.choice("ABCxyz019+/=")
    read = block.read("".join(line))
    assert read is None or read == after(told(4)), "zlib's checksum finds it"


def test_an_edited_comment_is_not_believed() -> None:
    body = says(judged(a=found("x")), judged(text="2", a=PASSED))
    assert comment.history(body).number == 2
    for spoilt in (
        body.replace("was FAIL", "was WARN"),
        body.replace("lint-history ", "lint-history A"),
    ):
        history = comment.history(spoilt)
        assert (history.number, history.anew) == (0, True)
        made = compose(judged(text="2", a=PASSED), spoilt, SIGNED)
        assert made is not None
        assert comment.history(made.body).number == 1
        assert "somebody has edited it" in made.body
    assert comment.history(body.replace("\n", "\r\n")).number == 2, "a browser's line ends"


def without_block(body: str) -> str:
    """As the bot wrote it before it had a history."""
    before = memory.read(body, f"<!-- /epm:{MARKER.name} -->")
    assert before is not None
    content = before[1].partition("\n")[2]
    return MARKER.wrap(memory.written(before[0], content))


def test_a_comment_without_a_block_is_taken_up() -> None:
    old = without_block(says(judged(a=found("x"), b=Verdict.skipped("no"))))
    history = comment.history(old)
    assert (history.number, history.anew) == (1, False)
    assert history.verdicts[0].counts == {Status.FAIL: 1, Status.SKIP: 1}
    made = compose(judged(text="2", a=PASSED, b=PASSED), old, SIGNED)
    assert made is not None
    assert [one.status for one in comment.history(made.body).verdicts] == [Status.FAIL, Status.PASS]
    assert "| 2026-03-01 12:00:00 | – | ✗ FAIL: 1 failed | not compared |" in made.body
    assert taken_up(Memory("c", "| @all", Status.FAIL)) == History()
    assert taken_up(Memory("c")) == History()


def test_what_the_table_says() -> None:
    body = says(
        judged(a=found("x"), b=PASSED, c=found("w", status=Status.WARN)),
        judged(text="2", a=PASSED, b=found("y"), c=PASSED),
        judged(text="2", a=PASSED, b=found("y"), c=PASSED),
        judged("on other grounds", text="3", a=PASSED, b=PASSED, c=PASSED),
        cannot(),
    )
    table = body[body.index("<details><summary>History") :]
    [first, *rest] = [row.split(" | ") for row in table.splitlines() if row.startswith("| 2026")]
    assert "<summary>History: 3 verdicts since 2026-03-01</summary>" in table
    assert first[2:] == ["✓ PASS", "not compared |"]
    assert rest[0][2:] == ["✗ FAIL: 1 failed", "newly failed: `b`; mended: `a`, `c` |"]
    assert rest[1][2:] == ["✗ FAIL: 1 failed, 1 warned", "not compared |"]
    assert body.count("<summary>History") == 1, "not once more in the last verdict"
    back = says(judged(a=found("x")), judged(text="2", a=PASSED), judged(a=found("x")))
    edits = [one.edit for one in comment.history(back).verdicts]
    assert edits[0] == edits[2] != edits[1], "a page that is as it was has the same name"
    assert "<summary>History" not in says(judged(a=PASSED)), "one verdict is no history"
    shown = past.shown(after(told(73)))
    assert shown.count("\n| 2026") == past.SHOWN
    assert "\nBefore these: 63 verdicts (" in shown


GOLDEN = Path(__file__).with_name("history_shown.md")


def test_as_people_see_it() -> None:
    """The file is a comment as it stands on GitHub, without what only the bot reads."""
    body: str | None = None
    chance = random.Random(3)
    outcomes = [PASSED, PASSED, found("says 24/100"), found("w", status=Status.WARN)]
    for count in range(14):
        one = judged(text=str(count % 5), **{rule: chance.choice(outcomes) for rule in "abcdef"})
        moment = one.issue.updated_at + timedelta(hours=7 * count)
        one = replace(one, issue=replace(one.issue, updated_at=moment))
        made = compose(one, body, SIGNED)
        assert made is not None
        body = made.body
    assert body is not None
    seen = "".join(line for line in body.splitlines(True) if not line.startswith("<!-- "))
    assert seen == GOLDEN.read_text(encoding="utf-8")


def test_findings_first_and_never_too_long() -> None:
    """A page with as much to tell as can be, and a history that fills its block."""
    history = after(told(120))
    many = found(*(f"{n} " + "*_~$|`<" * 11 for n in range(400)))
    rules: dict[str, Any] = dict.fromkeys("abcdef", many)
    remembered = {slug: Remembered(Status.FAIL, 9, ("0" * 8,) * 9) for slug in SLUGS}
    for content in (1_000, LONGEST_BODY - 22_000, LONGEST_BODY - 16_000, LONGEST_BODY - 11_000):
        now = Memory("c" * 16, at(1), Status.FAIL, "g" * 60, remembered, tuple(SLUGS))
        text = "x" * content
        body = comment._written(now, text, history)
        assert len(body) <= LONGEST_BODY
        assert text in body
        read = comment.history(body)
        assert read.without_names() == history.without_names(), "fifty and the number of all"
    full = compose(judged(text="y", **rules), says(judged(**rules)), SIGNED)
    assert full is not None
    assert len(full.body) <= LONGEST_BODY
    assert comment.history(full.body).number == 2


def version(number: int) -> str:
    return SEED_SHAPE.replace("/main/figures/issue_246/hero_l20", f"/branch{number}/figures/hero")


def moved_on(bot: Bot, number: int, edit: int, moment: int) -> dict[str, Any]:
    """The event of an edit, with a time of its own."""
    bot.hub.edit(number, body=version(edit))
    event = bot.issue_event("edited", number)
    event["issue"]["updated_at"] = f"2026-01-01T00:00:{moment:02}Z"
    return event


@pytest.mark.parametrize(
    "when", ["before it has read", "before it writes", "before it looks again"]
)
def test_two_events_at_once(bot: Bot, when: str) -> None:
    """Whichever of two runs is the last to write: both verdicts are in the history."""
    number = bot.open(version(0))
    bot.lint("opened", number)
    mine = moved_on(bot, number, 1, 1)

    def other() -> None:
        theirs = moved_on(bot, number, 2, 2)
        assert bot.run("issues", theirs).code == 0

    verb = "PATCH" if when == "before it writes" else "GET"
    fault = meanwhile(other)
    if when == "before it looks again":
        bot.hub.proxy.plan("PATCH", meanwhile(lambda: bot.hub.proxy.plan("GET", fault)))
    else:
        bot.hub.proxy.plan(verb, fault)
    assert bot.run("issues", mine).code == 0
    [body] = bot.comments(number)
    history = comment.history(body)
    assert "branch2" in body.partition("<summary>History")[0]
    assert history.verdicts[0].turned is None
    edits = [one.edit for one in history.verdicts]
    assert len(edits) == len(set(edits)) == history.number
    assert history.number == (2 if when == "before it has read" else 3)


def test_what_others_write_over_is_put_back(bot: Bot) -> None:
    """A run that has said something, and finds it gone when it looks again."""
    number = bot.open(version(0))
    bot.lint("opened", number)
    [before] = bot.comments(number)
    event = moved_on(bot, number, 1, 1)
    [row] = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}/comments")

    def overwritten() -> None:
        bot.hub.ask("token-of-the-bot", "PATCH", f"/issues/comments/{row['id']}", {"body": before})
        bot.hub.edit(number, body=version(2))

    def later() -> None:
        bot.hub.proxy.plan(
            "GET", meanwhile(lambda: bot.hub.proxy.plan("GET", meanwhile(overwritten)))
        )

    bot.hub.proxy.plan("PATCH", meanwhile(later))
    assert bot.run("issues", event).code == 0
    [body] = bot.comments(number)
    assert comment.history(body).number == 3
    assert "branch2" in body.partition("<summary>History")[0]
