"""What all executors share: what a worker does with a shard, and how often it may be lost."""

from __future__ import annotations

import os
import pickle
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Generic, TypeVar

from epm.errors import EpmError
from epm.executors import Attempt, Say

MOST_ATTEMPTS = 3

Shard = TypeVar("Shard")
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Outcome:
    machine: str
    gpu: str
    seconds: float
    value: Any = None
    error: Exception | None = None
    trace: str = ""


class _OnWorker(Exception):
    """The traceback of an exception that crossed processes, shown as its cause."""

    def __init__(self, trace: str) -> None:
        super().__init__(f"\n{trace}")


def calls(work: Callable[[Shard], Result], shards: Sequence[Shard]) -> list[bytes]:
    """What `perform` takes, one for each shard."""
    return [pickle.dumps((work, shard)) for shard in shards]


def perform(call: bytes, address: str = "") -> bytes:
    """On the worker: do the work for one shard.

    Bytes in, bytes out: so nothing that `work` raises or returns can break what carries it, be it
    an exception that cannot be pickled or a class that only the worker knows.

    Args:
        call: one of `calls`.
        address: the worker's, where its host name does not tell it from others.
    """
    started = time.monotonic()
    try:
        work, shard = pickle.loads(call)  # noqa: S301 - made by `calls`
        value = work(shard)
        return pickle.dumps(_Outcome(*_here(address), time.monotonic() - started, value))
    except Exception as error:
        seconds, trace = time.monotonic() - started, traceback.format_exc()
        return pickle.dumps(_Outcome(*_here(address), seconds, None, _portable(error), trace))


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _here(address: str) -> tuple[str, str]:
    """What tells this machine from others, and the GPU that is used."""
    machine = f"{socket.gethostname()} {address}"
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    # not imported for this: a worker without torch has used no GPU
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return machine, f"GPU {visible}" if visible else ""
    used = torch.cuda.current_device()
    number = visible.split(",")[used].strip() if visible else str(used)
    return machine, f"GPU {number} ({torch.cuda.get_device_name()})"


def here() -> str:
    """What `Attempt.worker` would be of this process, which all machines are counted from."""
    return _named(1, _here("")[1])


def _named(machine: int, gpu: str) -> str:
    return f"machine {machine}, {gpu}" if gpu else f"machine {machine}"


class Tally(Generic[Result]):
    """Counts how often each shard was tried, and says or raises what follows."""

    def __init__(self, shards: Sequence[object], say: Say) -> None:
        """Nothing is begun yet."""
        self._titles = [
            f"shard {number} of {len(shards)} ({shorten(str(shard), 80, placeholder='…')})"
            for number, shard in enumerate(shards, 1)
        ]
        self._attempts = [0] * len(shards)
        self._machines: list[str] = []
        self._say = say

    def title(self, index: int) -> str:
        """What a message calls the shard."""
        return self._titles[index]

    def begin(self, index: int) -> None:
        """A worker is given the shard."""
        self._attempts[index] += 1

    def lost(self, index: int, reason: str) -> None:
        """The worker is gone; return when the shard may be tried again.

        Raises:
            EpmError: it has been tried often enough.
        """
        attempts = self._attempts[index]
        if attempts >= MOST_ATTEMPTS:
            raise EpmError(
                f"{self.title(index)} lost its worker {attempts} times, the last time: {reason}",
                "see to that, then run the same command: what has come back is kept",
            )
        self._say(
            f"{self.title(index)} lost its worker: {reason}; "
            f"running it again, attempt {attempts + 1} of {MOST_ATTEMPTS}"
        )

    def settle(self, arrived: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Result, Attempt]]:
        """The results among what `perform` returned; then the first exception, if there is one."""
        failed = None
        for index, message in arrived:
            outcome: _Outcome = pickle.loads(message)  # noqa: S301 - made by `perform`
            if outcome.error is not None:
                failed = failed or outcome
                continue
            attempt = Attempt(self._worker(outcome), self._attempts[index], outcome.seconds)
            yield index, outcome.value, attempt
        if failed and failed.error:
            raise failed.error from _OnWorker(failed.trace)

    def _worker(self, outcome: _Outcome) -> str:
        if outcome.machine not in self._machines:
            self._machines.append(outcome.machine)
        return _named(self._machines.index(outcome.machine) + 1, outcome.gpu)
