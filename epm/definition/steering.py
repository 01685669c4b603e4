"""How a condition's activations are steered while it is sampled: a direction, a layer, a dose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from epm.errors import DefinitionError

COEFFICIENT = "coefficient"
"""Factor that every steered condition has."""

LARGEST_FILE = 64 * 2**20
"""Bytes of a file that a direction is read from."""

Read = Literal["last", "mean"]
"""Where a prompt's activations are read: at its last token, or their mean over its tokens."""

Norm = Literal["unit", "raw"]
"""Whether a direction is brought to length 1, or left as long as it was found."""


@dataclass(frozen=True)
class ContrastingPrompts:
    """Mean activation over some prompts minus that over others, in the model as it is.

    Each prompt is a user turn, up to where the model would begin to answer.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    system: str | None = None
    """System prompt of all of them."""
    read: Read = "last"

    def as_json(self) -> dict[str, Any]:
        """What the direction depends on."""
        return {
            "kind": "ContrastingPrompts",
            "positive": list(self.positive),
            "negative": list(self.negative),
            **({"system": self.system} if self.system is not None else {}),
            "read": self.read,
        }


@dataclass(frozen=True)
class BetweenConditions:
    """Mean activation of one condition minus that of another, over the prompts each is asked.

    A condition with a target is read on that alone. One that is trained is read with its adapter,
    under the seed of the steered one, or under the first where that has none of its own.
    """

    of: str
    minus: str
    read: Read = "last"

    def as_json(self) -> dict[str, Any]:
        """What the direction depends on; the conditions stand in the definition themselves."""
        return {
            "kind": "BetweenConditions",
            "of": self.of,
            "minus": self.minus,
            "read": self.read,
        }


@dataclass(frozen=True)
class FromFile:
    """A vector that was found elsewhere, in a file beside the definition; see `read_file`."""

    name: str
    """Of the file, as messages and the page have it."""
    content: bytes = field(repr=False)
    tensor: str = ""
    """Which of the tensors of a `.safetensors` file; empty where it has one."""

    @classmethod
    def read_file(cls, path: Path, tensor: str = "") -> FromFile:
        """The direction in a `.safetensors` or `.npy` file: one row of numbers.

        Args:
            path: of the file, best as `Path(__file__).parent / "direction.npy"`.
            tensor: see the field.

        Raises:
            DefinitionError: it is of another kind, too large, or cannot be read.
        """
        path = Path(path)
        if path.suffix not in (".safetensors", ".npy"):
            raise DefinitionError(
                f"the direction {path.name} is in no file that is read here",
                "save it as .safetensors or .npy",
            )
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise DefinitionError(
                    f"the direction {path.name} has {path.stat().st_size} bytes, more than "
                    f"{LARGEST_FILE}",
                    "save the one vector by itself",
                )
            return cls(path.name, path.read_bytes(), tensor)
        except OSError as error:
            raise DefinitionError(
                f"the direction {path} cannot be read: {error.strerror}", "correct the path"
            ) from None

    def as_json(self) -> dict[str, Any]:
        """The file's hash in place of the file."""
        return {
            "kind": "FromFile",
            "file": self.name,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            **({"tensor": self.tensor} if self.tensor else {}),
        }


DirectionSource = ContrastingPrompts | BetweenConditions | FromFile


@dataclass(frozen=True)
class Steering:
    """Adds `coefficient` times a direction to the output of one block, at every position.

    That is, of the prompt and of the answer, whenever the condition is sampled or weighed; training
    is as it would be without. With `norm="unit"` the coefficient is a length, in the unit of the
    activations; with `norm="raw"` it counts directions, each as long as it was found.
    """

    direction: DirectionSource
    layer: int
    """Index of the block, counted from 0."""
    coefficient: float
    """A factor of the condition of that name. With 0 all is computed, and nothing moves."""
    norm: Norm = "unit"

    def __post_init__(self) -> None:
        """A whole number is a number: 4 and 4.0 are one dose."""
        if type(self.coefficient) is int:
            with suppress(OverflowError):  # one beyond every float is refused with its condition
                object.__setattr__(self, "coefficient", float(self.coefficient))

    def sources(self) -> Iterator[str]:
        """Conditions that the direction is read from."""
        if isinstance(self.direction, BetweenConditions):
            yield from (self.direction.of, self.direction.minus)

    def as_json(self) -> dict[str, Any]:
        """What the samples depend on."""
        return {
            "kind": "Steering",
            "direction": self.direction.as_json(),
            "layer": self.layer,
            "coefficient": self.coefficient,
            "norm": self.norm,
        }
