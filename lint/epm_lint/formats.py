"""The formats a body may have: declared in its first line, else inferred from its shape."""

from __future__ import annotations

from enum import StrEnum

from epm_lint.errors import LintError
from epm_lint.markdown.document import Document
from epm_lint.quoting import quote


class BodyFormat(StrEnum):
    """How the parts of a body are arranged."""

    LEGACY = "legacy"
    """Background, Methodology, Results and Next steps under `## TL;DR`."""

    V1 = "v1"
    """Those four under `## AI Summary`, then `# Detailed report`."""

    V2 = "v2"
    """One or more `### Result …` under `## AI Summary`, the set-up in `<details>`."""

    PLAIN = "plain"
    """Any page: held to no parts, only to what every page owes its readers."""


EVERY_FORMAT = frozenset(BodyFormat)
RESULT_PAGES = EVERY_FORMAT - {BodyFormat.PLAIN}


def format_of(document: Document) -> BodyFormat:
    """The format that a body declares, else the one its headings have."""
    if declared := document.declared("format"):
        try:
            return BodyFormat(declared)
        except ValueError:
            known = ", ".join(BodyFormat)
            raise LintError(f"the body's format {quote(declared)} is none of {known}") from None
    return _inferred(document)


def _inferred(document: Document) -> BodyFormat:
    if summary := document.find("AI Summary"):
        titles = [section.key for section in summary.sections]
        one_by_one = any(is_one_result(key) for key in titles) and "results" not in titles
        return BodyFormat.V2 if one_by_one else BodyFormat.V1
    if document.find("TL;DR") and not document.find("AI TL;DR"):
        return BodyFormat.LEGACY
    return BodyFormat.V1


def is_one_result(key: str) -> bool:
    """Whether a key is that of one result (`### Result 2: …`), not of all (`### Results`)."""
    return key.startswith("result") and key != "results"
