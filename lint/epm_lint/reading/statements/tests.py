"""Tests, correlations, coefficients and p-values."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.statements.base import Span, Statement, Subset
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Statement):
    """A test statistic: t, F, χ² or z, and what stands with it."""

    __test__ = False

    statistic: str
    """`t`, `F`, `χ²` or `z`; H of Kruskal and Wallis and Cochran's Q are χ²."""
    value: Number
    df: Number | None = None
    df2: Number | None = None
    p: Number | None = None
    p_high: Number | None = None
    """Of "p between .01 and .04", the upper."""
    logarithmic: bool = False
    """p is given as −log₁₀ p."""
    correction: str = ""
    """`bonferroni`, `holm`, `sidak`, `fdr` or another, where p is said to be corrected."""
    tests: int | None = None
    """For how many tests, where that is said."""
    n: Number | None = None
    pairs: Number | None = None
    """So many pairs were compared, of which a t has one degree of freedom fewer."""
    effects: tuple[tuple[str, Number], ...] = ()
    """Effect sizes between them, by name: η², φ, V, d."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(Statement):
    """r, ρ or τ, alone or with its p, N and interval."""

    coefficient: Number
    method: str = ""
    """`pearson`, `spearman` or `kendall`."""
    partial: bool = False
    covariates: tuple[str, ...] = ()
    p: Number | None = None
    p_high: Number | None = None
    logarithmic: bool = False
    correction: str = ""
    tests: int | None = None
    n: Number | None = None
    df: Number | None = None
    interval: Span | None = None
    level: Number | None = None
    squared: Number | None = None
    """The R² that is given with it."""
    statistic: Number | None = None
    """The t that is given with it."""
    statistic_df: Number | None = None
    data: Subset | None = None
    """Of which rows of the page's tables it is, where the words before it tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination(Statement):
    """The R² of a fit with its p and N."""

    value: Number
    p: Number | None = None
    n: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PValue(Statement):
    """A p that stands by itself."""

    p: Number
    method: str = ""
    correction: str = ""
    """`bonferroni`, `holm` or `fdr`, if it is said to be corrected."""
    stars: int = 0
    """How many asterisks stand behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Statement):
    """A number with its standard error, statistic, p or interval; or with some of them."""

    name: str
    value: Number
    ratio: bool = False
    """A ratio of odds, risks or hazards: its interval is even on the scale of logarithms."""
    se: Number | None = None
    statistic: str = ""
    """`t` or `z`."""
    statistic_value: Number | None = None
    df: Number | None = None
    p: Number | None = None
    interval: Span | None = None
    level: Number | None = None
