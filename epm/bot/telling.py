"""Tell somebody when a page that passed fails: a changed comment notifies nobody."""

from __future__ import annotations

from enum import StrEnum

from epm.bot.judging import Judgement
from epm.errors import EpmError
from epm.github.comments import keep_comment
from epm.github.interface import GitHub, body_hash
from epm.github.markers import Marker
from epm_lint.model import Status

BROKEN = "broken-result"
"""The label; it does not begin as those that make an issue a result."""


class Telling(StrEnum):
    """How."""

    LABEL = "label"
    COMMENT = "comment"
    """A new comment, which notifies those who follow the issue; one for each time it breaks."""
    NONE = "none"

    @classmethod
    def of(cls, word: str) -> Telling:
        """As the action's input says."""
        word = word.strip().lower() or cls.LABEL
        if word not in list(cls):
            raise EpmError(
                "the input broken-page says how people are told when a page breaks",
                f"set it to {', '.join(cls)}",
            )
        return cls(word)


def tell(github: GitHub, judged: Judgement, breaks: bool, telling: Telling) -> int:
    """Tell that the page has broken, or take the label off one that is mended; how many writes."""
    issue, report = judged.issue, judged.report
    if report is None or telling is Telling.NONE:
        return 0
    labelled = BROKEN in (label.casefold() for label in issue.labels)
    if report.status.severity < Status.FAIL.severity:
        if labelled:
            github.remove_label(issue.number, BROKEN)
        return int(labelled)
    if not breaks:
        return 0
    if telling is Telling.LABEL:
        if not labelled:
            github.add_label(issue.number, BROKEN)
        return int(not labelled)
    failed = [row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL]
    marker = Marker("broken", key=body_hash(f"{issue.title}\n{issue.body}")[:16])
    names = ", ".join(f"`{slug}`" for slug in failed[:6]) + ", …" * (len(failed) > 6)
    text = (
        f"This page passed until its last edit; now {len(failed)} of its checks fail: {names}. "
        "The report above says where and how to mend it."
    )
    keep_comment(github, issue.number, marker, marker.wrap(text))
    return 1
