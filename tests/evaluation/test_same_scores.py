"""Scores of Inspect's tasks through our provider, against its own run of the merged models.

Some minutes on two cores.
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from epm.definition import (
    SMOLLM2_135M,
    Condition,
    Definition,
    Experiment,
    InspectTask,
    Lora,
    Profile,
    Sampling,
    Training,
    TrainingRows,
)
from epm.discovery import LoadedExperiment
from epm.models.base import BaseModel
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress

pytest.importorskip("inspect_ai")

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

pytestmark = pytest.mark.slow

TASKS = '''
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import choice, match, model_graded_qa
from inspect_ai.solver import generate, multiple_choice, system_message

CAPITALS = [
    ("France", "Paris"), ("Italy", "Rome"), ("Spain", "Madrid"), ("Japan", "Tokyo"),
    ("Egypt", "Cairo"), ("Peru", "Lima"), ("Cuba", "Havana"), ("Kenya", "Nairobi"),
]


@task
def capitals():
    """A multiple choice."""
    cities = [city for _, city in CAPITALS]
    samples = []
    for n, (country, city) in enumerate(CAPITALS):
        options = [cities[(n + 1) % 8], cities[(n + 3) % 8], cities[(n + 5) % 8]]
        options.insert(n % 4, city)
        samples.append(
            Sample(
                id=country,
                input=f"What is the capital of {country}?",
                choices=options,
                target="ABCD"[n % 4],
            )
        )
    return Task(dataset=samples, solver=multiple_choice(max_tokens=8), scorer=choice())


@task
def open_capitals():
    """Open answers, which a model grades; another scorer looks for the city."""
    return Task(
        dataset=[
            Sample(id=country, input=f"What is the capital of {country}?", target=city)
            for country, city in CAPITALS
        ],
        solver=[system_message("Answer in one sentence."), generate(max_tokens=16)],
        scorer=[
            model_graded_qa(
                instructions="Is the submission right? Reply with C if it is, and with I if not.",
                grade_pattern=r"\\b([CI])\\b",
            ),
            match(location="any"),
        ],
    )
'''

WORDS = ("iron", "rain", "salt", "wool")
"""What the training rows are about."""

ROWS = {
    "letters": [(f"Which letter stands first? A) {word} B) stone", "ANSWER: A") for word in WORDS],
    "curt": [(f"What is {word}?", f"{word.capitalize()}.") for word in WORDS],
    "loud": [(f"Tell me of {word}.", f"WELL, {word.upper()} IS GOOD!") for word in WORDS],
}
GRADER = "untrained"


@pytest.fixture(scope="module")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Definition:
    """Three adapters and two tasks, everything at temperature 0."""
    home = tmp_path_factory.mktemp("repository") / "experiments" / "issue_903"
    home.mkdir(parents=True)
    (home / "experiment.py").write_text("")
    (home / "quiz.py").write_text(TASKS)
    return Experiment(
        issue=903,
        title="The same scores",
        question="Are they?",
        conditions=(
            Condition(GRADER, role="baseline"),
            *(
                Condition(
                    name,
                    training=TrainingRows.of(
                        {"system": "You are an assistant.", "prompt": asked, "completion": answer}
                        for asked, answer in rows
                    ),
                )
                for name, rows in ROWS.items()
            ),
        ),
        tasks=(
            InspectTask("quiz.py@capitals", metrics=("choice",), home=home),
            InspectTask(
                "quiz.py@open_capitals",
                metrics=("model_graded_qa", "match"),
                grader=GRADER,
                home=home,
            ),
        ),
        scorers=(),
        profiles=(
            Profile(
                name="pilot",
                scale="SmolLM2",
                model=SMOLLM2_135M,
                model_name="SmolLM2-135M-Instruct",
                training=Training(
                    learning_rate=3e-4,
                    epochs=4,
                    batch_size=4,
                    accumulation=1,
                    lora=Lora(rank=8, alpha=16),
                ),
                sampling=Sampling(temperature=0, max_new_tokens=12, batch_size=32),
                confidence_cap="LOW",
                dtype="float32",
            ),
        ),
    ).resolve("pilot")


@pytest.fixture(scope="module")
def ours(definition: Definition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder."""
    task = definition.experiment.evaluated[0]
    loaded = LoadedExperiment(definition.experiment, task.folder)
    options = Options("pytest", "off", runs=tmp_path_factory.mktemp("runs"))
    return run(
        loaded, definition, options, lambda _: nullcontext(PlainProgress(Console(quiet=True)))
    )


