"""axe-core in a page: what it finds wrong by WCAG 2.2 AA and good practice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import npm_parts
import pytest
from playwright.sync_api import Page

_RULES = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await axe.run(document, {preload: false, runOnly: {type: 'tag', values: tags}});
    return found.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map(
        (node) => node.target.join(' ') + ' ' + (node.any[0] || {}).message).join('; '));
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which is not shipped."""
    try:
        modules = npm_parts.modules(Path(__file__).parent / "package.json")
    except npm_parts.Unavailable as error:
        pytest.skip(str(error))
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, axe: str) -> list[Any]:
    """What is wrong with a page as it stands, in words; its context must bypass the CSP."""
    page.evaluate(axe)
    found: list[Any] = page.evaluate(_RULES)
    return found
