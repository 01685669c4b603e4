"""The specs of all kinds of analysis, for definitions."""

from epm.analyses.agreement.spec import Agreement
from epm.analyses.best_of.spec import BestOf
from epm.analyses.correlation.spec import Correlation
from epm.analyses.difference.spec import Difference
from epm.analyses.dose_response.spec import DoseResponse
from epm.analyses.exclusions.spec import Exclusions
from epm.analyses.influence.spec import Influence
from epm.analyses.leave_one_out.spec import LeaveOneOut
from epm.analyses.means.spec import Means
from epm.analyses.mixed_model.spec import MixedModel
from epm.analyses.partial_correlation.spec import PartialCorrelation
from epm.analyses.proportions.spec import Proportions
from epm.analyses.regression.spec import Regression

__all__ = [
    "Agreement",
    "BestOf",
    "Correlation",
    "Difference",
    "DoseResponse",
    "Exclusions",
    "Influence",
    "LeaveOneOut",
    "Means",
    "MixedModel",
    "PartialCorrelation",
    "Proportions",
    "Regression",
]
