"""What is studied: conditions × tasks → samples → scores → analyses, at several scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.checks import problem
from epm.definition.conditions import Condition
from epm.definition.inspect_tasks import InspectTask
from epm.definition.model import FolderModel, HubModel, RecordedData
from epm.definition.overrides import Override, overridden
from epm.definition.profile import Profile
from epm.definition.resolved import Definition
from epm.definition.scorers import Scorer
from epm.definition.tasks import Task
from epm.errors import DefinitionError, suggest


@dataclass(frozen=True)
class Parent:
    """The experiment that this one builds on, where its data are at hand."""

    label: str
    """As in 'the 7B experiment'."""
    data: RecordedData
    """Its measurements and covariates; its effects are computed from them as ours are."""
    issue: int | None = None
    recipe: str | None = None
    """Profile of this experiment that has the parent's settings; what differs is listed."""


@dataclass(frozen=True)
class Experiment:
    """A research question, what answers it, and the scales that it is run at.

    Raises:
        DefinitionError: on construction, when the definition contradicts itself.
    """

    issue: int
    title: str
    question: str
    conditions: tuple[Condition, ...]
    tasks: tuple[Task | InspectTask, ...]
    scorers: tuple[Scorer, ...]
    """Of what is asked here; Inspect's tasks have their own."""
    profiles: tuple[Profile, ...]
    analyses: tuple[AnalysisSpec, ...] = ()
    gates: tuple[Gate, ...] = ()
    parents: tuple[int, ...] = ()
    """Issues that this one builds on."""
    parent: Parent | None = None
    figure: str = ""
    """Analysis whose figure leads the page; empty takes the first primary one."""
    glossary: tuple[tuple[str, str], ...] = ()
    """Terms of the page, each with what it means; explained where they first stand."""
    seed: int = 42
    alpha: float = 0.05
    tracking_project: str = "epm"
    """Project on Weights & Biases."""

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself."""
        if found := problem(self):
            what, remedy = found
            raise DefinitionError(f"{self.slug}: {what}", remedy)

    @property
    def slug(self) -> str:
        """As on the command line."""
        return f"issue-{self.issue}"

    @property
    def prompted(self) -> tuple[Task, ...]:
        """The tasks whose items are ours."""
        return tuple(each for each in self.tasks if isinstance(each, Task))

    @property
    def evaluated(self) -> tuple[InspectTask, ...]:
        """The tasks that Inspect runs."""
        return tuple(each for each in self.tasks if isinstance(each, InspectTask))

    @property
    def metrics(self) -> tuple[str, ...]:
        """What the scorers give, Inspect's included."""
        of_inspect = (name for task in self.evaluated for name in task.metrics)
        return tuple(dict.fromkeys((*(each.name for each in self.scorers), *of_inspect)))

    def task(self, name: str) -> Task:
        """The task of that name whose items are ours."""
        return next(task for task in self.prompted if task.name == name)

    def condition(self, name: str) -> Condition:
        """The condition of that name."""
        return next(condition for condition in self.conditions if condition.name == name)

    def profile(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            DefinitionError: there is none; names the nearest.
        """
        for profile in self.profiles:
            if profile.name == name:
                return profile
        raise DefinitionError(
            f"{self.slug} has no profile '{name}'", suggest(name, [p.name for p in self.profiles])
        )

    def analyses_of(self, profile: Profile) -> tuple[AnalysisSpec, ...]:
        """The analyses at one scale."""
        return profile.analyses or self.analyses

    def gates_of(self, profile: Profile) -> tuple[Gate, ...]:
        """The gates at one scale."""
        return profile.gates if profile.analyses else self.gates

    def resolve(
        self,
        profile: str,
        model: HubModel | FolderModel | None = None,
        seeds: Sequence[int] = (),
        checkpoints: int = 0,
        overrides: Sequence[Override] = (),
    ) -> Definition:
        """The definition that `epm run --profile [--model] [--seeds] [--set …]` executes.

        Another model or setting makes another profile, named so, and never counts as full scale.

        Raises:
            DefinitionError: there is no such profile or setting, a seed is given twice, or there is
                nothing to train or to run a model on.
        """
        if overrides:
            changed, chosen = overridden(self, self.profile(profile), overrides)
            made = changed.resolve(chosen.name, model, seeds, checkpoints)
            return replace(made, overrides=tuple(overrides))
        chosen = self.profile(profile)
        where = f"{self.slug}, profile {profile}"
        recorded = isinstance(chosen.model, RecordedData)
        if model is not None:
            if recorded:
                raise DefinitionError(
                    f"{where}: nothing is run, so there is no model to choose",
                    "leave --model out, or take another profile",
                )
            chosen = replace(
                chosen,
                name=f"{chosen.name}-other-model",
                scale=f"{chosen.scale}, on another model",
                model=model,
                model_name=str(model),
            )
        for seed in seeds:
            if list(seeds).count(seed) > 1:
                raise DefinitionError(f"{self.slug}: seed {seed} is given twice", "remove one")
        if checkpoints < 0:
            raise DefinitionError(f"{self.slug}: {checkpoints} checkpoints", "take 0 or more")
        if (seeds or checkpoints) and (recorded or chosen.training is None):
            raise DefinitionError(
                f"{where}: nothing is trained, so there are no seeds or checkpoints to choose",
                "leave --seeds and --checkpoints out, or take another profile",
            )
        return Definition(self, chosen, tuple(seeds), checkpoints)
