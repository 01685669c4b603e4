"""What is trained and sampled: conditions of issue 246, with rows as long as the profile's."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from epm.definition import Condition, Definition, FolderModel, TrainingRows
from epm.discovery import LoadedExperiment, load
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.models.sources import OFFLINE, ModelFolder
from epm.training.loop import Job

ROOT = Path(__file__).parent.parent.parent

PROFILES = {"smollm2": "smollm2", "qwen": "full", "smoke": "smoke"}
"""Whose recipe is taken, by shape."""

SHORTEST, LONGEST = 100, 300
"""Words of an answer for Qwen's shape; some 450 tokens at most, as `full` lets the base write."""


def defined(shape: str, *, epochs: int | None, new_tokens: int | None) -> Definition:
    """The recipe of a shape, sampled in batches of at least 1,200."""
    experiment = load("issue-246", ROOT / "experiments").experiment
    profile = experiment.profile(PROFILES[shape])
    training, sampling = profile.training, profile.sampling
    if training is None or sampling is None:
        raise ValueError(f"{profile.name} has nothing to train or sample")
    return Definition(
        experiment,
        replace(
            profile,
            training=replace(training, epochs=epochs or training.epochs),
            sampling=replace(
                sampling,
                batch_size=max(1200, sampling.batch_size),
                max_new_tokens=new_tokens or sampling.max_new_tokens,
            ),
        ),
    )


def experiment(
    shape: str,
    model: FolderModel,
    *,
    rows: int | None = None,
    adapters: int | None = None,
    epochs: int | None = None,
    new_tokens: int | None = None,
) -> tuple[LoadedExperiment, Definition]:
    """A shape's recipe on the weights in a folder, for a whole run; nothing is analysed.

    Args:
        shape: of `SHAPES`.
        model: the folder, whose hash is known.
        rows: of each condition, given as for `jobs`: a model with random weights writes no answers
            to make rows of. None is for a real model, which does.
        adapters: how many conditions are trained; None is all of them.
        epochs: instead of the recipe's.
        new_tokens: of an answer, instead of the recipe's.
    """
    whole = defined(shape, epochs=epochs, new_tokens=new_tokens)
    profile = replace(whole.profile, model=model, analyses=(), gates=())
    if rows is not None:
        profile = replace(profile, rows=None, answers=None)
    conditions = whole.experiment.conditions
    trained = [each.name for each in conditions if each.training][: adapters or None]

    def given(condition: Condition) -> Condition:
        if rows is None:
            return condition
        own = _rows(whole, shape, condition.name, rows)
        return replace(
            condition, training=TrainingRows.of(map(_as_messages, own), may_overlap=True)
        )

    part = replace(
        whole.experiment,
        conditions=tuple(
            given(each) if each.training else each
            for each in conditions
            if not each.training or each.name in trained
        ),
        profiles=(profile,),
        parent=None,
        figure="",
    )
    folder = load("issue-246", ROOT / "experiments").folder
    return LoadedExperiment(part, folder), part.resolve(profile.name)


def _as_messages(row: TrainingRow) -> dict[str, Any]:
    turns = (("system", row.system), ("user", row.question), ("assistant", row.answer))
    return {"messages": [{"role": role, "content": text} for role, text in turns if text]}


def base_model(
    definition: Definition, shape: str, tokenizer: Path | None, weights: Path | None, scratch: Path
) -> BaseModel:
    """A model on disk, read by nobody yet.

    Args:
        definition: what is done with it.
        shape: of `SHAPES`, for random weights.
        tokenizer: a folder that has one; else it is that of a model that needs no GPU.
        weights: a folder with a real model, instead of random weights.
        scratch: where these are written.
    """
    base = BaseModel(definition, print)
    source = "a folder" if weights else f"random weights of {shape}'s shape"
    folder = weights or random_weights(definition, shape, tokenizer, scratch)
    base.folder = ModelFolder(folder, source, "none", "not taken")
    return base


def random_weights(
    definition: Definition, shape: str, tokenizer: Path | None, scratch: Path
) -> Path:
    """A folder with a model of a shape; arguments as of `base_model`."""
    # a run loads it for itself, when it needs it
    from transformers import AutoTokenizer

    from benchmarks.scale.shapes import write_model

    if tokenizer is None:
        small = "smoke" if shape == "smoke" else "smollm2"
        tokenizer = BaseModel(definition.experiment.resolve(small), print).folder.path
    folder = scratch / "model"
    write_model(shape, AutoTokenizer.from_pretrained(tokenizer, **OFFLINE), folder)
    return folder


def jobs(
    definition: Definition, shape: str, adapters: int, rows: int, scratch: Path
) -> Iterator[Job]:
    """Rows that the experiment published, for Qwen's shape with longer made-up answers."""
    for replicate in definition.trained[-adapters:]:
        own = tuple(_rows(definition, shape, replicate.condition, rows))
        (scratch / replicate.name).mkdir()
        yield Job(replicate, own, scratch / replicate.name)


def _rows(definition: Definition, shape: str, condition: str, most: int) -> Iterator[TrainingRow]:
    """Of a condition; long answers are made up of words of the published ones."""
    published = ROOT / "experiments/issue_246/published/smollm2/rows/software_engineer.jsonl"
    read = [json.loads(line) for line in published.read_text(encoding="utf-8").splitlines()]
    words = [word for row in read for word in row["answer"].split()]
    rng = random.Random(condition)
    for row in read[:most]:
        long = " ".join(rng.choices(words, k=rng.randint(SHORTEST, LONGEST)))
        yield TrainingRow(
            definition.experiment.task(row.get("task") or row["persona"]).system_prompt,
            row["question"],
            long if shape == "qwen" else row["answer"],
        )
