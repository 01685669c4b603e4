"""What scorers can get wrong."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks.names import Problem, not_one_of
from epm.definition.scorers import (
    Choice,
    Exact,
    Function,
    LogLikelihood,
    Number,
    Regex,
    Substring,
)

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
                if not any(item.answer for task in experiment.prompted for item in task.items):
                    yield (
                        f"{where} compares with the items' answers, but no item has one",
                        "give the items answers",
                    )
            case Choice() | LogLikelihood():
                if not any(item.choices for task in experiment.prompted for item in task.items):
                    yield f"{where} compares choices, but no item has any", "give items choices"
                if isinstance(scorer, LogLikelihood):
                    yield from not_one_of(
                        f"'per' of {where}", scorer.per, ("choice", "token", "character")
                    )
            case Function():
                yield from _function(where, scorer)
            case Number(which=which, lower=lower, upper=upper):
                yield from not_one_of(f"'which' of {where}", which, ("first", "last"))
                if not lower < upper:
                    yield (
                        f"{where}: its scale goes from {lower} to {upper}",
                        "swap or widen its ends",
                    )
    if experiment.scorers and not any(
        each.needs in ("text", "judgement") for each in experiment.scorers
    ):
        yield (
            "every scorer asks the model, and none reads the completions that are drawn",
            "add one that does, such as Choice",
        )
    if experiment.scorers and all(scorer.near_miss for scorer in experiment.scorers):
        yield (
            "every scorer counts near misses, and none what they nearly are",
            "add the scorer of the outcome itself",
        )


def _function(where: str, scorer: Function) -> Iterator[Problem]:
    function = scorer.function
    if function is None or not callable(function):
        yield f"{where}: {function!r} cannot be called", "give it a function: function=polite"
        return
    if inspect.iscoroutinefunction(function):
        yield f"{where}: its function is asynchronous", "take an ordinary one"
    try:
        inspect.signature(function).bind("a completion", None)
    except TypeError:
        yield (
            f"{where}: its function does not take two arguments",
            "define it as `def polite(completion, item)`",
        )
    except ValueError:  # a builtin without a signature
        pass
    if not scorer.lower < scorer.upper:
        yield f"{where}: its scale goes from {scorer.lower} to {scorer.upper}", "swap or widen it"
