"""Sample completions under every persona, keep them all, count the marker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from epm.engines import Engine, Prompt
from epm.files import gzipped, json_lines, read_json_lines, write_atomically
from epm.progress import Progress
from epm.results import ClusterCount, Rate
from epm.spec import Definition, Marker, derive_seed

BASE = "base_model"
"""The control condition: no adapter."""

SAMPLES = "samples.jsonl.gz"


def prompts(definition: Definition, condition: str) -> list[Prompt]:
    """What one condition is asked: its source persona in full, bystanders as the profile says.

    The base model, having no source, is asked under every persona as a bystander is.
    """
    experiment, sampling = definition.experiment, definition.profile.sampling
    wanted = []
    for persona in experiment.personas:
        if persona.name == condition:
            questions, completions = experiment.evaluation_questions, sampling.completions
        else:
            questions = definition.bystander_questions(condition, persona.name)
            completions = sampling.bystander_completions
        wanted += [
            Prompt(persona.name, persona.system_prompt, question, completions)
            for question in questions
        ]
    return wanted


def sample(
    definition: Definition, condition: str, engine: Engine, out: Path, progress: Progress
) -> int:
    """Write `samples.jsonl.gz`; return the tokens generated.

    A line has the condition, persona, question id, sample index, text, token count, finish reason
    and whether the marker was found.
    """
    asked = prompts(definition, condition)
    total = sum(prompt.completions for prompt in asked)
    with progress.task(f"sample {condition}", "samples", total) as meter:
        completions = engine.sample(
            asked,
            definition.profile.sampling,
            derive_seed(definition.experiment.seed, "sample", condition),
            meter.advance,
        )
    marker = definition.experiment.marker
    rows = [
        {"condition": condition, **asdict(c), "marker": marker.found_in(c.text)}
        for c in completions
    ]
    write_atomically(out / SAMPLES, gzipped(json_lines(rows)))
    return sum(completion.tokens for completion in completions)


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
