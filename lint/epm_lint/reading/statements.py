"""What a page says with its numbers: small typed values, each with its operands bound.

A rule asks for these and holds them to `lint/epm_lint/statistics`; it never looks at text.
`GRAMMAR.md` shows how each is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

from epm_lint.reading.number import Number
from epm_lint.values import dataclass


class Binding(IntEnum):
    """How near the operands of a statement stand, from the nearest; a rule's finding follows it."""

    GROUP = 0
    """The same group of tokens: `52/250 = 30.8%`, `t(28) = 2.20, p = .15`."""
    CLAUSE = 1
    """The same clause, with nothing between that starts another subject."""
    ROW = 2
    """The same row of a table, their parts given by the headers."""
    DECLARED = 3
    """Declared once for a table or section, by its caption, note or heading."""
    SUBJECT = 4
    """Two whole statements that are about the same thing."""

    @property
    def is_local(self) -> bool:
        """Whether a contradiction is an error, and not merely a doubt."""
        return self <= Binding.ROW


class Qualifier(StrEnum):
    """A word that withdraws a check, or changes it."""

    CORRECTED = "corrected"
    ONE_SIDED = "one-sided"
    RESAMPLED = "resampled"
    CLUSTERED = "clustered"
    MODELLED = "modelled"
    EXACT = "exact"
    PARTIAL = "partial"
    PAIRED = "paired"
    HEDGED = "hedged"
    UNKNOWN = "of another kind"
    """An adjective that the reading does not know: then it is not the plain statistic."""


