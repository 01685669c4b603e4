"""The issue forms: what GitHub takes, and what the bot makes of an issue that one has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from bot_at_work import ROOT

import epm_lint
from epm.bot.dispatch import is_result

FOLDER = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in FOLDER.glob("*.yml") if path.stem != "config")
KINDS = {
    "markdown": {"value"},
    "textarea": {"label", "description", "placeholder", "value", "render"},
    "input": {"label", "description", "placeholder", "value"},
    "dropdown": {"label", "description", "multiple", "options", "default"},
    "checkboxes": {"label", "description", "options"},
}


def form_of(path: Path) -> Any:
    """The form as GitHub reads it."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_github_takes_it(path: Path) -> None:
    form = form_of(path)
    assert set(form) <= {"name", "description", "title", "labels", "body", "assignees", "projects"}
    assert all(isinstance(form[key], str) and form[key] for key in ("name", "description"))
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert asked
    assert len({field["id"] for field in asked}) == len(asked)
    for field in form["body"]:
        assert set(field) <= {"type", "id", "attributes", "validations"}
        assert set(field["attributes"]) <= KINDS[field["type"]]
        assert "label" in field["attributes"] or field["type"] == "markdown"


def test_a_clean_result() -> None:
    """GitHub writes each answer below its label, as a heading of the third level."""
    form = form_of(FOLDER / "clean-result.yml")
    assert is_result(form["labels"])
    fields = [field["attributes"] for field in form["body"] if field["type"] == "textarea"]
    body = "\n\n".join(f"### {field['label']}\n\n{field['value']}" for field in fields)
    report = epm_lint.lint(body, title=form["title"], labels=form["labels"])
    assert report.format == "v1"
    status = {row.rule.slug: row.verdict.status for row in report.rows}
    for kept in ("ai-summary-structure", "report-structure", "title-marker", "broken-markup"):
        assert status[kept] is epm_lint.Status.PASS, (
            "the skeleton has the shape that the rules ask for"
        )
    for left in ("methodology-bullets", "reproducibility-card"):
        assert status[left] is epm_lint.Status.FAIL, "an empty page does not pass"
    assert {row.rule.slug for row in report.awaiting} == {"human-tldr", "human-summary"}


def test_an_experiment_is_no_result() -> None:
    assert not is_result(form_of(FOLDER / "experiment.yml")["labels"])
