"""The words that withdraw a check or change it, and what each of them is said of.

A qualifier beside a p-value is that p-value's: "Holm p = .03", "p = .03 (corrected)". One that
stands elsewhere in the sentence, and beside no p-value, is that of all of them. A sentence that
speaks of p-values or intervals in general ("all intervals are bootstrapped") is that of the page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import FUNCTION_WORDS, GLUE, ORDINARY_TAILS, Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.qualifier_words import WHOLE, correction_of, qualifier_of
from epm_lint.reading.statements import Qualifier
from epm_lint.values import cached_property

_SPEAKS_OF_SURVIVAL = frozenset(
    """
        survive survives survived surviving withstands withstand passes passed clears under before
        without no uncorrected
    """.split()
)


_PLAIN_ADJECTIVES = frozenset(
    """
        two-sided two-tailed 2-sided 2-tailed raw uncorrected unadjusted nominal same this that one
        asymptotic their resulting corresponding associated small large low high second first
        overall spearman pearson spearman's pearson's spearman’s pearson’s
    """.split()
)


_GENERAL_P = frozenset({"p-values", "ps", "tests", "p"})


_GENERAL_INTERVALS = frozenset(
    "intervals interval cis brackets bars errors error ranges bounds uncertainty".split()
)
_GENERAL = _GENERAL_P | _GENERAL_INTERVALS | {"we"}


_REACH_AFTER = 8


_SMALL = 1000


class Sentence:
    """The qualifiers of a sentence, each with the operand that it is said of."""

    def __init__(self, ground: Ground, start: int, end: int) -> None:
        self.ground = ground
        words = ground.words
        self.found = [
            (at, qualifier)
            for at in range(start, end)
            if (qualifier := _at(words, at)) and not _is_claim(words, at, qualifier)
        ]
        inside = ground.inside(start, end)
        self.of: dict[int, set[Qualifier]] = {}
        """By the token of a p-value, its own."""
        self.words_of: dict[int, list[str]] = {}
        self.common: set[Qualifier] = set()
        self.common_words: list[str] = []
        if self.found:
            self._share(inside)

    def _share(self, inside: list[Operand]) -> None:
        starts = [o.start for o in inside]
        words = self.ground.words
        for at, qualifier in self.found:
            after = bisect_right(starts, at)
            owner: Operand | None = None
            before = inside[after - 1] if after else None
            following = inside[after] if after < len(inside) else None
            if before is not None and before.start <= at < before.end:
                owner = before
            elif (
                following is not None
                and following.role is Part.P
                and _adjectives(words[at + 1 : following.start])
            ):
                owner = following
            else:
                behind = self._behind(inside, after, at)
                owner = behind
            if owner is not None and owner.role is Part.P:
                self.of.setdefault(owner.token, set()).add(qualifier)
                self.words_of.setdefault(owner.token, []).append(words[at])
            else:
                self.common.add(qualifier)
                self.common_words.append(words[at])

    def _behind(self, inside: list[Operand], after: int, at: int) -> Operand | None:
        """The p-value shortly before a word, with no other figure of its own between."""
        for place in range(after - 1, -1, -1):
            operand = inside[place]
            if at - operand.end > _REACH_AFTER:
                return None
            if operand.role is Part.P:
                between = self.ground.words[operand.end : at]
                return None if "." in between or ";" in between else operand
            if operand.role not in (Part.COUNTED, Part.BARE):
                return None
        return None


def _at(words: Sequence[str], at: int) -> Qualifier | None:
    word = words[at]
    if len(word) < 3 or not word[0].isalnum():
        return WHOLE.get(word)
    if word in ("upper", "lower", "right", "left") and words[at + 1 : at + 2] == ["tail"]:
        return Qualifier.ONE_SIDED
    if word == "adjusted" and words[at + 1 : at + 2] == ["for"]:
        return Qualifier.PARTIAL
    if word == "adjusted" and words[at + 1 : at + 2] in (["r²"], ["r2"], ["r"]):
        return None
    if word == "controlling" or (word == "taken" and words[at + 1 : at + 2] == ["out"]):
        return Qualifier.PARTIAL
    return qualifier_of(word)


def _is_claim(words: Sequence[str], at: int, qualifier: Qualifier) -> bool:
    """Whether a correction is something to survive, and nothing that was done to a p beside it."""
    if qualifier is Qualifier.EXACT and words[at + 1 : at + 2] in (["match"], ["agreement"]):
        return True
    if qualifier is not Qualifier.CORRECTED:
        return False
    before = words[max(0, at - 3) : at]
    if words[at].startswith("correct") and words[at] not in ("corrected", "correction"):
        return words[at][-8:] != "-adjusted"
    return not _SPEAKS_OF_SURVIVAL.isdisjoint(before)


def _adjectives(words: Sequence[str]) -> bool:
    """Whether some words may stand between an adjective and its p."""
    return len(words) <= 2 and all(word[0].isalpha() or word in ("-", "'", "’") for word in words)


class Qualified:
    """The qualifiers of the statistics of one passage."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._sentences: dict[int, Sentence] = {}

    @cached_property
    def lead(self) -> list[str]:
        """The words of its labels, and of the cells beside it that hold no number."""
        return [*_words(self.ground.lead), *self.ground.beside]

    def sentence(self, at: int) -> Sentence:
        """That of a token."""
        start, end = self.ground.sentence(at)
        if start not in self._sentences:
            self._sentences[start] = Sentence(self.ground, start, end)
        return self._sentences[start]

    def of_p(self, p: Operand) -> tuple[frozenset[Qualifier], str, int | None]:
        """The qualifiers of a p-value, its correction, and for how many tests that is."""
        sentence = self.sentence(p.token)
        own = sentence.of.get(p.token)
        said = set(own or ()) | (
            sentence.common - {Qualifier.CORRECTED} if own else sentence.common
        )
        words = sentence.words_of.get(p.token, []) if own else sentence.common_words
        if "_" in p.name:
            _, _, lowered = p.name.partition("_")
            found = qualifier_of(lowered)
            said.add(found or Qualifier.UNKNOWN)
            words = [*words, lowered]
        elif p.name == "q":
            said.add(Qualifier.CORRECTED)
            words = [*words, "fdr"]
        said |= self._adjective(p)
        for word in self._lead_of(p):
            if found := qualifier_of(word):
                said.add(found)
                words = [*words, word]
        if not own:
            said |= self.ground.declared
        correction = correction_of(words) if Qualifier.CORRECTED in said else ""
        if Qualifier.CORRECTED in said and not correction:
            correction = "other"
        return frozenset(said), correction, self._tests(p) if correction else None

    def _lead_of(self, p: Operand) -> list[str]:
        """The words of a cell's labels; in a row "Holm / Bonferroni" of two p's, one each."""
        spot = self.ground.passage.spot
        if spot is None or "/" not in spot.row_label:
            return self.lead
        parts = spot.row_label.split("/")
        ps = [o.token for o in self.ground.operands if o.role is Part.P]
        if len(parts) == len(ps) and all(any(map(qualifier_of, _words(part))) for part in parts):
            return _words(parts[ps.index(p.token)])
        return self.lead

    def _adjective(self, p: Operand) -> set[Qualifier]:
        """An adjective right before p that is not known makes it another p."""
        at = p.start - 1
        words = self.ground.words
        if at < 0 or not words[at][0].isalpha():
            return set()
        word = words[at]
        if word in GLUE or word in FUNCTION_WORDS or word in _PLAIN_ADJECTIVES:
            return set()
        known = qualifier_of(word)
        if known:
            return {known}
        verb = word.endswith(("s", "ed")) or word in ("find", "yield", "give", "get", "show", "see")
        return set() if verb else {Qualifier.UNKNOWN}

    def _tests(self, p: Operand) -> int | None:
        """The 3 of "corrected for 3 tests" behind a p."""
        for operand in self.ground.inside(p.end, p.end + _REACH_AFTER + 1):
            counted = operand.role is Part.COUNTED and operand.number.is_whole
            if not counted or not 1 < operand.number.mantissa < _SMALL:
                continue
            if operand.nouns[0].startswith(("test", "compar", "hypoth", "contrast", "pair")):
                return operand.number.mantissa
        return None

    def of(self, start: int) -> frozenset[Qualifier]:
        """The qualifiers of a statement that has no p: those of its sentence and its labels."""
        sentence = self.sentence(start)
        said = set(sentence.common)
        for own in sentence.of.values():
            said |= own - {Qualifier.CORRECTED, Qualifier.ONE_SIDED}
        for word in self.lead:
            if found := qualifier_of(word):
                said.add(found)
        return frozenset(said)


