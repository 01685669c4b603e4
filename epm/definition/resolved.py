"""An experiment at one profile: what a run executes, hashed and printed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.conditions import Condition, MarkerRows
from epm.definition.covariates import CovariateSource
from epm.definition.inspect_tasks import InspectTask
from epm.definition.judge_models import Endpoint, LocalJudge
from epm.definition.judges import Judge
from epm.definition.model import FolderModel
from epm.definition.overrides import Override
from epm.definition.profile import Profile, Sampling, Training
from epm.definition.scorers import Function, Scorer
from epm.definition.seeds import canonical_json, seeded_choice
from epm.definition.tasks import Item, Task
from epm.definition.training_rows import TrainingRows
from epm.errors import DefinitionError

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

T = TypeVar("T")

DEFINITION_VERSION = 4
"""Part of every fingerprint: raise it when a stage changes its meaning."""


@dataclass(frozen=True)
class Replicate:
    """One condition under one seed: an adapter, where one is trained, and the samples drawn.

    The seed is that of the adapter's initialisation, of the order of its rows, of its dropout and
    of its samples. What the experiment compares (rows, negatives, items) is its own seed's.
    """

    condition: str
    seed: int
    name: str
    """Of its folders: the condition, and the seed if not the usual."""


@dataclass(frozen=True)
class Asked:
    """What one condition is asked of one task."""

    task: Task
    items: tuple[Item, ...]
    completions: int
    """Of each item."""


@dataclass(frozen=True)
class Definition:
    """An experiment at one profile: what a run executes."""

    experiment: Experiment
    profile: Profile
    seeds: tuple[int, ...] = ()
    """Of the replicates that are trained; empty stands for one, under the experiment's own seed."""
    checkpoints: int = 0
    """Points of every training at which samples are drawn as well, spread evenly over it."""
    overrides: tuple[Override, ...] = ()
    """Settings that the command line changed; the experiment and the profile have them already."""

    # ---------------------------------------------------------------- what is run

    @property
    def trained(self) -> tuple[Replicate, ...]:
        """All that is trained: every condition under the first seed, then under the next."""
        usual = self.experiment.seed
        return tuple(
            Replicate(c.name, seed, c.name if seed == usual else f"{c.name}@{seed}")
            for seed in self.seeds or (usual,)
            for c in self.experiment.conditions
            if c.training
        )

    @property
    def untrained(self) -> tuple[Replicate, ...]:
        """The conditions that are the model as it is, once each."""
        return tuple(
            Replicate(c.name, self.experiment.seed, c.name)
            for c in self.experiment.conditions
            if not c.training
        )

    @property
    def training(self) -> Training:
        """How adapters are trained.

        Raises:
            DefinitionError: nothing is trained at this scale.
        """
        return self._given(self.profile.training, "is trained")

    @property
    def sampling(self) -> Sampling:
        """How completions are drawn.

        Raises:
            DefinitionError: nothing is sampled at this scale.
        """
        return self._given(self.profile.sampling, "is sampled")

    def _given(self, part: T | None, what: str) -> T:
        if part is None:
            raise DefinitionError(
                f"{self.experiment.slug}, profile {self.profile.name}: nothing {what}",
                "take another profile",
            )
        return part

    @property
    def analyses(self) -> tuple[AnalysisSpec, ...]:
        """At this scale."""
        return self.experiment.analyses_of(self.profile)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """At this scale."""
        return self.experiment.gates_of(self.profile)

    @property
    def builder(self) -> MarkerRows | None:
        """What makes training rows of the model's own answers; None where nothing does."""
        made = (c.training for c in self.experiment.conditions)
        return next((rows for rows in made if isinstance(rows, MarkerRows)), None)

    def negatives(self, condition: Condition) -> tuple[str, ...]:
        """Tasks whose rows teach the absence of the marker: a seeded choice, never the target."""
        if not isinstance(condition.training, MarkerRows):
            return ()
        candidates = [name for name in condition.training.candidates if name != condition.target]
        wanted, seed = condition.training.negatives, self.experiment.seed
        return tuple(seeded_choice(candidates, wanted, seed, "negatives", condition.name))

    def before(self, replicate: Replicate) -> tuple[Replicate, ...]:
        """Whose adapters are merged before its own is trained, or sampled: the first one first."""
        after = self.experiment.condition(replicate.condition).after
        if after is None:
            return ()
        below = next(
            each for each in self.trained if each.condition == after and each.seed == replicate.seed
        )
        return (*self.before(below), below)

    @property
    def steered(self) -> tuple[Replicate, ...]:
        """Those whose activations are moved while they are sampled."""
        every = (*self.trained, *self.untrained)
        return tuple(
            each for each in every if self.experiment.condition(each.condition).intervention
        )

    def directed_by(self, replicate: Replicate) -> tuple[Replicate, ...]:
        """Whose activations a steered one's direction is the difference of, in that order."""
        steering = self.experiment.condition(replicate.condition).intervention
        every = (*self.trained, *self.untrained)
        found = []
        for name in steering.sources() if steering else ():
            known = [each for each in every if each.condition == name]
            found.append(next((e for e in known if e.seed == replicate.seed), known[0]))
        return tuple(found)

    def needed(self, replicate: Replicate) -> tuple[Replicate, ...]:
        """Whose adapters are at hand when it is trained and sampled, beside its own."""
        sources = [each for each in self.directed_by(replicate) if each in self.trained]
        below = [each for source in sources for each in (*self.before(source), source)]
        return tuple(dict.fromkeys((*self.before(replicate), *below)))

    def asked(self, condition: Condition) -> tuple[Asked, ...]:
        """What a condition is asked, task by task.

        Its target in full, the others as off-target tasks are. A condition without a target is
        asked everything as off-target where other conditions have one, and in full where none has.
        """
        sampling = self.sampling
        ours = {task.name for task in self.experiment.prompted}
        targets = any(each.target in ours for each in self.experiment.conditions)
        return tuple(
            Asked(task, self._off_target(condition, task), sampling.off_target_completions)
            if targets and task.name != condition.target
            else Asked(task, task.items, sampling.completions)
            for task in self.experiment.prompted
            if not targets or task.name == condition.target or sampling.off_target_completions
        )

    def _off_target(self, condition: Condition, task: Task) -> tuple[Item, ...]:
        wanted = self.sampling.off_target_items
        if wanted is None or wanted == len(task.items):
            return task.items
        seed = self.experiment.seed
        return tuple(
            seeded_choice(list(task.items), wanted, seed, "bystander", condition.name, task.name)
        )

    @property
    def weighed(self) -> bool:
        """Whether some scorer asks how likely the items' choices are."""
        return any(each.needs == "log_likelihoods" for each in self.experiment.scorers)

    @property
    def judges(self) -> tuple[Judge, ...]:
        """The scorers that ask another model."""
        return tuple(each for each in self.experiment.scorers if isinstance(each, Judge))

    @property
    def read_back(self) -> bool:
        """Whether some scorer asks how likely the unchanged model finds what was written."""
        return any(each.needs == "fluency" for each in self.experiment.scorers)

    def answered_questions(self) -> tuple[str, ...]:
        """The training questions that the base model answers: all, or a seeded choice."""
        if self.builder is None or self.profile.answers is None:
            return ()
        questions, wanted = self.builder.questions, self.profile.answers.questions
        if wanted == len(questions):
            return questions
        return tuple(seeded_choice(list(questions), wanted, self.experiment.seed, "answered"))

    # ---------------------------------------------------------------- what it is known by

    def as_json(self) -> dict[str, Any]:
        """The resolved definition, every derived choice included."""
        experiment = self.experiment
        value: dict[str, Any] = plain(
            {
                **self._data(),
                "title": experiment.title,
                "question": experiment.question,
                "parents": experiment.parents,
                "parent": experiment.parent,
                "parent_names": dict(self.profile.parent_names),
                "figure": experiment.figure,
                "glossary": dict(experiment.glossary),
                "alpha": experiment.alpha,
                "scorers": experiment.scorers,
                "analyses": {spec.name: spec for spec in self.analyses},
                "gates": {gate.name: gate for gate in self.gates},
                "choices": self.profile.choices,
                **({"overrides": dict(self.overrides)} if self.overrides else {}),
                **({"training_files": files} if (files := self._training_files()) else {}),
                "profile": {
                    "name": self.profile.name,
                    "scale": self.profile.scale,
                    "confidence_cap": self.profile.confidence_cap,
                    **self._data()["profile"],
                },
            }
        )
        return value

    def _data(self) -> dict[str, Any]:
        """What the samples and covariates depend on."""
        profile, experiment = self.profile, self.experiment
        settings: dict[str, Any] = {
            name: getattr(profile, name)
            for name in (
                *("model", "model_name", "dtype", "training", "sampling"),
                *("rows", "answers", "covariates"),
            )
            if getattr(profile, name) not in (None, ())
        }
        if profile.training:
            settings["training"] = {
                **plain(profile.training),
                "effective_batch": profile.training.effective_batch,
            }
        return {
            "version": DEFINITION_VERSION,
            "issue": experiment.issue,
            "conditions": {each.name: self._condition(each) for each in experiment.conditions},
            "datasets": {
                each.dataset or each.name: {item.id: _item(item) for item in each.items}
                for each in experiment.prompted
            },
            "tasks": {
                each.name: each.as_json()
                if isinstance(each, InspectTask)
                else {
                    "dataset": each.dataset or each.name,
                    "system_prompt": each.system_prompt,
                }
                for each in experiment.tasks
            },
            **({"training_data": self.builder} if self.builder else {}),
            "seed": experiment.seed,
            "seeds": self.seeds or (experiment.seed,),
            "checkpoints": self.checkpoints,
            "profile": settings,
        }

    def _training_files(self) -> dict[str, str]:
        """What each condition's own rows are called; another name leaves the training as it is."""
        return {
            each.name: each.training.name
            for each in self.experiment.conditions
            if isinstance(each.training, TrainingRows)
        }

    def _condition(self, condition: Condition) -> dict[str, Any]:
        value: dict[str, Any] = {
            "role": condition.role,
            "target": condition.target,
            "factors": condition.levels,
            "covariates": condition.covariates,
            "negatives": self.negatives(condition),
            "after": condition.after,
        }
        if isinstance(condition.training, TrainingRows):
            value["training"] = condition.training.as_json()
        if condition.intervention:
            value["intervention"] = condition.intervention.as_json()
        return {name: part for name, part in value.items() if part}

    @property
    def fingerprint(self) -> str:
        """12 hex digits of the sha256 over the resolved definition."""
        return digest(self.as_json())

    @property
    def data_fingerprint(self) -> str:
        """The same over what the samples depend on: other analyses of them are the same run."""
        return digest(plain(self._data()))


def _item(item: Item) -> dict[str, Any]:
    parts = {
        "prompt": item.prompt,
        "answer": item.answer,
        "cluster": item.cluster,
        "choices": item.choices or None,
    }
    return {name: part for name, part in parts.items() if part is not None}


def digest(value: Any) -> str:
    """12 hex digits of the sha256 over a resolved definition, or a part of it."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:12]


def plain(value: Any) -> Any:
    """JSON of light values; a dataclass of one of several kinds says which it is."""
    if is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Function):
            value_of = {f.name: getattr(value, f.name) for f in fields(value)}
            return {"kind": "Function", **plain({**value_of, "function": value.source})}
        named = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        if isinstance(value, FolderModel):  # elsewhere it is the same model
            return {**named, "path": str(value)}
        if isinstance(value, Endpoint | LocalJudge):
            return {"kind": type(value).__name__, **plain(value.settings())}
        if isinstance(value, AnalysisSpec):
            return {"kind": value.kind, **named}
        if isinstance(value, Scorer) and value.source is not None:
            return {"kind": type(value).__name__, **named, "source": plain(value.source)}
        if isinstance(value, Scorer | MarkerRows | CovariateSource):
            return {"kind": type(value).__name__, **named}
        return named
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    json.dumps(value)
    return value
