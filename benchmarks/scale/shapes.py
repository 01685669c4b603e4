"""Models of a real one's shape with random weights, where the real ones cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerBase

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
        "max_position_embeddings": 32768,
    },
    "smoke": {
        "model_type": "llama",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 7,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "vocab_size": 600,
        "rope_theta": 1e4,
        "tie_word_embeddings": True,
        "max_position_embeddings": 2048,
    },
}
"""Of SmolLM2-135M-Instruct's and Qwen2.5-7B-Instruct's config.json, and of a toy."""


LARGEST_FILE = "4GB"
"""As the real one is parted on the hub."""


def write_model(shape: str, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write a bfloat16 model of a shape into a folder, so that every way can read it.

    Args:
        shape: of `SHAPES`.
        tokenizer: of no more tokens than the shape's.
        folder: to be made.

    Raises:
        ValueError: the tokenizer has more tokens.
    """
    settings = dict(SHAPES[shape])
    if len(tokenizer) > settings["vocab_size"]:
        raise ValueError(f"{len(tokenizer)} tokens are more than {settings['vocab_size']}")
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder, max_shard_size=LARGEST_FILE)
    tokenizer.save_pretrained(folder)
