"""The specs of all kinds of analysis, for definitions."""

from epm.analyses.correlation.spec import Correlation
from epm.analyses.proportions.spec import Proportions

__all__ = ["Correlation", "Proportions"]
