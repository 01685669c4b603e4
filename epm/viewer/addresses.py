"""Where a selection of completions is shown: the state is in the fragment, which a file has too."""

from __future__ import annotations

from itertools import product
from urllib.parse import quote, urlencode

from epm.viewer.data.tally import Selection

SCORES = {"k": "yes", "n": "scored", "asked": "asked"}
"""By which of a selection a number counts, how the samples screen calls their scores."""


def samples(selection: Selection, of: str = "n") -> str:
    """The samples screen with these completions, from another screen of the same run.

    Args:
        selection: what is shown.
        of: which of them: 'k', 'n', 'lost', 'asked', or 'lost:REASON'.
    """
    return f"samples.html#{fragment(selection, of)}"


def fragment(selection: Selection, of: str = "n") -> str:
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
    pairs += [("m", selection.metric), ("v", SCORES.get(of, of or "scored"))]
    return urlencode(pairs, quote_via=quote, errors="replace")
