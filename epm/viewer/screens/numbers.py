"""Every bound number of a page, without scripts; and the same as data for the page's panel."""

from __future__ import annotations

from collections.abc import Sequence

from epm.viewer import html
from epm.viewer.data.numbers import Number, as_data, printed_with
from epm.viewer.data.run import Run
from epm.viewer.data.shards import script


def screen(run: Run, path: str) -> str:
    """A row for each number, with all that is known of it."""
    found = run.numbers
    return html.page(
        "numbers",
        path,
        "Numbers",
        run,
        "numbers",
        numbers=found.numbers,
        why=found.why,
        places=printed_with(found.numbers),
        printed=len(found.at),
        recounted=_recounted(found.numbers),
    )


def _recounted(numbers: Sequence[Number]) -> list[tuple[str, int, str]]:
    """How many numbers were counted again, and what came of it: words, how many, level."""
    behind = [[part.behind for part in number.parts] for number in numbers]
    differ = sum(any(b.found is not None and not b.agrees for b in each) for each in behind)
    agree = sum(any(b.found is not None for b in each) for each in behind) - differ
    without = len(numbers) - agree - differ
    told = [
        ("differ from their completions", differ, "fail"),
        ("counted again in their completions, as stored", agree, "pass"),
        ("without completions of their own: settings, statistics of several", without, "skip"),
    ]
    return [(says, count, level) for says, count, level in told if count]


def data(run: Run) -> str:
    """The same for the panel."""
    return script("numbers", list(as_data(run.numbers.numbers)))
