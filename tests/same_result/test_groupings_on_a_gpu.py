"""On a GPU: whether groupings of the work agree bit for bit, and by how much they differ if not.

A GPU's libraries choose kernels by the shape of a batch, so that agreement is measured there, not
promised: `pytest -m gpu -s` prints it. What is promised is that one grouping gives the same bits
every time, and that another one changes rounding alone: chance is drawn alike. AdamW divides every
gradient by its size, so that rounding of a gradient near zero moves a weight by up to a learning
rate; no bound on single weights or losses tells that from other chance. The mean over all weights
does, beside what other dropout masks come to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

from epm.definition import Definition, Replicate, TinyModel
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.sampling import SamplingRequest
from epm.sampling.samples import prompts
from epm.sampling.transformers import TransformersEngine
from epm.training import memory
from epm.training.loop import Job
from epm.training.train import train

if TYPE_CHECKING:
    from conftest import Quiet

CONDITIONS = ("baker", "pirate", "nurse", "wizard", "helper")


@dataclass(frozen=True)
class Came:
    """What one grouping came to."""

    losses: torch.Tensor
    """Shape [adapters, steps]."""
    weights: torch.Tensor
    """Of all adapters, flat."""
    texts: list[str]
    """All completions."""

    def differs(self, other: Came) -> str:
        """In words."""
        if torch.equal(self.weights, other.weights) and self.texts == other.texts:
            return "the same bits"
        apart = (self.weights - other.weights).abs()
        texts = sum(ours != theirs for ours, theirs in zip(self.texts, other.texts, strict=True))
        return (
            f"{int((apart > 0).sum())} of {len(apart)} weights differ, by up to "
            f"{float(apart.max()):.1e}; losses by up to {self.apart(other):.1e} of their size; "
            f"{texts} of {len(self.texts)} completions"
        )

    def apart(self, other: Came) -> float:
        """The largest relative difference of a loss."""
        return float(((self.losses - other.losses) / other.losses).abs().max())

    def moved(self, other: Came) -> float:
        """The mean absolute difference of a weight."""
        return float((self.weights - other.weights).abs().mean())


def wide(tiny: Definition, dtype: str) -> Definition:
    """With matrices large enough that libraries have several kernels for them, and with dropout."""
    profile = tiny.profile
    training = replace(
        tiny.training, learning_rate=1e-3, lora=replace(tiny.training.lora, dropout=0.2)
    )
    model = TinyModel(layers=4, hidden=512, seed=1)
    return replace(tiny, profile=replace(profile, model=model, training=training, dtype=dtype))


def grouped(base: BaseModel, together: int, folder: Path, quiet: Quiet) -> Came:
    """Train five adapters, so many at once, and sample them at once."""
    definition = base.definition
    experiment = definition.experiment
    jobs = [
        Job(
            Replicate(name, experiment.seed, name),
            tuple(
                TrainingRow(experiment.task(name).system_prompt, question, f"It is {name} {n}.")
                for n, question in enumerate(definition.answered_questions())
            ),
            folder / name,
        )
        for name in CONDITIONS
    ]
    initial = memory.MemoryPlan.initial
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            memory.MemoryPlan,
            "initial",
            lambda *given: replace(initial(*given), adapters=together),
        )
        sizes = [len(part) for part in train(definition, jobs, base, quiet)]
    assert max(sizes) == together
    return Came(
        torch.tensor([_losses(job.out) for job in jobs]),
        torch.cat([_weights(job.out) for job in jobs]),
        _sampled(base, jobs, together),
    )


def _losses(folder: Path) -> list[float]:
    lines = (folder / "losses.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def _weights(folder: Path) -> torch.Tensor:
    found = load_file(folder / "adapter_model.safetensors")
    return torch.cat([found[name].float().flatten() for name in sorted(found)])


def _sampled(base: BaseModel, jobs: Sequence[Job], together: int) -> list[str]:
    """Completions of all adapters, so many of which are asked at once, apart from the weights."""
    definition, texts = base.definition, dict[str, list[str]]()
    engine = TransformersEngine(base, merge=False)
    for start in range(0, len(jobs), together):
        requests = [
            SamplingRequest(
                job.replicate.name,
                job.out,
                prompts(definition, definition.experiment.condition(job.replicate.condition)),
                seed=1,
            )
            for job in jobs[start : start + together]
        ]
        for answered in engine.sample(requests, definition.sampling, lambda *_: None):
            texts |= {name: [c.text for c in completed] for name, completed in answered.items()}
    return [text for job in jobs for text in texts[job.replicate.name]]


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_groupings_differ_by_rounding_alone(
    tiny: Definition, tmp_path: Path, quiet: Quiet, dtype: str
) -> None:
    base = BaseModel(wide(tiny, dtype), lambda _: None)
    base.device = "cuda"
    check(base, tmp_path, quiet)


def test_the_measurement_itself(
    tiny: Definition, tmp_path: Path, quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a CPU that computes as a GPU does: in the fastest way for the batch at hand."""
    definition = wide(tiny, "float32")
    small = replace(definition.profile, model=TinyModel(layers=3, hidden=64, seed=1))
    base = BaseModel(replace(definition, profile=small), lambda _: None)
    base.device = "cpu"
    monkeypatch.setattr(BaseModel, "rowwise", False)
    check(base, tmp_path, quiet)


ROUNDING = 0.5
"""Most that another grouping may move weights, as a part of what other dropout masks do."""


def check(base: BaseModel, folder: Path, quiet: Quiet) -> None:
    """Print by how much groupings differ; assert that it is rounding."""
    usual = grouped(base, 5, folder / "usual", quiet)
    with pytest.MonkeyPatch.context() as patch:
        seed = Job.seed
        patch.setattr(Job, "seed", lambda job, purpose: seed(job, purpose) + (purpose == "dropout"))
        other_chance = grouped(base, 5, folder / "other chance", quiet).moved(usual)
    assert other_chance > 0
    for number, together in enumerate((5, 1, 2, 3)):
        came = grouped(base, together, folder / str(number), quiet)
        said, part = came.differs(usual), came.moved(usual) / other_chance
        print(  # noqa: T201 - this is the measurement
            f"{base.dtype_name} on {base.device}, {together} at once: {said}; "
            f"moved by {part:.3f} of what other dropout masks do"
        )
        if together == 5:
            assert said == "the same bits"
        assert part < ROUNDING
