"""`epm preview` as a reader starts it, and what a browser makes of it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

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
    assert ("is not there yet" in line) == (not body.exists())
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


@pytest.fixture
def start_preview(tmp_path: Path) -> Iterator[Start]:
    """`start_preview(text)` begins one on a file of its own."""
    running: list[Preview] = []

    def begin(text: str | bytes | None = None, *options: str, body: Path | None = None) -> Preview:
        if body is None:
            body = tmp_path / f"written-{len(running)}" / "body.md"
            body.parent.mkdir()
        if text is not None:
            body.write_bytes(text.encode() if isinstance(text, str) else text)
        running.append(started(body, *options))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.communicate()


@pytest.fixture
def open_preview(browser: Browser) -> Iterator[OpenTab]:
    """`open_preview(preview)` opens its page; at the end it must have done nothing amiss."""
    opened: list[tuple[Tab, BrowserContext]] = []

    def open_tab(preview: Preview) -> Tab:
        context = browser.new_context(viewport={"width": 1300, "height": 800})
        page = context.new_page()
        page.set_default_timeout(15_000)
        one = Tab(page)
        page.on("console", lambda message: one.faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.faults.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(preview.url) or one.faults.append(f"asked: {request.url}")
            ),
        )
        page.goto(preview.url)
        opened.append((one, context))
        return one

    yield open_tab
    for one, context in opened:
        context.close()
        assert not one.faults
