"""Publish a run: look at everything first, write only then, and so that it can be done again.

What is written, in this order: the branch with the files, the page, the comment on its source,
where both are, on the branch.
Each is found again by itself, so that a run that was stopped anywhere can be repeated.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import epm_lint
from epm.errors import EpmError
from epm.github import comments
from epm.github.comments import Change
from epm.github.interface import Comment, Conflict, GitHub, Issue, NotStored, same_body
from epm.linting.results import at
from epm.publishing import edits, target
from epm.publishing.announcement import announcement
from epm.publishing.artifacts import Artifacts, commits
from epm.publishing.git import Git, Rejected
from epm.publishing.history import Branch, Made, Published, WithCommit, checkout
from epm.publishing.page import (
    Layout,
    fingerprint,
    page_marker,
    pinned,
    plain,
    results_marker,
    unpinned,
)
from epm.report.companions import NUMBERS, TABLES
from epm.report.regions import reframed, without_human_text
from epm.report.render import BODY, RECORD, RESULTS
from epm_lint.binding import record
from epm_lint.model import Status

if TYPE_CHECKING:
    from epm.checkout import Checkout
    from epm.report.render import Text
    from epm_lint.configuration import Configuration
    from epm_lint.model import Report

_TRIES = 4
"""How often somebody may be faster."""
_LONGEST_LINT = 60.0
"""Seconds; the page is our own, and the machine may be busy with the next run."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says."""

    draft: bool | None = None
    """None leaves the page as it is; a new one is a draft."""
    dry_run: bool = False
    force: bool = False


@dataclass(frozen=True)
class Sources:
    """A run, and where it goes."""

    artifacts: Artifacts
    layout: Layout
    configuration: Configuration


class State(Enum):
    """How a run of `publish` ended."""

    DONE = "done"
    UNFIT = "unfit"
    """The page has FAILs; nothing was written."""
    BROKEN = "broken"
    """A rule of the linter broke; nothing was written."""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    state: State
    page: Issue | None = None
    report: Report | None = None


@dataclass(frozen=True)
class _Plan:
    """All that would be written, worked out before anything is."""

    made: Made
    page: Text
    labels: list[str]
    report: Report | None
    """None where GitHub has the page already."""
    edited: edits.Edits | None


def publish(
    sources: Sources, github: GitHub, git: Git, wishes: Wishes, say: Callable[[str], None]
) -> Outcome:
    """Publish a run, or find out what publishing it would write.

    Args:
        sources: the run.
        github: the repository.
        git: the checkout and its remote; for a trial, one that keeps its objects apart.
        wishes: how.
        say: is told what happens, in lines; a trial's page and differences too.
    """
    tries = shorter = 0
    while True:
        with tempfile.TemporaryDirectory(prefix="epm-publish-") as scratch:
            one_try = _Publication(sources, github, git, wishes, say, Path(scratch), shorter)
            try:
                return one_try.complete()
            except (Conflict, Rejected) as error:
                tries += 1
                if tries == _TRIES:
                    raise
                say(f"{error.what}; looking again")
            except NotStored as error:
                shorter = one_try.form + 1
                say(f"{error.what}; trying a shorter page")


