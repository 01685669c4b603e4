"""A run that trained and sampled: its samples and rows are published with it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from lab import BRANCH, Lab, git

from epm.analyses.drawing import draw
from epm.publishing import artifacts

PUBLISHED = "experiments/issue_1/published/smoke"


@pytest.fixture
def sampled(lab: Lab, smoke_run: Path) -> Path:
    """A `smoke` run, as if it had been made in the checkout."""
    run = lab.checkout / "runs" / "issue-1" / "sampled"
    shutil.copytree(smoke_run, run)
    path = run / "results.json"
    draw(run)
    results = json.loads(path.read_text(encoding="utf-8"))
    results["identity"].update(slug="issue-1", issue=1)
    commit = git(lab.checkout, "rev-parse", "HEAD")
    for environment in results["provenance"]["environments"]:
        environment["git"] = {"commit": commit, "dirty": False, "remote": ""}
    path.write_text(json.dumps(results), encoding="utf-8")
    lab.remember()
    return run


def test_samples_and_rows_are_published(lab: Lab, sampled: Path) -> None:
    line = lab.publish("--run", str(sampled)).error
    assert "the profile smoke is a pilot" in line
    said = lab.publish("--run", str(sampled), "--allow-pilot")
    assert said.code == 0, f"{said.out}{said.error}"
    files = git(lab.remote, "ls-tree", "-r", "--name-only", f"{BRANCH}:{PUBLISHED}").split()
    (rows,) = [name for name in files if name.startswith("rows/")]
    figures = sorted(f"figures/{path.name}" for path in (sampled / "figures").iterdir())
    # the manifest of a page that is too long for it lies beside the page
    manifest = [] if "epm:numbers v1" in lab.page()["body"] else ["numbers.txt"]
    named = [*manifest, "rendered.md", "results.json", rows, "samples.jsonl.gz"]
    assert files == [*figures, *named]
    body = lab.page()["body"]
    at = f"https://raw.githubusercontent.com/{lab.hub.name}/{lab.tip()}/{PUBLISHED}"
    assert f"All of them are in [`{PUBLISHED}/samples.jsonl.gz`]({at}/samples.jsonl.gz)" in body
    assert f"[`{PUBLISHED}/{rows}`]({at}/{rows})" in body
    lab.hub.proxy.reset()
    assert lab.publish("--run", str(sampled), "--allow-pilot").code == 0
    assert lab.writes() == []


def test_samples_that_stay_out_are_named_on_the_page(
    lab: Lab, sampled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "LARGEST_SAMPLES", 1_000)
    path = sampled / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    names = ["leakage/a", "leakage/issue-1_smoke_results"]
    results["tracking"].update(state="uploaded", mode="online", artifacts=names)
    path.write_text(json.dumps(results), encoding="utf-8")
    lab.remember()
    said = lab.publish("--run", str(sampled), "--allow-pilot")
    assert said.code == 0, f"{said.out}{said.error}"
    assert "samples" not in git(lab.remote, "ls-tree", "-r", "--name-only", BRANCH)
    (row,) = re.findall(r"^\| Samples \|.*$", lab.page()["body"], re.MULTILINE)
    assert "in the wandb artifact `leakage/issue-1_smoke_results`" in row
