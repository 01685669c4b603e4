"""An end to waiting: a body that takes too long to judge is refused, in one line.

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

from epm_lint.errors import LintError

LONGEST_RUN = 5.0
"""In seconds."""


class _Late(BaseException):
    """Not an `Exception`, so that no rule and no handler of broken rules takes it for its own."""


@contextmanager
def deadline(seconds: float) -> Iterator[Callable[[], None]]:
    """Refuse what takes longer; the function given is to be called wherever time may be looked at.

    A timer that the caller has set goes on afterwards.
    """
    started = time.monotonic()

    def look() -> None:
        if time.monotonic() - started > seconds:
            raise _Late

    def ring(*_: object) -> None:
        raise _Late

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
    except _Late:
        raise LintError(f"took longer than {seconds:g} s to lint; it was given up") from None
    finally:
        if alarmed:
            signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
            if others:
                left = others - (time.monotonic() - started)
                signal.setitimer(signal.ITIMER_REAL, max(left, 1e-6))
