"""The kinds of analysis, in the order that a page has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from epm.analyses.agreement.block import AgreementBlock
from epm.analyses.best_of.block import BestOfBlock
from epm.analyses.correlation.block import CorrelationBlock
from epm.analyses.difference.block import DifferenceBlock
from epm.analyses.dose_response.block import DoseResponseBlock
from epm.analyses.exclusions.block import ExclusionsBlock
from epm.analyses.influence.block import InfluenceBlock
from epm.analyses.leave_one_out.block import LeaveOneOutBlock
from epm.analyses.means.block import MeansBlock
from epm.analyses.mixed_model.block import MixedModelBlock
from epm.analyses.partial_correlation.block import PartialCorrelationBlock
from epm.analyses.proportions.block import ProportionsBlock
from epm.analyses.regression.block import RegressionBlock

AnalysisBlock = Annotated[
    ProportionsBlock
    | MeansBlock
    | DifferenceBlock
    | MixedModelBlock
    | CorrelationBlock
    | PartialCorrelationBlock
    | BestOfBlock
    | RegressionBlock
    | DoseResponseBlock
    | InfluenceBlock
    | LeaveOneOutBlock
    | AgreementBlock
    | ExclusionsBlock,
    Field(discriminator="kind"),
]
"""What the results hold of one analysis."""
