"""A history as the comment shows it: a short table, folded away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from epm.bot.history import History, PastVerdict, Turn
from epm_lint.model import Status
from epm_lint.output.table import SIGNS

SHOWN = 10
"""Verdicts, the newest first."""
_NAMED = 4
_WORDS = {
    Status.ERROR: "could not run",
    Status.FAIL: "failed",
    Status.WARN: "warned",
    Status.AWAITING: "awaiting",
}
_ANEW = (
    "What this comment remembered is not as the bot had written it: somebody has edited it, or it "
    "was damaged. It is not believed, and the history begins anew."
)


def shown(history: History, most: int = SHOWN) -> str:
    """The folded table; empty where the comment itself says all of it."""
    if most == 0 or (history.number < 2 and not history.anew):
        return ""
    return "\n".join(_lines(history, most)) + "\n"


def _lines(history: History, most: int) -> Iterator[str]:
    number = history.number
    first = f" since {history.since[:10]}" if number > 1 else ""
    anew = ", begun anew" if history.anew else ""
    yield f"<details><summary>History: {_verdicts(number)}{first}{anew}</summary>"
    yield ""
    if history.anew:
        yield from (_ANEW, "")
    yield "| The page as of (UTC) | Edit | Verdict | What turned |"
    yield "|---|---|---|---|"
    newest = history.verdicts[::-1]
    yield from map(_row, newest[:most])
    if hidden := number - len(newest[:most]):
        counted = dict(history.older)
        for one in newest[most:]:
            counted[one.status] = counted.get(one.status, 0) + 1
        yield ""
        yield f"Before these: {_verdicts(hidden)} ({_statuses(counted)})."
    yield ""
    yield "</details>"


def _row(one: PastVerdict) -> str:
    wrong = [
        f"{one.counts[status]} {word}" for status, word in _WORDS.items() if one.counts.get(status)
    ]
    verdict = f"{SIGNS[one.status]} {one.status}{': ' if wrong else ''}{', '.join(wrong)}"
    edit = f"`{one.edit[:8]}`" if one.edit else "–"
    return f"| {_moment(one.at)} | {edit} | {verdict} | {_turned(one)} |"


def _turned(one: PastVerdict) -> str:
    if one.turned is None:
        return "not compared"
    return "; ".join(map(_turn, one.turned)) or "no rule"


def _turn(turn: Turn) -> str:
    named = ", ".join(f"`{rule}`" for rule in turn.rules[:_NAMED])
    more = turn.number - len(turn.rules[:_NAMED])
    rest = f"{' and ' if named else ''}{more}{' more' if named else ''}" if more else ""
    return f"{turn.how}: {named}{rest}"


def _moment(at: str) -> str:
    return f"{at[:10]} {at[11:19]}"


def _verdicts(number: int) -> str:
    return f"{number} verdict{'s' * (number != 1)}"


def _statuses(counted: Mapping[Status, int]) -> str:
    return ", ".join(f"{counted[status]} {status}" for status in Status if counted.get(status))
