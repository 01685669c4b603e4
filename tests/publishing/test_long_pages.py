"""Pages of many conditions: published, read, written in, edited, published again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import large_study
import pytest
from any_study import Finished
from lab import BRANCH, SUMMARY, TLDR, Lab, git

import epm_lint
from epm.checkout import Checkout
from epm.github.interface import LONGEST_BODY
from epm.linting import records
from epm.linting.bodies import FOR_PEOPLE
from epm.linting.results import named_by
from epm_lint.model import Report, Status, Verdict

FOLDER = "experiments/issue_1/published/full"
SIZES = [12, 40, pytest.param(200, marks=pytest.mark.slow)]


@cache
def study(conditions: int) -> Finished:
    """Made once for all tests."""
    return large_study.finished(conditions)


@pytest.fixture
def run(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A finished run of so many conditions, of an experiment with the default prose."""
    for name in ("narrative.md.j2", "title.txt.j2"):
        (lab.checkout / "experiments" / "issue_1" / name).unlink()
    folder = lab.checkout / "runs" / "issue-1" / "large"
    folder.mkdir()
    study(request.param).write(folder)
    path = folder / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    for environment in results["provenance"]["environments"]:
        environment["git"]["commit"] = git(lab.checkout, "rev-parse", "HEAD")
    path.write_text(json.dumps(results), encoding="utf-8")
    lab.remember()
    return folder


def verdicts(lab: Lab) -> dict[str, Verdict]:
    """What the bot finds in the page, from a checkout with the branch of results; in any time."""
    git(lab.checkout, "fetch", "-q", "origin", f"+{BRANCH}:refs/remotes/origin/{BRANCH}")
    page, checkout = lab.page(), Checkout.at(lab.checkout)
    body = page["body"].replace("\r\n", "\n")
    found = named_by(body, Path(os.devnull), checkout)
    known = {**(found.known if found else {}), "record": records.named_by(body, checkout)}
    labels = [label["name"] for label in page["labels"]]
    return by_rule(
        epm_lint.lint(
            body, title=page["title"], labels=labels, repository=checkout, seconds=120, **known
        )
    )


def by_rule(report: Report) -> dict[str, Verdict]:
    return {row.rule.slug: row.verdict for row in report.rows}


def failed(found: dict[str, Verdict]) -> set[str]:
    return {name for name, one in found.items() if one.status in (Status.FAIL, Status.ERROR)}


@pytest.mark.parametrize("run", SIZES, indirect=True)
def test_published_written_in_edited_and_published_again(lab: Lab, run: Path) -> None:
    said = lab.publish("--run", str(run))
    assert said.code == 0, f"{said.out}{said.error}"
    lab.write_sections(2)
    found = verdicts(lab)
    assert failed(found) == set()
    assert found["numbers-match-results"].status is Status.PASS
    body = lab.page()["body"].replace("\r\n", "\n")
    assert len(body) <= LONGEST_BODY - FOR_PEOPLE + len(TLDR) + len(SUMMARY)

    lab.hub.proxy.reset()
    assert lab.publish("--run", str(run)).code == 0
    assert lab.writes() == [], "it is up to date"

    row = next(line for line in body.splitlines() if line.startswith("| young_baker |"))
    (rate,) = re.findall(r"^[^%]*\| (\d+)%", row)
    slip = row.replace(f" {rate}%", f" {int(rate) - 1}%", 1)
    lab.hub.edit(2, body=body.replace(row, slip))
    wrong = verdicts(lab)["numbers-match-results"]
    assert wrong.status is Status.FAIL
    assert any(f"results say {rate}%" in one.message for one in wrong.findings)
    said = lab.publish("--run", str(run))
    assert said.code == 2
    assert f"\n-{row}\n" in said.out
    lab.hub.edit(2, body=body)

    path = run / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    results["provenance"]["timing"]["total_seconds"] = 600
    path.write_text(json.dumps(results), encoding="utf-8")
    lab.remember()
    said = lab.publish("--run", str(run))
    assert said.code == 0, f"{said.out}{said.error}"
    again = lab.page()["body"].replace("\r\n", "\n")
    assert "| Wall time | 10.0 min" in again
    assert TLDR in again
    assert SUMMARY in again
    assert failed(verdicts(lab)) == set()


