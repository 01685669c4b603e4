"""Texts by the words that they share: gzip alone looks back 32 kB, and sees no word further off.

A word has one character that stands for it, the more frequent the shorter in UTF-8. Put together
again, the words are the text, character for character.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r" ?[^\W\d_]+|[\s\S]")
_CODES = [chr(c) for c in (*range(0x23, 0x5C), *range(0x5D, 0x7F), *range(0xA1, 0xD800))]
"""Those that JSON writes as they are, in the order of their length; `cards.js` has them too."""
_FEWEST = 20_000
"""Characters of texts below which they are as small without."""


def shared(texts: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The words of some texts, and each text in the characters that stand for them.

    None where the texts are too short, or share too little, to gain anything.
    """
    size = sum(map(len, texts))
    if size < _FEWEST:
        return None
    found = [_WORD.findall(text) for text in texts]
    words = [word for word, _ in Counter(word for each in found for word in each).most_common()]
    if len(words) > len(_CODES) or sum(map(len, words)) > size / 2:
        return None
    code = dict(zip(words, _CODES, strict=False))
    return words, ["".join(map(code.__getitem__, each)) for each in found]
