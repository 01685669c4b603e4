"""What was said and done about an issue, as `epm view --github` exported it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from epm.bot.comment import MARKER, history
from epm.bot.dispatch import is_result
from epm.bot.history import History
from epm.errors import EpmError
from epm.files import read_own
from epm.github.interface import body_hash
from epm.github.markers import leading
from epm.viewer.data.issues import file_of
from epm_lint import strict_json

MOST_STATES = 50
"""Earlier texts of a page that are kept."""
_LARGEST = 100_000_000


@dataclass(frozen=True)
class State:
    """A text that an issue had."""

    title: str
    body: str

    @property
    def edit(self) -> str:
        """By which the bot's comment tells one text from another."""
        return body_hash(f"{self.title}\n{self.body}")[:12]


@dataclass(frozen=True)
class Said:
    """A comment."""

    author: str
    at: str
    edited: bool
    body: str
    url: str


@dataclass(frozen=True)
class Done:
    """An entry of the timeline."""

    kind: str
    actor: str
    at: str
    about: str


@dataclass(frozen=True)
class Discussion:
    """One issue with all that was exported of it."""

    number: int
    labels: tuple[str, ...]
    url: str
    author: str
    state: State
    comments: tuple[Said, ...]
    timeline: tuple[Done, ...]
    past: tuple[State, ...]
    """Of a page: what it was at earlier exports, oldest first."""
    login: str
    """Who exported it."""
    taken: str

    @cached_property
    def states(self) -> dict[str, State]:
        """Every text that is known, by its edit."""
        return {one.edit: one for one in (*self.past, self.state)}

    @cached_property
    def verdict_comment(self) -> Said | None:
        """The bot's own comment.

        A marker can be written by anybody. GitHub gives logins that end in `[bot]` to Apps alone,
        so one of those is believed, and one of the account that exported.
        """
        ours = (one for one in self.comments if MARKER.leads(one.body))
        return next((one for one in ours if self._is_trusted(one.author)), None)

    def _is_trusted(self, author: str) -> bool:
        return author.endswith("[bot]") or author.lower() == self.login.lower()

    @cached_property
    def verdicts(self) -> History | None:
        """The verdicts that the bot's comment remembers; None where there is no such comment."""
        return history(self.verdict_comment.body) if self.verdict_comment else None


def discussion(top: Path, number: int) -> Discussion | None:
    """An issue's export; None where there is none, or none that can be read."""
    path = top / file_of(number)
    try:
        taken = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return _read(strict_json.loads(read_own(path, _LARGEST)), taken)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EpmError):
        return None


def key_of_page(body: str, labels: Sequence[str]) -> str:
    """Which experiment and profile an issue is the page of; '' for none.

    The label is asked for too: it takes rights in the repository, and a marker takes none.
    """
    keys = (marker.key for marker in leading(body) if marker.name == "page")
    return next(keys, "") if is_result(labels) else ""


def _read(found: Mapping[str, Any], taken: str) -> Discussion:
    issue = found["issue"]
    return Discussion(
        number=int(issue["number"]),
        labels=tuple(map(str, issue["labels"])),
        url=_safe(issue["html_url"]),
        author=str(issue["author"]),
        state=State(str(issue["title"]), str(issue["body"])),
        comments=tuple(
            Said(
                str(one["author"]),
                _moment(one["at"]),
                one["edited"] is True,
                str(one["body"]),
                _safe(one["url"]),
            )
            for one in found["comments"]
        ),
        timeline=tuple(
            Done(str(one["kind"]), str(one["actor"]), _moment(one["at"]), str(one["about"]))
            for one in found["timeline"]
        ),
        past=tuple(State(str(one["title"]), str(one["body"])) for one in found["past"]),
        login=str(found["login"]),
        taken=taken,
    )


def _moment(stamp: object) -> str:
    return str(stamp)[:16].replace("T", " ")


def _safe(url: object) -> str:
    return str(url) if str(url).startswith("https://") else ""
