"""Which issue holds the page, and which one it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from epm.errors import EpmError
from epm.github.interface import GitHub, Issue, Missing
from epm.publishing.artifacts import Artifacts
from epm.publishing.page import page_marker, results_marker

_LINK = re.compile(r"\[#(\d{1,12})\]\(")

DRAFT, READY = "clean-results:draft", "clean-results"


@dataclass(frozen=True, slots=True)
class Target:
    """What is there before anything is written."""

    source: Issue
    page: Issue | None
    extra: tuple[Issue, ...] = ()
    """Others of ours with the same marker: of a request that took effect late."""


def find(github: GitHub, artifacts: Artifacts) -> Target:
    """Look over all issues, whoever wrote them.

    Raises:
        EpmError: there is no source issue, or the page is somebody else's.
    """
    number = artifacts.results.identity.issue
    try:
        source = github.issue(number)
    except Missing:
        raise EpmError(
            f"there is no issue {number} in {github.full_name} to answer",
            "name the repository that has it with --repo",
        ) from None
    marker = page_marker(artifacts)
    marked = [issue for issue in github.issues(state="all") if marker.leads(issue.body)]
    marked = [issue for issue in marked if issue.number != number]
    me = github.login().lower()
    ours = [issue for issue in marked if issue.author.lower() == me]
    if not ours and (told := _told(github, artifacts, me)):
        ours = [told]
    for issue in marked:
        if not ours and _is_trusted(github, issue.author):
            raise EpmError(
                f"issue {issue.number} is this page already, published by {issue.author}",
                f"have {issue.author} publish, or close it and take its first two lines out",
            )
    return Target(source, ours[0] if ours else None, tuple(ours[1:]))


def labels(page: Issue | None, draft: bool | None) -> list[str]:
    """The page's labels: other people's stay, and so does ours where nothing is asked."""
    had = list(page.labels) if page else []
    if draft is None:
        draft = READY not in had
    return [label for label in had if label not in (DRAFT, READY)] + [DRAFT if draft else READY]


def _told(github: GitHub, artifacts: Artifacts, me: str) -> Issue | None:
    """The page that our comment on the source links to: somebody may have cut its marker out."""
    source = artifacts.results.identity.issue
    for comment in github.own_comments(source, results_marker(artifacts)):
        heading = next((x for x in comment.body.splitlines() if x.startswith("### ")), "")
        link = _LINK.search(heading)
        if link is None or int(link[1]) == source:
            continue
        try:
            issue = github.issue(int(link[1]))
        except Missing:
            continue
        if issue.author.lower() == me and {DRAFT, READY} & set(issue.labels):
            return issue
    return None


def _is_trusted(github: GitHub, author: str) -> bool:
    """Anybody can write our marker into an issue; only these can have published."""
    return author.endswith("[bot]") or github.permission(author).can_write
