"""Issues as they were exported from GitHub, and the runs that are about them.

`runs/github/issues.json` is the list that `epm view --github` writes (`epm.viewer.fetching`), or
GitHub's own tool, which tells of the issues alone:

    gh api --paginate "repos/OWNER/NAME/issues?state=all" > runs/github/issues.json

It is read, and its age is said; nothing is ever asked of GitHub here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.files import read_own
from epm.privacy import public
from epm.publishing.page import page_key
from epm_lint import strict_json

EXPORT = Path("runs/github/issues.json")
_LARGEST = 100_000_000

COLUMNS = (
    *("blocked", "proposed", "planning", "plan_pending", "approved", "running", "verifying"),
    *("interpreting", "reviewing", "awaiting_promotion", "completed", "archived"),
)
"""Of the board, from left to right; labels `status:running` or plain `running` name them."""

_BETWEEN = re.compile(r'("(?:[^"\\]|\\.)*")|\]\s*\[', re.DOTALL)
"""Where an array ends and another begins; a string, as a title, may hold the same characters."""
_CONFIDENCE = re.compile(r"\((HIGH|MODERATE|LOW) confidence\)", re.IGNORECASE)


@dataclass(frozen=True)
class IssueCard:
    """An issue, as the board shows it."""

    number: int
    title: str
    column: str
    kind: str
    mark: str
    """'clean result', 'draft', 'useful' and the like; '' for none."""
    confidence: str
    labels: tuple[str, ...]
    url: str
    updated: str
    comments: int
    page: str = ""
    """The key of the experiment and profile that it is the page of; '' for none."""


@dataclass(frozen=True)
class Export:
    """What was exported, and when."""

    cards: tuple[IssueCard, ...]
    taken: str
    problem: str = ""

    def about(self, slug: str, profile: str, number: int | None) -> int | None:
        """The issue that is a run's page, else the one that its experiment is for."""
        key = page_key(slug, profile)
        for numbers in (
            [card.number for card in self.cards if card.page == key],
            [card.number for card in self.cards if card.number == number],
        ):
            if numbers:
                return min(numbers)
        return None


def file_of(number: int) -> Path:
    """Where the rest of an issue is: its text, comments and timeline."""
    return EXPORT.with_name(f"issue-{number}.json")


def exported(top: Path) -> Export | None:
    """The issues beside the runs of a checkout; None where nobody has exported any."""
    path = top / EXPORT
    if not path.exists():
        return None
    try:
        taken = datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")
        pages = strict_json.loads(_joined(strict_json.text_of(read_own(path, _LARGEST))))
        issues = [issue for page in pages for issue in (page if isinstance(page, list) else [page])]
        return Export(tuple(_cards(issues)), taken)
    except (OSError, ValueError, TypeError, RecursionError, EpmError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).removeprefix(f"{path} ")
        return Export((), "", f"{EXPORT} cannot be read: {public(str(why))}")


def _joined(content: str) -> str:
    """`gh api --paginate` writes one array after another."""
    return f"[{_BETWEEN.sub(lambda found: found[0] if found[1] else '],[', content.strip())}]"


def _cards(issues: list[Any]) -> Iterator[IssueCard]:
    for issue in issues:
        if isinstance(issue, dict) and "pull_request" not in issue and "number" in issue:
            yield _card(issue)


def _card(issue: Mapping[str, Any]) -> IssueCard:
    given = issue.get("labels") or []
    names = [str(each.get("name") if isinstance(each, dict) else each) for each in given]
    title = str(issue.get("title") or "")
    said = _CONFIDENCE.search(title)
    url = str(issue.get("html_url") or "")
    return IssueCard(
        number=int(issue["number"]),
        title=title,
        column=_column(names, str(issue.get("state") or "")),
        kind=next((n.partition(":")[2] for n in names if n.startswith(("kind:", "type:"))), ""),
        mark=next((_mark(name) for name in names if _mark(name)), ""),
        confidence=said[1].upper() if said else "",
        labels=tuple(names),
        url=url if url.startswith("https://") else "",
        updated=str(issue.get("updated_at") or "")[:10],
        comments=issue["comments"] if isinstance(issue.get("comments"), int) else 0,
        page=str(issue.get("page") or ""),
    )


def _column(names: list[str], state: str) -> str:
    for name in names:
        word = name.rpartition(":")[2].strip().replace("-", "_").replace(" ", "_").lower()
        if word in COLUMNS and (":" not in name or name.startswith("status")):
            return word
    return "completed" if state == "closed" else "proposed"


def _mark(name: str) -> str:
    if name.startswith("clean-results"):
        return "draft" if name.endswith(":draft") else "clean result"
    return name if name in ("useful", "not useful") else ""
