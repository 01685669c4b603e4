"""What an experiment is: light, typed values, importable without torch.

An `Experiment` names its personas, questions and recipe once; its `Profile`s scale it.
`Experiment.resolve` gives the `Definition` that one run executes: hash it for the run's
fingerprint, print it as the reproducibility card.
"""

from epm.definition.experiment import (
    Definition,
    Experiment,
    Marker,
    Persona,
    Question,
    Replicate,
    suggest,
)
from epm.definition.model import (
    FolderModel,
    HubModel,
    ModelSource,
    NoModel,
    TinyModel,
    WheelModel,
    parse_model,
)
from epm.definition.recipe import Lora, Profile, Rows, Sampling, Training
from epm.definition.seeds import canonical_json, derive_seed

__all__ = [
    "Definition",
    "Experiment",
    "FolderModel",
    "HubModel",
    "Lora",
    "Marker",
    "ModelSource",
    "NoModel",
    "Persona",
    "Profile",
    "Question",
    "Replicate",
    "Rows",
    "Sampling",
    "TinyModel",
    "Training",
    "WheelModel",
    "canonical_json",
    "derive_seed",
    "parse_model",
    "suggest",
]