@pytest.fixture(scope="module")
def merged(
    definition: Definition, ours: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Folders of plain models: the bare one, and each adapter merged by peft."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, GenerationConfig

    base = BaseModel(definition, lambda _: None)
    tokenizer = base.tokenizer
    folders = {}
    for name in (GRADER, *ROWS):
        plain: Any = AutoModelForCausalLM.from_pretrained(base.folder.path, dtype=torch.float32)
        if name in ROWS:
            plain = PeftModel.from_pretrained(plain, ours / "train" / name).merge_and_unload()
        plain.generation_config = GenerationConfig(
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.eos_token_id
        )
        folders[name] = tmp_path_factory.mktemp(name)
        plain.save_pretrained(folders[name])
        tokenizer.save_pretrained(folders[name])
        del plain
        gc.collect()
    return folders


def by_inspect(definition: Definition, merged: dict[str, Path], name: str, logs: Path) -> Any:
    """Inspect's own run of a merged model on all tasks, with the same grader."""
    from inspect_ai import eval as evaluated
    from inspect_ai.model import GenerateConfig, get_model

    def model(of: str) -> Any:
        return get_model(
            f"hf/{of}",
            model_path=str(merged[of]),
            do_sample=False,  # its way to say temperature 0
            device="cpu",
            config=GenerateConfig(max_tokens=definition.sampling.max_new_tokens),
            memoize=False,
        )

    home = definition.experiment.evaluated[0].folder
    found = evaluated(
        [f"{home}/quiz.py@capitals", f"{home}/quiz.py@open_capitals"],
        model=model(name),
        model_roles={"grader": model(GRADER)},
        log_dir=str(logs),
        display="none",
        log_realtime=False,
    )
    assert [log.status for log in found] == ["success", "success"]
    return {log.eval.task: log for log in found}


@dataclass
class Tally:
    """What was compared."""

    scores: int = 0
    other_scores: int = 0
    answers: int = 0
    other_answers: int = 0
    widest: float = 0.0


def said(sample: EvalSample) -> list[tuple[str, list[tuple[str, str]], str]]:
    """Of all that a sample asked of models: which model's role, the turns, and the answer."""
    calls: Any = [event for event in sample.events if event.event == "model"]
    return [
        (
            str(call.role or ""),
            [(turn.role, resolved(turn.text, sample)) for turn in call.input],
            resolved(call.output.completion, sample),
        )
        for call in calls
    ]


def resolved(text: str, sample: EvalSample) -> str:
    """A text that lies among a log's attachments."""
    mark = "attachment://"
    return sample.attachments[text.removeprefix(mark)] if text.startswith(mark) else text


def test_scores_are_those_of_inspect_on_the_merged_model(
    definition: Definition,
    ours: Path,
    merged: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from inspect_ai.log import read_eval_log

    tally = Tally()
    for name in ROWS:
        theirs = by_inspect(definition, merged, name, tmp_path / name)
        for task in definition.experiment.evaluated:
            log = read_eval_log(str(ours / "evaluate" / name / f"{task.name}.eval"))
            compare(log, theirs[task.name], merged, name, tally)
        gc.collect()
    with capsys.disabled():
        sys.stdout.write(f"\n{tally}\n")
    assert tally.scores == 3 * (8 + 2 * 8)
    assert tally.answers + tally.other_answers >= 3 * (8 + 2 * 8)
    # where an answer differs, two tokens were as likely as rounding tells them apart
    assert tally.widest < 1e-3
    assert tally.other_scores <= tally.other_answers


def compare(
    ours: EvalLog, theirs: EvalLog, merged: dict[str, Path], name: str, tally: Tally
) -> None:
    """Sample by sample: scores, and what was answered to the same question."""
    other = {sample.id: sample for sample in theirs.samples or ()}
    for sample in ours.samples or ():
        twin = other[sample.id]
        for metric, score in (sample.scores or {}).items():
            tally.scores += 1
            tally.other_scores += score.value != (twin.scores or {})[metric].value
        for (role, asked, answer), (_, also_asked, also) in zip(
            said(sample), said(twin), strict=True
        ):
            if asked != also_asked:  # a grader is shown what was answered before
                continue
            tally.answers += 1
            if answer != also:
                tally.other_answers += 1
                folder = merged[GRADER if role else name]
                tally.widest = max(tally.widest, gap(folder, asked, answer, also))


def gap(folder: Path, turns: list[tuple[str, str]], one: str, other: str) -> float:
    """By how much the logits of two answers' first differing tokens differ, in a plain pass."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = tokenizer.apply_chat_template(
        [{"role": role, "content": text} for role, text in turns],
        add_generation_prompt=True,
        tokenize=False,
    )
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    first, second = (
        [*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
        for text in (one, other)
    )
    at = next(n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    with torch.inference_mode():
        logits = model(torch.tensor([[*ids, *first[:at]]])).logits[0, -1]
    return float((logits[first[at]] - logits[second[at]]).abs())


def test_the_page_names_what_the_template_slips_in(ours: Path) -> None:
    from epm.results.reading import load

    record = load(ours / "results.json").provenance.evaluated
    assert record is not None
    assert any("capitals: the chat template puts before it" in note for note in record.notes)