@pytest.mark.parametrize("run", [40], indirect=True)
def test_what_is_beside_the_results_of_a_long_page(lab: Lab, run: Path) -> None:
    assert lab.publish("--run", str(run)).code == 0
    body, tip = lab.page()["body"].replace("\r\n", "\n"), lab.tip()
    assert "<!-- epm:numbers" not in body
    numbers = git(lab.remote, "show", f"{tip}:{FOLDER}/numbers.txt")
    assert numbers.startswith("<!-- epm:numbers v1 ")
    blob = subprocess.run(
        ["sha256sum"], input=f"{numbers}\n".encode(), capture_output=True, check=True
    )
    assert f" numbers={blob.stdout.decode().split()[0]} -->" in body.splitlines()[0]
    link = f"[`tables.md`](https://github.com/{lab.hub.name}/blob/{tip}/{FOLDER}/tables.md#table-"
    assert body.count(link) >= 1
    tables = git(lab.remote, "show", f"{tip}:{FOLDER}/tables.md")
    names = list(json.loads((run / "results.json").read_text())["conditions"])
    assert all(f"| {name} |" in tables for name in names)
    assert not all(f"| {name} |" in body for name in names)

    # what cannot be held to its numbers is no PASS
    other = body.replace(" numbers=", " numbers=00")
    lab.hub.edit(2, body=other)
    wrong = verdicts(lab)["numbers-match-results"]
    assert wrong.status is Status.FAIL
    assert any("edited since it was rendered" in one.message for one in wrong.findings)
    lab.hub.edit(2, body=body)


@pytest.mark.parametrize("run", [40], indirect=True)
def test_a_copy_beside_its_files_is_held_to_them(lab: Lab, run: Path, tmp_path: Path) -> None:
    """Somebody downloads the page, with the results and the numbers beside it."""
    assert lab.publish("--run", str(run)).code == 0
    body = lab.page()["body"].replace("\r\n", "\n")
    copy = tmp_path / "copied"
    copy.mkdir()
    (copy / "page.md").write_text(body, encoding="utf-8")

    def linted(*arguments: str) -> Verdict:
        command = [sys.executable, "-m", "epm", "lint", "--format=json", "page.md", *arguments]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        (report,) = json.loads(done.stdout)["files"]
        (row,) = [r for r in report["checks"] if r["rule"] == "numbers-match-results"]
        return Verdict(Status(row["status"]), row["detail"])

    assert linted().status is Status.SKIP
    for name in ("results.json", "numbers.txt", "rendered.md"):
        content = git(lab.remote, "show", f"{lab.tip()}:{FOLDER}/{name}")
        (copy / name).write_text(f"{content}\n" if name == "numbers.txt" else content)
    assert linted().status is Status.PASS
    assert linted("--results", "results.json").status is Status.PASS
    (copy / "numbers.txt").write_text("<!-- epm:numbers v1 AAAA -->\n")
    broken = linted()
    assert broken.status is Status.SKIP
    assert "what epm rendered cannot be read" in broken.detail


@pytest.mark.parametrize("run", [40], indirect=True)
def test_running_rendering_and_linting_say_the_length(
    lab: Lab, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from epm import cli

    before = len(lab.hub.proxy.seen)
    # the page's own prose belongs to another run: it is rendered as `epm run` does, at its end
    assert cli.main(["render", "issue-1", "--profile", "published", "--run", str(run)]) == 0
    lab.remember()
    told = capsys.readouterr().err
    assert "characters" in told
    assert "publishing puts its numbers manifest and long tables into files" in told
    assert cli.main(["lint", str(run / "body.md")]) == 0
    assert "an issue holds some 65,536 characters" in capsys.readouterr().err
    assert len(lab.hub.proxy.seen) == before


@pytest.mark.parametrize("run", [12], indirect=True)
def test_a_page_that_fits_has_its_numbers_with_it(lab: Lab, run: Path) -> None:
    assert lab.publish("--run", str(run)).code == 0
    assert "<!-- epm:numbers v1 " in lab.page()["body"]
    files = git(lab.remote, "ls-tree", "-r", "--name-only", f"{lab.tip()}:{FOLDER}").split()
    assert not {"numbers.txt", "tables.md"} & set(files)
