"""What a line about a run tells: little enough to be kept of every run."""

from __future__ import annotations

from dataclasses import dataclass

from epm.analyses.block import Block, Verdict
from epm.report.confidence import answer
from epm.results import Results
from epm.viewer.data.run import Run
from epm_lint.binding.formats import signed_points, signed_significant
from epm_lint.model import Report, Status


@dataclass(frozen=True)
class Glance:
    """A run, as far as one line tells."""

    key: str
    issue: str
    name: str
    title: str
    identity: tuple[str, str, int | None]
    """Experiment, profile and issue."""
    notices: tuple[str, ...]
    headline: str
    """What the primary analysis says; '' where there is none."""
    status: str
    """The linter's verdict on the page; '' where there is no page."""
    says: str
    """What of the page's rules a person is to look at."""
    completions: int
    finished: str
    """The day; '' where there are no results."""


def glance(run: Run) -> Glance:
    """Read all that it takes; of a large run that is seconds."""
    report, results = run.report, run.results
    return Glance(
        key=run.key,
        issue=run.issue,
        name=run.name,
        title=run.title,
        identity=run.identity,
        notices=tuple(run.notices),
        headline=_headline(results) if results else "",
        status=str(report.status) if report else "",
        says=_says(report) if report else "",
        completions=len(run.completions.rows),
        finished=results.provenance.timing.finished_at[:10] if results else "",
    )


def _says(report: Report) -> str:
    failed = [report.counts.get(status, 0) for status in (Status.FAIL, Status.ERROR)]
    warned = report.counts.get(Status.WARN, 0)
    said = [f"{sum(failed)} failed"] if sum(failed) else []
    said += [f"{warned} warning{'' if warned == 1 else 's'}"] if warned else []
    said += ["a person has still to write"] if report.awaiting else []
    return "; ".join(said)


def _headline(results: Results) -> str:
    """What the primary analysis says, else the first rate or mean that there is."""
    blocks = {name: b for name, b in results.analyses.items() if isinstance(b, Block)}
    for name, block in sorted(blocks.items(), key=lambda each: not each[1].primary):
        if isinstance(block.verdict, Verdict):
            effect = block.verdict.effect.estimate
            form = signed_points if block.verdict.scale == "proportion" else signed_significant
            unit = " points" if block.verdict.scale == "proportion" else ""
            of = f" {block.verdict.unit}" if block.verdict.unit else ""
            return f"{block.label or name}: {form(effect)}{unit}{of}; {answer(block.verdict)}"
    return next(
        (f"{block.label or name}, {block.n} conditions" for name, block in blocks.items()), ""
    )
