"""Where an adapter's checkpoints lie: one folder an optimiser step, beside its finished weights."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT = "checkpoint-"
"""Start of a folder's name; the step follows in six digits."""


def checkpoint_folder(adapter: Path, step: int) -> Path:
    """Where the weights after that optimiser step are written."""
    return adapter / f"{CHECKPOINT}{step:06d}"


def checkpoints(adapter: Path) -> dict[int, Path]:
    """Folders by the optimiser step after which they were written, in order.

    The end of training is the adapter itself, and not among them.
    """
    found = sorted(adapter.glob(f"{CHECKPOINT}*"))
    return {int(folder.name.removeprefix(CHECKPOINT)): folder for folder in found}
