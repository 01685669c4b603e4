"""An issue as it was exported: its text, now or at an earlier export, its timeline and comments."""

from __future__ import annotations

from collections.abc import Iterable

from epm.viewer import html
from epm.viewer.data.discussion import Discussion, Said
from epm.viewer.markdown import render


def screen(about: Discussion, edit: str, path: str, runs: Iterable[str] = ()) -> str | None:
    """The issue; None where no such text of it is known.

    Args:
        about: the issue.
        edit: which of its texts; '' for that of the last export.
        path: the screen's address.
        runs: keys of those that it is the page of, or is about.
    """
    state = about.states.get(edit or about.state.edit)
    if state is None:
        return None
    return html.page(
        "issue",
        path,
        state.title,
        screen="issue",
        about=about,
        runs=list(runs),
        state=state,
        shown=render(state.body),
        comments=comments(about),
    )


def comments(about: Discussion | None) -> list[tuple[Said, str]]:
    """Each comment with its HTML: Markdown as GitHub shows it, and nothing fetched."""
    if about is None:
        return []
    return [
        (said, render(said.body, prefix=f"c{number}-").html)
        for number, said in enumerate(about.comments, start=1)
    ]
