"""Counts: k successes of n trials, with the question as cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from epm.results.values import Value


class ClusterCount(Value):
    """Marker count among the samples that share one question."""

    cluster: str
    successes: NonNegativeInt
    trials: PositiveInt

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.successes > self.trials:
            raise ValueError(f"{self.cluster}: {self.successes} successes in {self.trials} trials")
        return self


class Rate(Value):
    """k successes in n trials; `clusters` is empty where only the totals are known."""

    successes: NonNegativeInt
    trials: PositiveInt
    clusters: tuple[ClusterCount, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.successes > self.trials:
            raise ValueError(f"{self.successes} successes in {self.trials} trials")
        if self.clusters:
            totals = (
                sum(c.successes for c in self.clusters),
                sum(c.trials for c in self.clusters),
            )
            if totals != (self.successes, self.trials):
                raise ValueError(f"clusters add up to {totals}, not to the totals beside them")
        return self

    @property
    def estimate(self) -> float:
        """k / n."""
        return self.successes / self.trials

    @classmethod
    def pooled(cls, rates: list[Rate]) -> Rate:
        """The sum of several rates, clusters joined by their id."""
        by_cluster: dict[str, list[int]] = {}
        for count in (count for rate in rates for count in rate.clusters):
            total = by_cluster.setdefault(count.cluster, [0, 0])
            total[0] += count.successes
            total[1] += count.trials
        complete = all(rate.clusters for rate in rates)
        return cls(
            successes=sum(rate.successes for rate in rates),
            trials=sum(rate.trials for rate in rates),
            clusters=tuple(
                ClusterCount(cluster=c, successes=k, trials=n) for c, (k, n) in by_cluster.items()
            )
            if complete
            else (),
        )


def pooled_by_persona(rates: Sequence[Mapping[str, Rate]]) -> dict[str, Rate]:
    """Sums over several mappings from persona to rate."""
    personas = dict.fromkeys(persona for each in rates for persona in each)
    return {
        persona: Rate.pooled([each[persona] for each in rates if persona in each])
        for persona in personas
    }
