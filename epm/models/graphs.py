"""The launches of a computation, captured once as a CUDA graph and replayed as one."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import Any

import torch

from epm.errors import out_of_memory


@cache
def kernels_installed() -> bool:
    """Whether Triton is, which `kernels.py` is written for; torch for CUDA brings it on Linux."""
    return find_spec("triton") is not None


class Graphs:
    """Computations that launch the same kernels on the same tensors each time.

    The first time a computation is run as it is: libraries load and choose their kernels. The
    second time it is captured, from then on replayed. On a CPU it is always run as it is.
    """

    def __init__(self, device: torch.device) -> None:
        """Nothing has been captured yet."""
        self._captures = device.type == "cuda"
        self._known: dict[Hashable, Any] = {}
        self._pool: Any = None
        self.failure: str | None = None
        """Why nothing is captured any more: a computation did what no graph can hold."""

    def run(self, key: Hashable, compute: Callable[[], None]) -> None:
        """Run a computation.

        Args:
            key: what distinguishes its launches from another's.
            compute: reads and writes tensors that stay where they are, and looks at none of them.
        """
        if not self._captures:
            compute()
        elif key not in self._known:
            self._known[key] = None
            compute()
        else:
            graph = self._known[key] or self._captured(key, compute)
            if graph is None:
                compute()
            else:
                graph.replay()

    @property
    def captured(self) -> list[Hashable]:
        """The keys of what is replayed."""
        return [key for key, graph in self._known.items() if graph is not None]

    def forget(self) -> None:
        """Let go of all graphs and of the memory that they share."""
        self._known.clear()
        self._pool = None

    def _captured(self, key: Hashable, compute: Callable[[], None]) -> Any:
        """The graph of a computation, which is not run; None where it cannot be captured."""
        graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            collecting = gc.isenabled()
            # another graph must not be taken down meanwhile
            gc.disable()
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                compute()
                graph.capture_end()
            except Exception as error:
                with suppress(Exception):
                    graph.capture_end()
                if out_of_memory(error):
                    raise
                self._captures = False
                self.failure = (str(error).splitlines() or [""])[0]
                warnings.warn(f"launched one by one, not as a graph: {self.failure}", stacklevel=2)
                self.forget()
                return None
            finally:
                if collecting:
                    gc.enable()
        torch.cuda.current_stream().wait_stream(stream)
        # all graphs are replayed one after the other, and may share what they need meanwhile
        self._pool = graph.pool()
        self._known[key] = graph
        return graph
