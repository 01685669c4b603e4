"""The verdicts that a page has had, as the bot's comment remembers them."""

from __future__ import annotations

from dataclasses import dataclass

from epm.bot.history import PastVerdict
from epm.viewer import html
from epm.viewer.data.discussion import Discussion
from epm.viewer.data.run import Run
from epm_lint.model import Status

_TOLD = (Status.ERROR, Status.FAIL, Status.WARN, Status.AWAITING)


@dataclass(frozen=True)
class Row:
    """One verdict."""

    at: str
    edit: str
    status: str
    counts: str
    turned: str
    as_it_was: str
    """Where the page is shown as it was then; '' where that is not known."""


def screen(run: Run, path: str, about: Discussion | None) -> str:
    """The verdicts, newest first, with what turned."""
    past = about.verdicts if about else None
    return html.page(
        "history",
        path,
        "History",
        run,
        "history",
        about=about,
        past=past,
        rows=[_row(one, about) for one in reversed(past.verdicts)] if past and about else [],
        older=[f"{n} {status}" for status, n in past.older.items()] if past else [],
        status=str(run.report.status) if run.report else "",
    )


def _row(one: PastVerdict, about: Discussion) -> Row:
    known = one.edit in about.states
    counts = [
        f"{one.counts[status]} {status.lower()}" for status in _TOLD if one.counts.get(status)
    ]
    return Row(
        at=f"{one.at[:10]} {one.at[11:16]}",
        edit=one.edit[:8],
        status=str(one.status),
        counts=", ".join(counts),
        turned=_turned(one),
        as_it_was=f"issues/{about.number}/{one.edit}.html" if known else "",
    )


def _turned(one: PastVerdict) -> str:
    if one.turned is None:
        return "not compared with one before"
    said = []
    for turn in one.turned:
        named = ", ".join(turn.rules)
        more = f"{' and ' if named else ''}{turn.more}{' more' if named else ''}"
        said.append(f"{turn.how}: {named}{more if turn.more else ''}")
    return "; ".join(said) or "none"
