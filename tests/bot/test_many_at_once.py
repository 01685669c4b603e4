"""Storms of edits and backfills: one comment for each issue, with the last edit's verdict."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from bot_at_work import LABEL, SEED_SHAPE, TITLE, Bot
from faulty_proxy import HALF, KEPT, Fault, Request, answer, cut

from epm.bot.comment import MARKER
from epm.errors import EpmError

EDITS = 40


def version(number: int) -> str:
    """A body whose verdict is unlike those of all others."""
    text = SEED_SHAPE.replace("/main/figures/issue_246/hero_l20", f"/branch{number}/figures/hero")
    assert text != SEED_SHAPE
    return text


def is_about(comment: str, number: int) -> bool:
    """Whether a comment is the verdict on that body."""
    return f"branch{number} is a branch" in comment or f"'branch{number}' is a branch" in comment


class Queue:
    """GitHub's concurrency group of one issue: one runs, one waits, a newer one replaces that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = False
        self._waiting: dict[str, object] | None = None
        self.started = 0

    def add(self, event: dict[str, object], bot: Bot) -> None:
        with self._lock:
            if self._running:
                self._waiting = event
                return
            self._running = True
        while True:
            self.started += 1
            assert bot.run("issues", event).code == 0
            with self._lock:
                if self._waiting is None:
                    self._running = False
                    return
                event, self._waiting = self._waiting, None


def test_forty_edits_in_githubs_order(bot: Bot) -> None:
    number = bot.open(version(0))
    queue, edited = Queue(), threading.Lock()

    def edit(count: int) -> None:
        with edited:  # as GitHub's database does
            bot.hub.edit(number, body=version(count))
            event = bot.issue_event("edited", number)
        queue.add(event, bot)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(edit, range(1, EDITS + 1)))
    last = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["body"]
    [count] = [n for n in range(EDITS + 1) if version(n) == last]
    [comment] = bot.comments(number)
    assert is_about(comment, count)
    assert queue.started < EDITS


def test_forty_edits_without_any_order(bot: Bot) -> None:
    """As if no concurrency group held: every run at once, those of old events late."""
    number = bot.open(version(0))
    events = []
    for count in range(1, EDITS + 1):
        bot.hub.edit(number, body=version(count))
        events.append(bot.issue_event("edited", number))
    random.Random(7).shuffle(events)
    with ThreadPoolExecutor(8) as pool:
        ran = list(pool.map(lambda event: bot.run("issues", event, longest=20), events))
    assert [one.code for one in ran] == [0] * EDITS
    [comment] = bot.comments(number)
    assert is_about(comment, EDITS)


def test_edits_while_all_run(bot: Bot) -> None:
    number = bot.open(version(0))

    def edit(count: int) -> None:
        bot.hub.edit(number, body=version(count))
        bot.run("issues", bot.issue_event("edited", number), longest=20)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(edit, range(1, EDITS // 2)))
    last = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["body"]
    [count] = [n for n in range(EDITS) if version(n) == last]
    [comment] = bot.comments(number)
    assert is_about(comment, count)


def test_backfill(bot: Bot) -> None:
    results = [bot.open(version(count), title=TITLE) for count in range(6)]
    bot.open(labels=["bug"])
    bot.open(state="open", labels=[LABEL.upper()])
    ran = bot.run("workflow_dispatch", bot.dispatch_event(issue=""))
    assert ran.code == 0
    assert (ran.reads, ran.writes) == (1 + 4 * 7, 7)  # 1: the list
    assert all(is_about(bot.comments(n)[0], at) for at, n in enumerate(results))
    assert ran.summary.count("✗ FAIL") == 7
    again = bot.run("workflow_dispatch", bot.dispatch_event(issue=""))
    assert (again.reads, again.writes) == (1 + 1 + 2 * 7, 0)  # the list, and who we are
    one = bot.run("workflow_dispatch", bot.dispatch_event(issue=str(results[3])))
    assert (one.reads, one.writes) == (1 + 3, 0)
    with pytest.raises(EpmError, match="is no number"):
        bot.run("workflow_dispatch", bot.dispatch_event(issue="3; id"))


def test_one_issue_that_fails_does_not_stop_the_others(bot: Bot) -> None:
    results = [bot.open() for _ in range(3)]
    bot.hub.proxy.plan("POST", answer(403, "Resource not accessible by integration"))
    ran = bot.run("workflow_dispatch", bot.dispatch_event(issue=""))
    assert ran.code == 2
    assert [len(bot.comments(number)) for number in results] == [0, 1, 1]
    assert "1 not linted" in ran.log
    assert "issues: write" in ran.summary


@pytest.mark.slow
def test_backfill_of_two_hundred(bot: Bot) -> None:
    results = [bot.open(version(count)) for count in range(200)]
    ran = bot.run("workflow_dispatch", bot.dispatch_event(issue=""))
    assert ran.code == 0
    assert ran.writes == 200
    assert ran.reads <= 4 * 200 + 1 + 3  # who we are, and the pages of the list
    assert all(is_about(bot.comments(n)[0], at) for at, n in enumerate(results))
    assert all(len(bot.hub.bodies(number)) == 1 for number in results)
    again = bot.run("workflow_dispatch", bot.dispatch_event(issue=""))
    assert again.writes == 0


def holds(bot: Bot, seed: int) -> None:
    """Edits between runs that meet faults; where one ends in an error, it is run again."""
    chance = random.Random(seed)
    number = bot.open(version(0))
    elsewhere = Fault(
        "answer",
        status=301,
        headers={"Location": f"{bot.hub.proxy.url}/repos/lab/elsewhere/issues/3"},
    )

    def draw(request: Request) -> Fault | None:
        if chance.random() > 0.25:
            return None
        when = chance.choice(["before", "after"])
        lying = KEPT if request.verb == "PATCH" else elsewhere
        return chance.choice([answer(502, when=when), cut(when), HALF, answer(429), lying])

    for count in range(1, 5):
        bot.hub.edit(number, body=version(count))
        event = bot.issue_event("edited", number)
        with bot.hub.proxy.chaos(draw):
            for _ in range(20):
                try:
                    bot.run("issues", event, longest=1)
                    break
                except EpmError:
                    continue
    bot.run("issues", bot.issue_event("edited", number))
    bodies = bot.hub.bodies(number)
    assert len([body for body in bodies if MARKER.leads(body)]) == len(bodies) == 1
    assert is_about(bodies[0], 4)
    assert bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["body"] == version(4)
    assert [path for _, path, _ in bot.hub.proxy.seen if "elsewhere" in path] == []


@pytest.mark.parametrize("seed", range(6))
def test_faults_leave_one_comment(bot: Bot, seed: int) -> None:
    holds(bot, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 506))
def test_five_hundred_sequences_of_faults(bot: Bot, seed: int) -> None:
    holds(bot, seed)
