"""What an experiment is: light, typed values, importable without torch.

An `Experiment` names its conditions, tasks, scorers and analyses once; its `Profile`s scale it.
`Experiment.resolve` gives the `Definition` that one run executes: hash it for the run's
fingerprint, print it as the reproducibility card. The kinds of analysis stand in `epm.analyses`.
"""

from epm.definition.analysis import AnalysisSpec, Expected, Gate, Outcome, Predictor, Subset
from epm.definition.conditions import Condition, MarkerRows
from epm.definition.covariates import CentroidCosine, PromptTokens
from epm.definition.experiment import Experiment, Parent
from epm.definition.imported import ImportedExperiment
from epm.definition.inspect_tasks import InspectTask
from epm.definition.judge_models import Endpoint, LocalJudge
from epm.definition.judges import Judge, JudgeAnswer
from epm.definition.model import (
    SMOLLM2_135M,
    FolderModel,
    HubModel,
    ModelSource,
    RecordedData,
    TinyModel,
    WheelModel,
    parse_model,
)
from epm.definition.profile import Answers, Lora, Profile, Rows, Sampling, Training
from epm.definition.resolved import Asked, Definition, Replicate
from epm.definition.scorers import (
    Choice,
    Exact,
    Excluded,
    Fluency,
    Function,
    LogLikelihood,
    Number,
    Regex,
    Score,
    Scorer,
    Substring,
)
from epm.definition.seeds import canonical_json, derive_seed, seeded_choice
from epm.definition.steering import BetweenConditions, ContrastingPrompts, FromFile, Steering
from epm.definition.tasks import Item, Task
from epm.definition.training_rows import TrainingRows

__all__ = [
    "SMOLLM2_135M",
    "AnalysisSpec",
    "Answers",
    "Asked",
    "BetweenConditions",
    "CentroidCosine",
    "Choice",
    "Condition",
    "ContrastingPrompts",
    "Definition",
    "Endpoint",
    "Exact",
    "Excluded",
    "Expected",
    "Experiment",
    "Fluency",
    "FolderModel",
    "FromFile",
    "Function",
    "Gate",
    "HubModel",
    "ImportedExperiment",
    "InspectTask",
    "Item",
    "Judge",
    "JudgeAnswer",
    "LocalJudge",
    "LogLikelihood",
    "Lora",
    "MarkerRows",
    "ModelSource",
    "Number",
    "Outcome",
    "Parent",
    "Predictor",
    "Profile",
    "PromptTokens",
    "RecordedData",
    "Regex",
    "Replicate",
    "Rows",
    "Sampling",
    "Score",
    "Scorer",
    "Steering",
    "Subset",
    "Substring",
    "Task",
    "TinyModel",
    "Training",
    "TrainingRows",
    "WheelModel",
    "canonical_json",
    "derive_seed",
    "parse_model",
    "seeded_choice",
]
