"""Workers and this process at work at the same time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Beside(Generic[Result]):
    """Results taken in by another thread within the block, which ends when all have come.

    So a worker that is lost is missed at once, and what another one brings is kept at once,
    whatever this thread is busy with.
    """

    def __init__(
        self,
        results: Generator[Result, None, None],
        take_in: Callable[[Result], None],
        stop: Callable[[], None],
    ) -> None:
        """Nothing is begun yet.

        Args:
            results: iterated over in the other thread.
            take_in: called there with each; it shares nothing with this thread that changes.
            stop: ends the iteration, and with it what it waits for.
        """
        self._results, self._take_in, self._stop = results, take_in, stop
        self._failure: BaseException | None = None
        # no more than an exit may be left of it: what it started is ended by itself
        self._thread = Thread(target=self._iterate, daemon=True)

    def __enter__(self) -> Beside[Result]:
        """Begin."""
        self._thread.start()
        return self

    def check(self) -> None:
        """Raise what the iteration ended with, if it has failed by now."""
        if self._failure is not None:
            raise self._failure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the rest; where the block was left by an exception, end it."""
        try:
            if kind is None:
                self._thread.join()
        finally:
            if self._thread.is_alive():
                self._stop()
                self._thread.join()
        if kind is None:
            self.check()

    def _iterate(self) -> None:
        try:
            with closing(self._results):
                for result in self._results:
                    self._take_in(result)
        except BaseException as failure:
            self._failure = failure
