"""An end to waiting: what takes too long to judge is given up, and the report says what was.

In the main thread of a process that knows SIGALRM the clock interrupts whatever runs, a regular
expression included. Elsewhere, in a server's worker thread or on Windows, time is looked at
between two rules only: a single rule that never returns is not stopped there.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST_RUN = 5.0
"""In seconds."""


class TimeIsUp(BaseException):
    """Not an `Exception`, so that no rule and no handler of broken rules takes it for its own."""


@contextmanager
def deadline(seconds: float) -> Iterator[Callable[[], None]]:
    """Interrupt what takes longer; the function given is called wherever time may be looked at.

    A timer that the caller has set goes on afterwards.

    Raises:
        TimeIsUp: from within, when the seconds have passed.
    """
    started = time.monotonic()

    def look() -> None:
        if time.monotonic() - started > seconds:
            raise TimeIsUp

    def ring(*_: object) -> None:
        raise TimeIsUp

    alarmed = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    handler = signal.signal(signal.SIGALRM, ring) if alarmed else None
    others = 0.0
    try:
        try:
            if alarmed:
                others, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
            yield look
        finally:
            if alarmed:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        if alarmed:
            signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
            if others:
                left = others - (time.monotonic() - started)
                signal.setitimer(signal.ITIMER_REAL, max(left, 1e-6))
