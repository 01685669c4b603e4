"""The kinds of analysis, in the order that a page has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from epm.analyses.agreement.block import AgreementBlock
from epm.analyses.correlation.block import CorrelationBlock
from epm.analyses.difference.block import DifferenceBlock
from epm.analyses.exclusions.block import ExclusionsBlock
from epm.analyses.means.block import MeansBlock
from epm.analyses.proportions.block import ProportionsBlock

AnalysisBlock = Annotated[
    ProportionsBlock
    | MeansBlock
    | DifferenceBlock
    | CorrelationBlock
    | ExclusionsBlock
    | AgreementBlock,
    Field(discriminator="kind"),
]
"""What the results hold of one analysis."""
