"""How long does a page take to lint, cold, warm, and as it grows?

    python benchmarks/lint_speed.py [--runs N] [--peers VENV/bin]

Cold is a new process for each run; the runs of all programs alternate, so that what else the
machine does falls on all alike, and each figure is the least of its runs. Modules are compiled, as
they are where a package was installed, whatever PYTHONDONTWRITEBYTECODE says. `--peers` names a
folder with rumdl and pymarkdown, general Markdown linters that are timed on the same file.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import linear_regression

from epm_lint.engine import lint
from epm_lint.markdown.document import Document

PAGES = Path(__file__).parent.parent / "tests" / "lint" / "pages"
WARM = 25_000
SIZES = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000]
BASELINE = "python -c 'import markdown_it'"
PEERS = {"rumdl": ["check", "--no-cache"], "pymarkdown": ["scan"]}


def page(size: int) -> str:
    """A result page of that many bytes: further conditions of samples, and rows of rates."""
    text = (PAGES / "rendered.md").read_text(encoding="utf-8")
    before, condition, numbers, after = re.split(r"(?m)^(?=### Condition|## Headl|## Artif)", text)
    row = next(line for line in reversed(numbers.splitlines(True)) if line.startswith("|"))
    more = max(0, size - len(text.encode())) // len((condition + row).encode()) + 1
    table = numbers.replace(row, row * (1 + more))
    whole = before + condition * (1 + more) + table + after
    return whole.encode()[:size].decode("utf-8", "ignore")


def seconds(work: Callable[[], object]) -> float:
    """How long something takes, once."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cold(commands: dict[str, Sequence[str]], runs: int) -> dict[str, float]:
    """The least time of each command, run in turns after one run that is not counted."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            spent = seconds(partial(subprocess.run, command, capture_output=True, env=environment))
            if turn:
                taken[name].append(spent)
    return {name: min(times) for name, times in taken.items()}


def warm(work: Callable[[], object], runs: int) -> float:
    """The least time in a process that has done it before."""
    work()
    return min(seconds(work) for _ in range(runs))


def report_cold(runs: int, peers: Path | None) -> None:
    """Print what a new process costs, for our linter and for others."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.md", Path(folder) / "body.md"
        small.write_text(page(4_000), encoding="utf-8")
        large.write_text(page(WARM), encoding="utf-8")
        epm = str(Path(sys.executable).with_name("epm"))
        commands: dict[str, Sequence[str]] = {
            BASELINE: [sys.executable, "-c", "import markdown_it"],
            "epm lint, 4 kB": [epm, "lint", str(small)],
            "epm lint, 25 kB": [epm, "lint", str(large)],
        }
        for name, arguments in PEERS.items():
            if found := shutil.which(name, path=str(peers) if peers else None):
                commands[f"{name}, 25 kB"] = [found, *arguments, str(large)]
        least = cold(commands, runs)
    print(f"cold, the least of {runs}")
    for name, taken in least.items():
        ratio = taken / least[BASELINE]
        print(f"  {name:34}{1000 * taken:9.1f} ms{ratio:8.2f} ×")


def report_warm(runs: int) -> None:
    """Print what a further page costs in a process, and which part of that is parsing."""
    text = page(WARM)
    parser = Document.__init__.__globals__["_parser"]()
    print(f"\nwarm, {len(text.encode()):,} bytes, the least of {runs}")
    for name, work in {
        "markdown-it alone": lambda: parser.parse(text),
        "the document, parsed": lambda: Document(text),
        "the whole lint": lambda: lint(text),
    }.items():
        print(f"  {name:34}{1000 * warm(work, runs):9.1f} ms")


def report_growth(runs: int) -> None:
    """Print the cost by size, with the exponent of the power law through it."""
    print("\ngrowth, warm")
    costs = []
    for size in SIZES:
        text = page(size)
        cost = warm(partial(lint, text, seconds=600), max(3, runs * 16_000 // size))
        costs.append((len(text.encode()), cost))
        print(f"  {costs[-1][0]:>11,} bytes{1000 * cost:31.1f} ms")
    for name, points in {"all": costs, "64 kB and more": costs[3:]}.items():
        sizes, times = zip(*points, strict=True)
        slope, _ = linear_regression(list(map(math.log, sizes)), list(map(math.log, times)))
        print(f"  exponent, {name:24}{slope:9.2f}")


def main() -> None:
    """Time everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where rumdl and pymarkdown are")
    parsed = parser.parse_args()
    load, _, _ = os.getloadavg()
    print(f"{os.cpu_count()} cores, load {load:.1f} before\n")
    report_cold(parsed.runs, parsed.peers)
    report_warm(parsed.runs)
    report_growth(parsed.runs)


if __name__ == "__main__":
    main()
