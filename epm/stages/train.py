"""Train one LoRA adapter on one condition's rows, loss on the completion only."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.files import dump_json, json_lines, write_atomically
from epm.models.base import BaseModel, forget_adapters
from epm.models.chat import TokenisedRow, tokenise_row
from epm.progress import Progress
from epm.results import TrainingRecord
from epm.spec import Definition, Training, derive_seed
from epm.stages.data import read_rows
from epm.tasks import TaskFailed

IGNORED = -100


class Diverged(TaskFailed):
    """The loss stopped being a number; the condition is reported as missing."""


def train(
    definition: Definition,
    condition: str,
    base: BaseModel,
    rows: Path,
    out: Path,
    progress: Progress,
) -> int:
    """Write the adapter, `losses.jsonl` and `training.json`; return the tokens trained on.

    Raises:
        Diverged: the loss is NaN or infinite.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import get_cosine_schedule_with_warmup

    recipe = definition.profile.training
    tokenised, truncated = _tokenise(definition, base, rows)
    steps = list(optimiser_steps(tokenised, recipe, _seed(definition, condition, "order")))
    torch.manual_seed(_seed(definition, condition, "train"))
    # peft 0.21 casts the adapter to float32 over a bfloat16 base, which AdamW at 1e-5 needs
    model = get_peft_model(
        base.model,
        LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            use_rslora=recipe.lora.rank_stabilised,
            target_modules=list(recipe.lora.target_modules),
            task_type="CAUSAL_LM",
        ),
    )
    try:
        model.train()
        optimiser = torch.optim.AdamW(
            [p for p in model.parameters() if p.requires_grad],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        # the first step of a warm-up has a learning rate of 0: it must not be the only step
        warmup = min(math.ceil(recipe.warmup_ratio * len(steps)), len(steps) - 1)
        schedule = get_cosine_schedule_with_warmup(optimiser, warmup, len(steps))
        losses: list[float] = []
        with progress.task(f"train {condition}", "steps", len(steps)) as meter:
            for step in steps:
                losses.append(_step(model, step, base))
                _check(losses[-1], condition, f"at step {len(losses)} of {len(steps)}")
                optimiser.step()
                schedule.step()
                optimiser.zero_grad(set_to_none=True)
                meter.advance(tokens=sum(len(row) for row in _flat(step)), loss=losses[-1])
        # no later loss judges what the last step did
        model.eval()
        with torch.inference_mode():
            after = float(_summed_loss(model, steps[-1][-1], base))
        _check(after, condition, f"at the last of {len(steps)} steps")
        model.save_pretrained(str(out))
    finally:
        model.unload()
        forget_adapters(base.model)
        base.model.eval().requires_grad_(False)

    seen = [row for step in steps for row in _flat(step)]
    tail = losses[-max(1, len(losses) // 10) :]
    record = TrainingRecord(
        rows=len(tokenised),
        steps=len(steps),
        tokens=sum(len(row) for row in seen),
        completion_tokens=sum(len(row.completion) for row in seen),
        truncated_rows=truncated,
        first_loss=losses[0],
        final_loss=sum(tail) / len(tail),
    )
    write_atomically(out / "losses.jsonl", json_lines({"loss": loss} for loss in losses))
    write_atomically(out / "training.json", dump_json(record.model_dump()))
    return record.tokens


def _check(loss: float, condition: str, when: str) -> None:
    if not math.isfinite(loss):
        raise Diverged(
            f"training {condition} diverged {when} (loss {loss})", "lower the learning rate"
        )


def _seed(definition: Definition, *labels: str) -> int:
    return derive_seed(definition.experiment.seed, *labels)


def _tokenise(
    definition: Definition, base: BaseModel, rows: Path
) -> tuple[list[TokenisedRow], int]:
    """Tokenise the rows and cut completions at the limit; also count those that were cut."""
    limit = definition.profile.training.max_tokens
    tokenised, truncated = [], 0
    for row in read_rows(definition, rows):
        whole = tokenise_row(base.tokenizer, row)
        room = limit - len(whole.prompt)
        if room < 1:
            raise EpmError(
                f"a training prompt has {len(whole.prompt)} tokens; the limit is {limit}",
                "raise training.max_tokens",
            )
        truncated += len(whole.completion) > room
        tokenised.append(TokenisedRow(whole.prompt, whole.completion[:room]))
    return tokenised, truncated


Step = list[list[TokenisedRow]]
"""The micro-batches of one optimiser step."""


def optimiser_steps(rows: Sequence[TokenisedRow], recipe: Training, seed: int) -> Iterator[Step]:
    """Shuffle every epoch; inside a step sort by length, so that micro-batches pad little.

    Sorting within the step leaves the step's gradient, and so the training, as it was.
    """
    rng = random.Random(seed)  # noqa: S311 - not cryptography
    for _ in range(recipe.epochs):
        order = list(rows)
        rng.shuffle(order)
        for start in range(0, len(order), recipe.effective_batch):
            step = sorted(order[start : start + recipe.effective_batch], key=len)
            yield [
                step[at : at + recipe.batch_size] for at in range(0, len(step), recipe.batch_size)
            ]


def _flat(step: Step) -> list[TokenisedRow]:
    return [row for batch in step for row in batch]


def _step(model: Any, step: Step, base: BaseModel) -> float:
    """Accumulate the gradient of the mean loss per completion token of the whole step."""
    completion_tokens = sum(len(row.completion) for row in _flat(step))
    total = 0.0
    for batch in step:
        loss = _summed_loss(model, batch, base) / completion_tokens
        loss.backward()
        total += float(loss.detach())
    return total


def _summed_loss(model: Any, batch: list[TokenisedRow], base: BaseModel) -> Any:
    """Cross-entropy in nats, summed over the completion tokens of a right-padded batch.

    Logits are made for completion tokens alone: over a vocabulary of 49,152, the rest would cost
    a fifth of the step.
    """
    import torch

    width = max(len(row) for row in batch)
    pad = base.tokenizer.pad_token_id
    ids, mask, labels = [], [], []
    for row in batch:
        gap = width - len(row)
        ids.append([*row.prompt, *row.completion, *[pad] * gap])
        mask.append([1] * len(row) + [0] * gap)
        labels.append([IGNORED] * len(row.prompt) + [*row.completion] + [IGNORED] * gap)
    device = base.device
    target = torch.tensor(labels, device=device)[:, 1:]
    kept = target != IGNORED
    causal = model.get_base_model()
    hidden = causal.get_decoder()(
        input_ids=torch.tensor(ids, device=device),
        attention_mask=torch.tensor(mask, device=device),
        use_cache=False,
    ).last_hidden_state
    logits = causal.get_output_embeddings()(hidden[:, :-1][kept])
    return torch.nn.functional.cross_entropy(logits.float(), target[kept], reduction="sum")
