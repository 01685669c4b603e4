"""The way of the page that epm replaces: every condition with a model and an engine of its own.

Re-read the model, train, merge, write the merged weights, start an engine on them, sample, tear it
down. The training loop is the common one: shuffled batches padded to their longest row, logits for
every token, a look at the loss after each step.
"""

from __future__ import annotations

import gc
import random
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    PreTrainedTokenizerBase,
    get_cosine_schedule_with_warmup,
)

from benchmarks.scale.ceiling import Cost
from benchmarks.scale.stages import Clock
from epm.definition import Sampling, Training
from epm.models.chat import TokenisedRow, tokenise_prompt
from epm.models.sources import OFFLINE
from epm.sampling import Prompt

IGNORED = -100


def condition(
    clock: Clock,
    way: str,
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[TokenisedRow],
    prompts: Sequence[Prompt],
    recipe: Training,
    sampling: Sampling,
    *,
    part: float,
    vllm: bool,
) -> None:
    """Do one condition; `part` is the share of its optimiser steps that is trained and scaled up.

    Args:
        clock: what measures.
        way: what it is called.
        folder: of the base model.
        tokenizer: of the model.
        rows: training rows.
        prompts: to complete.
        recipe: of the training.
        sampling: of the completions.
        part: in (0, 1].
        vllm: sample with a new vLLM engine; else with a reloaded model and `generate`.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    with clock.stage(way, "read the model"):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **OFFLINE).to(device)
    cost = Cost.of(model, recipe.lora)
    with clock.stage(way, "train") as stage:
        adapted, tokens, completion_tokens = _train(model, tokenizer, rows, recipe, part)
        stage.tokens = tokens
        length = sum(map(len, rows)) / len(rows)
        stage.operations = cost.training(tokens, completion_tokens, length)
    trained = clock.stages[-1]
    if part < 1:
        trained.note = f"{part:.0%} of the steps done, seconds scaled up"
        trained.seconds, trained.tokens = trained.seconds / part, round(trained.tokens / part)
        trained.operations /= part
    with tempfile.TemporaryDirectory(prefix="merged-") as scratch:
        with clock.stage(way, "merge and write"):
            adapted.merge_and_unload().save_pretrained(scratch)
        del model, adapted
        forget()
        for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            if (folder / name).exists():
                shutil.copy(folder / name, scratch)
        sample = _sample_with_vllm if vllm else _sample_with_generate
        sample(clock, way, Path(scratch), tokenizer, prompts, sampling, cost)
    forget()
    for stage in clock.stages:
        stage.once |= stage.way == way


def _train(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[TokenisedRow],
    recipe: Training,
    part: float,
) -> tuple[Any, int, int]:
    lora = recipe.lora
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            use_rslora=lora.rank_stabilised,
            target_modules=list(lora.target_modules),
            task_type="CAUSAL_LM",
        ),
    )
    adapted.train()
    trained = [weight for weight in adapted.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=0.0)
    order = [row for epoch in range(recipe.epochs) for row in _shuffled(rows, epoch)]
    batches = [order[at : at + recipe.batch_size] for at in range(0, len(order), recipe.batch_size)]
    steps = len(batches) // recipe.accumulation
    schedule = get_cosine_schedule_with_warmup(optimiser, round(recipe.warmup_ratio * steps), steps)
    tokens = completion_tokens = 0
    for number, batch in enumerate(batches[: max(1, round(part * len(batches)))], 1):
        ids, mask, labels = _padded(batch, tokenizer.pad_token_id, model.device)
        loss = adapted(input_ids=ids, attention_mask=mask, labels=labels).loss
        (loss / recipe.accumulation).backward()
        if number % recipe.accumulation == 0:
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
        loss.item()
        tokens += sum(map(len, batch))
        completion_tokens += sum(len(row.completion) for row in batch)
    return adapted.eval(), tokens, completion_tokens


def _shuffled(rows: Sequence[TokenisedRow], epoch: int) -> list[TokenisedRow]:
    return random.Random(epoch).sample(list(rows), len(rows))


def _padded(batch: Sequence[TokenisedRow], pad: int, device: Any) -> tuple[Any, Any, Any]:
    width = max(map(len, batch))
    ids, mask, labels = [], [], []
    for row in batch:
        gap = width - len(row)
        ids.append([*row.prompt, *row.completion, *[pad] * gap])
        mask.append([1] * len(row) + [0] * gap)
        labels.append([IGNORED] * len(row.prompt) + [*row.completion] + [IGNORED] * gap)
    ids, mask, labels = (torch.tensor(values, device=device) for values in (ids, mask, labels))
    return ids, mask, labels


def _sample_with_generate(
    clock: Clock,
    way: str,
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    cost: Cost,
) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    with clock.stage(way, "start an engine") as stage:
        stage.note = "the merged model, read again"
        model = (
            AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **OFFLINE).to(device).eval()
        )
    ids = [
        list(tokenise_prompt(tokenizer, prompt.system, prompt.item.prompt))
        for prompt in prompts
        for _ in range(prompt.completions)
    ]
    with clock.stage(way, "sample") as stage, torch.inference_mode():
        stage.note = "transformers' generate"
        for at in range(0, len(ids), sampling.batch_size):
            batch = ids[at : at + sampling.batch_size]
            width = max(map(len, batch))
            pad = tokenizer.pad_token_id
            drawn = model.generate(
                torch.tensor([[pad] * (width - len(one)) + one for one in batch], device=device),
                attention_mask=torch.tensor(
                    [[0] * (width - len(one)) + [1] * len(one) for one in batch], device=device
                ),
                do_sample=True,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=0,
                max_new_tokens=sampling.max_new_tokens,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=pad,
            )[:, width:]
            ended = (drawn == tokenizer.eos_token_id).cumsum(1).cumsum(1)
            stage.tokens += int((ended <= 1).sum())
        stage.operations = cost.sampling(stage.tokens)


def _sample_with_vllm(
    clock: Clock,
    way: str,
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    cost: Cost,
) -> None:
    """In a process of its own, because a second vLLM in one process cannot capture its graphs."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(_import_vllm).result()
        with clock.stage(way, "start an engine"):
            process.submit(_start_vllm, str(folder)).result()
        wanted = [
            (
                list(tokenise_prompt(tokenizer, prompt.system, prompt.item.prompt)),
                {
                    "n": prompt.completions,
                    "temperature": sampling.temperature,
                    "top_p": sampling.top_p,
                    "max_tokens": sampling.max_new_tokens,
                    "stop_token_ids": [tokenizer.eos_token_id],
                },
            )
            for prompt in prompts
        ]
        with clock.stage(way, "sample") as stage:
            stage.note = "vLLM, in a process of its own"
            stage.tokens = process.submit(_generate_with_vllm, wanted).result()
            stage.operations = cost.sampling(stage.tokens)
        with clock.stage(way, "close the engine"):
            process.submit(_stop_vllm).result()


_vllm: list[Any] = []
"""The engine, in the process that is its own."""


def _import_vllm() -> None:
    import_module("vllm.entrypoints.llm")


def _start_vllm(folder: str) -> None:
    from vllm import LLM

    _vllm.append(
        LLM(
            model=folder,
            generation_config="vllm",
            gpu_memory_utilization=0.8,
            trust_remote_code=False,
        )
    )


def _generate_with_vllm(wanted: Sequence[tuple[list[int], dict[str, Any]]]) -> int:
    """Tokens that were written for all prompts."""
    from vllm import SamplingParams

    ids: list[Any] = [{"prompt_token_ids": prompt} for prompt, _ in wanted]
    parameters = [SamplingParams(**given) for _, given in wanted]
    answered = _vllm[0].generate(ids, parameters, use_tqdm=False)
    return sum(len(one.token_ids) for each in answered for one in each.outputs)


def _stop_vllm() -> None:
    _vllm.pop().llm_engine.engine_core.shutdown()


def forget() -> None:
    """Hand the device's memory back."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
