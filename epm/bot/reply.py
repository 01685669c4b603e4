"""The reply to a comment that started a run: what was started, and in the end what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from epm.bot.signature import Signature
from epm.github import comments
from epm.github.interface import GitHub, Issue
from epm.github.markers import Marker
from epm_lint.output.markdown import inert

_STARTED = "Started `"


@dataclass(frozen=True, slots=True)
class Start:
    """What the workflow is to run next; all of it from our own definitions."""

    experiment: str
    profile: str
    runner: str
    publish: str
    """`draft` or `ready`."""

    @property
    def command(self) -> str:
        """What starts it again."""
        return f"/epm {'publish' if self.publish == 'ready' else 'run'} {self.profile}"


@dataclass(frozen=True, slots=True)
class Workflow:
    """What the workflow tells the bot of itself, beside the event."""

    url: str = ""
    """Where this very run is to be seen."""
    runs: bool = True
    """Whether a job runs what a comment asks for."""
    ended: str = ""
    """That job's result: success, failure, cancelled or skipped."""
    page: str = ""
    """The number of the issue that it published."""
    trouble: str = ""
    """In one line, why it failed."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Workflow:
        """As the action's inputs say."""
        page = environment.get("EPM_PAGE", "").strip()
        return cls(
            Signature.of(environment).run_url,
            environment.get("EPM_RUNS", "").strip().lower() == "true",
            environment.get("EPM_ENDED", "").strip(),
            page if page.isascii() and page.isdecimal() and len(page) < 13 else "",
            environment.get("EPM_TROUBLE", "").strip(),
        )

    @property
    def link(self) -> str:
        """To the run and its log."""
        return f"[log]({self.url})" if self.url else "the log of the workflow run"


def marker(comment: int) -> Marker:
    """Of the reply to a comment."""
    return Marker("reply", key=f"c{comment}")


def started(start: Start, workflow: Workflow) -> str:
    """What the reply says while the run goes on."""
    return (
        f"{_STARTED}{start.experiment}` with the profile `{start.profile}` ({workflow.link}); its "
        f"results are then published as {_state(start)}. This comment will say how it ended."
    )


def end(github: GitHub, issue: Issue, comment: int, start: Start, workflow: Workflow) -> None:
    """Put the end of a run into the reply to the comment that asked for it."""
    mark = marker(comment)
    found = comments.find(github, issue.number, mark)
    said = found.told.body if found.told else ""
    paragraphs = (
        said.replace("\r\n", "\n").split("\n", 1)[-1].rpartition("<!-- /epm:")[0].split("\n\n")
    )
    told = _ended(issue, start, workflow)
    kept = [told if one.startswith(_STARTED) else one for one in map(str.strip, paragraphs) if one]
    now = mark.wrap("\n\n".join(kept if told in kept else [*kept, told]))
    comments.keep_comment(github, issue.number, mark, now, found)


def _ended(issue: Issue, start: Start, workflow: Workflow) -> str:
    what = f"`{start.experiment}` with the profile `{start.profile}`"
    again = f"`{start.command}` in a new comment"
    why = f": {inert(workflow.trouble)}" if workflow.trouble else ""
    match workflow.ended:
        case "success" if workflow.page:
            url = issue.html_url.rpartition("/")[0]
            page = f"[#{workflow.page}]({url}/{workflow.page})" if url else f"#{workflow.page}"
            return f"✓ {what} is published as {_state(start)}: {page} ({workflow.link})."
        case "success":
            return f"✓ {what} has run ({workflow.link})."
        case "cancelled":
            return (
                f"– {what} was cancelled before its end ({workflow.link}), by somebody or because "
                f"a newer run of it took its place in the queue. {again} starts it; what is "
                "finished is not run again."
            )
        case "skipped":
            return f"– {what} was not run: the workflow held it back ({workflow.link})."
    return (
        f"✗ {what} failed{why} ({workflow.link}). When that is mended, {again} goes on where it "
        "stopped."
    )


def _state(start: Start) -> str:
    return "ready" if start.publish == "ready" else "a draft"
