"""Models of a real one's shape with random weights, where the real ones cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from epm.definition import Definition
from epm.models.base import BaseModel
from epm.models.sources import ModelFolder

SHAPES: dict[str, dict[str, Any]] = {
    "smollm2": {
        "model_type": "llama",
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "vocab_size": 49152,
        "rope_theta": 1e5,
        "tie_word_embeddings": True,
        "max_position_embeddings": 8192,
    },
    "qwen": {
        "model_type": "qwen2",
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vocab_size": 152064,
        "rope_theta": 1e6,
        "tie_word_embeddings": False,
    },
}
"""Of SmolLM2-135M-Instruct's and Qwen2.5-7B-Instruct's config.json."""


def random_model(shape: str) -> Any:
    """A bfloat16 model of a shape on the GPU, or on the CPU where there is none."""
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = dict(SHAPES[shape])
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)


def lend(definition: Definition, shape: str, tokenizer: Path) -> BaseModel:
    """A base model of a shape, which is on no disk.

    Args:
        definition: what is done with it.
        shape: of `SHAPES`.
        tokenizer: a folder that has one, of no more tokens than the shape's.
    """
    base = BaseModel(definition, print)
    base.folder = ModelFolder(tokenizer, f"random weights of {shape}'s shape", "seed 0", "none")
    base.model = random_model(shape).requires_grad_(False).eval()
    base.model.name_or_path = shape
    return base
