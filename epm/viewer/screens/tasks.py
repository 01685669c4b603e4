"""The board of issues, from an export of GitHub; without one, the experiments that are here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from epm.viewer import html
from epm.viewer.data.glance import Glance
from epm.viewer.data.issues import COLUMNS, Export, IssueCard, file_of


@dataclass(frozen=True)
class Task:
    """An issue with its runs."""

    card: IssueCard
    runs: tuple[tuple[str, str, str], ...]
    """Name, address and lint verdict of each."""


def screen(found: Export | None, runs: Iterable[Glance], top: Path, path: str) -> str:
    """The board, and the same as a list."""
    verdicts: dict[int, list[tuple[str, str, str]]] = {}
    titles: dict[int, str] = {}
    cards = found.cards if found else ()
    known = {card.number for card in cards}
    for run in runs:
        page = found.about(*run.identity) if found else None
        # both the issue that asked for the experiment and the one that is the run's page lead to it
        for number in dict.fromkeys((page, run.identity[2])):
            if number is None or (number != page and page is not None and number not in known):
                continue
            shown = run.name, f"r/{run.key}/index.html", run.status
            verdicts.setdefault(number, []).append(shown)
            titles.setdefault(number, run.title)
    tasks = [Task(card, tuple(verdicts.get(card.number, ()))) for card in cards]
    others = [(n, titles[n], verdicts[n]) for n in sorted(verdicts) if n not in known]
    tasks.sort(key=lambda task: (COLUMNS.index(task.card.column), -task.card.number))
    columns = [(name, list(each)) for name, each in groupby(tasks, lambda task: task.card.column)]
    return html.page(
        "tasks",
        path,
        "Board of issues",
        screen="tasks",
        export=found,
        columns=columns,
        tasks=tasks,
        others=others,
        discussed={card.number for card in cards if (top / file_of(card.number)).is_file()},
    )
