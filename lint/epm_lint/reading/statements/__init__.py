"""What a page says with its numbers: small typed values, each with its operands bound.

A rule asks for these and holds them to `epm_lint/statistics`; it never looks at text.
`GRAMMAR.md` shows how each is written.
"""

from epm_lint.reading.statements.arithmetic import (
    Arithmetic,
    Difference,
    Parts,
    Ratio,
    RelativeChange,
)
from epm_lint.reading.statements.base import Binding, Qualifier, Span, Statement, Subset, Term
from epm_lint.reading.statements.claims import (
    CellClaim,
    Confidence,
    CountedClaim,
    Diagnostic,
    Direction,
    Excludes,
    Impossible,
    Independence,
    Influence,
    Inside,
    Multiplicity,
    Prediction,
    Significance,
)
from epm_lint.reading.statements.quantities import (
    Comparison,
    Mean,
    MeanDifference,
    MeanOfList,
    Proportion,
    SampleSize,
    Split,
)
from epm_lint.reading.statements.tests import Correlation, Determination, Estimate, PValue, Test

__all__ = [
    "Arithmetic",
    "Binding",
    "CellClaim",
    "Comparison",
    "Confidence",
    "Correlation",
    "CountedClaim",
    "Determination",
    "Diagnostic",
    "Difference",
    "Direction",
    "Estimate",
    "Excludes",
    "Impossible",
    "Independence",
    "Influence",
    "Inside",
    "Mean",
    "MeanDifference",
    "MeanOfList",
    "Multiplicity",
    "PValue",
    "Parts",
    "Prediction",
    "Proportion",
    "Qualifier",
    "Ratio",
    "RelativeChange",
    "SampleSize",
    "Significance",
    "Span",
    "Split",
    "Statement",
    "Subset",
    "Term",
    "Test",
]
