"""The preview for everybody: in both schemes, at 320 pixels, at 400 %, and without scripts."""

from __future__ import annotations

import pytest
from axe_rules import violations
from playwright.sync_api import Browser, expect
from previewing import Start
from test_preview import GITHUB, WRONG

WIDE = f"# First\n\n{GITHUB}\n## Second\n\n{WRONG}\n`{'x' * 200}`\n\n```\n{'y ' * 200}\n```\n\n" + (
    "| " + "a column | " * 12 + "\n|" + "---|" * 12 + "\n| " + "a cell | " * 12 + "\n"
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_preview(
    start_preview: Start, browser: Browser, axe: str, scheme: str
) -> None:
    preview = start_preview(WIDE)
    page = browser.new_page(color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page.goto(preview.url)
    page.locator(".margin.fail").first.wait_for()
    page.click("details summary")
    assert violations(page, axe) == []
    preview.body.unlink()
    page.locator(".trouble").wait_for()
    assert violations(page, axe) == []
    page.context.close()


def test_nothing_of_a_preview_scrolls_sideways_and_no_script_is_needed_to_read_it(
    start_preview: Start, browser: Browser
) -> None:
    preview = start_preview(WIDE)
    for height, scale in ((640, 1), (256, 4)):
        viewport = {"width": 320, "height": height}
        page = browser.new_page(
            viewport=viewport,  # type: ignore[arg-type]
            device_scale_factor=scale,
            java_script_enabled=False,
        )
        page.goto(preview.url)
        expect(page.locator(".margin.fail").first).to_be_attached(timeout=30_000)
        expect(page.locator("noscript .note")).to_be_visible()
        widest = page.locator("html").evaluate("(html) => html.scrollWidth")
        assert widest <= 320
        page.context.close()
