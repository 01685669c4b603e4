"""How busy the GPU is, as its driver counts it."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import torch

EVERY = 250
"""Milliseconds between two looks; the driver averages over some 0.2 to 1 s."""


@dataclass
class Busy:
    """What `nvidia-smi` said, and when."""

    seen: list[tuple[float, float]] = field(default_factory=list)
    """Seconds on the clock, and the percentage of the time in which a kernel ran."""

    def share(self, began: float, ended: float) -> float | None:
        """Mean share between two times on the clock; None where nothing was seen."""
        found = [percent for at, percent in list(self.seen) if began <= at <= ended]
        return sum(found) / len(found) / 100 if found else None

    def read(self, line: str) -> None:
        """Note one line of `nvidia-smi`; it says "[N/A]" where the driver does not count."""
        with suppress(ValueError):
            self.seen.append((time.perf_counter(), float(line)))


@contextmanager
def watched() -> Iterator[Busy]:
    """Watch the first GPU that torch sees; without one, or without `nvidia-smi`, see nothing."""
    busy, program = Busy(), shutil.which("nvidia-smi")
    if program is None or not torch.cuda.is_available():
        yield busy
        return
    uuid = f"GPU-{torch.cuda.get_device_properties(0).uuid}"
    wanted = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"-lms={EVERY}"]
    with subprocess.Popen(
        [program, "-i", uuid, *wanted], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None  # noqa: S101 - a pipe, as asked for
        lines = watching.stdout
        reader = threading.Thread(target=lambda: [busy.read(line) for line in lines], daemon=True)
        reader.start()
        try:
            yield busy
        finally:
            watching.terminate()
            reader.join()