class _Publication:
    """One try."""

    def __init__(
        self,
        sources: Sources,
        github: GitHub,
        git: Git,
        wishes: Wishes,
        say: Callable[[str], None],
        scratch: Path,
        shorter: int,
    ) -> None:
        self.artifacts, self.layout = sources.artifacts, sources.layout
        self.configuration = sources.configuration
        self.github, self.git, self.wishes, self.say = github, git, wishes, say
        self.scratch, self.form = scratch, shorter
        self.branch = Branch.read(git, f"results/{self.artifacts.results.identity.slug}")

    def complete(self) -> Outcome:
        self.branch.check_published(commits(self.artifacts.results))
        found = target.find(self.github, self.artifacts, self.branch)
        for extra in found.extra:
            self.say(f"issue {extra.number} has the marker of this page too: close it")
        plan = self._plan(found.page)
        if state := self._judged(plan):
            return Outcome(state, found.page, plan.report)
        if plan.edited and found.page:
            self._show_edits(plan.edited, found.page)
        if self.wishes.dry_run:
            self._rehearse(plan, found)
            return Outcome(State.DONE, found.page, plan.report)
        self._push(plan.made)
        page = self._write(plan, found.page)
        self._announce(plan, found.source, page)
        return Outcome(State.DONE, page, plan.report)

    # what will be written

    def _plan(self, page: Issue | None) -> _Plan:
        identity = self.artifacts.results.identity
        written, local = plain(page.body) if page else "", self._local()
        unpinned_page = unpinned(self.artifacts, self.layout, written, local, self.form)
        self.form = unpinned_page.form
        made = self.branch.with_files(
            self.artifacts.commit,
            self.layout.folder,
            {**self.artifacts.files, **unpinned_page.beside, RECORD: _record(unpinned_page)},
            fingerprint(unpinned_page.title, unpinned_page.body),
            f"Publish {identity.slug}, profile {identity.profile}",
        )
        text = pinned(unpinned_page, made.commit)
        wanted = target.labels(page, self.wishes.draft)
        edited = None
        if page and _is_current(page, text, wanted):
            return _Plan(made, text, wanted, None, None)
        if page:
            new = (text.title, text.body)
            # people overwrite the comments around their sections: that is no edit of ours
            framed = replace(page, body=reframed(plain(page.body), text.body))
            edited = edits.edits(framed, self.branch, self.layout, new, self.scratch / "before")
        return _Plan(made, text, wanted, self._report(text, made.commit, page, wanted), edited)

    def _local(self) -> str:
        """The page beside the run, in which people may have written before it was published."""
        path = self.artifacts.run / BODY
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _report(self, text: Text, commit: str, page: Issue | None, labels: list[str]) -> Report:
        folder = self.layout.folder
        names = {**self.artifacts.files, **text.beside}
        files = {f"{folder}/{name}": data for name, data in names.items()}
        results = at(self.artifacts.run / RESULTS)
        try:
            return epm_lint.lint(
                text.body,
                title=text.title,
                created=page.created_at.date() if page else date.today(),
                labels=labels,
                issue=page.number if page else None,
                results=results.values,
                results_sha256=results.sha256,
                numbers=text.beside.get(NUMBERS, b"").decode() or None,
                tables=text.beside.get(TABLES, b"").decode() or None,
                record=record.read(
                    _record(text).decode(), text.beside.get(NUMBERS, b"").decode() or None
                ),
                repository=WithCommit(
                    self._checkout, self.layout.site.name, commit, files, self.artifacts.commit
                ),
                path="the page",
                rules=self.configuration.rules,
                formats=self.configuration.formats,
                seconds=_LONGEST_LINT,
            )
        except epm_lint.LintError as error:
            raise EpmError(
                f"the page cannot be linted: {error}",
                "shorten what people wrote in it, or run the same command again later",
            ) from None

    @cached_property
    def _checkout(self) -> Checkout:
        return checkout(self.layout.experiment)

    def _judged(self, plan: _Plan) -> State | None:
        """Why not to go on: FAILs, and in a page that is ready, what awaits human text."""
        if plan.report is None:
            return None
        if plan.report.status is Status.ERROR:
            return State.BROKEN
        ready = not target.is_draft(plan.labels)
        unwritten = ready and bool(plan.report.awaiting)
        return State.UNFIT if plan.report.status is Status.FAIL or unwritten else None

    def _show_edits(self, edited: edits.Edits, page: Issue) -> None:
        """Refuse to overwrite what somebody wrote, or say that it is done."""
        self.say(edited.diff.rstrip("\n"))
        if not self.wishes.force:
            raise EpmError(
                f"issue {page.number} would be overwritten, but {edited.reason}, outside the "
                "sections that people write",
                "put these changes into the experiment, or add --force: the page as it is will be "
                "kept in a comment",
            )
        self.say(
            f"--force: this will be overwritten in issue {page.number} ({edited.reason}), "
            "and kept there in a comment"
        )

    # writing it

    def _push(self, made: Made) -> None:
        if made.is_new:
            self.git.push(made.commit, self.branch.name)
            self.say(f"pushed {made.commit[:12]} to {self.branch.name}")
        else:
            self.say(f"{self.branch.name} has these files already, at {made.commit[:12]}")

    def _write(self, plan: _Plan, page: Issue | None) -> Issue:
        title, body = plan.page.title, plan.page.body
        if page is None:
            marker = page_marker(self.artifacts)
            made = self.github.create_issue(title, body, plan.labels, marker)
            self.say(f"created issue {made.number}")
            return made
        if plan.report is None:
            self.say(f"issue {page.number} is up to date")
            return page
        if plan.edited:
            edits.keep(self.github, page, plan.edited)
        made = self.github.edit_issue(page, title=title, body=body, labels=plan.labels)
        self.say(f"updated issue {made.number}")
        return made

    def _announce(self, plan: _Plan, source: Issue, page: Issue) -> None:
        text = announcement(
            self.artifacts, self.layout, plan.made.commit, page.number, plan.page.title
        )
        marker, places = results_marker(self.artifacts), self.branch.published(self._key)
        named = [place.comment for place in places]

        def adopted(comment: Comment) -> bool:
            """The branch names it last, and its author has write access now."""
            if comment.id not in named[:1]:
                return False
            author = comment.author
            return author.endswith("[bot]") or self.github.permission(author).can_write

        there = comments.find(
            self.github, source.number, marker, lambda comment: comment.id in named, adopted
        )
        kept = comments.keep_comment(self.github, source.number, marker, text, there)
        if kept.change is Change.NONE:
            self.say(f"the comment on issue {source.number} is up to date")
        else:
            self.say(f"{kept.change.value} the comment on issue {source.number}")
        self._record(plan.made, Published(page.number, kept.comment.id), places[:1])

    def _record(self, made: Made, place: Published, last: list[Published]) -> None:
        """Let the branch say where the page is, so that others can take it on."""
        if last == [place]:
            return
        tip = made.commit if made.is_new or self.branch.tip is None else self.branch.tip
        self.git.push(self.branch.recording(tip, self._key, place), self.branch.name)

    @property
    def _key(self) -> str:
        return page_marker(self.artifacts).key

    # not writing it

    def _rehearse(self, plan: _Plan, found: target.Target) -> None:
        page, labels = found.page, ", ".join(plan.labels)
        if plan.made.is_new:
            count = len({**self.artifacts.files, **plan.page.beside, RECORD: b""})
            self.say(f"would push {count} files to {self.branch.name}")
        else:
            self.say(f"{self.branch.name} has these files already, at {plan.made.commit[:12]}")
        if page is None:
            self.say(f"would create an issue, labelled {labels}: {plan.page.title}")
        elif plan.report is None:
            self.say(f"issue {page.number} is up to date")
        else:
            self.say(f"would update issue {page.number}, labelled {labels}: {plan.page.title}")
        self.say(f"would see to the comment on issue {found.source.number}")
        self.say(plan.page.body)
        if page:
            self.say(edits.between(page, plan.page.title, plan.page.body))


def _record(page: Text) -> bytes:
    """What the page is rendered as, for whoever doubts it later."""
    return record.written(page.title, without_human_text(page.body)).encode()


def _is_current(page: Issue, text: Text, labels: list[str]) -> bool:
    return (
        page.title.strip() == text.title
        and same_body(page.body, text.body)
        and set(page.labels) == set(labels)
    )
