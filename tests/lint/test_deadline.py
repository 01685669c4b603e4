"""What is not judged in time fails, the rest is judged, and nothing is left ticking."""

import re
import signal
import threading
import time
from contextlib import suppress

import pytest

from epm_lint.engine import lint
from epm_lint.model import Page, Report, Rule, Status, Verdict
from epm_lint.output.table import render

TOLD = "not judged: the page takes longer than 0.2 s"


def forever(page: Page) -> Verdict:
    while page:
        with suppress(Exception):  # as a rule might
            time.sleep(0.01)
    return Verdict.passed("never")


def backtrack(_: Page) -> Verdict:
    re.match(r"(a+)+$", "a" * 60 + "b")
    return Verdict.passed("never")


def at_once(_: Page) -> Verdict:
    return Verdict.passed("done")


@pytest.mark.parametrize("check", [forever, backtrack])
def test_a_rule_that_hangs_is_interrupted(check: object) -> None:
    started = time.monotonic()
    rules = [
        Rule("quick", "Quick", at_once, everywhere=True),
        Rule("hangs", "Hangs", check, everywhere=True),  # type: ignore[arg-type]
        Rule("waits", "Waits", at_once, everywhere=True),
        Rule("elsewhere", "Elsewhere", at_once),
    ]
    report = lint("## AI Summary", rules=rules, seconds=0.2, page_format="v1")
    assert time.monotonic() - started < 3
    assert [row.verdict.status for row in report.rows] == [
        *(Status.PASS, Status.FAIL, Status.FAIL, Status.SKIP)
    ]
    assert report.status is Status.FAIL
    for row in report.rows[1:3]:
        (finding,) = row.verdict.findings
        assert row.verdict.detail == finding.message == TOLD
        assert finding.fix
    assert render(report).count(TOLD) >= 2


def test_a_page_that_takes_too_long_to_parse_fails() -> None:
    body = "\n".join(f"| {n} | {n}% |" for n in range(40_000))
    report = lint("| a | b |\n|---|---|\n" + body, seconds=0.001)
    assert report.status is Status.FAIL
    assert {row.verdict.status for row in report.rows} <= {Status.FAIL, Status.SKIP}


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

    told: list[Report] = []

    def run() -> None:
        rules = [Rule(f"slow-{n}", "Slow", slow, everywhere=True) for n in range(9)]
        told.append(lint("", rules=rules, seconds=0.2))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    (report,) = told
    assert [row.verdict.detail for row in report.rows] == ["at last"] * 2 + [TOLD] * 7
    assert report.status is Status.FAIL
