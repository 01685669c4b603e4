"""A run of 16,000 completions: how soon the first is there, what is let go, what it weighs.

    pytest -m slow -s tests/viewer/test_large_run.py

prints the figures.
"""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from viewer_runs import ROOT, measured, write_samples

from epm.viewer.data.library import Library
from epm.viewer.exporting import export

SAMPLES = "r/issue-5/large/samples.html"
FIRST_CARD = 1.0
"""Seconds, on two cores that do little else."""
MOST = 5_000_000
"""Bytes of an export for 10,000 completions."""


COLD = 10
"""Servers that are started, each for one look."""
LET_GO = 4_000_000
"""Bytes of scripts' memory that a tab holds at most once it has left the completions."""
GROWTH = 250_000
"""Bytes by which that may differ from one time to the next."""


def rows(texts: Iterator[str]) -> list[dict[str, Any]]:
    chance = random.Random(19)
    return [
        {
            "condition": f"c{c}",
            "task": f"t{t}",
            "item": f"q{i}",
            "seed": s,
            "index": k,
            "text": next(texts),
            "tokens": 200,
            "finish": "stop",
            "scores": {"marker": chance.random() < 0.3},
        }
        for c in range(10)
        for t in range(8)
        for s in range(5)
        for i in range(10)
        for k in range(4)
    ]


def repository(top: Path, at_once: int, count: int) -> Path:
    """A repository with one run, whose completions have 1,100 characters of the documentation.

    Args:
        top: where.
        at_once: how many words are taken from one place: with one, no phrase comes again.
        count: how many such pieces a completion has.
    """
    files = sorted((ROOT / "docs").glob("*.md"))
    words = " ".join(file.read_text(encoding="utf-8") for file in files).split()
    pieces = [" ".join(words[at : at + at_once]) for at in range(0, len(words), at_once)]
    chance = random.Random(19)
    made = rows(" ".join(chance.choices(pieces, k=count)) for _ in iter(int, 1))
    run = top / "runs" / "issue-5" / "large"
    write_samples(run, made)
    (run / "results.json").write_text(measured(made, 5).dumps())
    return top


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With written phrases."""
    return repository(tmp_path_factory.mktemp("large") / "repository", 6, 30)


@pytest.fixture(scope="module")
def pages(large: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same as files."""
    folder = tmp_path_factory.mktemp("exported") / "pages"
    export(Library([], large), folder)
    return f"{folder.as_uri()}/"


def first_card(browser: Browser, start: str) -> float:
    page = browser.new_page()
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(f"{start}{SAMPLES}", wait_until="commit")
    page.wait_for_selector(".card")
    took = time.perf_counter() - began
    page.wait_for_selector("#count[data-count='16000']")
    page.close()
    return took


@pytest.mark.slow
def test_the_first_card_is_there_within_a_second(browser: Browser, large: Path, pages: str) -> None:
    served = []
    for _ in range(COLD):  # each by a server that has read nothing yet
        command = [sys.executable, "-m", "epm", "view", "--no-open", "--port", "0"]
        server = subprocess.Popen(command, cwd=large, stderr=subprocess.PIPE, text=True)
        try:
            assert server.stderr is not None
            found = re.search(r"http://\S+?/(?=,)", server.stderr.readline())
            assert found is not None
            served.append(first_card(browser, found[0]))
        finally:
            server.terminate()
            server.wait(10)
    files = [first_card(browser, pages) for _ in range(COLD)]
    for carrier, taken in (("served", served), ("from files", files)):
        sys.stdout.write(
            f"first card, {carrier}: median {statistics.median(taken):.2f} s, "
            f"{min(taken):.2f} to {max(taken):.2f}\n"
        )
        assert statistics.median(taken) <= FIRST_CARD


@pytest.mark.slow
def test_what_was_looked_at_is_let_go(browser: Browser, pages: str) -> None:
    """A tab that comes and goes holds the completions while it shows them, and only then."""
    page = browser.new_page()
    session = page.context.new_cdp_session(page)

    def held() -> int:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])

    inside, outside = [], []
    for _ in range(6):
        page.goto(f"{pages}{SAMPLES}")
        page.wait_for_selector("#count[data-count='16000']", timeout=120_000)
        inside.append(held())
        page.locator(".run a", has_text="Matrix").click()
        page.wait_for_selector(".matrix td.cell")
        outside.append(held())
    page.close()
    sys.stdout.write(f"bytes of scripts: {inside} with the completions, {outside} without\n")
    assert max(outside) <= LET_GO <= min(inside) / 3
    assert max(outside[1:]) - min(outside[1:]) <= GROWTH
    assert max(inside[1:]) <= 1.05 * min(inside[1:])


@pytest.mark.slow
@pytest.mark.parametrize(("at_once", "count"), [(6, 30), (1, 175)], ids=["phrases", "any words"])
def test_an_export_is_no_larger_than_it_may_be(tmp_path: Path, at_once: int, count: int) -> None:
    top = repository(tmp_path / "repository", at_once, count)
    written = export(Library([], top), tmp_path / "pages")
    weight = sum(written.values()) * 10_000 / 16_000
    sys.stdout.write(f"{weight / 1e6:.2f} MB for 10,000 completions\n")
    assert weight <= MOST
