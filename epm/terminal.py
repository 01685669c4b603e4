"""What `epm run` shows: where it begins, how it goes, and the rates at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from epm.progress import PlainProgress, Progress, RichProgress
from epm.report.filters import counts, interval, percent, signed
from epm.results import MissingCondition, load

if TYPE_CHECKING:
    from rich.console import Console

    from epm.definition import Definition

OUTPUTS = (
    ("body", "body.md"),
    ("title", "title.txt"),
    ("figure", "figures/hero.png"),
    ("trajectory", "figures/trajectory.png"),
    ("lint report", "lint.txt"),
    ("results", "results.json"),
    ("samples", "samples.jsonl.gz"),
)


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
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    results = load(folder / "results.json")
    primary = results.statistics.primary
    cosines = results.cosines[str(primary.layer)]
    title = (folder / "title.txt").read_text(encoding="utf-8").strip()
    table = Table(title=Text(title, style="bold"), title_justify="left", box=SIMPLE, pad_edge=False)
    table.add_column("persona", no_wrap=True)
    several = len(results.seeds) > 1
    spread = "by seed, question 95%" if several else "Wilson 95%"
    for column in (f"cos L{primary.layer}", "rate", "k/n", spread, "bystanders"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in sorted(results.conditions, key=lambda name: -cosines.get(name, 0.0)):
        condition = results.conditions[name]
        if isinstance(condition, MissingCondition):
            table.add_row(name, signed(cosines[name]), "missing", "", "", "")
            continue
        row = results.statistics.personas[name]
        table.add_row(
            name,
            signed(cosines[name]),
            percent(row.source.estimate),
            counts(row.source),
            interval(row.source.clustered if several else row.source.wilson),
            counts(row.bystanders),
        )
    console.print(table)
    verdict = (folder / "lint.txt").read_text(encoding="utf-8").strip().splitlines()[-1]
    yours = "; what is left are the sections that a person writes" if clean else ""
    console.print(f"lint         {verdict}{yours}", markup=False, highlight=False, soft_wrap=True)
    for label, name in OUTPUTS:
        if (folder / name).exists():
            console.print(
                f"{label:12} {folder / name}", markup=False, highlight=False, soft_wrap=True
            )
