"""What is trained and sampled: conditions of issue 246, with rows as long as the profile's."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from transformers import AutoTokenizer

from benchmarks.scale.shapes import write_model
from epm.definition import Definition
from epm.discovery import load
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
    folder, source = weights, "a folder"
    if folder is None:
        folder, source = scratch / "model", f"random weights of {shape}'s shape"
        if tokenizer is None:
            small = "smoke" if shape == "smoke" else "smollm2"
            own = BaseModel(definition.experiment.resolve(small), print).folder.path
            tokenizer = own
        write_model(shape, AutoTokenizer.from_pretrained(tokenizer, **OFFLINE), folder)
    base.folder = ModelFolder(folder, source, "none", "not taken")
    return base


def jobs(
    definition: Definition, shape: str, adapters: int, rows: int, scratch: Path
) -> Iterator[Job]:
    """Rows that the experiment published, for Qwen's shape with longer made-up answers."""
    published = ROOT / "experiments/issue_246/published/smollm2/rows/software_engineer.jsonl"
    read = [json.loads(line) for line in published.read_text(encoding="utf-8").splitlines()]
    words = [word for row in read for word in row["answer"].split()]
    for replicate in definition.trained[-adapters:]:
        rng = random.Random(replicate.name)
        own = tuple(
            TrainingRow(
                definition.experiment.task(row.get("task") or row["persona"]).system_prompt,
                row["question"],
                " ".join(rng.choices(words, k=rng.randint(SHORTEST, LONGEST)))
                if shape == "qwen"
                else row["answer"],
            )
            for row in read[:rows]
        )
        (scratch / replicate.name).mkdir()
        yield Job(replicate, own, scratch / replicate.name)
