"""`epm preview` as a reader starts it, and what a browser makes of it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from playwright.sync_api import Page

from epm.files import write_atomically


@dataclass
class Preview:
    """`epm preview` in a process of its own, and the file that it shows."""

    body: Path
    process: subprocess.Popen[str]
    url: str

    def save(self, text: str | bytes) -> None:
        """As editors do that write another file and rename it."""
        write_atomically(self.body, text)

    def end(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def started(body: Path, *options: str, cwd: Path | None = None) -> Preview:
    """Start it, and wait until it says where it is."""
    command = [sys.executable, "-m", "epm", "preview", "--no-open", *options, str(body)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=cwd)
    stream: IO[str] | None = process.stderr
    assert stream is not None
    line = stream.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line + stream.read()
    return Preview(body, process, found[0])


@dataclass
class Tab:
    """A tab, and everything that it should not have done."""

    page: Page
    faults: list[str] = field(default_factory=list)


Start = Callable[..., Preview]
"""Begins a preview of a text."""
OpenTab = Callable[[Preview], Tab]
"""Opens its page."""
