"""All runs, one a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from epm.analyses.block import Block, Verdict
from epm.report.confidence import answer
from epm.results import Results
from epm.viewer import html
from epm.viewer.data.run import Run
from epm_lint.binding.formats import signed_points, signed_significant
from epm_lint.model import Report, Status


@dataclass(frozen=True)
class Row:
    """A run, as far as one line tells."""

    run: Run
    headline: str
    status: str
    says: str
    """What of the page's rules a person is to look at."""
    completions: str
    finished: str


def screen(runs: Iterable[Run], path: str) -> str:
    """The list."""
    rows = [_row(run) for run in runs]
    return html.page("runs", path, "Runs", screen="runs", rows=rows)


def _row(run: Run) -> Row:
    report = run.report
    count = len(run.completions.rows)
    return Row(
        run,
        _headline(run.results) if run.results else "",
        str(report.status) if report else "",
        _says(report) if report else "",
        f"{count:,}" if count else "none",
        run.results.provenance.timing.finished_at[:10] if run.results else "",
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
