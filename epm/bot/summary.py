"""The job summary: the whole report, where the comment has no room for it."""

from __future__ import annotations

from collections.abc import Mapping

from epm.github.outputs import write_summary
from epm_lint.model import Report
from epm_lint.output import markdown

_LARGEST = 900_000


def full(report: Report) -> str:
    """The report as Markdown."""
    return markdown.render([report], budget=_LARGEST)


def add(environment: Mapping[str, str], text: str) -> None:
    """Show it in the workflow's run; on a terminal there is none."""
    if environment.get("GITHUB_STEP_SUMMARY"):
        write_summary(environment, text)
