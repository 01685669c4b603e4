"""What scorers can get wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks.names import Problem, not_one_of
from epm.definition.scorers import Exact, Number, Regex, Substring

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment) -> Iterator[Problem]:
    """What matches everything or nothing, and near misses of nothing."""
    for scorer in experiment.scorers:
        where = f"scorer '{scorer.name}'"
        match scorer:
            case Substring(text=text) if not text.strip():
                yield f"{where} looks for an empty text, which is everywhere", "give it a text"
            case Regex(pattern=""):
                yield f"{where} has an empty pattern, which matches all", "give it a pattern"
            case Regex(pattern=pattern):
                try:
                    re.compile(pattern)
                except re.error as error:
                    yield f"{where}: {pattern!r} is no regular expression: {error}", "mend it"
            case Exact():
                if not any(item.answer for task in experiment.tasks for item in task.items):
                    yield (
                        f"{where} compares with the items' answers, but no item has one",
                        "give the items answers",
                    )
            case Number(which=which, lower=lower, upper=upper):
                yield from not_one_of(f"'which' of {where}", which, ("first", "last"))
                if not lower < upper:
                    yield (
                        f"{where}: its scale goes from {lower} to {upper}",
                        "swap or widen its ends",
                    )
    if experiment.scorers and all(scorer.near_miss for scorer in experiment.scorers):
        yield (
            "every scorer counts near misses, and none what they nearly are",
            "add the scorer of the outcome itself",
        )
