"""What `epm run` shows: where it begins, how it goes, and the rates at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from epm.analyses.block import Verdict
from epm.analyses.proportions.block import ProportionsBlock
from epm.files import read_own
from epm.progress import PlainProgress, Progress, RichProgress
from epm.report.confidence import primary
from epm.report.render import leading_covariate, ranked
from epm.results import Results
from epm.results.reading import load
from epm.values import Unavailable
from epm.writing.filters import counts, effect, interval, percent, signed, span
from epm_lint.model import Status
from epm_lint.output.table import SIGNS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from epm.definition import Definition

OUTPUTS = (
    ("body", "body.md"),
    ("title", "title.txt"),
    ("figure", "figures/*.png"),
    ("lint report", "lint.txt"),
    ("results", "results.json"),
    ("samples", "samples.jsonl.gz"),
)
"""What a run leaves behind, by what it is called."""

MOST_ROWS = 40
"""Conditions that are listed."""


def announce(console: Console, definition: Definition) -> None:
    """One line that says what is about to run."""
    profile = definition.profile
    console.print(
        f"{definition.experiment.slug}, profile {profile.name}: {profile.model_name}, "
        f"{profile.scale} ({definition.fingerprint})",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def progress(console: Console) -> Callable[[int], AbstractContextManager[Progress]]:
    """Bars where somebody watches, lines where somebody reads later."""

    @contextmanager
    def shown(tasks: int) -> Iterator[Progress]:
        if not console.is_terminal:
            yield PlainProgress(console)
            return
        with RichProgress(console, tasks) as bars:
            yield bars

    return shown


def summary(console: Console, folder: Path, *, clean: bool) -> None:
    """The rates table, and the paths of what the run left behind.

    Args:
        console: to print on.
        folder: the run folder.
        clean: whether the page lacks nothing but what people write.
    """
    results = load(folder / "results.json")
    title = read_own(folder / "title.txt", within=folder).decode("utf-8").strip()
    said = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    rates = [b for b in results.analyses.values() if isinstance(b, ProportionsBlock)]
    if rates:
        console.print(_table(title, results, rates))
    else:
        said(title, style="bold")
    for block in primary(results).values():
        if isinstance(block.verdict, Verdict):
            found = block.verdict
            points = " points" if found.scale == "proportion" else ""
            value = f"{effect(found.effect.estimate, found.scale)}{points} {found.unit}".strip()
            said(f"{block.label}: {value} {span(found.effect.interval, found.scale)}")
    yours = "; what is left are the sections that a person writes" if clean else ""
    judged, *failed = verdict(folder)
    said(f"lint         {judged}{yours}")
    for line in failed:
        said(f"             {line}")
    for label, pattern in OUTPUTS:
        match sorted(folder.glob(pattern)):
            case [path]:
                said(f"{label:12} {path}")
            case [path, *more]:
                said(f"{label + 's':12} {path.parent} ({1 + len(more)} of them)")


def verdict(folder: Path) -> list[str]:
    """What the linter said of a run's page in one line, and a line for each check that failed."""
    *lines, last = (folder / "lint.txt").read_text(encoding="utf-8").strip().splitlines()
    failed = f" {SIGNS[Status.FAIL]} {Status.FAIL} "
    return [last, *(" ".join(line.split()) for line in lines if failed in line)]


def _table(title: str, results: Results, rates: Sequence[ProportionsBlock]) -> Table:
    """The first rates by condition, and the next of the same conditions beside them."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    first, *others = rates
    others = [other for other in others if first.conditions.keys() & other.conditions.keys()][:1]
    covariate = leading_covariate(results)
    table = Table(
        title=Text(title, style="bold"),
        title_justify="left",
        box=SIMPLE,
        pad_edge=False,
        collapse_padding=True,
    )
    several = any(rate.seeds for rate in first.conditions.values())
    spread = "by seed, item 95%" if several else "Wilson 95%"
    heads = [*filter(None, [covariate]), first.label, "k/n", spread, *(o.label for o in others)]
    rows: list[list[str]] = []
    for name in ranked(results, first.conditions)[:MOST_ROWS]:
        rate = first.conditions[name]
        bars = rate.wilson if isinstance(rate.clustered, Unavailable) else rate.clustered
        cells = [percent(rate.estimate), counts(rate), interval(bars if several else rate.wilson)]
        if covariate:
            value = results.conditions[name].covariates.get(covariate)
            cells.insert(0, "n/a" if value is None else signed(value))
        cells += [
            counts(other.conditions[name]) if name in other.conditions else "" for other in others
        ]
        rows.append([name, *cells])
    for name in results.conditions:
        if not results.measurements.get(name):
            rows.append([name, *([""] if covariate else []), "missing"])
    # heads may take several lines, numbers never
    for at, head in enumerate(["condition", *heads]):
        widest = max([len(row[at]) for row in rows if at < len(row)], default=len(head))
        lines = fill(head, widest, break_long_words=False)
        table.add_column(lines, justify="right" if at else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
