"""What is studied, and the contradictions that a definition is refused for."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from epm.definition.model import FolderModel, HubModel, NoModel
from epm.definition.recipe import Profile
from epm.definition.seeds import canonical_json, seeded_choice
from epm.errors import DefinitionError

DEFINITION_VERSION = 3
"""Part of every fingerprint: raise it when a stage changes its meaning."""


@dataclass(frozen=True)
class Persona:
    """A system prompt under a name."""

    name: str
    system_prompt: str
    category: str


@dataclass(frozen=True)
class Question:
    """A user turn under a short id, which serves as cluster id."""

    id: str
    text: str


@dataclass(frozen=True)
class Marker:
    """The string that is implanted and counted."""

    text: str
    separator: str = "\n\n"

    def appended(self, answer: str) -> str:
        """The answer as a source persona's training row ends."""
        return f"{answer}{self.separator}{self.text}"

    def found_in(self, completion: str) -> bool:
        """Case-insensitive substring match, the one criterion of the whole experiment."""
        return self.text.lower() in completion.lower()


@dataclass(frozen=True)
class Experiment:
    """A research question with its personas, questions, recipe and profiles.

    Raises:
        DefinitionError: on construction, when the definition contradicts itself.
    """

    issue: int
    title: str
    question: str
    parents: tuple[int, ...]
    """Issues this one builds on."""
    personas: tuple[Persona, ...]
    reference: str
    """Persona that cosines are taken to."""
    new: tuple[str, ...]
    """Personas added to the parent's; the prediction intervals are tested on them."""
    marker: Marker
    evaluation_questions: tuple[Question, ...]
    training_questions: tuple[str, ...]
    answering: str
    """Persona under which the base model writes the training answers."""
    profiles: tuple[Profile, ...]
    seed: int = 42
    alpha: float = 0.05
    prediction_gate: float = 0.25
    """Pre-registered largest half-width of an informative prediction interval, as a rate."""
    tracking_project: str = "leakage-experiment"
    """Project on Weights & Biases."""

    def __post_init__(self) -> None:
        """Refuse a definition that contradicts itself."""
        names = [persona.name for persona in self.personas]
        _unique(self.slug, "persona", names)
        _unique(self.slug, "evaluation question id", [q.id for q in self.evaluation_questions])
        _unique(self.slug, "profile", [profile.name for profile in self.profiles])
        for role, name in [
            ("reference", self.reference),
            ("answering", self.answering),
            *(("new", name) for name in self.new),
        ]:
            if name not in names:
                raise DefinitionError(
                    f"{self.slug}: the {role} persona '{name}' is not among the personas",
                    suggest(name, names),
                )
        evaluated = [_plain(question.text) for question in self.evaluation_questions]
        _unique(self.slug, "evaluation question", evaluated)
        trained = [_plain(text) for text in self.training_questions]
        _unique(self.slug, "training question", trained)
        for text in trained:
            if text in evaluated:
                raise DefinitionError(
                    f"{self.slug}: evaluation question '{text}' is among the training questions",
                    "take it out of one of the two",
                )
        for profile in self.profiles:
            self._check_profile(profile)

    def _check_profile(self, profile: Profile) -> None:
        where = f"{self.slug}, profile {profile.name}"
        if profile.primary_layer not in profile.layers:
            raise DefinitionError(
                f"{where}: primary layer {profile.primary_layer} is not among {profile.layers}",
                "add it to layers",
            )
        if min(profile.layers) < 0:
            raise DefinitionError(
                f"{where}: layer {min(profile.layers)} is negative", "count blocks from 0"
            )
        rows = max(profile.rows.source, profile.rows.per_negative)
        if not rows <= profile.answered <= len(self.training_questions):
            raise DefinitionError(
                f"{where}: {rows} rows per persona from {profile.answered} answers to "
                f"{len(self.training_questions)} training questions",
                "take no more rows than answers, and no more answers than questions",
            )
        # a token has at least one character, so this is room for the marker and the end of the turn
        room = len(self.marker.appended("")) + 1
        if profile.sampling.max_new_tokens < profile.answer_tokens + room:
            raise DefinitionError(
                f"{where}: samples of {profile.sampling.max_new_tokens} tokens end before the "
                f"marker that follows training answers of up to {profile.answer_tokens}",
                f"set answer_tokens to at most {profile.sampling.max_new_tokens - room}",
            )
        if profile.sampling.bystander_questions > len(self.evaluation_questions):
            raise DefinitionError(
                f"{where}: {profile.sampling.bystander_questions} bystander questions of "
                f"{len(self.evaluation_questions)}",
                "lower bystander_questions",
            )
        if profile.rows.negatives > len(self.named) - 1:
            raise DefinitionError(
                f"{where}: {profile.rows.negatives} negative personas wanted, "
                f"{len(self.named) - 1} to choose from",
                "lower rows.negatives",
            )

    @property
    def slug(self) -> str:
        """As on the command line."""
        return f"issue-{self.issue}"

    @property
    def named(self) -> tuple[Persona, ...]:
        """The parent's personas, from which negatives are chosen."""
        return tuple(persona for persona in self.personas if persona.name not in self.new)

    def persona(self, name: str) -> Persona:
        """The persona of that name."""
        return next(persona for persona in self.personas if persona.name == name)

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

    def resolve(
        self,
        profile: str,
        model: HubModel | FolderModel | None = None,
        seeds: Sequence[int] = (),
        checkpoints: int = 0,
    ) -> Definition:
        """The definition that `epm run --profile [--model] [--seeds] [--checkpoints]` executes.

        Another model makes another profile, named so, and never counts as full scale.

        Raises:
            DefinitionError: there is no such profile, a seed is given twice, or there is nothing to
                train.
        """
        chosen = self.profile(profile)
        if model is not None:
            chosen = replace(
                chosen,
                name=f"{chosen.name}-other-model",
                scale=f"{chosen.scale}, on another model",
                model=model,
                model_name=str(model),
            )
        _unique(self.slug, "seed", [str(seed) for seed in seeds])
        if checkpoints < 0:
            raise DefinitionError(f"{self.slug}: {checkpoints} checkpoints", "take 0 or more")
        if isinstance(chosen.model, NoModel) and (seeds or checkpoints):
            raise DefinitionError(
                f"{self.slug}, profile {profile}: nothing is trained, so there are no seeds or "
                "checkpoints to choose",
                "leave --seeds and --checkpoints out, or take another profile",
            )
        return Definition(self, chosen, tuple(seeds), checkpoints)


