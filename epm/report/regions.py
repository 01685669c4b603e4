"""The two sections that people write, kept word for word when the page is rendered again."""

from __future__ import annotations

import re

REGION = re.compile(
    r"<!-- epm:human (?P<name>[a-z-]+) -->\n(?P<text>.*?)<!-- /epm:human -->", re.DOTALL
)


def human_regions(body: str) -> dict[str, str]:
    """The text of each marked region, by name."""
    return {match["name"]: match["text"] for match in REGION.finditer(body)}


def keep_human_regions(rendered: str, earlier: str) -> str:
    """The rendered body with the earlier body's human regions in place of its own."""
    kept = human_regions(earlier)

    def restored(match: re.Match[str]) -> str:
        text = kept.get(match["name"], match["text"])
        return f"<!-- epm:human {match['name']} -->\n{text}<!-- /epm:human -->"

    return REGION.sub(restored, rendered)
