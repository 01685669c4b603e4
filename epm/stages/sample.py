"""Sample every adapter and the base model under every persona; count the marker in what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from epm.definition import Definition, Marker, derive_seed
from epm.files import gzipped, json_lines, read_json_lines, write_atomically
from epm.progress import Progress
from epm.results import ClusterCount, Rate
from epm.sampling import Completion, Engine, Prompt, SamplingRequest

BASE = "base_model"
"""The control condition: no adapter."""

SAMPLES = "samples.jsonl.gz"


@dataclass(frozen=True)
class Subject:
    """An adapter, or the base model, to be sampled into a folder."""

    name: str
    condition: str
    """Its source persona, or `BASE`."""
    seed: int
    adapter: Path | None
    out: Path


def prompts(definition: Definition, condition: str) -> tuple[Prompt, ...]:
    """What one condition is asked: its source persona in full, bystanders as the profile says.

    The base model, having no source, is asked under every persona as a bystander is.
    """
    sampling, wanted = definition.profile.sampling, list[Prompt]()
    for persona in definition.experiment.personas:
        if persona.name == condition:
            wanted += source_prompts(definition, condition)
            continue
        wanted += [
            Prompt(persona.name, persona.system_prompt, question, sampling.bystander_completions)
            for question in definition.bystander_questions(condition, persona.name)
        ]
    return tuple(wanted)


def source_prompts(definition: Definition, condition: str) -> tuple[Prompt, ...]:
    """All evaluation questions under the source persona."""
    persona = definition.experiment.persona(condition)
    return tuple(
        Prompt(persona.name, persona.system_prompt, q, definition.profile.sampling.completions)
        for q in definition.experiment.evaluation_questions
    )


def sample(
    definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
) -> Iterator[dict[str, int]]:
    """Write `samples.jsonl.gz` for every subject; yield tokens generated, by its name, when done.

    A line has the condition, seed, persona, question id, sample index, text, token count, finish
    reason and whether the marker was found.
    """
    named = {subject.name: subject for subject in subjects}
    asked = [
        SamplingRequest(
            subject.name,
            subject.adapter,
            prompts(definition, subject.condition),
            derive_seed(subject.seed, "sample", subject.condition),
        )
        for subject in subjects
    ]
    for answered in metered(definition, f"sample {listed(named)}", asked, engine, progress):
        for name, completions in answered.items():
            rows = sample_rows(definition, named[name], completions)
            write_atomically(named[name].out / SAMPLES, gzipped(json_lines(rows)))
        yield {name: sum(c.tokens for c in completions) for name, completions in answered.items()}


def metered(
    definition: Definition,
    title: str,
    asked: Sequence[SamplingRequest],
    engine: Engine,
    progress: Progress,
) -> Iterator[dict[str, list[Completion]]]:
    """Ask the engine under a meter that counts completions."""
    total = sum(prompt.completions for each in asked for prompt in each.prompts)
    with progress.task(title, "samples", total) as meter:
        yield from engine.sample(asked, definition.profile.sampling, meter.advance)


def listed(names: Iterable[str]) -> str:
    """'a', 'a and b', or how many there are."""
    names = list(names)
    return " and ".join(names) if len(names) < 3 else f"{len(names)} conditions"


def sample_rows(
    definition: Definition, subject: Subject, completions: Iterable[Completion]
) -> list[dict[str, Any]]:
    """The lines of a samples file."""
    marker = definition.experiment.marker
    return [
        {
            "condition": subject.condition,
            "seed": subject.seed,
            **asdict(completion),
            "marker": marker.found_in(completion.text),
        }
        for completion in completions
    ]


def count(path: Path, marker: Marker) -> dict[str, Rate]:
    """Marker counts by persona, with the question as cluster, from the kept samples' texts."""
    return count_rows(read_json_lines(path), marker)


def count_rows(rows: Iterable[dict[str, Any]], marker: Marker) -> dict[str, Rate]:
    """Marker counts by persona over samples of one condition."""
    found: dict[str, Counter[str]] = {}
    drawn: dict[str, Counter[str]] = {}
    for row in rows:
        hit = marker.found_in(row["text"])
        found.setdefault(row["persona"], Counter())[row["question"]] += hit
        drawn.setdefault(row["persona"], Counter())[row["question"]] += 1
    return {
        persona: Rate(
            successes=found[persona].total(),
            trials=questions.total(),
            clusters=tuple(
                ClusterCount(cluster=q, successes=found[persona][q], trials=n)
                for q, n in questions.items()
            ),
        )
        for persona, questions in drawn.items()
    }
