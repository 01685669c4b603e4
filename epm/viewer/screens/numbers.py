"""Every bound number of a page, without scripts; and the same as data for the page's panel."""

from __future__ import annotations

from epm.viewer import html
from epm.viewer.data.numbers import as_data, printed_with
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
    )


def data(run: Run) -> str:
    """The same for the panel."""
    return script("numbers", list(as_data(run.numbers.numbers)))
