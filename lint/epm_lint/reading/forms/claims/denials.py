"""Whether what calls something significant is denied, which may stand far from the word itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import FUNCTION_WORDS, NEGATIONS

VERDICTS = frozenset({"significant", "significantly"})
BREAKS = frozenset({";", "but", "while", "whereas", "although"})
_NEAR = 4
_OF_ONE_PHRASE = frozenset({"no", "without"})
"""Negations that reach no farther than the next comma: "with no prompt, it is significant"."""
_JOINED = frozenset({"and", "so", "yet"})
_QUOTES = frozenset('“«"')
_WITHDRAWN_BEFORE = frozenset(
    """
        lack lacks lacked lacking absence absent little few stop stops stopped cease ceases ceased
        ceasing missed misses rather instead short close unlikely doubt doubts doubtful refute
        refutes refuted reject rejects rejected wrote written claim claims claimed thought believed
        called expected hoped wrongly mistakenly erroneously falsely
    """.split()
)
"""Words after which "significant" is not what the page itself says."""
_WITHDRAWN_BEHIND = frozenset(
    """
        ruled excluded absent lacking missing unlikely rejected refuted doubtful vanishes vanished
        disappears disappeared lost
    """.split()
)
_MERELY = frozenset({"only", "just", "merely", "simply"})
"""With a negation before them they deny nothing: "not only significant"."""
_PRONOUNS = frozenset({"it", "they", "that", "this", "which"})
_BEING = frozenset({"is", "are", "was", "were"})
_TAKEN_BACK = frozenset({"not", "wrong", "false"})
_CLOSING = frozenset({".", ",", ";", ":", "–"})


def is_denied(ground: Ground, at: int, first: int) -> bool | None:
    """Whether the verdict at a token is denied; None where that cannot be told.

    `first` is where the claim starts: at the verdict, or at the quantifier before it.
    """
    start, end = ground.sentence(at)
    words = ground.words
    if words[at - 1 : at] == ["from"] or _is_taken_back(words[at + 1 : end]):
        return None
    if any(map(_denies, _behind(ground, at, end))):
        return None
    clause = list(_before(ground, first, start))
    phrase = clause[: clause.index(",")] if "," in clause else clause
    if not _WITHDRAWN_BEFORE.isdisjoint(phrase):
        return None
    near = list(islice(_before(ground, at, start), _NEAR))
    if negations := [word for word in near if _negates(word)]:
        plain = negations != ["without"] or "without" in near[:2]
        return True if len(negations) == 1 and plain and _MERELY.isdisjoint(near) else None
    distant = any(_negates(word) and word not in _OF_ONE_PHRASE for word in clause)
    return None if distant or any(map(_negates, phrase)) else False


def _negates(word: str) -> bool:
    return word in NEGATIONS or word.endswith(("n't", "n’t"))


def _denies(word: str) -> bool:
    return (_negates(word) and word != "without") or word in _WITHDRAWN_BEHIND


def _is_taken_back(after: list[str]) -> bool:
    """As in "we wrote that p = .06 was significant; it is not"."""
    return any(
        pronoun in _PRONOUNS and being in _BEING and verdict in _TAKEN_BACK
        for pronoun, being, verdict in zip(after, after[1:], after[2:], strict=False)
    )


def _before(ground: Ground, first: int, start: int) -> Iterator[str]:
    """The words of a verdict's clause before it, from the last; without what is in brackets."""
    words = ground.words
    depth = 0
    last = ""
    for at in range(first - 1, max(start, ground.clause(first)) - 1, -1):
        word = words[at]
        if word in (")", "]"):
            depth += 1
        elif word in ("(", "["):
            depth = max(0, depth - 1)
        elif not depth:
            if word in VERDICTS or word in _QUOTES or (word == "," and last in _JOINED):
                return
            if word in BREAKS:
                if words[at - 1 : at] == ["anything"]:
                    yield "not"
                return
            yield word
            last = word


def _behind(ground: Ground, at: int, end: int) -> Iterator[str]:
    """The words of its clause behind it; past a bracket only where a noun follows it."""
    words = ground.words
    follows = ground.word(at + 1)
    attributive = follows[:1].isalpha() and follows not in FUNCTION_WORDS
    depth = 0
    for word in words[at + 1 : end]:
        if word in ("(", "["):
            if not attributive:
                return
            depth += 1
        elif word in (")", "]"):
            depth -= 1
        elif depth <= 0:
            if word in _CLOSING or word in BREAKS or word in VERDICTS or word in _JOINED:
                return
            yield word
