"""What a definition can get wrong, each found when it is loaded and said in one line.

One module for each part of a definition; each yields what is wrong with it, the remedy beside it. A
definition about imported results is held to the names of the files when these are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from epm.definition.checks import (
    analyses,
    conditions,
    inspect_tasks,
    judges,
    profiles,
    scorers,
    steering,
    tasks,
)
from epm.definition.checks.analyses import Known
from epm.definition.checks.names import Problem, faulty_names, no_tuples, not_one_of, unknown

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment
    from epm.definition.imported import ImportedExperiment
    from epm.definition.profile import Profile

__all__ = ["Known", "Problem", "problem", "problem_of_import", "problem_with_files"]

SEVERAL = (
    *("conditions", "tasks", "scorers", "profiles"),
    *("analyses", "gates", "parents", "glossary"),
)
"""Parts of an experiment of which there may be several."""


OF_AN_IMPORT = ("conditions", "analyses", "gates", "parents", "glossary", "choices")
"""The same for one about imported results."""


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
        if not several and not (what == "scorer" and not experiment.prompted):
            yield f"there is no {what}", f"define at least one {what}"
        yield from faulty_names(what, [each.name for each in several])
    yield from tasks.problems(experiment)
    yield from inspect_tasks.problems(experiment)
    yield from conditions.problems(experiment)
    yield from steering.problems(experiment)
    yield from scorers.problems(experiment)
    yield from judges.problems(experiment)
    for profile in experiment.profiles:
        for what, remedy in profiles.problems(experiment, profile):
            yield f"profile '{profile.name}': {what}", remedy
    for profile in experiment.profiles:
        for what, remedy in _analyses(experiment, profile):
            where = f"profile '{profile.name}': " if profile.analyses else ""
            yield f"{where}{what}", remedy


def _analyses(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    specs, gates = experiment.analyses_of(profile), experiment.gates_of(profile)
    yield from analyses.contradictions(specs, gates, experiment.figure)
    yield from analyses.problems(specs, analyses.of_profile(experiment, profile))
    if experiment.parent and experiment.parent.recipe is not None:
        profiles = [each.name for each in experiment.profiles]
        if experiment.parent.recipe not in profiles:
            yield unknown("profile", experiment.parent.recipe, profiles, "the parent's recipe")


def _experiment(experiment: Experiment | ImportedExperiment) -> Iterator[Problem]:
    for issue in (experiment.issue, *experiment.parents):
        if not (type(issue) is int and issue > 0):
            yield f"issue {issue!r} is no issue's number", "give the number of an issue"
    if not experiment.title.strip():
        yield "the title is empty", "say in a few words what is studied"
    if not 0 < experiment.alpha < 1:
        yield f"alpha is {experiment.alpha}", "take a level between 0 and 1, such as 0.05"
    if type(experiment.seed) is not int:
        yield f"the seed is {experiment.seed!r}", "take a whole number"


def problem_of_import(experiment: ImportedExperiment) -> Problem | None:
    """The first contradiction of a definition whose files are not read yet."""
    return next(_of_import(experiment), None)


def _of_import(experiment: ImportedExperiment) -> Iterator[Problem]:
    yield from no_tuples("the experiment", experiment, OF_AN_IMPORT)
    yield from _experiment(experiment)
    caps = ("HIGH", "MODERATE", "LOW")
    yield from not_one_of("its confidence_cap", experiment.confidence_cap, caps)
    seen: set[str] = set()
    for condition in experiment.conditions:
        if condition.name in seen:  # the files name them, so that any text may be a name
            yield f"condition '{condition.name}' appears twice", "rename or remove one"
        seen.add(condition.name)
        yield from conditions.described(condition)
        if condition.training is not None or condition.after is not None:
            yield (
                f"condition '{condition.name}' is trained, but results are imported",
                "take its training out",
            )
        if condition.intervention is not None:
            yield (
                f"condition '{condition.name}' is steered, but its results were made elsewhere",
                "take the intervention out, and give it the coefficient as a factor",
            )
    yield from analyses.contradictions(experiment.analyses, experiment.gates, experiment.figure)


def problem_with_files(experiment: ImportedExperiment, known: Known) -> Problem | None:
    """The first thing that it asks of the files and they do not have."""
    return next(_with_files(experiment, known), None)


def _with_files(experiment: ImportedExperiment, known: Known) -> Iterator[Problem]:
    for condition in experiment.conditions:
        yield from conditions.target(condition, known.tasks, known.lacking)
        found = known.conditions[condition.name]
        for name in found.factors:
            if name in found.covariates:
                yield (
                    f"condition '{condition.name}': '{name}' is both a factor and a covariate",
                    "rename the one of the definition",
                )
    yield from analyses.problems(experiment.analyses, known)
