"""What a page claims in words: verdicts, directions, independence, claims about its tables."""

from __future__ import annotations

from epm_lint.reading.number import Number
from epm_lint.reading.statements.base import Span, Statement
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Statement):
    """What was observed and what a fit predicted."""

    observed: Number
    predicted: Number
    half: Number | None = None
    interval: Span | None = None
    """The prediction interval, and its half-width, that the same passage gives."""


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
    """The rows of the table that it is bound to."""
    number: Number | None
    who: tuple[str, ...] = ()
    """Labels of the rows that do."""
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
