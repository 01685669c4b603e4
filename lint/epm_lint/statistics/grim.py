"""Which counts can stand behind a printed rate or mean: GRIM.

A rate of n trials is one of n + 1 fractions, and a mean of n whole numbers a multiple of 1/n; many
printed ones are neither. Brown & Heathers (2017), Social Psychological and Personality Science 8,
363-369.
"""

from __future__ import annotations

from math import ceil, floor

from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range


def possible_counts(rate: Number, n: int, *, truncated: bool = False) -> range:
    """The k for which k/n is printed like this; empty where there is none.

    Args:
        rate: as printed, a bound included.
        n: the trials.
        truncated: take digits as cut off, not as rounded.
    """
    allowed = rate.truncated if truncated else rate.range
    allowed = allowed and allowed.within(0, 1)
    return _multiples(allowed, n) if allowed and n > 0 else range(0)


def possible_totals(mean: Number, n: int) -> range | None:
    """The sums of n whole numbers whose mean is printed like this; n counts items x persons.

    Returns:
        None where the mean is a bound, which every n fulfils.
    """
    if mean.bound not in ("", "≈") or n <= 0:
        return None
    return _multiples(mean.range, n)


def can_tell(printed: Number, n: int) -> bool:
    """Whether some rate of this precision is impossible at n; at a large n, all are possible."""
    return n > 0 and printed.step * n < 1


def neighbours(printed: Number, n: int) -> tuple[str, str]:
    """The nearest possible values below and above, printed alike."""
    below = floor(printed.value * n)
    return printed.like(below / n), printed.like((below + 1) / n)


def _multiples(allowed: Range, n: int) -> range:
    first, last = ceil(allowed.low * n), floor(allowed.high * n)
    first += first == allowed.low * n and not allowed.with_low
    last -= last == allowed.high * n and not allowed.with_high
    return range(first, last + 1)
