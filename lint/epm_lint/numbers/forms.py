"""What a page may say with its numbers, each form a value; `GRAMMAR.md` shows them by example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal

from epm_lint.numbers.values import Number, Span
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something said; `start` and `end` count in the text of its passage."""

    start: int
    end: int
    text: str
    layer: int | None = None
    """The layer it is about, where the words around tell one."""
    negated: bool = False
    """The words deny it: "not significant", "does not survive"."""
    quoted: bool = False
    """It stands between quotation marks or in a block quote: someone else's words."""
    hypothetical: bool = False
    """It is asked, supposed or wished: "as if independent", "is it inside?"."""

    def describe(self) -> str:
        """The form and all that was read, as `GRAMMAR.md` writes it."""
        said = (f"{name}={shown}" for name, shown in self._parts() if shown)
        return " ".join([type(self).__name__, *said])

    def _parts(self) -> Iterator[tuple[str, str]]:
        for field in fields(self):
            if field.name not in ("start", "end", "text"):
                value = getattr(self, field.name)
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
            return ("-" if value.subtracted else "") + "×".join(map(_shown, value.factors))
        case tuple():
            return ",".join(map(_shown, value))
    return str(value).replace(" ", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(Statement):
    """r or ρ, with what is said of it."""

    coefficient: Number
    method: str = ""
    """`pearson`, `spearman` or `kendall`: named, else what the symbol stands for."""
    partial: bool = False
    covariates: tuple[str, ...] = ()
    p: Number | None = None
    n: Number | None = None
    """Its `start` is -1 where it stands in the label of the row and not in the cell."""
    df: Number | None = None
    interval: Span | None = None
    significant: bool | None = None
    """What the words beside it say; None where they say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Statement):
    """A test statistic: t, F, χ² or z."""

    __test__ = False

    statistic: str
    value: Number
    df: Number | None = None
    df2: Number | None = None
    p: Number | None = None
    n: Number | None = None
    interval: Span | None = None
    significant: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PValue(Statement):
    """A p that stands by itself."""

    p: Number
    method: str = ""
    correction: str = ""
    """`bonferroni`, `holm` or `fdr`, if it is said to be corrected."""
    significant: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic(Statement):
    """Cook's distance, leverage or VIF."""

    measure: str
    value: Number
    threshold: bool = False
    """Whether the value is the bound and nobody's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Statement):
    """A rate with its interval, or with the count behind it."""

    rate: Number | None = None
    count: Number | None = None
    interval: Span | None = None
    level: Number | None = None
    method: str = ""
    """`wilson`, `clopper-pearson`, `wald`, `jeffreys` or `bootstrap`, where it is named."""
    n: Number | None = None
    p: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Statement):
    """k/n without more."""

    count: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize(Statement):
    """N=12, n=100 per cell, 100 completions per persona."""

    n: Number
    per: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """Numbers that are multiplied, and whether the product is taken away."""

    factors: tuple[Number, ...]
    subtracted: bool = False

    @property
    def value(self) -> Decimal:
        """The product, with its sign."""
        product = Decimal(1)
        for factor in self.factors:
            product *= factor.value
        return -product if self.subtracted else product


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Statement):
    """Written-out sums and products; `total` is None where the result is left to the reader."""

    terms: tuple[Term, ...]
    total: Number | None = None

    @property
    def value(self) -> Decimal:
        """What the terms come to."""
        return sum((term.value for term in self.terms), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Statement):
    """Percentage points between two rates."""

    amount: Number
    direction: str = ""
    """`up` or `down`."""
    before: Number | None = None
    after: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Statement):
    """So many times as much."""

    amount: Number
    direction: str = ""
    before: Number | None = None
    after: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Statement):
    """What was observed and what a fit predicted."""

    observed: Number
    predicted: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance(Statement):
    """A verdict on p-values: "all significant", "significant at α=0.05 after Holm", "both NS"."""

    quantifier: str = ""
    """`all`, `both` or `none`."""
    layers: tuple[int, ...] = ()
    """Those listed right before it."""
    alpha: Number | None = None
    correction: str = ""
    p: Number | None = None
    """The one it speaks of, if it is the nearest in its sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplicity(Statement):
    """A claim to survive, or not, a correction for many tests."""

    correction: str
    alpha: Number | None = None
    family: Number | None = None
    """Over how many tests, where it is said."""
    everywhere: bool = False
    """Whether it is claimed for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside(Statement):
    """Something lies in an interval; denied ("outside"), `negated` says so."""

    interval: Span | None = None
    level: Number | None = None
    interval_kind: str = ""
    """`prediction`, `confidence` or `credible`."""
    value: Number | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence(Statement):
    """Samples, or effects, that are called independent."""

    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence(Statement):
    """The page's own word: HIGH, MODERATE or LOW."""

    level: str
