"""Compare a number as it is printed with a value of a results file: kinds, units, rounding."""

from __future__ import annotations

from fractions import Fraction

from epm_lint.binding.by_words.entries import ResultEntry
from epm_lint.binding.by_words.scopes import Mention
from epm_lint.binding.by_words.vocabulary import Aspect
from epm_lint.reading.number import Kind
from epm_lint.reading.ranges import Range

_SCALED = frozenset({Aspect.SE, Aspect.SD, Aspect.LOW, Aspect.HIGH})
"""What is given in points beside a percentage: 55.0% (SE 4.0)."""
_PROPORTIONS = frozenset("acc rate em f1 precision recall norm".split())


def may_be(mention: Mention, entry: ResultEntry) -> bool:
    """Whether a number of this form can be such a value."""
    number = mention.number
    if number.kind is Kind.FRACTION:
        return (
            entry.k is not None
            and entry.n is not None
            and entry.role in (Aspect.K, Aspect.ESTIMATE)
        )
    roles = mention.roles
    if entry.role not in roles:
        counts = entry.role is Aspect.ESTIMATE and entry.is_count
        if roles and not (counts and set(roles) <= {Aspect.K, Aspect.N}):
            return False
        if not roles and entry.role is not Aspect.ESTIMATE:
            whole = number.is_whole and entry.is_count
            named = set(entry.measured) <= entry.said
            if not whole or not (entry.role is Aspect.K or (entry.role is Aspect.N and named)):
                return False
    if entry.role.is_count and not number.is_whole:
        return False
    if mention.difference and "diff" not in entry.said and "diff" not in entry.measured:
        return False
    return not (
        mention.ratio and not any("ratio" in word for word in (*entry.said, *entry.measured))
    )


def printed(mention: Mention, entry: ResultEntry) -> tuple[Fraction, ...]:
    """The values that a number may have if it is this entry, in the number's own unit."""
    value, number = entry.value, mention.number
    if entry.role.is_count:
        return (value,)
    small = abs(value) <= 1
    if number.unit in ("%", "pp"):
        return (value,) if small and not entry.in_percent else (value / 100,)
    if mention.percent or (mention.difference and not number.unit):
        return (value * 100, value) if small and not entry.in_percent else (value,)
    is_rate = entry.in_percent or not _PROPORTIONS.isdisjoint((*entry.said, *entry.measured))
    found = [value]
    if (entry.role in _SCALED and small and not entry.in_percent) or (
        is_rate and small and abs(number.value) > 1 and not entry.in_percent
    ):
        found.append(value * 100)
    if is_rate and (not small or entry.in_percent) and abs(number.value) <= 1:
        found.append(value / 100)
    return tuple(found)


def is_equal(mention: Mention, entry: ResultEntry) -> bool:
    """Whether a number is what an entry gives when it is rounded as the number is."""
    if mention.number.fraction:
        return tuple(map(Fraction, mention.number.fraction)) == (entry.k, entry.n)
    if mention.number.bound not in ("", "≈") and entry.role is not Aspect.P:
        return False  # "over 4" is true of most numbers
    for value in printed(mention, entry):
        noise = abs(value) / 10**12
        if mention.number.range.meets(Range(value - noise, value + noise)):
            return True
    return False


def nearest(mention: Mention, entry: ResultEntry) -> Fraction:
    """The value of an entry in the unit that comes nearest to the number's."""
    if entry.role.is_count:
        return entry.value
    size = abs(mention.number.value)
    return min(printed(mention, entry), key=lambda value: abs(abs(value) - size))
