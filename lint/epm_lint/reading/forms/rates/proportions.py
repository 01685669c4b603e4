"""Rates with the counts, the trials and the intervals that stand with them."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.forms.inference.companions import Taken
from epm_lint.reading.forms.rates.bases import Bases
from epm_lint.reading.forms.rates.behind import Behind
from epm_lint.reading.forms.rates.pairing import COMPARED, Pairing
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import (
    AGGREGATES,
    METHODS,
    NO_TRIALS,
    OTHER_MEASURES,
    RATE_NOUNS,
    Part,
)
from epm_lint.reading.number import count_of
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import Binding, Proportion, Qualifier, Statement

_OF_PROPORTIONS = frozenset(["wilson", "clopper-pearson", "clopper–pearson", "clopper", "jeffreys"])
_REPEATED = frozenset(["seed", "seeds", "fold", "folds", "replicates", "repeats", "repetitions"])


class _Rates:
    def __init__(self, ground: Ground, qualified: Qualified, taken: Taken) -> None:
        self.ground, self.qualified, self.taken = ground, qualified, taken
        self.words = ground.words
        self.operands = ground.operands
        self.pairing = Pairing(ground, taken)
        self.behind = Behind(ground, self.pairing)
        self.bases = Bases(ground, taken)

    def read(self) -> Iterator[Statement]:
        """Every count and rate, with what stands with it."""
        done: set[int] = set()
        for place, operand in enumerate(self.operands):
            if operand in self.taken or place in done:
                continue
            if operand.role is Part.COUNT:
                rate = self.pairing.rate_of.get(place)
                done.add(place)
                yield self._counted(place, rate)
            elif place in self.pairing.paired or not self.pairing.is_rate(operand):
                continue
            elif made := self._bare(place):
                yield made

    def _counted(self, place: int, rate: int | None) -> Proportion:
        count = self.operands[place]
        k, n = count.number.fraction or (0, 0)
        last = max(place, rate if rate is not None else place)
        given = self.behind.parts(last)
        first = min(place, rate if rate is not None else place)
        start, end = self.operands[first].start, max(given.pop("end"), self.operands[last].end)
        given.pop("n_number", None)
        given.pop("n", None)
        rated = self.operands[rate] if rate is not None else None
        if rated is not None:
            start = min(rated.token if rated.role is Part.PERCENT else rated.start, count.start)
        self.taken.add(count, rated)
        return Proportion(
            **self.ground.common(start, end, qualifiers=self._qualifiers(start, end)),
            rate=rated.number if rated else None,
            count=count.number,
            k=k,
            n=n,
            **given,
        )

    def _bare(self, place: int) -> Proportion | None:
        """A rate with an n, an interval, or a count that is written apart from it."""
        rate = self.operands[place]
        given = self.behind.parts(place)
        k, count = self.bases.count_apart(place, given)
        n_number = given.pop("n_number", None) or self.bases.of_rate(place)
        noun = given.pop("n", None)
        n = count_of(n_number)
        if k is not None and n is None:
            n_number = self.bases.of_count(count)
            n = count_of(n_number)
        interval, half = given.get("interval"), given.get("half")
        if n is None and interval is not None and (n_number := self.bases.only_size(place)):
            n = count_of(n_number)
        if n is None and interval is None and half is None:
            return None
        named = (self._is_named(place) and k is None) or k is not None
        end = max(given.pop("end"), rate.end)
        start = rate.token
        if count is not None:
            start = min(start, count.token)
            end = max(end, count.end)
        self.taken.add(rate, count)
        qualifiers = self._qualifiers(rate.start, end)
        if (isinstance(noun, str) and noun in NO_TRIALS) or self._is_aggregate(place):
            qualifiers |= {Qualifier.MODELLED}
        binding = Binding.GROUP if count is None or n is None else Binding.CLAUSE
        number = rate.number.with_unit("%") if self.pairing.shares_unit(rate) else rate.number
        return Proportion(
            **self.ground.common(start, end, qualifiers=qualifiers, binding=binding),
            rate=number,
            count=count.number if count else None,
            k=k if n else None,
            n=n,
            n_number=n_number,
            named=named,
            **given,
        )

    def _qualifiers(self, start: int, end: int) -> frozenset[Qualifier]:
        said = self.qualified.of(start)
        named = any(word in METHODS for word in self.words[start : end + 3])
        return said if named else said | self.ground.declared_intervals

    def _is_named(self, place: int) -> bool:
        """Whether a number without a count is called a rate, or stands there without a name."""
        rate = self.operands[place]
        start = max(self.ground.clause(rate.start), rate.start - 12)
        if self.words[start - 1 : start] == [":"] or start == rate.start:
            start = max(self.ground.sentence(rate.start)[0], rate.start - 12)
        before = [w for w in self.words[start : rate.token] if w[0].isalpha()]
        after = self.words[rate.end : rate.end + 4]
        if after[:1] and after[0] in OTHER_MEASURES | COMPARED - {"of"}:
            return False
        if any(w in OTHER_MEASURES or w.startswith("log-") for w in before):
            return False
        named = next((w for w in reversed(before) if w in RATE_NOUNS), "")
        if named or any(w in ("acc", "acc_norm", "exact_match") for w in before):
            return True
        if rate.number.unit != "%" and not self.pairing.shares_unit(rate):
            return False
        first, last = self.ground.sentence(rate.token)
        if not _OF_PROPORTIONS.isdisjoint(self.words[first:last]):
            return True
        of_counted = (
            after[:1] == ["of"]
            and place + 1 < len(self.operands)
            and (
                self.operands[place + 1].role is Part.COUNTED
                and self.operands[place + 1].start - rate.end <= 3
            )
        )
        return of_counted or not before or before == ["them"]

    def _is_aggregate(self, place: int) -> bool:
        """Whether its sentence says that it is a mean, weighted, or of partial credit."""
        start, end = self.ground.sentence(self.operands[place].token)
        said = self.words[start:end]
        return not (AGGREGATES.isdisjoint(said) and _REPEATED.isdisjoint(said))


def rates_of(
    ground: Ground, qualified: Qualified, taken: Taken
) -> tuple[list[Statement], dict[int, int]]:
    """Every k/n and every rate that can be held to something; and which rate is of which count."""
    reader = _Rates(ground, qualified, taken)
    return list(reader.read()), reader.pairing.rate_of
