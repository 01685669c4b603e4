"""A body that takes too long is refused, and nothing is left ticking."""

import re
import signal
import threading
import time
from contextlib import suppress

import pytest

from epm_lint.engine import lint
from epm_lint.errors import LintError
from epm_lint.model import Page, Rule, Verdict

TOLD = r"^took longer than 0\.2 s to lint; it was given up$"


def forever(page: Page) -> Verdict:
    while page:
        with suppress(Exception):  # as a rule might
            time.sleep(0.01)
    return Verdict.passed("never")


def backtrack(_: Page) -> Verdict:
    re.match(r"(a+)+$", "a" * 60 + "b")
    return Verdict.passed("never")


@pytest.mark.parametrize("check", [forever, backtrack])
def test_a_rule_that_hangs_is_interrupted(check: object) -> None:
    started = time.monotonic()
    with pytest.raises(LintError, match=TOLD):
        lint("", rules=[Rule("hangs", "Hangs", check)], seconds=0.2)  # type: ignore[arg-type]
    assert time.monotonic() - started < 3


def test_a_timer_that_was_running_goes_on() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        assert lint("# A").rows
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.3
        time.sleep(0.4)
        assert rung == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_nothing_rings_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)
    lint("# A", seconds=0.5)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_in_another_thread_time_is_looked_at_between_rules() -> None:
    def slow(_: Page) -> Verdict:
        time.sleep(0.15)
        return Verdict.passed("at last")

    told: list[str] = []

    def run() -> None:
        try:
            lint("", rules=[Rule(f"slow-{n}", "Slow", slow) for n in range(9)], seconds=0.2)
        except LintError as error:
            told.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert len(told) == 1
    assert re.match(TOLD, told[0])
