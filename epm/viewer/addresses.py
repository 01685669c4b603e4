"""Where a selection of completions is shown: the state is in the fragment, which a file has too."""

from __future__ import annotations

from itertools import product
from urllib.parse import quote, urlencode

from epm.viewer.data.tally import Selection


def samples(selection: Selection, yes: bool | None = None) -> str:
    """The samples screen with these completions, from another screen of the same run.

    Args:
        selection: what is shown.
        yes: whether only those that the metric counts are; None as the selection says.
    """
    return f"samples.html#{fragment(selection, yes)}"


def fragment(selection: Selection, yes: bool | None = None) -> str:
    """The state of the samples screen; `static/samples.js` reads it."""
    conditions, tasks = selection.conditions, selection.tasks
    pairs: list[tuple[str, str]] = []
    if set(selection.cells) == set(product(conditions, tasks)):
        pairs += [("c", name) for name in conditions]
        pairs += [("t", name) for name in tasks]
    else:
        pairs += [("p", f"{quote(c, safe='')}/{quote(t, safe='')}") for c, t in selection.cells]
    pairs += [("r", name) for name in selection.replicates or ()]
    pairs += [("i", name) for name in selection.items or ()]
    only_yes = selection.only_yes if yes is None else yes
    pairs += [("m", selection.metric), ("v", "yes" if only_yes else "scored")]
    return urlencode(pairs, quote_via=quote, errors="replace")
