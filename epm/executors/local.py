"""One process for each GPU of this machine."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import cached_property
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from epm.executors import Attempt, Say
from epm.executors.attempts import Tally, calls, perform

Shard = TypeVar("Shard")
Result = TypeVar("Result")

_PATIENCE = 5.0
"""Seconds that a worker has to leave by itself: temporary files, the GPU's memory."""


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, each as CUDA_VISIBLE_DEVICES would name it alone."""
    try:
        import torch
    except ModuleNotFoundError:
        return []
    count = torch.cuda.device_count()  # asks the driver, takes no GPU
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = listed.split(",") if listed else map(str, range(count))
    return [name.strip() for name in names][:count]


class LocalExecutor:
    """Processes of their own, each bound to a GPU and kept for one shard after the other."""

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        """Nothing is started yet.

        Args:
            workers: how many processes, over the GPUs in turn; None is one for each GPU, or one.
        """
        self._workers = workers

    @cached_property
    def _gpus(self) -> list[str | None]:
        """One entry for each process."""
        gpus = visible_gpus()
        count = self._workers or len(gpus) or 1
        return [gpus[number % len(gpus)] if gpus else None for number in range(count)]

    @property
    def unasked(self) -> bool:
        """Whether nobody said how many processes to start, and there are several GPUs for them."""
        return self._workers is None and self.slots > 1

    @property
    def slots(self) -> int:
        """As many as there are processes."""
        return len(self._gpus)

    def run(
        self, work: Callable[[Shard], Result], shards: Sequence[Shard], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        """See `Executor.run`."""
        messages = calls(work, shards)
        tally: Tally[Result] = Tally(shards, say)
        waiting = deque(range(len(shards)))
        gpus = self._gpus[: len(shards)]
        workers = [_Worker(gpu, len(gpus)) for gpu in gpus]

        def stop() -> None:
            _stop(workers)

        # an exit with the generator still open would wait for the workers' work
        atexit.register(stop)
        try:
            while waiting or any(worker.shard is not None for worker in workers):
                for worker in workers:
                    if worker.shard is None and waiting:
                        index = waiting.popleft()
                        tally.begin(index)
                        worker.take(index, messages[index])
                arrived, lost = _next(workers)
                yield from tally.settle(arrived)
                for index, reason in lost:
                    tally.lost(index, reason)
                    # last in line: the workers that are free meanwhile take other shards
                    waiting.append(index)
            for worker in workers:
                worker.dismiss()
        finally:
            stop()
            atexit.unregister(stop)


def _next(workers: Sequence[_Worker]) -> tuple[list[tuple[int, bytes]], list[tuple[int, str]]]:
    """Wait until a worker has answered or is gone; shards with their answers, and with reasons."""
    ready = set(wait([each for worker in workers for each in worker.signals()]))
    arrived, lost = [], []
    for worker in workers:
        if worker.shard is None or ready.isdisjoint(worker.signals()):
            continue
        index, worker.shard = worker.shard, None
        answer = worker.answer()
        if answer is None:
            lost.append((index, worker.bury()))
        else:
            arrived.append((index, answer))
    return arrived, lost


def _stop(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.bury(max(0.0, deadline - time.monotonic()))


class _Worker:
    """A process that may have to be started again."""

    def __init__(self, gpu: str | None, workers: int) -> None:
        threads = max(1, _cores() // workers)
        self._environment = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(threads))}
        if gpu is not None:
            self._environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection
        self.shard: int | None = None
        """Index of what it works on."""

    def take(self, index: int, message: bytes) -> None:
        """Begin a shard."""
        self.shard = index
        if self._process is None:
            self._start()
        # a process that is gone shows in `signals`
        with contextlib.suppress(OSError):
            self._connection.send_bytes(message)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        # no daemon: the work may start processes of its own
        self._process = context.Process(target=_serve, args=(theirs,), daemon=False)
        resource_tracker.ensure_running()  # started within, it would let Ctrl-C through again
        with _handed_down(self._environment):
            self._process.start()
        theirs.close()

    def signals(self) -> list[Connection | int]:
        """Ready when there is an answer, or nobody left to give one."""
        if self.shard is None or self._process is None:
            return []
        return [self._connection, self._process.sentinel]

    def answer(self) -> bytes | None:
        """What came back; None when the worker is gone."""
        try:
            return self._connection.recv_bytes() if self._connection.poll() else None
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        """Let it end by itself."""
        if self._process is not None:
            self._connection.close()
            self._process.join(_PATIENCE)

    def terminate(self) -> None:
        """Ask it to leave what it does."""
        if self._process is not None:
            self._process.terminate()

    def bury(self, patience: float = _PATIENCE) -> str:
        """Make sure that neither it nor what it started is left; how it ended."""
        process, self._process = self._process, None
        if process is None or process.pid is None:
            return ""
        self._connection.close()
        process.join(patience)
        process.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return _ending(process.exitcode or 0)


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, as the system does when memory runs out"
    if code < 0:
        return f"its process died of {signal.Signals(-code).name}"
    return f"its process ended by itself, with exit code {code}"


def _cores() -> int:
    """That this process may use: a scheduler may have bound it to some of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _handed_down(environment: Mapping[str, str]) -> Iterator[None]:
    """What a process started meanwhile inherits, before it imports anything.

    Ctrl-C is not for workers: it reaches all of a terminal's processes, and would have each of
    them print a traceback. Blocked here for a moment, none is lost.
    """
    before = {name: os.environ.get(name) for name in environment}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _serve(connection: Connection) -> None:
    """The worker: one shard after the other, until the parent closes the connection."""
    os.setsid()  # so that what the work starts can be found and ended with it
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow_parent, daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            connection.send_bytes(perform(connection.recv_bytes()))


def _leave(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _follow_parent() -> None:
    """A parent that was killed stops nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
