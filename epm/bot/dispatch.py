"""What an event asks the bot to do; nothing is asked of GitHub for this."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from epm.bot import commands
from epm.bot.commands import Command
from epm.errors import EpmError
from epm.github import markers
from epm.github.events import CommentEvent, DispatchEvent, Event, IssueEvent
from epm.github.interface import Comment, Issue

LABEL = "clean-results"
"""How the labels begin whose issues are held to the rules."""

_LINTED = frozenset({"opened", "edited", "labeled", "unlabeled", "reopened"})


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nobody asked, or nobody who may."""

    why: str


@dataclass(frozen=True, slots=True)
class Lint:
    """Bring our comment on one issue up to date."""

    issue: Issue


@dataclass(frozen=True, slots=True)
class LintAll:
    """The same for every open result, or for one that is named."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Obey:
    """What a comment commands, if its author may."""

    issue: Issue
    comment: Comment
    asked: tuple[Command, ...]


def is_result(labels: Collection[str]) -> bool:
    """Whether an issue is held to the rules."""
    return any(label.casefold().startswith(LABEL) for label in labels)


def dispatch(event: Event) -> Nothing | Lint | LintAll | Obey:
    """What is to be done about an event."""
    match event:
        case IssueEvent():
            return _about_issue(event)
        case CommentEvent():
            return _about_comment(event)
        case DispatchEvent():
            return LintAll(_number(event.inputs.get("issue", "")))


def _about_issue(event: IssueEvent) -> Nothing | Lint:
    """Our own events are not told apart here: a lint edits no issue, so none comes of it."""
    if event.action not in _LINTED:
        return Nothing(f"nothing to lint when an issue is {event.action[:20]}")
    if event.issue.is_dismissed:
        return Nothing("the issue was closed as not planned")
    lost_label = event.action == "unlabeled" and is_result([event.label])
    if is_result(event.issue.labels) or lost_label:
        return Lint(event.issue)
    return Nothing(f"the issue has no label {LABEL}…")


def _about_comment(event: CommentEvent) -> Nothing | Obey:
    if event.action != "created":
        return Nothing("only new comments command")
    if event.on_pull_request:
        return Nothing("a pull request is no issue")
    # ours begin with a marker, and those of another bot would make two bots talk for ever
    if markers.leading(event.comment.body) or event.comment.author.endswith("[bot]"):
        return Nothing("the comment is a bot's")
    if asked := commands.parse(event.comment.body):
        return Obey(event.issue, event.comment, asked)
    return Nothing("the comment holds no command")


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise EpmError("the input issue is no number", "give an issue's number, or leave it empty")
    return int(text)
