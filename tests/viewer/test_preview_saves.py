"""From a save to painted marks: how long it takes, and that nothing piles up.

    pytest -m slow -s tests/viewer/test_preview_saves.py

prints what two hundred saves took.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession
from previewing import OpenTab, Preview, Tab, started

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "experiments" / "issue_16" / "published" / "pilot" / "body.md"
RIGHT = "87% (416/480) against"
WARM = 10
"""Saves that are not counted."""
OBSERVED = """
window.painted = {};
const see = () => {
  const mark = document.getElementById('m-numbers-match-results-1')?.textContent ?? '';
  const number = /says (\\d+)\\/480/.exec(mark)?.[1];
  if (!number || number in window.painted) return;
  window.painted[number] = 0;
  requestAnimationFrame(() => {
    const after = new MessageChannel();  // a task after the frame has been painted
    after.port1.onmessage = () => {
      window.painted[number] = performance.timeOrigin + performance.now();
      after.port1.close();
    };
    after.port2.postMessage(0);
  });
};
new MutationObserver(see).observe(document, {childList: true, subtree: true, characterData: true});
"""


def waits(preview: Preview, tab: Tab, count: int) -> list[float]:
    """Seconds from the moment that a save is begun to that in which its own mark is painted."""
    text = PAGE.read_text(encoding="utf-8")
    assert RIGHT in text
    chance = random.Random(1)
    taken = []
    for number in range(500, 500 + count):
        time.sleep(chance.uniform(0.02, 0.08))  # in no step with the watch
        wrong = text.replace(RIGHT, f"87% ({number}/480) against", 1)
        before = time.time()
        preview.save(wrong)
        painted = tab.page.wait_for_function("n => window.painted[n]", arg=str(number))
        taken.append(painted.json_value() / 1000 - before)
        painted.dispose()
    return taken


class Sizes:
    """What the process and the tab hold."""

    def __init__(self, preview: Preview, session: CDPSession) -> None:
        self._process = Path(f"/proc/{preview.process.pid}")
        self._session = session
        session.send("Performance.enable")

    def now(self) -> dict[str, float]:
        """After both have let go of what they do not need."""
        self._session.send("HeapProfiler.collectGarbage")
        told = self._session.send("Performance.getMetrics")["metrics"]
        tab = {one["name"]: one["value"] for one in told}
        status = (self._process / "status").read_text()
        own = dict(line.split(":", 1) for line in status.splitlines())
        return {
            "kB": float(own["VmRSS"].split()[0]),
            "threads": float(own["Threads"]),
            "files": float(len(list((self._process / "fd").iterdir()))),
            "heap kB": tab["JSHeapUsedSize"] / 1024,
            "nodes": tab["Nodes"],
            "listeners": tab["JSEventListeners"],
        }


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The published page of 28 kB, bound to its results, in a checkout with its history."""
    checkout = tmp_path / "checkout"
    if (ROOT / ".git").exists():  # an sdist has none
        quickly = ("--quiet", "--shared", "--no-checkout")
        subprocess.run(["git", "clone", *quickly, ROOT, checkout], check=True)
    folder = checkout / PAGE.parent.relative_to(ROOT)
    shutil.copytree(PAGE.parent, folder)
    return folder / "body.md"


def holds(copied: Path, open_preview: OpenTab, count: int) -> list[float]:
    """Save so often; what it took, if nothing has grown by it."""
    preview = started(copied)
    try:
        one = observed(preview, open_preview)
        sizes = Sizes(preview, one.page.context.new_cdp_session(one.page))
        waits(preview, one, WARM)
        one.page.evaluate("window.painted = {}")
        before = sizes.now()
        taken = waits(preview, one, count)
        after = sizes.now()
        one.page.close()  # or it complains that the preview is gone
    finally:
        preview.end()
        preview.process.communicate()
    print({name: (round(before[name]), round(after[name])) for name in before})  # noqa: T201
    assert after["threads"] <= before["threads"]
    assert after["files"] <= before["files"]
    assert after["listeners"] <= before["listeners"] + 5
    assert after["nodes"] <= before["nodes"] * 1.2
    assert after["heap kB"] <= before["heap kB"] + 1_000
    assert after["kB"] <= before["kB"] + 20_000
    return taken


def observed(preview: Preview, open_preview: OpenTab) -> Tab:
    """A tab that notes when the mark of a save is painted."""
    one = open_preview(preview)
    one.page.add_init_script(OBSERVED)
    one.page.reload()
    return one


def told(taken: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    hundredths = statistics.quantiles([1000 * one for one in taken], n=100)
    median, high = hundredths[49], hundredths[94]
    print(f"{len(taken)} saves: median {median:.0f} ms, 95th percentile {high:.0f} ms")  # noqa: T201
    return median, high


def test_twenty_saves(copied: Path, open_preview: OpenTab) -> None:
    median, _ = told(holds(copied, open_preview, 20))
    assert median < 2_000, "on a machine that does much else"


@pytest.mark.slow
def test_two_hundred_saves(copied: Path, open_preview: OpenTab) -> None:
    median, high = told(holds(copied, open_preview, 200))
    assert median <= 200
    assert high <= 400
