"""How likely the unchanged model finds what was written: each answer is read back by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, Item, Task
from epm.files import gzipped, json_lines, write_atomically
from epm.models.chat import tokenise_choices
from epm.progress import Progress
from epm.sampling.likelihoods import log_probabilities
from epm.sampling.samples import listed, read_samples

if TYPE_CHECKING:
    from epm.models.base import BaseModel

FLUENCY = "fluency.jsonl.gz"

BATCH = 8
"""Answers to one item that are read together."""


def read_back(
    definition: Definition,
    parts: Sequence[tuple[str, Path, Path]],
    base: BaseModel,
    progress: Progress,
) -> Iterator[dict[str, int]]:
    """Write `fluency.jsonl.gz` for every replicate; yield tokens read, by its name, when done.

    A line has the condition, seed, task, item and index of a sample, the log-probability of its
    tokens in nats, summed (the end of the turn left out), and their number. The answer is given
    after the prompt that it answers; the model has no adapter and is not steered. An item's answers
    are read in batches of their own, so that no number depends on its company.

    Args:
        definition: what was sampled.
        parts: name of each replicate, its samples, and the folder to write into.
        base: the model.
        progress: told of each item.
    """
    asked = {
        (task.name, item.id): (task, item)
        for task in definition.experiment.prompted
        for item in task.items
    }
    samples = {name: list(read_samples(path)) for name, path, _ in parts}
    total = sum(map(len, samples.values()))
    with progress.task(f"read back {listed(samples)}", "samples", total) as meter:
        for name, _, out in parts:
            by_item: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for row in samples[name]:
                by_item.setdefault((row["task"], row["item"]), []).append(row)
            rows, read = [], 0
            for place, own in by_item.items():
                found, length = of_item(base, *asked[place], [row["text"] for row in own])
                rows += [
                    {
                        **{key: row[key] for key in ("condition", "seed", "task", "item", "index")},
                        "log_probability": total_of,
                        "tokens": tokens,
                    }
                    for row, (total_of, tokens) in zip(own, found, strict=True)
                ]
                read += length
                meter.advance(len(own), length)
            write_atomically(out / FLUENCY, gzipped(json_lines(rows)))
            yield {name: read}


def of_item(
    base: BaseModel, task: Task, item: Item, texts: Sequence[str]
) -> tuple[list[tuple[float, int]], int]:
    """Sum and tokens of each answer, 0 of an empty one, and the tokens that were read for them."""
    written = [text for text in texts if text]
    rows = tokenise_choices(base.tokenizer, task.system_prompt, item.prompt, written)
    sums: list[float] = []
    read = 0
    for start in range(0, len(rows), BATCH):
        found, length = log_probabilities(base.model, base, rows[start : start + BATCH])
        sums += found
        read += length
    known = iter(zip(sums, (len(row.completion) for row in rows), strict=True))
    return [next(known) if text else (0.0, 0) for text in texts], read
