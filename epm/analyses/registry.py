"""The kinds of analysis, in the order that a page has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from epm.analyses.correlation.block import CorrelationBlock
from epm.analyses.dose_response.block import DoseResponseBlock
from epm.analyses.mixed_model.block import MixedModelBlock
from epm.analyses.proportions.block import ProportionsBlock

AnalysisBlock = Annotated[
    ProportionsBlock | CorrelationBlock | DoseResponseBlock | MixedModelBlock,
    Field(discriminator="kind"),
]
"""What the results hold of one analysis."""
