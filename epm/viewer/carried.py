"""What HTML cannot carry, or nobody can see, as escapes that everybody sees."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Emoji and Persian words fall apart without them."""
_LOOK = re.compile("[^\n\t\x20-\x7e\xa0-\xac\xae-\u034e\u0350-\u05ff]")
"""All but what most pages consist of; looked up one by one."""
_HIDDEN = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffe\uffff")


def carried(html: str) -> str:
    """HTML whose controls, formats, private characters and halves of pairs are escapes.

    They act on the text around them, are dropped or changed by parsers, or cannot be encoded.
    """
    return _LOOK.sub(lambda found: _seen(found[0]), html)


def _seen(character: str) -> str:
    if character in _JOINERS:
        return character
    if "\U000e0100" <= character <= "\U000e01ef":  # variation selectors, of which a text can hide
        return ascii(character)[1:-1]
    hidden = unicodedata.category(character) in _HIDDEN or character in _FILLERS
    return ascii(character)[1:-1] if hidden else character
