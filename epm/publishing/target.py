"""Which issue holds the page, and which one it answers.

A page belongs to the repository: whoever may write to it may publish again. Anybody can write our
marker, so a page is ours if we wrote it; or if the branch of its results, to which only people with
write access can push, names it; or if its author has write access now and it names a commit there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.github.interface import GitHub, Issue, Missing
from epm.publishing.artifacts import Artifacts
from epm.publishing.page import commit_of, page_marker

if TYPE_CHECKING:
    from epm.publishing.history import Branch

DRAFT, READY = "clean-results:draft", "clean-results"


@dataclass(frozen=True, slots=True)
class Target:
    """What is there before anything is written."""

    source: Issue
    page: Issue | None
    extra: tuple[Issue, ...] = ()
    """Others of ours with the same marker: of a request that took effect late."""


def find(github: GitHub, artifacts: Artifacts, branch: Branch) -> Target:
    """Look over all issues, whoever wrote them.

    Raises:
        EpmError: there is no source issue, or somebody closed the page as not planned.
        Moved: the page was transferred to another repository.
    """
    number = artifacts.results.identity.issue
    try:
        source = github.issue(number)
    except Missing as missing:
        raise EpmError(missing.what, "name the repository that has it with --repo") from None
    marker = page_marker(artifacts)
    issues = {one.number: one for one in github.issues(state="all") if one.number != number}
    recorded = [one.issue for one in branch.published(marker.key)]
    if recorded and recorded[0] not in issues:
        _see_that_it_is_gone(github, recorded[0])
    marked = [one for one in issues.values() if marker.leads(one.body)]
    me = github.login().casefold()
    mine = [one for one in marked if one.author.casefold() == me]
    theirs = [one for one in marked if one not in mine and _is_a_colleagues(github, branch, one)]
    named = [issues[one] for one in recorded if one in issues]
    found = list({one.number: one for one in (*named[:1], *mine, *theirs)}.values())
    wanted = [one for one in found if not one.is_dismissed]
    if found and not wanted:
        raise EpmError(
            f"issue {found[0].number}, which holds this page, was closed as not planned",
            "reopen it if the page shall be published again",
        )
    return Target(source, wanted[0] if wanted else None, tuple(wanted[1:]))


def labels(page: Issue | None, draft: bool | None) -> list[str]:
    """The page's labels, which are people's to change; ours where its state is asked for."""
    had = list(page.labels) if page else []
    if page and draft is None:
        return had
    wanted = READY if draft is False else DRAFT
    others = [label for label in had if label.casefold() not in (DRAFT, READY)]
    # a label's name has the case in which somebody made it
    return [*others, next((label for label in had if label.casefold() == wanted), wanted)]


def is_draft(labels: list[str]) -> bool:
    """Whether what people write may still be missing."""
    return READY not in {label.casefold() for label in labels}


def _see_that_it_is_gone(github: GitHub, number: int) -> None:
    """A page that was transferred is not made a second time."""
    try:
        github.issue(number)
    except Missing:
        return


def _is_a_colleagues(github: GitHub, branch: Branch, issue: Issue) -> bool:
    commit = commit_of(issue.body)
    if commit is None or branch.page_of(commit) is None:
        return False
    return issue.author.endswith("[bot]") or github.permission(issue.author).can_write
