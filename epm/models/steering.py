"""Steering: a vector that is added to the output of a block while a model computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, FromFile
from epm.definition.steering import Norm
from epm.errors import DefinitionError, EpmError

if TYPE_CHECKING:
    import torch

DIRECTION = "direction.safetensors"
"""As it is added, before its coefficient."""

RECORD = "direction.json"
"""Beside it: how long it was found to be, and of what."""

TENSOR = "direction"
"""In that file."""


@dataclass(frozen=True)
class Steered:
    """How a request is steered."""

    direction: Path
    """File with the direction, as `write_direction` leaves it."""
    layer: int
    coefficient: float

    def vector(self) -> torch.Tensor:
        """What is added: float64, shape [hidden].

        Raises:
            EpmError: the file cannot be read.
        """
        from safetensors.torch import load_file

        try:
            direction = load_file(self.direction)[TENSOR]
        except Exception as error:
            raise EpmError(
                f"the direction in {self.direction} cannot be read: {error}",
                "remove its folder, then run the same command",
            ) from error
        return self.coefficient * direction.double()


def normed(direction: torch.Tensor, norm: Norm) -> torch.Tensor:
    """A direction as it is added: float32, brought to length 1 if so asked.

    Args:
        direction: float64, shape [hidden].
        norm: see `epm.definition.Steering`.

    Raises:
        EpmError: it has no length, or is not finite.
    """
    import torch

    length = float(torch.linalg.vector_norm(direction))
    if length == 0:
        raise EpmError(
            "a direction of steering has no length: what it is the difference of is alike",
            "take other prompts or another layer",
        )
    found = (direction / length if norm == "unit" else direction).float()
    if not (length < float("inf") and bool(torch.isfinite(found).all())):
        raise EpmError(
            "a direction of steering is not finite in float32", "scale it, or take another layer"
        )
    return found


def write_direction(direction: torch.Tensor, path: Path) -> None:
    """Keep a direction as it is added, before its coefficient."""
    from safetensors.torch import save_file

    save_file({TENSOR: direction.contiguous()}, path)


def from_file(source: FromFile) -> torch.Tensor:
    """The vector in a file beside the definition: float64, shape [hidden].

    Raises:
        DefinitionError: it holds none, several without one being named, or one that is no row of
            finite numbers, or zeros alone.
    """
    import torch

    where = f"the direction {source.name}"
    try:
        tensors = _tensors(source)
    except Exception as error:
        raise DefinitionError(
            f"{where} cannot be read: {(str(error).splitlines() or [''])[0]}", "save it again"
        ) from error
    if source.tensor and source.tensor not in tensors:
        raise DefinitionError(
            f"{where} has no tensor '{source.tensor}'", f"it has {', '.join(tensors) or 'none'}"
        )
    if not source.tensor and len(tensors) != 1:
        raise DefinitionError(
            f"{where} has {len(tensors)} tensors", "name one: FromFile.read_file(path, tensor=…)"
        )
    found = tensors[source.tensor or next(iter(tensors))]
    if found.dtype == torch.bool or found.is_complex():
        raise DefinitionError(f"{where} holds no real numbers", "save a vector of floats")
    vector = found.double().squeeze()
    wrong = None
    if vector.ndim != 1:
        wrong = f"has shape {list(found.shape)}"
    elif not bool(torch.isfinite(vector).all()):
        wrong = "has numbers that are not finite"
    elif not bool(vector.any()):
        wrong = "is zero, and leads nowhere"
    if wrong:
        raise DefinitionError(
            f"{where} {wrong}", "save one row of finite numbers, as wide as the model"
        )
    return vector


def _tensors(source: FromFile) -> Mapping[str, torch.Tensor]:
    import io

    import numpy as np
    import torch
    from safetensors.torch import load

    if source.name.endswith(".npy"):
        # without pickles: a file of somebody else's runs nothing
        return {"": torch.from_numpy(np.load(io.BytesIO(source.content), allow_pickle=False))}
    return load(source.content)


def check(definition: Definition, model: Any) -> None:
    """Hold what a definition steers to a model that is loaded.

    Raises:
        DefinitionError: the model has no such block, or is of another width than a file's vector.
    """
    blocks, width = model.config.num_hidden_layers, model.config.hidden_size
    name = definition.profile.model_name
    for condition in definition.experiment.conditions:
        steering = condition.intervention
        if steering is None:
            continue
        if steering.layer >= blocks:
            raise DefinitionError(
                f"condition '{condition.name}' is steered at layer {steering.layer}, but {name} "
                f"has {blocks} blocks (0 to {blocks - 1})",
                "choose a lower layer",
            )
        if isinstance(steering.direction, FromFile):
            found = len(from_file(steering.direction))
            if found != width:
                raise DefinitionError(
                    f"the direction {steering.direction.name} has {found} numbers, but {name} is "
                    f"{width} wide",
                    "take a direction of this model",
                )


def vectors(model: Any, rows: Sequence[Steered | None]) -> dict[int, torch.Tensor]:
    """What is added to each block's output, by the block's index; of some groups, nothing.

    Returns:
        Each of shape [groups, hidden], in the model's type and on its device.

    Raises:
        EpmError: a direction cannot be read, or is of another width than the model.
    """
    import torch

    width = model.config.hidden_size
    found: dict[int, torch.Tensor] = {}
    for group, steered in enumerate(rows):
        if steered is None:
            continue
        vector = steered.vector()
        if len(vector) != width:
            raise EpmError(
                f"the direction in {steered.direction} has {len(vector)} numbers, and the model is "
                f"{width} wide",
                "take a direction of this model",
            )
        moved = found.setdefault(steered.layer, torch.zeros(len(rows), width, dtype=torch.float64))
        moved[group] = vector
    return {layer: each.to(model.device, model.dtype) for layer, each in found.items()}


@contextmanager
def steering(model: Any, rows: Sequence[Steered | None]) -> Iterator[None]:
    """Move the outputs of a model's blocks for a while, at every position of every row.

    Batches have as many rows for each group, one group's after the other's. The hooks are gone
    afterwards, whatever happens.

    Args:
        model: a causal language model.
        rows: how each group of rows is steered; None for a group that is not.
    """
    blocks = model.get_decoder().layers
    with ExitStack() as hooks:
        for layer, moved in vectors(model, rows).items():
            handle = blocks[layer].register_forward_hook(_adding(moved))
            hooks.callback(handle.remove)
        yield


def _adding(moved: torch.Tensor) -> Any:
    """A hook that adds a vector to all tokens of all rows of each group."""
    groups, width = moved.shape

    def hook(_module: Any, _inputs: Any, output: Any) -> Any:
        hidden = output[0] if isinstance(output, tuple) else output
        if hidden.shape[0] % groups:
            raise ValueError(f"{hidden.shape[0]} rows cannot be divided into {groups} groups")
        added = (hidden.reshape(groups, -1, width) + moved[:, None]).reshape(hidden.shape)
        return (added, *output[1:]) if isinstance(output, tuple) else added

    return hook
