"""Where shards of work run: on this machine's GPUs, a Ray cluster, or Slurm.

A shard is any picklable value, the work a function of a module. Nothing here knows what is worked.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Shard = TypeVar("Shard")
Result = TypeVar("Result")

Say = Callable[[str], None]
"""Told what is worth a line: a worker that was lost, where logs are."""


@dataclass(frozen=True)
class Attempt:
    """How a result was come by."""

    worker: str
    """Number of the machine, and GPU where there is one: 'machine 2, GPU 3 (NVIDIA H200)'.

    Machines are numbered as their first results come in; their names are not for the public.
    """
    attempts: int
    """1, and one more for every worker that was lost over this shard."""
    seconds: float
    """Wall-clock time of the attempt that succeeded, on its worker."""


class Executor(Protocol):
    """Runs shards somewhere, and brings their results back."""

    @property
    def name(self) -> str:
        """'local', 'ray' or 'slurm'."""

    @property
    def slots(self) -> int:
        """How many shards run at the same time, so that work can be divided into as many.

        Raises:
            EpmError: the cluster can't be reached.
        """

    def run(
        self, work: Callable[[Shard], Result], shards: Sequence[Shard], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        """Do the work for every shard.

        Whoever stops early closes the generator (`contextlib.closing`): that stops all workers, as
        an exception that passes through it does, Ctrl-C too.

        Args:
            work: a function that can be imported by its name; it may run again for a shard whose
                worker was lost, so it leaves nothing half done outside its own process.
            shards: picklable; `str(shard)` is what messages call it.
            say: told of each lost worker.

        Yields:
            The shard's index, its result, and how it was come by; as they come, in any order.

        Raises:
            EpmError: a shard has lost its worker three times, or the cluster can't be used.
            Exception: what `work` raised, once what else had come back is yielded. Never retried.
        """
