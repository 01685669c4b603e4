"""A rendered page is held to its results: what a slip costs, and what an edit does not."""

from __future__ import annotations

import json
import random
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from epm.discovery import LoadedExperiment
from epm.linting.records import beside
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.report.render import render
from epm_lint.engine import lint
from epm_lint.model import Status, Verdict
from epm_lint.rules.numbers import numbers_match_results

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from mutation_score import Body, false_alarms, measure, measure_baseline

RULES = (numbers_match_results.RULE,)


@pytest.fixture(scope="module")
def page(issue_246: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `published` page."""
    options = Options("pytest", "off", runs=tmp_path_factory.mktemp("published"))
    definition = issue_246.experiment.resolve("published")
    folder = run(issue_246, definition, options, lambda _: nullcontext(PlainProgress(Console())))
    render(folder, issue_246.folder)
    return folder


def results_of(page: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((page / "results.json").read_text())
    return results


def judged(
    text: str, results: dict[str, Any] | None, title: str | None = None, page: Path | None = None
) -> Verdict:
    record = beside(page) if page else None
    report = lint(text, rules=RULES, results=results, title=title, record=record)
    return report.rows[0].verdict


def test_every_number_of_a_fresh_page_is_derived_again(page: Path) -> None:
    verdict = judged((page / "body.md").read_text(), results_of(page), page=page)
    assert verdict.status is Status.PASS
    assert int(verdict.detail.split()[0]) > 300


def test_without_what_was_rendered_a_page_is_not_believed(page: Path) -> None:
    """Its manifest is its own: what that says is wrong is wrong, but nothing is right by it."""
    verdict = judged((page / "body.md").read_text(), results_of(page))
    assert verdict.status is Status.SKIP
    assert "what epm rendered is not at hand" in verdict.detail


def test_a_number_changed_by_hand(page: Path) -> None:
    text = (page / "body.md").read_text().replace("p=0.031", "p=0.037", 1)
    verdict = judged(text, results_of(page))
    (finding,) = verdict.findings
    assert verdict.status is Status.FAIL
    assert finding.message.startswith("says 0.037; results say 0.031 at '/analyses/")
    assert "p=0.037" in text.splitlines()[finding.line - 1]


def test_results_that_changed_since(page: Path) -> None:
    results = results_of(page)
    results["analyses"]["source_rates"]["conditions"]["librarian"]["successes"] += 1
    verdict = judged((page / "body.md").read_text(), results)
    assert verdict.status is Status.FAIL
    assert all("(stale)" in finding.message for finding in verdict.findings)


def test_without_the_results_it_does_not_pass(page: Path) -> None:
    for record in (None, page):
        verdict = judged((page / "body.md").read_text(), None, page=record)
        assert verdict.status is Status.SKIP
        assert "the results are not at hand" in verdict.detail


def test_two_names_exchanged(page: Path) -> None:
    text = (page / "body.md").read_text()
    lines = text.splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("| librarian |"))
    lines[index] = lines[index].replace("librarian", "comedian")
    (finding,) = judged("\n".join(lines), results_of(page)).findings
    assert finding.line == index + 1
    assert finding.message == "names 'comedian' where 'librarian' was, beside the same numbers"


def test_people_write_numbers_in_their_own_sections(page: Path) -> None:
    text = (page / "body.md").read_text()
    written = text.replace("_To be written by a person: two", "We saw 3 of 7, which is 43%. Two")
    assert written != text
    assert judged(written, results_of(page), page=page).status is Status.PASS


def test_a_second_render_changes_nothing(page: Path, issue_246: LoadedExperiment) -> None:
    before = (page / "body.md").read_bytes()
    render(page, issue_246.folder)
    assert (page / "body.md").read_bytes() == before


def test_slips_are_found_and_edits_are_let_pass(page: Path) -> None:
    """Every slip of every number takes a minute; `benchmarks/mutation_score.py` makes them all."""
    body = Body.read(page)
    score = measure(body, RULES, every=4)
    assert min(score.total[kind] for kind in ("table", "prose", "rows", "signs", "names")) >= 10
    assert score.missed == []
    assert sum(measure_baseline(body).detected.values()) < sum(score.total.values())
    assert false_alarms(body, RULES, 60) == []


def test_a_manifest_of_another_page(page: Path) -> None:
    """Pointers to other values than the page shows: the manifest was forged, or is another's."""
    text = (page / "body.md").read_text()
    results = results_of(page)
    rates = results["analyses"]["source_rates"]
    shuffled = list(rates["conditions"].values())
    random.Random(1).shuffle(shuffled)
    rates["conditions"] = dict(zip(rates["conditions"], shuffled, strict=True))
    assert judged(text, results).status is Status.FAIL
    assert {finding.fix for finding in judged(text, results).findings} == {"render the page again"}


def test_a_results_file_that_is_not_the_one_rendered(page: Path) -> None:
    results = results_of(page)
    text = (page / "body.md").read_text()
    report = lint(text, rules=RULES, results=results, results_sha256="0" * 64)
    assert report.rows[0].verdict.status is Status.WARN
    assert "has changed since" in report.rows[0].verdict.detail
