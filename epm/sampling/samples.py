"""Sample every condition on every task, and keep what was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from epm.definition import Condition, Definition, Replicate, derive_seed
from epm.files import gzipped, json_lines, read_json_lines, write_atomically
from epm.models.steering import Steered
from epm.progress import Progress
from epm.sampling import Completion, CompletionsByName, Engine, Prompt, SamplingRequest

SAMPLES = "samples.jsonl.gz"
CHECKPOINTS = "checkpoints.jsonl.gz"
"""Samples that were drawn during training, with their scores; a run folder alone has them."""


@dataclass(frozen=True)
class Subject:
    """An adapter, or the model as it is, to be sampled into a folder."""

    replicate: Replicate
    adapter: Path | None
    out: Path
    merged: tuple[Path, ...] = ()
    """Adapters that are merged into the model before its own."""
    steering: Steered | None = None


def prompts(definition: Definition, condition: Condition) -> tuple[Prompt, ...]:
    """All that a condition is asked, task by task."""
    return tuple(
        Prompt(asked.task.name, asked.task.system_prompt, item, asked.completions)
        for asked in definition.asked(condition)
        for item in asked.items
    )


def target_prompts(definition: Definition, condition: Condition) -> tuple[Prompt, ...]:
    """What a condition is asked of its target."""
    return tuple(
        prompt for prompt in prompts(definition, condition) if prompt.task == condition.target
    )


def sample(
    definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
) -> Iterator[dict[str, int]]:
    """Write `samples.jsonl.gz` for every subject; yield tokens generated, by its name, when done.

    A line has the condition, seed, task, item, sample index, text, token count and finish reason.
    """
    named = {subject.replicate.name: subject for subject in subjects}
    asked = [
        SamplingRequest(
            name,
            subject.adapter,
            prompts(definition, definition.experiment.condition(subject.replicate.condition)),
            derive_seed(subject.replicate.seed, "sample", subject.replicate.condition),
            subject.merged,
            subject.steering,
        )
        for name, subject in named.items()
    ]
    for answered in metered(definition, f"sample {listed(named)}", asked, engine, progress):
        for name, completions in answered.items():
            rows = sample_rows(named[name].replicate, completions)
            write_atomically(named[name].out / SAMPLES, gzipped(json_lines(rows)))
        yield {name: sum(c.tokens for c in completions) for name, completions in answered.items()}


def metered(
    definition: Definition,
    title: str,
    asked: Sequence[SamplingRequest],
    engine: Engine,
    progress: Progress,
) -> Iterator[CompletionsByName]:
    """Ask the engine under a meter that counts completions."""
    total = sum(prompt.completions for each in asked for prompt in each.prompts)
    with progress.task(title, "samples", total) as meter:
        yield from engine.sample(asked, definition.sampling, meter.advance)


def listed(names: Iterable[str]) -> str:
    """'a', 'a and b', or how many there are."""
    names = list(names)
    return " and ".join(names) if len(names) < 3 else f"{len(names)} conditions"


def sample_rows(replicate: Replicate, completions: Iterable[Completion]) -> list[dict[str, Any]]:
    """The lines of a samples file."""
    return [
        {"condition": replicate.condition, "seed": replicate.seed, **asdict(completion)}
        for completion in completions
    ]


def read_samples(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a samples file, also of one that called tasks personas and items questions."""
    for row in read_json_lines(path):
        if "persona" in row:
            row = {"task": row.pop("persona"), "item": row.pop("question"), **row}
        if "marker" in row:
            row["scores"] = {"marker": row.pop("marker")}
        yield row
