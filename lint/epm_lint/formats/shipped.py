"""The formats that come with the linter, each read when it is first asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from epm_lint.formats.format import Format, Sign
from epm_lint.formats.toml import read

PLAIN = "plain"
"""The format of a page that claims none: nothing is asked of its sections."""

OWN = "v1"
"""The format that epm itself renders."""

NAMES = ("v1", "v2", "legacy", "flat-v4", "report-v1", PLAIN)
"""In the order in which a page's headings are held to their signs."""

SENTINELS = {"clean-result-v4": "flat-v4", "report-v1": "report-v1"}
"""The format that a sentinel claims, so that no file is read to find out."""

SIGNS: tuple[tuple[str, Sign], ...] = (
    ("v2", Sign(("AI Summary/Result *",), ("AI Summary/Results",))),
    ("v1", Sign(("AI Summary",))),
    ("v1", Sign(("AI TL;DR",))),
    ("v1", Sign(("Human TL;DR",))),
    ("legacy", Sign(("TL;DR", "Detailed report"))),
    ("legacy", Sign(("TL;DR/Background", "TL;DR/Methodology"))),
    ("legacy", Sign(("TL;DR/Background", "TL;DR/Results"))),
    ("legacy", Sign(("TL;DR/Methodology", "TL;DR/Results"))),
    ("v1", Sign(("Detailed report",))),
)
"""The signs of all of them in the order in which they are tried; their files say the same."""


@cache
def shipped(name: str) -> Format:
    """The format of that name; `KeyError` where none is shipped."""
    if name not in NAMES:
        raise KeyError(name)
    file = Path(__file__).with_name(f"{name}.toml")
    return read(file.read_text(encoding="utf-8"), file.name)