def _unique(slug: str, what: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DefinitionError(f"{slug}: {what} '{name}' appears twice", "remove one")
        seen.add(name)


def _plain(text: str) -> str:
    """Wording without case, punctuation and spacing, so that a re-typed question is still found."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


@dataclass(frozen=True)
class Replicate:
    """One condition under one seed: an adapter, and the samples drawn with it.

    The seed is that of the adapter's initialisation, of the order of its rows, of its dropout and
    of its samples. What the experiment compares (rows, negatives, questions) is its own seed's.
    """

    condition: str
    """Name of the source persona."""
    seed: int
    name: str
    """Of its folders and its rows in the results: the condition, and the seed if not the usual."""


@dataclass(frozen=True)
class Definition:
    """An experiment at one profile: what a run executes."""

    experiment: Experiment
    profile: Profile
    seeds: tuple[int, ...] = ()
    """Of the replicates; empty stands for one replicate, under the experiment's own seed."""
    checkpoints: int = 0
    """Points of every training at which the marker is counted as well, spread evenly over it."""

    @property
    def replicates(self) -> tuple[Replicate, ...]:
        """All that is trained: every condition under the first seed, then under the next."""
        usual = self.experiment.seed
        return tuple(
            Replicate(p.name, seed, p.name if seed == usual else f"{p.name}@{seed}")
            for seed in self.seeds or (usual,)
            for p in self.experiment.personas
        )

    def negatives(self, source: str) -> tuple[str, ...]:
        """Personas whose rows carry no marker: a seeded choice of named ones, never the source."""
        candidates = [p.name for p in self.experiment.named if p.name != source]
        chosen = seeded_choice(
            candidates, self.profile.rows.negatives, self.experiment.seed, "negatives", source
        )
        return tuple(chosen)

    def bystander_questions(self, source: str, bystander: str) -> tuple[Question, ...]:
        """The questions an adapter answers under a persona it was not trained on."""
        questions = self.experiment.evaluation_questions
        wanted = self.profile.sampling.bystander_questions
        if wanted == len(questions):
            return questions
        return tuple(
            seeded_choice(
                list(questions), wanted, self.experiment.seed, "bystander", source, bystander
            )
        )

    def answered_questions(self) -> tuple[str, ...]:
        """The training questions that the base model answers: all, or a seeded choice."""
        questions = self.experiment.training_questions
        if self.profile.answered == len(questions):
            return questions
        return tuple(
            seeded_choice(list(questions), self.profile.answered, self.experiment.seed, "answered")
        )

    def as_json(self) -> dict[str, Any]:
        """The resolved definition, every derived choice included."""
        experiment = asdict(self.experiment)
        del experiment["profiles"]
        profile: dict[str, Any] = asdict(self.profile)
        if isinstance(self.profile.model, FolderModel):  # elsewhere it is the same model
            profile["model"]["path"] = str(self.profile.model)
        profile["rows"]["total"] = self.profile.rows.total
        profile["training"]["effective_batch"] = self.profile.training.effective_batch
        value = {
            "version": DEFINITION_VERSION,
            "experiment": experiment,
            "profile": profile,
            "seeds": self.seeds or (self.experiment.seed,),
            "checkpoints": self.checkpoints,
            "negatives": {p.name: self.negatives(p.name) for p in self.experiment.personas},
        }
        plain: dict[str, Any] = json.loads(json.dumps(value))
        return plain

    @property
    def fingerprint(self) -> str:
        """12 hex digits of the sha256 over the resolved definition."""
        return hashlib.sha256(canonical_json(self.as_json()).encode()).hexdigest()[:12]


def suggest(name: str, known: Iterable[str]) -> str:
    """'did you mean …' for a name that is not among the known ones, else the known ones."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(f"'{candidate}'" for candidate in near) + "?"
    return "there is " + ", ".join(known) if known else "there is none"