def _words(label: str) -> list[str]:
    return label.casefold().replace("(", " ").replace(")", " ").split()


def is_plain_tail(ground: Ground, p: Operand) -> bool:
    """Whether what follows a p lets it be one: `p = 0.05 dropout` is none."""
    words = ground.words
    at = p.end
    if at >= len(words):
        return True
    word = words[at]
    if word == "of" or (word == "-" and words[at + 1 : at + 2] and words[at + 1] == "#"):
        return False
    return not word[0].isalpha() or word in ORDINARY_TAILS or qualifier_of(word) is not None


def general(ground: Ground) -> tuple[set[Qualifier], set[Qualifier]]:
    """What a passage says of all p-values, and of all intervals: "p-values are Holm-corrected"."""
    of_p: set[Qualifier] = set()
    of_intervals: set[Qualifier] = set()
    words = ground.words
    if _GENERAL.isdisjoint(words):
        return of_p, of_intervals
    for start, end in ground.sentences:
        said = words[start:end]
        about_p = not _GENERAL_P.isdisjoint(said)
        about_intervals = not _GENERAL_INTERVALS.isdisjoint(said)
        if not (about_p or about_intervals) or _gives_one(ground, start, end):
            continue
        found = {
            qualifier
            for at in range(start, end)
            if (qualifier := _at(words, at)) and not _is_claim(words, at, qualifier)
        }
        if about_p:
            of_p |= found
        if about_intervals:
            of_intervals |= found
    resampling = words[:2] in (["we", "resample"], ["we", "bootstrap"])
    if resampling:
        of_intervals.add(Qualifier.RESAMPLED)
    return of_p, of_intervals


def _gives_one(ground: Ground, start: int, end: int) -> bool:
    """Whether a sentence gives a p or an interval of its own, and so speaks of that."""
    return any(
        operand.role in (Part.P, Part.INTERVAL, Part.TEST) for operand in ground.inside(start, end)
    )
