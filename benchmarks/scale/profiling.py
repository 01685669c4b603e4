"""Where the time of a block goes, on the GPU and on the processor."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_stack
from types import CodeType

import torch
from torch.profiler import ProfilerActivity, profile

EVERY = 0.004
"""Seconds between two looks at a thread."""


@contextmanager
def kernels(title: str) -> Iterator[None]:
    """Print where the GPU's time goes meanwhile; nothing where there is none."""
    if not torch.cuda.is_available():
        yield
        return
    began = time.perf_counter()
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        yield
        torch.cuda.synchronize()
    taken = time.perf_counter() - began
    found = sorted(seen.key_averages(), key=lambda each: -each.self_device_time_total)
    busy = sum(each.self_device_time_total for each in found) / 1e6
    print(f"{title}: kernels {busy:.2f} s of {taken:.2f} s")
    for each in found[:28]:
        share = each.self_device_time_total / 1e6 / busy
        mean = each.self_device_time_total / each.count
        print(f"  {share:6.1%} {each.count:6d} x {mean:8.1f} us  {each.key[:90]}")


@contextmanager
def host() -> Iterator[None]:
    """Print where the main thread spends its seconds meanwhile, waiting for the GPU included.

    It is looked at every few milliseconds: counting calls would take longest where calls are many.
    """
    watched, over, seen = threading.get_ident(), threading.Event(), Counter[str]()

    def watch() -> None:
        while not over.wait(EVERY):
            frames = walk_stack(sys._current_frames()[watched])
            seen.update({f"{_short(f.f_code)}:{line}" for f, line in frames})

    watcher = threading.Thread(target=watch, daemon=True)
    before = time.perf_counter()
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    spent = time.perf_counter() - before
    looks = max(seen.values(), default=1)
    print(f"host, {spent:.2f} s, by line:")
    for place, count in seen.most_common(70):
        print(f"  {spent * count / looks:6.2f} s  {place}")


def _short(code: CodeType) -> str:
    """Function, and the last two parts of its file."""
    return f"{code.co_name} in {'/'.join(Path(code.co_filename).parts[-2:])}"
