"""Stopped anywhere and run again: no second issue, no second comment, no orphan."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from faulty_proxy import Fault, Request, meanwhile
from lab import BRANCH, FOLDER, Lab, git

from epm.github.transport import Transport
from epm.publishing.git import Git


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, at: int, when: str, writing: bool) -> Iterator[None]:
    """End before or after a step: a command to git, or a request to GitHub."""
    steps = iter(range(10_000))

    def deadly(real: Callable[..., Any], writes: Callable[..., bool]) -> Callable[..., Any]:
        def step(self: object, *arguments: Any, **named: Any) -> Any:
            if writing and not writes(*arguments):
                return real(self, *arguments, **named)
            here = next(steps) == at
            if here and when == "before":
                raise Killed
            done = real(self, *arguments, **named)
            if here:
                raise Killed
            return done

        return step

    with monkeypatch.context() as patch:
        git_writes = deadly(Git._run, lambda verb, *_: verb == "push")
        patch.setattr(Git, "_run", git_writes)
        patch.setattr(Transport, "send", deadly(Transport.send, lambda verb, *_: verb != "GET"))
        yield


def is_right(lab: Lab, minutes: str = "") -> None:
    """One issue, one comment, one branch, and all three of one commit."""
    tip = lab.tip()
    page = lab.page()
    assert f"commit={tip}" in page["body"]
    assert minutes in page["body"]
    assert f"/{tip}/{FOLDER}/figures/slope.png)" in lab.comment()
    assert f"[#{page['number']}]" in lab.comment()
    assert len(lab.hub.all_issues()) == 2
    assert lab.hub.bodies(page["number"]) == []
    refs = git(lab.remote, "for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/heads/main", f"refs/heads/{BRANCH}"]


def dies_and_runs_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, at: int, when: str, writing: bool
) -> bool:
    """False where there is no such step any more."""
    try:
        with killed(monkeypatch, at, when, writing):
            lab.publish()
    except Killed:
        assert lab.publish().code == 0
        return True
    return False


WRITES = 4  # push, issue, comment, push of where they are


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(WRITES))
def test_stopped_at_a_write(lab: Lab, monkeypatch: pytest.MonkeyPatch, at: int, when: str) -> None:
    assert dies_and_runs_again(lab, monkeypatch, at, when, writing=True)
    is_right(lab)
    pushed = lab.tip()
    assert git(lab.remote, "rev-parse", f"{pushed}^") == git(lab.remote, "rev-parse", "main")
    lab.change_results()
    # where they are has not changed
    assert dies_and_runs_again(lab, monkeypatch, at, when, writing=True) == (at < WRITES - 1)
    is_right(lab, "15.4 min")
    assert git(lab.remote, "log", "--format=%H", "--grep=^Publish ", BRANCH).split()[1:] == [pushed]


def test_there_are_as_many_writes_as_that(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not dies_and_runs_again(lab, monkeypatch, WRITES, "before", writing=True)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("update", [False, True])
@pytest.mark.parametrize("at", range(60))
def test_stopped_anywhere(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, at: int, when: str, update: bool
) -> None:
    if update:
        lab.publish()
        lab.change_results()
    dies_and_runs_again(lab, monkeypatch, at, when, writing=False)
    is_right(lab, "15.4 min" if update else "")


def test_stopped_between_keeping_a_page_and_overwriting_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.publish()
    lab.hub.edit(2, body=lab.page()["body"].replace("23/100", "24/100"))
    with pytest.raises(Killed), killed(monkeypatch, 0, "after", writing=True):
        lab.publish("--force")
    assert "24/100" in lab.page()["body"]
    assert lab.publish().code == 2
    assert lab.publish("--force").code == 0
    assert "24/100" not in lab.page()["body"]
    assert len(lab.hub.bodies(2)) == 1


RUN = """
import sys
from argparse import ArgumentParser
from epm.github.retry import RetryPolicy
from epm.commands import publish as command
parser = ArgumentParser()
command.add_arguments(parser)
hasty = RetryPolicy(longest=5, first=0.01, between_requests=0, between_writes=0)
sys.exit(command.run(parser.parse_args(sys.argv[1:]), hasty))
"""


@pytest.mark.parametrize("part", ["/issues", "/issues/1/comments"])
def test_killed_while_github_works_on_it(lab: Lab, part: str) -> None:
    """The request takes effect, and nobody is there to hear of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "issue-1", "--repo", lab.hub.name],
        cwd=lab.checkout,
        env=os.environ,
        stdout=subprocess.DEVNULL,
    )

    def draw(request: Request) -> Fault | None:
        if request.verb == "POST" and request.path.endswith(part):
            return meanwhile(process.kill)
        return None

    with lab.hub.proxy.chaos(draw):
        assert process.wait(60) == -9
    assert len(lab.hub.all_issues()) == 2
    assert lab.publish().code == 0
    is_right(lab)


def test_somebody_pushes_in_between(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The branch is read again, and built upon; never forced."""
    lab.publish()
    before = git(lab.remote, "rev-parse", BRANCH)
    lab.change_results()
    real = Git.push
    tree = git(lab.remote, "rev-parse", f"{before}^{{tree}}")
    identity = ("-c", "user.name=c", "-c", "user.email=c@lab.example")
    theirs = git(lab.remote, *identity, "commit-tree", tree, "-p", before, "-m", "theirs")

    def late(self: Git, commit: str, branch: str) -> None:
        monkeypatch.setattr(Git, "push", real)
        git(lab.remote, "update-ref", f"refs/heads/{BRANCH}", theirs)
        real(self, commit, branch)

    monkeypatch.setattr(Git, "push", late)
    said = lab.publish()
    assert said.code == 0, said.error
    assert "somebody pushed to results/issue-1 meanwhile; looking again" in said.out
    assert git(lab.remote, "rev-parse", f"{BRANCH}^") == theirs
    is_right(lab, "15.4 min")
