"""Covariates from the base model: cosines of task centroids, prompt lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from epm.definition import CentroidCosine, Definition
from epm.definition.steering import Read
from epm.files import dump_json, write_atomically
from epm.models.base import BaseModel
from epm.models.chat import tokenise_prompt
from epm.progress import Progress

BATCH = 20

COVARIATES = "covariates.json"


def covariates(definition: Definition, base: BaseModel, out: Path, progress: Progress) -> int:
    """Write `covariates.json`, condition -> name -> value, and what they are made of.

    Returns:
        The tokens read.
    """
    found: dict[str, dict[str, float]] = {}
    tokens = 0
    for source in definition.profile.covariates:
        if isinstance(source, CentroidCosine):
            by_task, read = _cosines(definition, source, base, out, progress)
            tokens += read
        else:
            by_task = _prompt_lengths(definition, base)
        for condition in definition.experiment.conditions:
            if condition.target is not None:
                found.setdefault(condition.name, {}).update(by_task[condition.target])
    write_atomically(out / COVARIATES, dump_json(found))
    return tokens


def _cosines(
    definition: Definition, source: CentroidCosine, base: BaseModel, out: Path, progress: Progress
) -> tuple[dict[str, dict[str, float]], int]:
    """Cosines by task and name; the centroids go into `centroids.safetensors`."""
    import torch
    from safetensors.torch import save_file

    tasks, tokens = definition.experiment.prompted, 0
    means: dict[str, torch.Tensor] = {}
    with progress.task("read centroids", "tasks", len(tasks)) as meter:
        for task in tasks:
            prompts = [
                tokenise_prompt(base.tokenizer, task.system_prompt, item.prompt)
                for item in task.items
            ]
            means[task.name] = last_token_outputs(base, prompts, source.layers).mean(0)
            read = sum(map(len, prompts))
            tokens += read
            meter.advance(tokens=read)
    save_file(
        {name: mean.float().contiguous() for name, mean in means.items()},
        out / "centroids.safetensors",
    )
    by_layer = centred_cosines(means, source.reference, source.layers)
    names = dict(zip(source.layers, (name for name, _ in source.names()), strict=True))
    return {
        task: {names[layer]: by_layer[str(layer)][task] for layer in source.layers}
        for task in means
    }, tokens


def _prompt_lengths(definition: Definition, base: BaseModel) -> dict[str, dict[str, float]]:
    """Tokens of every task's system prompt; 0 where there is none."""
    return {
        task.name: {
            "prompt_tokens": len(
                base.tokenizer(task.system_prompt or "", add_special_tokens=False).input_ids
            )
        }
        for task in definition.experiment.prompted
    }


def last_token_outputs(
    base: BaseModel, prompts: list[tuple[int, ...]], layers: tuple[int, ...]
) -> Any:
    """Block outputs at each prompt's last token: float64, shape [prompts, layers, hidden]."""
    return prompt_outputs(base, prompts, layers, "last")


def prompt_outputs(
    base: BaseModel, prompts: Sequence[tuple[int, ...]], layers: tuple[int, ...], read: Read
) -> Any:
    """Block outputs at each prompt's last token, or their mean over all of its tokens.

    Returns:
        float64, shape [prompts, layers, hidden].
    """
    import torch

    rows = []
    for start in range(0, len(prompts), BATCH):
        batch = prompts[start : start + BATCH]
        width = max(map(len, batch))
        pad = base.tokenizer.pad_token_id
        # padded on the right: causal attention keeps it from the tokens before it
        ids = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in batch])
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in batch])
        at, last = torch.arange(len(batch)), mask.sum(1) - 1
        with torch.inference_mode(), _captured(base.model, layers) as outputs:
            base.model.get_decoder()(
                input_ids=ids.to(base.device), attention_mask=mask.to(base.device), use_cache=False
            )
            found = [outputs[layer].cpu().double() for layer in layers]
        if read == "mean":
            picked = [(each * mask[..., None]).sum(1) / (last + 1)[:, None] for each in found]
        else:
            picked = [each[at, last] for each in found]
        rows.append(torch.stack(picked, dim=1))
    return torch.cat(rows)


@contextmanager
def _captured(model: Any, layers: tuple[int, ...]) -> Iterator[dict[int, Any]]:
    """Collect the outputs of some blocks during a forward pass."""
    outputs: dict[int, Any] = {}

    def keep(layer: int) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            outputs[layer] = output[0] if isinstance(output, tuple) else output

        return hook

    blocks = model.get_decoder().layers
    handles = [blocks[layer].register_forward_hook(keep(layer)) for layer in layers]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def centred_cosines(
    means: dict[str, Any], reference: str, layers: tuple[int, ...]
) -> dict[str, dict[str, float]]:
    """Layer -> task -> cosine to the reference, after centring on the mean over tasks.

    Args:
        means: centroids by task, each of shape [layers, hidden].
        reference: task that the cosines are taken to.
        layers: names of the first axis.
    """
    import torch

    names = list(means)
    stacked = torch.stack([means[name] for name in names]).double()
    centred = stacked - stacked.mean(0)
    towards = centred[names.index(reference)]
    cosines = torch.nn.functional.cosine_similarity(centred, towards[None], dim=-1)
    return {
        str(layer): {name: float(cosines[row, column]) for row, name in enumerate(names)}
        for column, layer in enumerate(layers)
    }
