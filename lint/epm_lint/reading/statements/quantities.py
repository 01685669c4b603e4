"""Rates from counts, sample sizes, means, and counts that are compared."""

from __future__ import annotations

from fractions import Fraction

from epm_lint.reading.number import Number
from epm_lint.reading.statements.base import Span, Statement
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion(Statement):
    """A rate, and what it was counted from; k/n alone has no rate."""

    rate: Number | None = None
    count: Number | None = None
    """k/n in one, or k."""
    k: int | None = None
    n: int | None = None
    n_number: Number | None = None
    named: bool = True
    """Whether it is called a rate, or its count is given: else it may be another measure."""
    interval: Span | None = None
    level: Number | None = None
    method: str = ""
    """`wilson`, `clopper-pearson`, `wald`, `jeffreys` or `bootstrap`, where it is named."""
    side: str = ""
    """`upper` or `lower`, where the interval is one bound."""
    half: Number | None = None
    half_kind: str = ""
    """`se`, `sd`, `interval`, or nothing where it is not told."""
    se: Number | None = None
    p: Number | None = None
    own: bool = True
    """Whether n stands with the rate, and is not merely the one that the page has."""
    continuity: bool = False
    """The interval is corrected for continuity."""
    comparisons: int = 0
    """The interval is Bonferroni's for so many."""
    errors: int = 0
    """The interval is the rate ± so many standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize(Statement):
    """N=12, n=100 per cell, 100 completions per persona."""

    n: Number
    per: str = ""
    noun: str = ""
    symbol: str = ""
    """`n` or `N`, where it is named by one."""
    of_others: bool = False
    """Its sentence is about bystanders, controls, or earlier work, which have an n of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Statement):
    """A mean with its spread; on a scale, if the page says which."""

    mean: Number
    sd: Number | None = None
    se: Number | None = None
    n: Number | None = None
    interval: Span | None = None
    level: Number | None = None
    lowest: Fraction | None = None
    highest: Fraction | None = None
    grain: Fraction | None = None
    """What the values are multiples of: whole points, half points."""
    items: int = 1
    """How many answers of each of n make the mean."""
    binary: bool = False
    words: frozenset[str] = frozenset()
    """The words of its clause, which say whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanOfList(Statement):
    """Numbers in a list, or in the columns of a row, and their mean; maybe their spread."""

    values: tuple[Number, ...]
    mean: Number
    spread: Number | None = None
    spread_kind: str = ""
    """`sd`, `se`, or nothing where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanDifference(Statement):
    """Two means with their SDs, and Cohen's d of them."""

    first: Number
    second: Number
    sds: tuple[Number, Number]
    d: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Statement):
    """Two rates from counts, and what is said of their difference."""

    first: Number
    second: Number
    statistic: str = ""
    value: Number | None = None
    p: Number | None = None
    test: str = ""
    """`fisher`, `z`, `χ²`, where it is named."""
    difference: Number | None = None
    interval: Span | None = None
    method: str = ""
    ratio: Number | None = None
    ratio_name: str = ""
    significant: bool | None = None
    rates: tuple[Number, Number] | None = None
    """In place of counts: two rates of n each."""
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Statement):
    """So many one way and so many the other: McNemar's discordant pairs, wins and losses."""

    first: int
    second: int
    numbers: tuple[Number, ...] = ()
    value: Number | None = None
    """The χ² of McNemar's test."""
    p: Number | None = None
    test: str = ""
    """`mcnemar` or `binomial`."""
    significant: bool | None = None
