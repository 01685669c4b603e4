"""Several tests at once: adjusted p-values."""

from __future__ import annotations

from collections.abc import Sequence


def bonferroni(ps: Sequence[float], tests: int | None = None) -> list[float]:
    """min(1, m·p): Dunn (1961), JASA 56, 52-64.

    Args:
        ps: the p-values at hand.
        tests: how many tests there were, where more than those at hand.
    """
    m = tests or len(ps)
    return [min(1.0, m * p) for p in ps]


def holm(ps: Sequence[float]) -> list[float]:
    """The running maximum of (m - rank)·p in rising order: Holm (1979), Scand. J. Stat. 6, 65."""
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted
