"""Personas as points of a plane: cosine to the reference against source rate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from epm.results import CompleteCondition, MissingCondition, Unavailable

FloatArray = NDArray[np.float64]

SAME = 1e-9
"""Cosines or rates that differ by no more than this are equal: above float64 noise, below any
count."""


@dataclass(frozen=True, eq=False)
class Points:
    """The personas that have both numbers.

    Attributes:
        personas: the N names, in the order of the conditions.
        cosine: shape (N,), centred cosine to the reference persona, in [-1, 1].
        rate: shape (N,), source rate as a fraction, in [0, 1].
    """

    personas: tuple[str, ...]
    cosine: FloatArray
    rate: FloatArray

    @classmethod
    def of(
        cls,
        conditions: Mapping[str, CompleteCondition | MissingCondition],
        cosines: Mapping[str, float],
    ) -> Self:
        """Every complete condition whose cosine is known and finite; the others are left out."""
        rates = {
            persona: condition.source.estimate
            for persona, condition in conditions.items()
            if isinstance(condition, CompleteCondition)
            and np.isfinite(cosines.get(persona, np.nan))
        }
        return cls(
            personas=tuple(rates),
            cosine=np.array([cosines[persona] for persona in rates], dtype=np.float64),
            rate=np.array(list(rates.values()), dtype=np.float64),
        )

    def __len__(self) -> int:
        """Return N."""
        return len(self.personas)

    def at(self, persona: str) -> tuple[float, float]:
        """Cosine and rate of one persona.

        Raises:
            ValueError: no such persona among these points.
        """
        i = self.personas.index(persona)
        return float(self.cosine[i]), float(self.rate[i])

    def only(self, personas: Collection[str]) -> Points:
        """The points of these personas, in the order they have here."""
        kept = [i for i, persona in enumerate(self.personas) if persona in personas]
        return Points(tuple(self.personas[i] for i in kept), self.cosine[kept], self.rate[kept])

    def without(self, persona: str) -> Points:
        """The points of all other personas."""
        return self.only([other for other in self.personas if other != persona])

    def obstacle(self, least: int) -> Unavailable | None:
        """Why no line or correlation exists over these points, or None if one does.

        Args:
            least: the smallest N that the asker can work with.
        """
        if len(self) < least:
            plural = "" if len(self) == 1 else "s"
            return Unavailable(unavailable=f"{len(self)} persona{plural}, {least} needed")
        if np.ptp(self.cosine) <= SAME:
            return Unavailable(unavailable="all cosines are equal")
        if np.ptp(self.rate) <= SAME:
            return Unavailable(unavailable="all rates are equal")
        return None
