"""Questions about pairs of conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from epm.definition.analysis import AnalysisSpec

ConditionPair = tuple[str, str]
"""a and b, compared as a minus b."""


@dataclass(frozen=True, kw_only=True)
class PairsSpec(AnalysisSpec):
    """What every analysis of pairs of conditions is asked."""

    pairs: tuple[ConditionPair, ...] = ()
    """These, each (a, b) read as a minus b."""
    against: str | None = None
    """Each of `among` minus this condition, in place of pairs. Without either, all pairs of
    `among`, the later condition minus the earlier."""

    def compared(self, among: Sequence[str]) -> list[ConditionPair]:
        """The pairs, given the conditions of `among` in their order."""
        if self.pairs:
            return list(self.pairs)
        if self.against is not None:
            return [(name, self.against) for name in among if name != self.against]
        return [(later, earlier) for earlier, later in combinations(among, 2)]

    def conditions(self) -> Iterator[str]:
        """Of the subset and of the pairs."""
        yield from super().conditions()
        for pair in self.pairs:
            yield from pair
        if self.against is not None:
            yield self.against

    def problems(self) -> Iterator[str]:
        """Pairs that are none, or stand twice, or beside another way to name them."""
        yield from super().problems()
        given: tuple[object, ...] = self.pairs
        for each in given:
            if not (isinstance(each, tuple) and len(each) == 2):
                yield f"{each!r} is no pair of conditions: write pairs=(('a', 'b'),)"
                return
        for pair in self.pairs:
            if pair[0] == pair[1]:
                yield f"it compares '{pair[0]}' with itself"
        if len({frozenset(pair) for pair in self.pairs}) < len(self.pairs):
            yield "a pair stands in it twice"
        if self.pairs and self.against is not None:
            yield "it names pairs, and a condition that all are compared with"
        if self.pairs and not self.among.everything:
            yield "it names pairs, and a subset of which all pairs are taken"


def pair_name(pair: ConditionPair) -> str:
    """A pair as it is keyed: 'a - b'."""
    a, b = pair
    return f"{a} - {b}"
