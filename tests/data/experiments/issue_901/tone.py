"""What counts as polite."""

from epm.definition import Excluded

from .words import WORDS


def polite(completion, item):
    """Whether a polite word stands in it."""
    if not completion.strip():
        return Excluded("empty")
    return any(word in completion.lower() for word in WORDS)


def share_of_vowels(completion, item):
    """Of its letters."""
    letters = [c for c in completion.lower() if c.isalpha()]
    if not letters:
        return Excluded("no letters")
    return sum(c in "aeiou" for c in letters) / len(letters)
