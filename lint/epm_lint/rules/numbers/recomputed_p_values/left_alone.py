"""What says that a p is not the plain one, and is left alone."""

from __future__ import annotations

from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Determination,
    Qualifier,
    Split,
    Test,
)
from epm_lint.rules.tally import Tally

FIX = "take the recomputed p, or correct the statistic, N or df"


UNLIKE = {
    Qualifier.RESAMPLED: "resampled p-values",
    Qualifier.CLUSTERED: "p-values with clustered or robust errors",
    Qualifier.MODELLED: "p-values of a model",
    Qualifier.EXACT: "exact p-values",
    Qualifier.UNKNOWN: "p-values are of another kind",
}


def is_left(said: Test | Correlation | Determination | Comparison | Split, tally: Tally) -> bool:
    """Whether a qualifier says that the p is not the plain one."""
    for qualifier, reason in UNLIKE.items():
        if said.has(qualifier):
            tally.leave(reason)
            return True
    return False
