"""Whose the names of a sentence are that holds several numbers."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from epm_lint.patterns import Pattern

_FOR = Pattern(r"\s{0,2}(?:for|in|with|under|by|at|on|of|from) ", re.IGNORECASE)
_OTHER_SIDE = Pattern(
    r"\b(?:against|versus|vs\.?|compared (?:to|with)|than|from|instead of)\s{0,2}\Z",
    re.IGNORECASE,
)


class Stretches:
    """A clause, cut at the numbers that are not in brackets."""

    def __init__(
        self,
        pieces: list[str],
        bags: list[frozenset[str]],
        place: int,
        inside: frozenset[str],
        text: str,
        labels: AbstractSet[str],
    ) -> None:
        self.bags, self.place = bags, place
        self._inside = inside
        self._is_for = _FOR.match(pieces[place + 1]) is not None
        told = not labels.isdisjoint(bags[place] | bags[place + 1])
        contrast = _OTHER_SIDE.search(pieces[place])
        # "from 21.6% to 26.6%" is of two, and no word tells which; "from 0.48 at layer 12" is told
        of_two = contrast and pieces[place + 1].strip() in ("to", "→", "->")
        self._is_other = bool(of_two or (contrast and not told))
        self._is_announced = any(piece.rstrip().endswith(":") for piece in pieces[1 : place + 1])
        """Whether the clause names its labels, with numbers, before a colon, and this is behind."""
        behind = pieces[place + 1]
        if len(bags) > 2:  # a word right behind says what was counted; more is the next number's
            behind = " ".join(behind.split()[:2]) if behind[:1] == " " else ""
        self.behind = behind
        """What stands right behind the number."""
        self.own = " ".join((pieces[place], text or "", behind))

    def named(self, names: frozenset[str]) -> tuple[frozenset[str], list[frozenset[str]], bool]:
        """The words that are this number's, for names of one kind; those of the numbers before."""
        bags, at = self.bags, self.place
        if self._inside & names:
            return self._inside, [], False
        has = [bool(bag & names) for bag in bags]
        if self._is_announced and any(has[:at]):  # "A has 6 times the tokens of B: 1,203 against …"
            return frozenset[str]().union(*bags[: at + 1]) | self._inside, [], True
        if len(bags) == 2:
            return bags[0] | bags[1] | self._inside, [], False
        if has[at] and not has[at + 1]:
            return bags[at] | self._inside, [], not has[0]
        if has[-1] and not has[0]:
            return bags[at + 1] | self._inside, [bags[i + 1] for i in range(at - 1, -1, -1)], False
        if has[0] and not has[-1] and has[at]:
            return bags[at] | self._inside, [], False
        if not has[at] and has[at + 1]:  # "…, against 0.53 for base, …"
            is_last = at + 2 == len(bags)
            return bags[at + 1] | self._inside, [], not (has[0] and (self._is_for or is_last))
        if not has[at]:  # "against 0.53" is of another
            carried = [bags[i] for i in range(at - 1, -1, -1)]
            return bags[at] | self._inside, carried, self._is_other
        return bags[at] | bags[at + 1] | self._inside, [], True
