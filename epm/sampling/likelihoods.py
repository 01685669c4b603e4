"""How likely each choice of an item is as the model's answer: nothing is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, Item, Task
from epm.files import gzipped, json_lines, write_atomically
from epm.models.chat import TokenisedRow, tokenise_choices
from epm.models.steering import steering
from epm.progress import Progress
from epm.sampling.samples import Subject, listed

if TYPE_CHECKING:
    from epm.models.base import BaseModel

LIKELIHOODS = "likelihoods.jsonl.gz"


def weigh(
    definition: Definition, subjects: Sequence[Subject], base: BaseModel, progress: Progress
) -> Iterator[dict[str, int]]:
    """Write `likelihoods.jsonl.gz` for every subject; yield tokens read, by its name, when done.

    A line has the condition, seed, task and item, and of each choice the log-probability, summed
    over its tokens (the end of the turn left out), and the number of tokens. An item's choices are
    one batch whatever else is weighed, so that no number depends on its company.
    """
    named = {subject.replicate.name: subject for subject in subjects}
    asked = {
        name: [
            (part.task, item)
            for part in definition.asked(definition.experiment.condition(s.replicate.condition))
            for item in part.items
            if item.choices
        ]
        for name, s in named.items()
    }
    total = sum(map(len, asked.values()))
    with progress.task(f"weigh the choices of {listed(named)}", "items", total) as meter:
        for name, subject in named.items():
            rows, read = [], 0
            own = (subject.adapter,) if subject.adapter else ()
            merged = base.with_merged(*subject.merged, *own)
            with merged as model, steering(model, [subject.steering]):
                for task, item in asked[name]:
                    sums, tokens, length = weighed(model, base, task, item)
                    rows.append(
                        {
                            "condition": subject.replicate.condition,
                            "seed": subject.replicate.seed,
                            "task": task.name,
                            "item": item.id,
                            "log_likelihoods": sums,
                            "tokens": tokens,
                        }
                    )
                    read += length
                    meter.advance(1, length)
            write_atomically(subject.out / LIKELIHOODS, gzipped(json_lines(rows)))
            yield {name: read}


def weighed(
    model: Any, base: BaseModel, task: Task, item: Item
) -> tuple[list[float], list[int], int]:
    """Log-probability and tokens of each of an item's choices, and all tokens that were read."""
    rows = tokenise_choices(base.tokenizer, task.system_prompt, item.prompt, item.choices)
    sums, read = log_probabilities(model, base, rows)
    return sums, [len(row.completion) for row in rows], read


def log_probabilities(
    model: Any, base: BaseModel, rows: Sequence[TokenisedRow]
) -> tuple[list[float], int]:
    """Log-probability of each completion after the prompt that all share, and the tokens read.

    In nats, summed over the completion's tokens. The rows are one batch.
    """
    import torch

    width = max(map(len, rows))
    pad = base.tokenizer.pad_token_id
    # with causal attention no token sees the padding after it
    ids = torch.tensor([[*r.prompt, *r.completion, *[pad] * (width - len(r))] for r in rows])
    # a token is predicted where the one before it stands; the prompt is the same in all rows
    kept = width - len(rows[0].prompt) + 1
    with torch.inference_mode():
        output = model(input_ids=ids.to(base.device), use_cache=False, logits_to_keep=kept)
        logs = torch.log_softmax(output.logits.float(), dim=-1).cpu()
    sums = []
    for number, row in enumerate(rows):
        count = len(row.completion)
        found = logs[number, :count][torch.arange(count), torch.tensor(row.completion)]
        sums.append(float(found.double().sum()))
    return sums, width * len(rows)
