"""A browser, and the same pages for it served and as files."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_rules import axe
from bot_at_work import bot
from hub import app_key, description, hub, npm, proxy
from playwright.sync_api import Browser, Page, expect, sync_playwright
from previewing import open_preview, start_preview
from viewer_runs import made_up_runs

from epm.viewer.data.library import Library
from epm.viewer.exporting import export
from epm.viewer.serving import serve

pytest.register_assert_rewrite("journeys")

__all__ = [
    "app_key",
    "axe",
    "bot",
    "description",
    "hub",
    "npm",
    "open_preview",
    "proxy",
    "start_preview",
]

expect.set_options(timeout=30_000)  # machines may be busy

BROWSERS = ("chromium", "google-chrome")


@dataclass
class Site:
    """Pages in one of the two carriers."""

    start: str
    """What every address begins with."""
    library: Library
    folder: Path
    """Of the export; of the runs' own files for the server."""


@dataclass
class Watched:
    """A tab, and everything that it should not have done."""

    page: Page
    start: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to an address, past what the tab holds."""
        self.page.goto("about:blank")
        self.page.goto(self.start + path)
        return self.page


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of the machine; CI must have one."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("EPM_BROWSER") == "required":
            pytest.fail("there is no browser: apt-get install chromium")
        pytest.skip("no chromium on this machine")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One for all tests of a file: while it is there, nothing else can start an event loop."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with small runs of several shapes, hostile and broken ones among them."""
    folder = tmp_path_factory.mktemp("viewer") / "repository"
    made_up_runs(folder)
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """The runs below a folder from a server."""
    library = Library([], folder)
    with serve(library, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Site(server.url, library, folder)
        server.shutdown()


def as_files(folder: Path, pages: Path) -> Site:
    """The runs below a folder, exported into another."""
    library = Library([], folder)
    export(library, pages)
    return Site(f"{pages.as_uri()}/", library, pages)


@contextmanager
def site_of(carrier: str, folder: Path, pages: Path) -> Iterator[Site]:
    """The runs below a folder, served or exported into another."""
    if carrier == "exported":
        yield as_files(folder, pages)
    else:
        with serving(folder) as found:
            yield found


@pytest.fixture(scope="session")
def served(runs: Path) -> Iterator[Site]:
    """The runs from a server."""
    with serving(runs) as site:
        yield site


@pytest.fixture(scope="session")
def exported(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The runs as files."""
    return as_files(runs, tmp_path_factory.mktemp("exported") / "pages")


@pytest.fixture(scope="session", params=["served", "exported"])
def site(request: pytest.FixtureRequest) -> Site:
    """Either carrier."""
    found: Site = request.getfixturevalue(request.param)
    return found


Tab = Callable[..., Watched]


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Tab]:
    """`tab(**context)` opens one; at the end it must have done nothing amiss."""
    opened = []

    def open_tab(**options: object) -> Watched:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        watched = Watched(page, site.start)
        page.on("console", lambda m: watched.faults.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda error: watched.faults.append(f"error: {error}"))
        page.on(
            "request",
            lambda r: (
                r.url.startswith((site.start, "about:", "blob:", "data:"))
                or watched.faults.append(f"asked elsewhere: {r.url}")
            ),
        )
        page.on(
            "requestfailed",  # what is given up for another page is no fault
            lambda r: (
                r.failure == "net::ERR_ABORTED"
                or watched.faults.append(f"failed: {r.url}: {r.failure}")
            ),
        )
        page.set_default_timeout(30_000)  # machines may be busy
        opened.append((watched, context))
        return watched

    yield open_tab
    for watched, context in opened:
        context.close()
        assert not watched.faults
