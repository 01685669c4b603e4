"""Markdown as GitHub shows it in an issue: tables, alerts, folds, task lists, footnotes, maths.

`render` is pure: the same source and marks give the same HTML, and nothing is fetched. What raw
HTML may hold is what GitHub lets through; the rest is left out.
"""

from __future__ import annotations

from epm.viewer.markdown.blocks import render
from epm.viewer.markdown.inline import linked
from epm.viewer.markdown.shown import (
    Heading,
    MarginMark,
    Numbers,
    Picture,
    Shown,
    no_pictures,
)

__all__ = [
    "Heading",
    "MarginMark",
    "Numbers",
    "Picture",
    "Shown",
    "linked",
    "no_pictures",
    "render",
]
