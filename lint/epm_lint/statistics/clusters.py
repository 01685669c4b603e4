"""Wilson's interval where trials come in clusters: of questions, or of seeds and questions.

`epm.analyses.proportions.compute` has the formulas and their sources; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

from epm_lint.statistics.intervals import Interval, Method, from_z
from epm_lint.statistics.tails import Normal, StudentT

Cells = Mapping[str, tuple[int, int]]
"""Successes and trials by question."""


def clustered(seeds: Sequence[Cells], level: float = 0.95) -> Interval | None:
    """The interval of the rate over all cells, at its effective sample size.

    Args:
        seeds: the counts of each seed; of a single one the clusters are its questions, of several
            they are seeds and questions.
        level: the confidence, within 0.5 and 1.

    Returns:
        The interval, or None where fewer than two questions were asked.
    """
    questions = list(dict.fromkeys(question for cells in seeds for question in cells))
    k = sum(successes for cells in seeds for successes, _ in cells.values())
    n = sum(trials for cells in seeds for _, trials in cells.values())
    if len(questions) < 2 or n < 1 or not 0.5 < level < 1:
        return None
    z = Normal().upper_quantile((1 - level) / 2)
    size = float(len(questions)) if k in (0, n) else _effective(seeds, questions, k / n, n, level)
    return from_z(k / n * size, size, z, Method.WILSON).cut()


def _effective(
    seeds: Sequence[Cells], questions: Sequence[str], p: float, n: int, level: float
) -> float:
    def excess(cells: Cells, question: str) -> float:
        successes, trials = cells.get(question, (0, 0))
        return successes - p * trials

    tail = (1 - level) / 2
    each = [[excess(cells, question) for question in questions] for cells in seeds]
    by_question = _between([fsum(column) for column in zip(*each, strict=True)]) / n**2
    variance, t = by_question, StudentT(len(questions) - 1).upper_quantile(tail)
    if len(seeds) > 1:
        by_seed = _between([fsum(row) for row in each]) / n**2
        cells = _between([value for row in each for value in row]) / n**2
        variance = max(by_seed + by_question - cells, by_seed, by_question)
        both = by_seed + by_question
        share = by_seed / both if both else 0.0
        t = share * StudentT(len(seeds) - 1).upper_quantile(tail) + (1 - share) * t
    independent = p * (1 - p) / n
    effect = max(1.0, variance / independent)
    return n / effect * (Normal().upper_quantile(tail) / t) ** 2


def _between(totals: Iterable[float]) -> float:
    values = list(totals)
    return len(values) / (len(values) - 1) * fsum(value**2 for value in values)
