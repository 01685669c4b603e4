"""What work takes, and whether more GPUs than one repay starting their workers.

Estimated from the definition and measured rates, before anything is made. That of training and
sampling with adapters is taken for the bare model's samples as well: its own was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from epm.definition import CentroidCosine, Condition, Definition, MarkerRows, Replicate, Task
from epm.pipeline.dealing import longest
from epm.sampling.cost import LARGE, SMALL, Cost, cost_of

START = 10.0
"""Seconds that each process beyond the first adds.

Beyond their longest share, two H200 took 10 s with `smollm2` and 6 with the 7B model
(docs/scale.md). More than two were not measured: as if each came on top.
"""

TRAINING = {
    "cuda": Cost(start=0, small=172_000, large=13_400),
    "cpu": Cost(start=0, small=72, large=72 * SMALL / LARGE),
}
"""Tokens a second: of one H200 (docs/scale.md), and of two cores (the published issue 16)."""

SAMPLING_ON_CPU = Cost(start=0, small=71, large=71 * SMALL / LARGE)
"""Likewise."""

MARGIN = 0.9
"""Of one GPU's time, which several have to stay below: the estimate is rough."""

READING = 2.0
"""How many times as fast rows are read as trained on, of whose passes one is forward."""

BYTES = 4
"""Of a text, for each token."""


@dataclass(frozen=True)
class Prices:
    """Seconds that the parts of a run take in one process, at most."""

    definition: Definition
    parameters: float
    """Of the model."""
    device: str = "cuda"
    engine: str = "transformers"
    """As a record names it."""

    def replicate(self, replicate: Replicate, stages: Collection[str]) -> float:
        """Of some stages of one replicate; finding a direction is passed over."""
        parts: dict[str, Callable[[], float]] = {
            "train": lambda: self._training(self._rows(replicate)),
            "sample": lambda: self._sampling(self._drawn(replicate)),
            "trajectory": lambda: self._sampling(self._drawn_at_checkpoints(replicate)),
            "weigh": lambda: self._reading(self._weighed(replicate)),
            "fluency": lambda: self._reading(self._drawn(replicate)),
        }
        return sum(seconds() for name, seconds in parts.items() if name in stages)

    def covariates(self) -> float:
        """Of reading the tasks' centroids, where there are any."""
        sources = self.definition.profile.covariates
        if not any(isinstance(each, CentroidCosine) for each in sources):
            return 0.0
        tasks = self.definition.experiment.prompted
        texts = (_tokens(task.system_prompt, item.prompt) for task in tasks for item in task.items)
        return self._reading(sum(texts))

    def _training(self, tokens: float) -> float:
        return TRAINING[self.device].seconds(
            self.parameters, tokens * self.definition.training.epochs
        )

    def _reading(self, tokens: float) -> float:
        return TRAINING[self.device].seconds(self.parameters, tokens / READING)

    def _sampling(self, tokens: float) -> float:
        cost = SAMPLING_ON_CPU if self.device == "cpu" else cost_of(self.engine)
        return cost.seconds(self.parameters, tokens) - cost.start

    def _condition(self, replicate: Replicate) -> Condition:
        return self.definition.experiment.condition(replicate.condition)

    def _rows(self, replicate: Replicate) -> float:
        """Tokens of its training rows."""
        condition = self._condition(replicate)
        most = self.definition.training.max_tokens
        if isinstance(condition.training, MarkerRows):
            return self._marker_rows(condition, condition.training, most)
        conversations = condition.training.conversations if condition.training else ()
        return sum(
            min(most, _tokens(*(text for _, text in conversation.turns)))
            for conversation in conversations
        )

    def _marker_rows(self, condition: Condition, rows: MarkerRows, most: int) -> float:
        """Answers that are not written yet are as long as they may be."""
        amounts, answers = self.definition.profile.rows, self.definition.profile.answers
        if amounts is None or answers is None:
            return 0.0
        question = _tokens(*rows.questions) / len(rows.questions) + answers.max_tokens

        def of(task: str | None, count: int) -> float:
            prompt = self.definition.experiment.task(task).system_prompt if task else None
            return count * min(most, question + _tokens(prompt))

        negatives = self.definition.negatives(condition)
        return of(condition.target, amounts.positive) + sum(
            of(name, amounts.per_negative) for name in negatives
        )

    def _drawn(self, replicate: Replicate, target: Task | None = None) -> float:
        """Tokens of its answers, of one task alone or of all."""
        if not self.definition.experiment.prompted:
            return 0.0
        asked = self.definition.asked(self._condition(replicate))
        answers = sum(
            part.completions * len(part.items) for part in asked if target in (None, part.task)
        )
        return answers * self.definition.sampling.max_new_tokens

    def _drawn_at_checkpoints(self, replicate: Replicate) -> float:
        name = self._condition(replicate).target
        if name is None:
            return 0.0
        target = self.definition.experiment.task(name)
        return self.definition.checkpoints * self._drawn(replicate, target)

    def _weighed(self, replicate: Replicate) -> float:
        """Tokens of items with each of their choices."""
        asked = self.definition.asked(self._condition(replicate))
        return sum(
            _tokens(part.task.system_prompt, item.prompt, choice)
            for part in asked
            for item in part.items
            for choice in item.choices
        )


def places(costs: Sequence[float], most: int, ahead: float = 0.0) -> int:
    """How many GPUs do the work soonest, their workers' start included: one, or as many as help.

    Args:
        costs: seconds of pieces that cannot be divided.
        most: how many GPUs there are.
        ahead: seconds of what this process alone can do.
    """

    def seconds(count: int) -> float:
        return START * (count - 1) + longest(costs, count, ahead)

    best = min(range(1, min(most, len(costs)) + 1), key=seconds, default=1)
    return best if seconds(best) < MARGIN * seconds(1) else 1


def _tokens(*texts: str | None) -> float:
    """Of some texts together, roughly."""
    return sum(len((text or "").encode()) for text in texts) / BYTES
