"""Random faults: never two of a kind, never a lost edit, and a clear error or the right end.

A run makes a page and its comment and adds a line to a page that people edit meanwhile; where it
ends with an error, it is run again, as a person would do.
"""

from __future__ import annotations

import random
import re

import pytest
from faulty_proxy import HALF, KEPT, Fault, Request, answer, cut, meanwhile
from hub import Hub

from epm.errors import EpmError
from epm.github.client import Client
from epm.github.comments import keep_comment
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")
PAGE = Marker("clean-result", key="issue-1")
WORDS = "given up after|somebody changed the|it is not there|it has moved to|GitHub agreed to"
LIMITED = "You have exceeded a secondary rate limit. Please wait a few minutes."


class World:
    """Faults of all kinds, and a person who edits."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self.hub = hub
        self.random = random.Random(seed)
        self.rate = self.random.choice([0.1, 0.3, 0.5])
        self.edited = hub.open_issue("written by a person")
        self.added: list[str] = []

    def draw(self, request: Request) -> Fault | None:
        if self.random.random() > self.rate:
            return None
        when = self.random.choice(["before", "after"])
        fault = self.random.choice(
            [
                *(answer(status, when=when) for status in (500, 502, 503, 504)),
                *(cut(when), HALF, answer(429), answer(403, LIMITED)),
                *[meanwhile(self.person)] * 4,
                *([KEPT] * 2 if request.verb == "PATCH" else [self.moved()]),
            ]
        )
        # GitHub has no conditional write: between our last look and our write nobody can see
        if fault.act and request.verb == "PATCH":
            return None
        return fault

    def moved(self) -> Fault:
        """To a place that must never be written to."""
        url = f"{self.hub.proxy.url}/repos/lab/elsewhere/issues/3"
        return answer(301, "Moved Permanently", Location=url)

    def person(self) -> None:
        """Adds a line, as somebody would who has the page open right now."""
        line = f"person {len(self.added)}"
        body = self.hub.ask("token-of-a-human", "GET", f"/issues/{self.edited}")["body"]
        self.hub.edit(self.edited, body=f"{body}\n{line}")
        self.added.append(line)

    def run(self, client: Client, round_: int) -> None:
        """What `epm publish` does, in short."""
        found = client.own_issues(PAGE)
        body = PAGE.wrap(f"page, round {round_}")
        made = found[0] if found else client.create_issue("A result", body, ["x"], PAGE)
        client.edit_issue(made, body=body)
        keep_comment(client, self.edited, LINT, LINT.wrap(f"verdict, round {round_}"))
        seen = client.issue(self.edited)
        if f"bot {round_}" not in seen.body:
            client.edit_issue(seen, body=f"{seen.body}\nbot {round_}")


def _holds(hub: Hub, seed: int) -> None:
    world = World(hub, seed)
    rounds = 3
    errors = []
    for round_ in range(rounds):
        for _ in range(40):
            client = hub.client(longest=0.4, first=0.005, unsaid=0.005)
            try:
                with hub.proxy.chaos(world.draw):
                    world.run(client, round_)
            except EpmError as error:
                errors.append(str(error))
            else:
                break
            world.rate *= 0.9
        else:
            pytest.fail(f"seed {seed}: no run succeeded: {errors[-1]}")

        assert [path for _, path, _ in hub.proxy.seen if "elsewhere" in path] == []
        issues = hub.all_issues()
        pages = [one["body"] for one in issues if one["number"] != world.edited]
        assert pages == [PAGE.wrap(f"page, round {round_}")]
        assert hub.bodies(world.edited) == [LINT.wrap(f"verdict, round {round_}")]
        body = next(one["body"] for one in issues if one["number"] == world.edited)
        lines = body.splitlines()
        assert lines[0] == "written by a person"
        bot = [f"bot {number}" for number in range(round_ + 1)]
        assert sorted(lines[1:]) == sorted([*world.added, *bot])
    for error in errors:
        assert re.search(WORDS, error), error
        assert "\n" not in error


@pytest.mark.parametrize("seed", range(30))
def test_a_few_dozen(hub: Hub, seed: int) -> None:
    _holds(hub, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 1_000))
def test_many(hub: Hub, seed: int) -> None:
    _holds(hub, seed)
