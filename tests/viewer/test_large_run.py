"""A run of 16,000 completions: how soon the first is there, and what an export of it weighs."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

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


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one run, whose completions have 1,100 characters of written phrases."""
    chance = random.Random(19)
    words = " ".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "docs").glob("*.md"))
    ).split()
    phrases = [" ".join(words[at : at + 6]) for at in range(0, len(words), 6)]
    rows = [
        {
            "condition": f"c{c}",
            "task": f"t{t}",
            "item": f"q{i}",
            "seed": s,
            "index": k,
            "text": " ".join(chance.choices(phrases, k=30)),
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
    top = tmp_path_factory.mktemp("large") / "repository"
    run = top / "runs" / "issue-5" / "large"
    write_samples(run, rows)
    (run / "results.json").write_text(measured(rows, 5).dumps())
    return top


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
def test_the_first_card_is_there_within_a_second(
    browser: Browser, large: Path, tmp_path: Path
) -> None:
    served = []
    for _ in range(5):  # each by a server that has read nothing yet
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
    export(Library([], large), tmp_path / "pages")
    files = [first_card(browser, f"{(tmp_path / 'pages').as_uri()}/") for _ in range(5)]
    sys.stdout.write(f"first card, served {sorted(served)}, from files {sorted(files)}\n")
    assert min(served) <= FIRST_CARD
    assert min(files) <= FIRST_CARD


@pytest.mark.slow
def test_an_export_is_no_larger_than_it_may_be(large: Path, tmp_path: Path) -> None:
    written = export(Library([], large), tmp_path / "pages")
    weight = sum(written.values()) * 10_000 / 16_000
    sys.stdout.write(f"{weight / 1e6:.2f} MB for 10,000 completions\n")
    assert weight <= MOST
