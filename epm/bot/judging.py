"""One issue held to the rules, with all that may be known of it.

What its body names is read as of a commit of the checkout at hand; the working tree is not
looked at, nothing is fetched and nothing run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import epm_lint
from epm import __version__
from epm.checkout import Checkout
from epm.errors import EpmError
from epm.github.interface import GitHub, Issue, body_hash
from epm.linting import records, results
from epm.linting.settings import Settings
from epm.publishing.history import is_published
from epm_lint.markdown.document import Document
from epm_lint.suppressions import suppressions

if TYPE_CHECKING:
    from epm_lint.configuration import Configuration
    from epm_lint.model import Report

_NOWHERE = Path(os.devnull)
"""Nothing lies beside an issue."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of an issue."""

    issue: Issue
    report: Report | None
    """None where the body cannot be judged at all."""
    notes: tuple[str, ...] = ()
    """What a reader of the report should know, or why there is none."""
    grounds: str = ""
    """What it was judged by; verdicts on other grounds are not compared."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules of a repository, and its history."""

    configuration: Configuration
    checkout: Checkout | None

    @classmethod
    def at(cls, folder: Path, repository: str, settings: Settings | None = None) -> Judge:
        """The one of a checkout, which is asked only if it is the repository's."""
        found = Checkout.at(folder)
        if found and (found.name or "").casefold() != repository.casefold():
            found = None
        return cls((settings or Settings()).of(folder), found)

    def judge(self, issue: Issue, github: GitHub) -> Judgement:
        """Lint an issue; GitHub is asked only who may silence a rule, where its body does so."""
        notes: list[str] = []
        known: dict[str, Any] = {
            "repository": self.checkout,
            "trusted": self._trusted(issue, github),
        }
        if found := self._results(issue.body, notes):
            known |= found.known
        if self.checkout is not None:
            known["record"] = records.named_by(issue.body, self.checkout)
            known["rendered"] = is_published(self.checkout, issue)
        try:
            report = epm_lint.lint(
                issue.body,
                title=issue.title,
                created=issue.created_at.date(),
                labels=issue.labels,
                issue=issue.number,
                path=f"issue {issue.number}",
                rules=self.configuration.rules,
                formats=self.configuration.formats,
                **known,
            )
        except epm_lint.LintError as error:
            return Judgement(issue, None, (*notes, str(error)))
        return Judgement(issue, report, tuple(notes), self._grounds("results" in known))

    def _grounds(self, results: bool) -> str:
        """The version, the rules with their options, the history, whether results were at hand."""
        rules = ";".join(f"{rule.slug} {rule.options}" for rule in self.configuration.rules)
        history = "none"
        if self.checkout is not None:
            history = "part" if self.checkout.is_shallow else "whole"
        at_hand = "with" if results else "without"
        return f"{__version__} {body_hash(rules)[:8]} {history} {at_hand}"

    def _results(self, body: str, notes: list[str]) -> results.ResultsFile | None:
        try:
            return results.named_by(body, _NOWHERE, self.checkout)
        except EpmError as error:
            notes.append(f"{error}; linted without results")
            return None

    def _trusted(self, issue: Issue, github: GitHub) -> bool:
        """Whether the body can silence rules: whoever can edit it may write to the repository.

        That is so exactly where its author may; by the last editor alone, the verdict would change
        with the next label. What epm has published is ours to vouch for, also when its publisher
        has left: as long as it is what was published, the sections that people write left out.
        """
        asked = suppressions(Document(issue.body))
        if not asked:
            return True
        if issue.author == github.login() or github.permission(issue.author).can_write:
            return True
        from epm.publishing.history import is_as_published
        from epm.publishing.page import plain
        from epm.report.regions import human_lines

        theirs = human_lines(plain(issue.body))
        return (
            self.checkout is not None
            and not any(one.comment.line in theirs for one in asked)
            and is_as_published(self.checkout, issue)
        )
