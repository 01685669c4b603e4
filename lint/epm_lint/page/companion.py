"""The file beside the results that has the tables a page is too long for."""

from __future__ import annotations

from epm_lint.markdown.blocks import Link
from epm_lint.markdown.document import Document

FILE = "tables.md"
"""The file's name."""


def is_link(link: Link) -> bool:
    """Whether a link leads to the file."""
    return link.url.partition("#")[0].rpartition("/")[2] == FILE


def is_named(document: Document) -> bool:
    """Whether a page sends its readers there."""
    return any(
        is_link(link) for block in document.walk_blocks() for p in block.prose for link in p.links
    )
