"""Whether a machine's libraries compute a row alike, whatever rows it is batched with.

A product of few rows may be cut along its inner dimension when there are several threads, and is
then added up in another order than one of many rows: Intel's MKL does so from some 1,500 features
on. What a library promises is asked for; what it does is tried.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROWS = (16, 48, 112, 256, 512)
"""That products are tried with; libraries take another way for fewer than some 200."""

SEQUENCES = (1, 2, 6)
"""That batched products are tried with."""

RANK = 16
"""Of the adapter that batched products are tried with."""


def ask_for() -> None:
    """Ask MKL not to round by the number of threads or rows; before its first product.

    Its "strict conditional numerical reproducibility" is for Intel's processors; on others, which
    need none of it, the same words have it round by the number of threads.
    """
    if _is_intel():
        os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")


def _is_intel() -> bool:
    try:
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "Intel" in platform.processor()


def holds_for(model: Any) -> bool:
    """Try the products of a model's linear modules, forwards and backwards, on a CPU.

    Args:
        model: a causal language model.
    """
    import torch

    head = model.get_output_embeddings()
    shapes = {
        module.weight.shape: module.weight
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    }
    with torch.no_grad():
        return all(_alike(weight.detach()) for weight in shapes.values())


def _alike(weight: torch.Tensor) -> bool:
    """Whether the first rows come out the same in every batch; `weight` is [out, in] features."""
    import torch

    random = torch.Generator().manual_seed(0)
    written, read = weight.shape
    forwards = torch.randn(max(ROWS), read, generator=random, dtype=weight.dtype)
    backwards = torch.randn(max(ROWS), written, generator=random, dtype=weight.dtype)
    low = torch.randn(read, RANK, generator=random, dtype=weight.dtype)
    whole = forwards @ weight.T, backwards @ weight
    width = max(ROWS) // max(SEQUENCES) // 16 * 16
    sequences = forwards[: max(SEQUENCES) * width].view(max(SEQUENCES), width, read)
    together = torch.bmm(sequences, low.expand(max(SEQUENCES), -1, -1))
    return all(
        torch.equal(forwards[:rows] @ weight.T, whole[0][:rows])
        and torch.equal(backwards[:rows] @ weight, whole[1][:rows])
        for rows in ROWS
    ) and all(
        torch.equal(torch.bmm(sequences[:count], low.expand(count, -1, -1)), together[:count])
        for count in SEQUENCES
    )
