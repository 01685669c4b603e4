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
from queue import SimpleQueue
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
    """Processes of their own, each bound to a GPU and kept for one shard after the other.

    The first GPU is the one that this process itself works on; so it is the last to be given away.
    """

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        """Nothing is started yet.

        Args:
            workers: how many processes work, over the GPUs in turn; None is one for each GPU, or
                one.
        """
        self._workers = workers
        self._crew: list[_Worker] = []
        self._doorbell = _Doorbell()

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

    @contextlib.contextmanager
    def started(
        self, prepare: Callable[[Shard], object], given: Shard, workers: int
    ) -> Iterator[None]:
        """Have processes ready for `run`, within the block, before there is work for them.

        They leave when their work is done, and the block's end waits for that: to let go of a GPU
        takes two seconds.

        Args:
            prepare: what each does first, and again if it has to be started again. What it raises
                is passed over: the work meets it again.
            given: picklable; its argument.
            workers: how many.
        """
        (preparation,) = calls(prepare, [given])
        self._crew = self._hired(workers, preparation)
        try:
            with _ended_at_exit(self.stop, self._crew):
                for worker in self._crew:
                    worker.start()
                yield
        finally:
            for worker in self._crew:
                worker.bury()
            self._crew = []

    def stop(self) -> None:
        """From another thread: have `run` end its workers and return."""
        self._doorbell.ring()

    def run(
        self, work: Callable[[Shard], Result], shards: Sequence[Shard], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        """See `Executor.run`."""
        messages = calls(work, shards)
        tally: Tally[Result] = Tally(shards, say)
        waiting = deque(range(len(shards)))
        workers = self._crew[: len(shards)] or self._hired(min(len(shards), self.slots))
        # an exit with the generator still open would wait for the workers' work
        with _ended_at_exit(self.stop, workers):
            while waiting or any(worker.shard is not None for worker in workers):
                for worker in workers:
                    if worker.shard is None and waiting:
                        index = waiting.popleft()
                        tally.begin(index)
                        worker.take(index, messages[index])
                arrived, lost = _next(workers, self._doorbell)
                if self._doorbell.rung:
                    return
                yield from tally.settle(arrived)
                for index, reason in lost:
                    tally.lost(index, reason)
                    # last in line: the workers that are free meanwhile take other shards
                    waiting.append(index)
            for worker in workers:
                worker.dismiss()
        for worker in () if self._crew else workers:
            worker.bury()

    def _hired(self, count: int, preparation: bytes | None = None) -> list[_Worker]:
        """Workers that are not started yet."""
        gpus = [*self._gpus[1:], *self._gpus[:1]][:count]
        return [_Worker(gpu, self.slots, preparation) for gpu in gpus]


class _Doorbell:
    """Wakes a thread that waits for its workers."""

    def __init__(self) -> None:
        self.rung = False
        self.reader, self._writer = os.pipe()

    def ring(self) -> None:
        """Once and for all."""
        self.rung = True
        os.write(self._writer, b"!")

    def __del__(self) -> None:
        os.close(self.reader)
        os.close(self._writer)


@contextlib.contextmanager
def _ended_at_exit(tell: Callable[[], None], workers: Sequence[_Worker]) -> Iterator[None]:
    """Whichever way the block is left, or the program, no worker is at work."""

    def leave() -> None:
        tell()
        _stop(workers)

    atexit.register(leave)
    try:
        yield
    finally:
        _stop(workers)
        atexit.unregister(leave)


def _next(
    workers: Sequence[_Worker], doorbell: _Doorbell
) -> tuple[list[tuple[int, bytes]], list[tuple[int, str]]]:
    """Wait until a worker has answered or is gone; shards with their answers, and with reasons."""
    signals = [each for worker in workers for each in worker.signals()]
    ready = set(wait([*signals, doorbell.reader]))
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
    """End all but those that end by themselves."""
    working = [worker for worker in workers if not worker.dismissed]
    for worker in working:
        worker.terminate()
    deadline = time.monotonic() + _PATIENCE
    for worker in working:
        worker.bury(max(0.0, deadline - time.monotonic()))


class _Worker:
    """A process that may have to be started again."""

    def __init__(self, gpu: str | None, workers: int, preparation: bytes | None = None) -> None:
        threads = max(1, _cores() // workers)
        self._environment = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(threads))}
        if gpu is not None:
            self._environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._preparation = preparation
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection
        self.shard: int | None = None
        """Index of what it works on."""

    def take(self, index: int, message: bytes) -> None:
        """Begin a shard."""
        self.shard = index
        if self.dismissed:
            self.bury()
        if self._process is None:
            self.start()
        # a process that is gone shows in `signals`
        with contextlib.suppress(OSError):
            self._connection.send_bytes(message)

    def start(self) -> None:
        """Begin to prepare for shards."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        given = (theirs, self._environment, self._preparation)
        # no daemon: the work may start processes of its own
        self._process = context.Process(target=_serve, args=given, daemon=False)
        resource_tracker.ensure_running()  # started within, it would let Ctrl-C through again
        with _without_ctrl_c():
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

    @property
    def dismissed(self) -> bool:
        """Whether it was let go, and has not been buried yet."""
        return self._process is not None and self._connection.closed

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
def _without_ctrl_c() -> Iterator[None]:
    """It is not for processes that are started within.

    It reaches all of a terminal's processes, and would have each of them print a traceback. Blocked
    here for a moment, none is lost.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _serve(
    connection: Connection, environment: Mapping[str, str], preparation: bytes | None
) -> None:
    """The worker: one shard after the other, until the parent closes the connection.

    The environment is set here, before anything reads it that the work imports; set in the parent,
    it would be the parent's for a moment as well.
    """
    os.setsid()  # so that what the work starts can be found and ended with it
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_follow_parent, daemon=True).start()
    waiting: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, waiting), daemon=True).start()
    if preparation is not None:
        perform(preparation)
    with contextlib.suppress(BrokenPipeError):
        while (call := waiting.get()) is not None:
            connection.send_bytes(perform(call))


def _receive(connection: Connection, waiting: SimpleQueue[bytes | None]) -> None:
    """Take in what is sent while the worker prepares itself: the parent is not to wait for that."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            waiting.put(connection.recv_bytes())
    waiting.put(None)


def _leave(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _follow_parent() -> None:
    """A parent that was killed stops nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
