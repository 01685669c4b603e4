"""Tell samples that a model drew from words that only stand in for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Code, Section
from epm_lint.model import Finding
from epm_lint.page.placeholders import blank_in
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote

_STAND_IN = Pattern(r"\[generated (?:under|with|by|from)\b|\bsample texts? omitted", re.IGNORECASE)
_OMITTED = Pattern(
    r"\b(?:samples?|outputs?|completions?)(?: texts?| outputs?)?(?: (?:are|is|was|were))? omitted",
    re.IGNORECASE,
)


def is_stand_in(sample: str) -> bool:
    """Whether there is nothing to read; a model may well say "unknown" or leave a blank."""
    sample = sample.strip()
    if sample in {"", "...", "…"} or blank_in(sample) == sample:
        return True
    return _STAND_IN.search(sample) is not None


def real_samples(section: Section) -> tuple[Code, ...]:
    """The fenced samples under a heading that can be read."""
    return tuple(fence for fence in section.fences if not is_stand_in(fence.content))


def stand_ins(section: Section) -> Iterator[Finding]:
    """What stands under a heading in place of samples."""
    for fence in section.fences:
        if is_stand_in(fence.content):
            yield Finding(
                f"no sample but a placeholder: {quote(fence.content)}",
                fence.line,
                end_line=fence.end_line,
                fix="paste the completion itself",
            )
    for line, text in section.lines():
        folded = text.casefold()
        if "generated" not in folded and "omitted" not in folded:
            continue
        if _STAND_IN.search(text) or _OMITTED.search(text):
            yield Finding(f"samples left out: {quote(text)}", line, fix="paste the completions")
