"""Where the time of a block goes, on the GPU and on the processor."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.profiler import ProfilerActivity, profile


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
    """Print where the processor's time goes meanwhile."""
    seen = cProfile.Profile()
    seen.enable()
    yield
    seen.disable()
    pstats.Stats(seen).sort_stats("cumulative").print_stats(r"epm|graphs|generate|decode", 40)
    pstats.Stats(seen).sort_stats("tottime").print_stats(14)