class Span:
    """Two numbers that bound something: "5–10", "[15.8%, 32.2%]", "15.8% to 32.2%"."""

    def __init__(self, low: Number, high: Number) -> None:
        unit = low.unit or high.unit
        self.low, self.high = low, high
        self.unit = unit
        """That of both: written once, it is that of the pair."""
        self.ends = low.with_unit(unit), high.with_unit(unit)
        """Both numbers in that unit."""

    def in_unit(self, unit: str) -> tuple[Number, Number]:
        """Both ends in the unit of what they belong to, if they have none of their own."""
        return self.low.with_unit(self.unit or unit), self.high.with_unit(self.unit or unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something said; `start` and `end` count in the text of its passage."""

    passage: Any
    """The `Passage` that it stands in."""
    start: int
    end: int
    binding: Binding = Binding.GROUP
    qualifiers: frozenset[Qualifier] = frozenset()
    layer: int | None = None
    """The layer it is about, where the words around tell one."""
    negated: bool = False
    """The words deny it: "not significant", "does not survive"."""
    quoted: bool = False
    """It stands between quotation marks or in a block quote: someone else's words."""
    hypothetical: bool = False
    """It is asked, supposed or wished: "as if independent", "is it inside?"."""

    @property
    def text(self) -> str:
        """The statement as it is written."""
        return str(self.passage.text[self.start : self.end])

    @property
    def line(self) -> int:
        """Where it starts."""
        return int(self.passage.line_of(self.start))

    @property
    def is_claimed(self) -> bool:
        """Whether the page says it itself, and says it is so."""
        return not (self.quoted or self.negated or self.hypothetical)

    def has(self, *qualifiers: Qualifier) -> bool:
        """Whether any of some qualifiers is said of it."""
        return not self.qualifiers.isdisjoint(qualifiers)

    def describe(self) -> str:
        """The form and all that was read, as `GRAMMAR.md` writes it."""
        said = (f"{name}={shown}" for name, shown in self._parts() if shown)
        return " ".join([type(self).__name__, *said])

    def _parts(self) -> Iterator[tuple[str, str]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "words":
                continue
            if field.name == "binding":
                yield field.name, "" if value is Binding.GROUP else value.name.casefold()
            elif field.name not in ("start", "end", "passage"):
                denied = value is False and field.default is None
                yield field.name, "no" if denied else _shown(value)


def _shown(value: object) -> str:
    match value:
        case None | False | "" | ():
            return ""
        case True:
            return "yes"
        case Number():
            return value.raw.replace(" ", "")
        case Span():
            return f"[{_shown(value.low)},{_shown(value.high)}]"
        case Term():
            product = "×".join(map(_shown, value.factors))
            below = "".join(f"÷{_shown(divisor)}" for divisor in value.divisors)
            return ("-" if value.subtracted else "") + product + below
        case frozenset():
            return ",".join(sorted(map(_shown, value)))
        case tuple():
            return ",".join(map(_shown, value))
        case Subset():
            return ""
    return str(value).replace(" ", "_")


# ---------------------------------------------------------------------- tests and correlations


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
    significant: bool | None = None
    """What the words beside it say; None where they say nothing."""


@dataclass(frozen=True, slots=True)
class Subset:
    """Which rows of the page's tables a statistic is of."""

    without: tuple[str, ...] | None = None
    """The rows that are left out; empty where some are, and are not named."""
    group: str = ""
    """The category that it is within."""
    named: tuple[str, ...] = ()
    """The rows that its clause names."""
    elsewhere: bool = False
    """It is of another quantity, or from earlier work."""


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
    significant: bool | None = None
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
    significant: bool | None = None
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


# ---------------------------------------------------------------------- counts, rates, means


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


# ---------------------------------------------------------------------- arithmetic


@dataclass(frozen=True, slots=True)
class Term:
    """Numbers that are multiplied or divided by, and whether the product is taken away."""

    factors: tuple[Number, ...]
    subtracted: bool = False
    divisors: tuple[Number, ...] = ()

    @property
    def value(self) -> Fraction:
        """The product, with its sign."""
        product = Fraction(1)
        for factor in self.factors:
            product *= factor.value
        for divisor in self.divisors:
            product = product / divisor.value if divisor.value else Fraction(0)
        return -product if self.subtracted else product


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Statement):
    """Written-out sums and products; `total` is None where the result is left to the reader."""

    terms: tuple[Term, ...]
    total: Number | None = None
    explained: bool = False
    """The terms stand in brackets behind the total, and may leave something out."""
    nouns: tuple[str, ...] = ()
    """The words behind the factors, and behind the total."""

    @property
    def value(self) -> Fraction:
        """What the terms come to."""
        return sum((term.value for term in self.terms), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Statement):
    """A whole and what it is said to be made of, or what is left of it."""

    total: Number | None
    """None where the parts are percentages of one whole."""
    parts: tuple[Number, ...]
    left: Number | None = None
    """What remains when the parts are taken away."""
    exhaustive: bool = False
    """Whether the parts are said to be all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Statement):
    """So much between two figures that stand beside it, in points or in their own unit."""

    amount: Number
    before: Number
    after: Number
    direction: str = ""
    """`up` or `down`, where a word says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeChange(Statement):
    """So many percent, or such a part, more or less than a figure beside it."""

    amount: Fraction
    number: Number | None
    """None where it is given in words: "by a third"."""
    before: Number
    after: Number
    direction: str = ""
    hedged: bool = False
    surely: bool = False
    """Whether it is called relative; else percentages may differ by points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Statement):
    """So many times as much."""

    amount: Fraction
    number: Number | None
    before: Number
    after: Number
    more: bool = False
    """ "3.4 times more" may mean the excess too."""
    hedged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Statement):
    """What was observed and what a fit predicted."""

    observed: Number
    predicted: Number
    half: Number | None = None
    interval: Span | None = None
    """The prediction interval, and its half-width, that the same passage gives."""


# ---------------------------------------------------------------------- claims in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance(Statement):
    """A verdict on p-values: "all significant", "significant at α=0.05 after Holm", "both NS"."""

    quantifier: str = ""
    """`all`, `both` or `none`."""
    layers: tuple[int, ...] = ()
    """Those listed right before it."""
    of_layers: bool = False
    """Whether its sentence speaks of layers."""
    methods: frozenset[str] = frozenset()
    """The correlations that its sentence names."""
    alpha: Number | None = None
    correction: str = ""
    p: Number | None = None
    """The one it speaks of."""
    interval: Span | None = None
    """Where there is no p: the interval of a difference that it speaks of."""
    beside: tuple[tuple[Number, int | None, str], ...] = ()
    """The p-values of its own sentence before it: each with its layer and its statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplicity(Statement):
    """A claim to survive, or not, a correction for many tests."""

    correction: str
    alpha: Number | None = None
    family: Number | None = None
    """Over how many tests, where it is said."""
    everywhere: bool = False
    """Whether it is claimed for all of them."""
    methods: frozenset[str] = frozenset()
    p: Number | None = None
    """The one p beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside(Statement):
    """Something lies in an interval; denied ("outside"), `negated` says so."""

    interval: Span | None = None
    level: Number | None = None
    interval_kind: str = ""
    """`prediction`, `confidence` or `credible`."""
    value: Number | None = None
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excludes(Statement):
    """An interval is said to hold, or not to hold, a value that means no effect."""

    interval: Span
    value: int
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence(Statement):
    """Who pulls at the fit: high leverage, influential, or an outlier."""

    claim: str
    subjects: tuple[str, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction(Statement):
    """Strengthens, weakens, rises, falls: with the two figures where they are given."""

    direction: str
    """`stronger`, `weaker`, `up` or `down`."""
    before: Number | None = None
    after: Number | None = None
    of_p: bool = False
    """Whether the figures are p-values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence(Statement):
    """Samples, or effects, that are called independent."""

    of: str = ""
    of_samples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence(Statement):
    """The page's own word: HIGH, MODERATE or LOW."""

    level: str
    own: bool = False
    """It stands in the title or in a line that starts with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic(Statement):
    """Cook's distance, leverage or VIF."""

    measure: str
    value: Number
    threshold: bool = False
    """Whether the value is the bound and nobody's own."""
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedClaim(Statement):
    """So many of the rows of a table do something: "six of eight rose by 13 pp or more"."""

    k: int
    n: int
    number: Number | None
    did: int
    """How many rows of the table that it is bound to do."""
    rows: int
    who: tuple[str, ...] = ()
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellClaim(Statement):
    """A figure that is said to be the largest, the least, the mean or an end of a column."""

    number: Number
    cell: Number | None
    """What the table has."""
    right: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible(Statement):
    """A value that no such quantity can have."""

    number: Number
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Statement):
    """A quantity that stands on the page a second time, with another value."""

    number: Number
    first: Number
    what: str
