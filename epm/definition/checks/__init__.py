"""What a definition can get wrong, each found when it is loaded and said in one line.

One module for each part of a definition; each yields what is wrong with it, the remedy beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks import analyses, conditions, profiles, scorers, steering, tasks
from epm.definition.checks.names import Problem, faulty_names, no_tuples

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

__all__ = ["Problem", "problem"]

SEVERAL = (
    *("conditions", "tasks", "scorers", "profiles"),
    *("analyses", "gates", "parents", "glossary"),
)
"""Parts of an experiment of which there may be several."""


def problem(experiment: Experiment) -> Problem | None:
    """The first contradiction of a definition; None where there is none."""
    return next(_problems(experiment), None)


def _problems(experiment: Experiment) -> Iterator[Problem]:
    yield from no_tuples("the experiment", experiment, SEVERAL)
    yield from _experiment(experiment)
    for what, several in (
        ("condition", experiment.conditions),
        ("task", experiment.tasks),
        ("scorer", experiment.scorers),
        ("profile", experiment.profiles),
    ):
        if not several:
            yield f"there is no {what}", f"define at least one {what}"
        yield from faulty_names(what, [each.name for each in several])
    yield from tasks.problems(experiment)
    yield from conditions.problems(experiment)
    yield from steering.problems(experiment)
    yield from scorers.problems(experiment)
    for profile in experiment.profiles:
        for what, remedy in profiles.problems(experiment, profile):
            yield f"profile '{profile.name}': {what}", remedy
    for profile in experiment.profiles:
        for what, remedy in analyses.problems(experiment, profile):
            where = f"profile '{profile.name}': " if profile.analyses else ""
            yield f"{where}{what}", remedy


def _experiment(experiment: Experiment) -> Iterator[Problem]:
    for issue in (experiment.issue, *experiment.parents):
        if not (type(issue) is int and issue > 0):
            yield f"issue {issue!r} is no issue's number", "give the number of an issue"
    if not experiment.title.strip():
        yield "the title is empty", "say in a few words what is studied"
    if not 0 < experiment.alpha < 1:
        yield f"alpha is {experiment.alpha}", "take a level between 0 and 1, such as 0.05"
    if type(experiment.seed) is not int:
        yield f"the seed is {experiment.seed!r}", "take a whole number"
