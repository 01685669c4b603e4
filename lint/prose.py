"""Measures of running text."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[.!?…。؟][\"'”’)\]]*(?=\s|$)")
_ABBREVIATIONS = frozenset({"e.g.", "i.e.", "vs.", "cf.", "al.", "approx.", "fig.", "eq."})
_LABEL = re.compile(r"\s*([^:—–\n]{1,80})(?::|\s[—–]\s)")


def count_words(text: str) -> int:
    """Words that hold at least one letter or digit."""
    return sum(any(c.isalnum() for c in word) for word in text.split())


def count_sentences(text: str) -> int:
    """Ends of sentences; a common abbreviation ends none."""
    return sum(
        text[max(0, end.start() - 12) : end.start() + 1].split()[-1].strip("(").casefold()
        not in _ABBREVIATIONS
        for end in _SENTENCE_END.finditer(text)
    )


def is_mostly_letters(text: str) -> bool:
    """Whether at least half of the characters that are not space are letters."""
    characters = [c for c in text if not c.isspace()]
    return 2 * sum(c.isalpha() for c in characters) >= len(characters) > 0


def labelled(text: str) -> tuple[str, str]:
    """Split "Model: Qwen" or "Model — Qwen" into label and rest; the label may be empty."""
    if match := _LABEL.match(text):
        return match.group(1).strip(), text[match.end() :].strip()
    return "", text.strip()
