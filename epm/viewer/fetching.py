"""The export of GitHub's issues: the one time that the viewer asks anybody, and only when told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from epm.files import write_atomically
from epm.github.interface import GitHub, Issue
from epm.viewer.data.discussion import MOST_STATES, Discussion, State, discussion, key_of_page
from epm.viewer.data.issues import EXPORT, file_of


def fetch(github: GitHub, top: Path, say: Callable[[str], None]) -> int:
    """Write every issue of a repository, with its comments and timeline, into `runs/github`.

    Args:
        github: the repository; it is only read.
        top: the folder that `runs/` lies in.
        say: takes a line on how far it is.

    Returns:
        How many issues there are.

    Raises:
        EpmError: something could not be read; the export is as it was before.
    """
    me = github.login()
    issues = github.issues(state="all")
    files: dict[Path, str] = {}
    listed = []
    for count, issue in enumerate(issues, start=1):
        read = _read(github, issue, me, top)
        files[top / file_of(issue.number)] = _json(read)
        listed.append(_listed(issue, len(read["comments"])))
        if count % 25 == 0 and count < len(issues):
            say(f"read {count} of {len(issues)} issues")
    (top / EXPORT).parent.mkdir(parents=True, exist_ok=True)
    # the list comes last: it names what is whole
    for path, text in (files | {top / EXPORT: _json(listed)}).items():
        write_atomically(path, text)
    return len(issues)


def _read(github: GitHub, issue: Issue, me: str, top: Path) -> dict[str, Any]:
    return {
        "login": me,
        "issue": _listed(issue, 0) | {"author": issue.author, "body": issue.body},
        "comments": [
            {
                "author": one.author,
                "at": f"{one.created_at:%Y-%m-%dT%H:%M:%SZ}",
                "edited": one.updated_at > one.created_at,
                "body": one.body,
                "url": one.html_url,
            }
            for one in github.comments(issue.number)
        ],
        "timeline": [
            {
                "kind": one.kind,
                "actor": one.actor,
                "at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
                "about": one.about,
            }
            for one in github.timeline(issue.number)
        ],
        "past": [
            {"title": one.title, "body": one.body}
            for one in _past(issue, discussion(top, issue.number))
        ],
    }


def _past(issue: Issue, before: Discussion | None) -> tuple[State, ...]:
    """What a page was at earlier exports, which GitHub's API does not tell."""
    if before is None or not key_of_page(issue.body, issue.labels):
        return ()
    now = State(issue.title, issue.body)
    states = {one.edit: one for one in (*before.past, before.state) if one.edit != now.edit}
    return tuple(states.values())[-MOST_STATES:]


def _listed(issue: Issue, comments: int) -> dict[str, Any]:
    """As GitHub's own tool exports it, as far as the board needs it."""
    return {
        "number": issue.number,
        "title": issue.title,
        "state": issue.state,
        "labels": list(issue.labels),
        "html_url": issue.html_url,
        "updated_at": f"{issue.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        "comments": comments,
        "page": key_of_page(issue.body, issue.labels),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"
