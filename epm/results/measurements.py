"""What was measured of one condition on one task by one metric in one replicate.

Counts and sums are kept by item, because paired tests and clusters need them. What can be derived
from them is not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from epm.errors import EpmError
from epm.values import Reason, Value

Tally = tuple[NonNegativeInt, PositiveInt]
"""k successes of n trials."""

Sums = tuple[float, NonNegativeFloat, PositiveInt]
"""Sum of the scores, sum of their squares, how many."""


class _Measurement(Value):
    excluded: dict[Reason, PositiveInt] = Field({})
    """Samples without a score, by reason."""


class _Itemised(_Measurement):
    """Kept by item, or as a total alone where no more is known."""

    items: dict[str, Any] = Field({})
    total: Any = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.items and self.total:
            raise ValueError("a total stands beside the items that it can be derived from")
        if not (self.items or self.total or self.excluded):
            raise ValueError("neither items nor a total")
        return self

    def _parts(self) -> dict[str, Any]:
        return {**self.items, **({"total": self.total} if self.total else {})}


class Count(_Itemised):
    """Yes-or-no scores: by item, or their total alone where no more is known."""

    kind: Literal["count"] = "count"
    items: dict[str, Tally] = Field({})
    total: Tally | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for item, (successes, trials) in self._parts().items():
            if successes > trials:
                raise ValueError(f"{item}: {successes} successes in {trials} trials")
        return self

    @property
    def successes(self) -> int:
        """k over all items."""
        return self.total[0] if self.total else sum(k for k, _ in self.items.values())

    @property
    def trials(self) -> int:
        """n over all items."""
        return self.total[1] if self.total else sum(n for _, n in self.items.values())


class Mean(_Itemised):
    """Numeric scores: by item, or over all where no more is known."""

    kind: Literal["mean"] = "mean"
    items: dict[str, Sums] = Field({})
    total: Sums | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for item, (total, squares, n) in self._parts().items():
            if squares * n < total**2 * (1 - 1e-9) - 1e-12:
                raise ValueError(f"{item}: a sum of squares too small for its sum")
        return self


class Scalar(_Measurement):
    """One number without a sampling error of its own, such as a loss or a cosine."""

    kind: Literal["scalar"] = "scalar"
    value: float


Table = dict[str, dict[str, PositiveInt]]
"""How many answers got each pair of scores: first metric's score -> second's -> answers."""


class Joint(_Itemised):
    """Two metrics' scores of the same answers: by item, or their total alone.

    Two counts of the same answers do not say how often they agree; this does. It stands under the
    name that `joint` gives the two metrics.
    """

    kind: Literal["joint"] = "joint"
    levels: tuple[str, ...]
    """Every score that either metric can give, in their order on the scale."""
    items: dict[str, Table] = Field({})
    total: Table | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("a level stands twice")
        for item, table in self._parts().items():
            for score in {*table, *(second for row in table.values() for second in row)}:
                if score not in self.levels:
                    raise ValueError(f"{item}: {score} is not among the levels")
        return self

    @classmethod
    def of(
        cls,
        scores: Iterable[tuple[str, bool | float, bool | float]],
        *,
        levels: Sequence[bool | float] = (),
        excluded: Mapping[str, int] | None = None,
    ) -> Self:
        """Count pairs of scores.

        Args:
            scores: item, first and second score of every answer that has both.
            levels: every score that could be given, where more could than were; a yes-or-no
                metric's are no and yes in any case.
            excluded: answers that lack one score or both, by reason.
        """
        items: dict[str, dict[str, dict[str, int]]] = {}
        given: set[bool | float] = set(levels)
        for item, first, second in scores:
            given |= {first, second}
            row = items.setdefault(item, {}).setdefault(level(first), {})
            row[level(second)] = row.get(level(second), 0) + 1
        if given and all(isinstance(score, bool) for score in given):
            given = {False, True}
        named = tuple(dict.fromkeys(level(score) for score in sorted(given)))
        return cls(levels=named, items=items, excluded=dict(excluded or {}))


def level(score: bool | float) -> str:
    """A score as a table's level: 'no' and 'yes', or the number in its shortest form."""
    if isinstance(score, bool):
        return "yes" if score else "no"
    return f"{score:.12g}"


TOGETHER = " & "
"""Between the names of two metrics that are counted together; no metric's own name has it."""


def joint(first: str, second: str) -> str:
    """The name under which two metrics' scores of the same answers are counted together."""
    return f"{first}{TOGETHER}{second}"


class Reported(_Measurement):
    """A number from elsewhere, its items unknown."""

    kind: Literal["reported"] = "reported"
    value: float
    stderr: NonNegativeFloat | None = None
    n: PositiveInt | None = None


Measurement = Annotated[Count | Mean | Joint | Scalar | Reported, Field(discriminator="kind")]

ONLY = "all"
"""The replicate where there is but one and nothing to name it by."""


def _as_replicate(name: str) -> str:
    labels(name)
    return name


Replicate = Annotated[str, AfterValidator(_as_replicate)]
"""Named by what sets it apart, as in 'seed=42' or 'seed=42,step=30' or 'epoch=2'; 'all' where
nothing does."""

Measurements = dict[str, dict[str, dict[str, dict[Replicate, Measurement]]]]
"""Condition -> task -> metric -> replicate."""


def replicate(**labels: int | str) -> str:
    """The name of a replicate: `replicate(seed=42, step=30)` is 'seed=42,step=30'."""
    return ",".join(f"{name}={value}" for name, value in labels.items()) or ONLY


def labels(name: str) -> dict[str, str]:
    """What a replicate's name says: `labels('seed=42,step=30')` is {'seed': '42', 'step': '30'}.

    Raises:
        ValueError: a part of it is no 'name=value', or a step is no whole number.
    """
    if name == ONLY:
        return {}
    found: dict[str, str] = {}
    for part in name.split(","):
        label, separator, value = part.partition("=")
        if not (label and separator and value) or label in found:
            raise ValueError(f"replicate {name!r}: {part!r} is no label=value of its own")
        if label == "step" and not (value.isascii() and value.isdecimal()):
            raise ValueError(f"replicate {name!r}: the step {value!r} is no whole number")
        found[label] = value
    return found


def sums(scores: Sequence[float], where: str) -> tuple[float, float, int]:
    """Sum of scores, sum of their squares, and how many.

    Raises:
        EpmError: they are too large.
    """
    total, squares = float(sum(scores)), float(sum(score * score for score in scores))
    if not (isfinite(total) and isfinite(squares)):
        raise EpmError(f"{where} has scores too large to be squared", "take another unit")
    return total, squares, len(scores)
