"""Persona centroids in base-model activations, and their cosines to the reference persona."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from epm.definition import Definition
from epm.files import dump_json, write_atomically
from epm.models.base import BaseModel
from epm.models.chat import tokenise_prompt
from epm.progress import Progress

BATCH = 20


def centroids(definition: Definition, base: BaseModel, out: Path, progress: Progress) -> int:
    """Write `centroids.safetensors` and `cosines.json`; return the tokens read.

    A centroid is the mean over the evaluation questions of a block's output (before the model's
    final norm) at the last token of the prompt, generation prompt included. `cosines.json` holds
    layer -> persona -> cosine to the reference, each centroid centred on the mean over personas,
    and the length of every system prompt in tokens.
    """
    import torch
    from safetensors.torch import save_file

    experiment, layers = definition.experiment, definition.profile.layers
    tokens = 0
    means: dict[str, torch.Tensor] = {}
    with progress.task("read centroids", "personas", len(experiment.personas)) as meter:
        for persona in experiment.personas:
            prompts = [
                tokenise_prompt(base.tokenizer, persona.system_prompt, question.text)
                for question in experiment.evaluation_questions
            ]
            means[persona.name] = last_token_outputs(base, prompts, layers).mean(0)
            read = sum(map(len, prompts))
            tokens += read
            meter.advance(tokens=read)
    save_file(
        {name: mean.float().contiguous() for name, mean in means.items()},
        out / "centroids.safetensors",
    )
    value = {
        "cosines": centred_cosines(means, experiment.reference, layers),
        "prompt_tokens": {
            persona.name: len(
                base.tokenizer(persona.system_prompt, add_special_tokens=False).input_ids
            )
            for persona in experiment.personas
        },
    }
    write_atomically(out / "cosines.json", dump_json(value))
    return tokens


def last_token_outputs(
    base: BaseModel, prompts: list[tuple[int, ...]], layers: tuple[int, ...]
) -> Any:
    """Block outputs at each prompt's last token: float64, shape [prompts, layers, hidden]."""
    import torch

    rows = []
    for start in range(0, len(prompts), BATCH):
        batch = prompts[start : start + BATCH]
        width = max(map(len, batch))
        pad = base.tokenizer.pad_token_id
        # padded on the right: causal attention keeps it from the tokens before it
        ids = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in batch])
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in batch])
        last = torch.tensor([len(ids) - 1 for ids in batch])
        with torch.inference_mode(), _captured(base.model, layers) as outputs:
            base.model.get_decoder()(
                input_ids=ids.to(base.device), attention_mask=mask.to(base.device), use_cache=False
            )
            picked = [outputs[layer].cpu()[torch.arange(len(batch)), last] for layer in layers]
        rows.append(torch.stack(picked, dim=1).double())
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
    """Layer -> persona -> cosine to the reference, after centring on the mean over personas.

    Args:
        means: centroids by persona, each of shape [layers, hidden].
        reference: persona that the cosines are taken to.
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
