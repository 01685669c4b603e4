"""Measures of running text."""

from __future__ import annotations

from epm_lint.patterns import Pattern

_SENTENCE_END = Pattern(r"[.!?…؟।][\"'”’)\]]*(?=\s|$)|[。！？]")
_UNSPACED = Pattern(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_FIRST_UNSPACED = "\u3040"
_ABBREVIATIONS = frozenset({"e.g.", "i.e.", "vs.", "cf.", "al.", "approx.", "fig.", "eq."})
_LABEL = Pattern(r"\s*([^:—–\n]{1,80})(?::|\s[—–]\s)")


def count_words(text: str) -> int:
    """Words that hold a letter or digit; in scripts that part none, each character is one."""
    if max(text, default="") < _FIRST_UNSPACED:
        return sum(any(map(str.isalnum, word)) for word in text.split())
    return sum(
        max(len(_UNSPACED.findall(word)), any(map(str.isalnum, word))) for word in text.split()
    )


def count_sentences(text: str) -> int:
    """Ends of sentences; a common abbreviation ends none."""
    return sum(
        text[max(0, end.start() - 12) : end.start() + 1].split()[-1].strip("(").casefold()
        not in _ABBREVIATIONS
        for end in _SENTENCE_END.finditer(text)
    )


def letters(text: str) -> int:
    """The percentage of letters among the characters that are not space, rounded down."""
    characters = "".join(text.split())
    return 100 * sum(map(str.isalpha, characters)) // max(1, len(characters))


def labelled(text: str) -> tuple[str, str]:
    """Split "Model: Qwen" or "Model — Qwen" into label and rest; the label may be empty."""
    if match := _LABEL.match(text):
        return match.group(1).strip(), text[match.end() :].strip()
    return "", text.strip()
