"""Previews, and the tabs that show them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext
from previewing import OpenTab, Preview, Start, Tab, started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(text)` begins one on a file of its own."""
    running: list[Preview] = []

    def begin(text: str | bytes | None = None, *options: str) -> Preview:
        folder = tmp_path / f"written-{len(running)}"
        folder.mkdir()
        body = folder / "body.md"
        if text is not None:
            body.write_bytes(text.encode() if isinstance(text, str) else text)
        running.append(started(body, *options))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.communicate()


@pytest.fixture
def tab(browser: Browser) -> Iterator[OpenTab]:
    """`tab(preview)` opens its page; at the end it must have done nothing amiss."""
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
