"""The kinds of analysis, in the order that a page has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from epm.analyses.correlation.block import CorrelationBlock
from epm.analyses.means.block import MeansBlock
from epm.analyses.proportions.block import ProportionsBlock

AnalysisBlock = Annotated[ProportionsBlock | MeansBlock | CorrelationBlock, Field(discriminator="kind")]
"""What the results hold of one analysis."""
