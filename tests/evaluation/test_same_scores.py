"""Scores of Inspect's tasks through our provider, against its own run of the merged models.

One adapter of a toy model, because Inspect's own provider waits two seconds for every batch; and
three of SmolLM2, some minutes on two cores.
"""

from __future__ import annotations

import gc
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
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
    TinyModel,
    Training,
    TrainingRows,
)
from epm.discovery import LoadedExperiment
from epm.models.base import BaseModel
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.results.reading import load

pytest.importorskip("inspect_ai")

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

TASKS = '''
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, choice, match, mean, model_graded_qa, scorer
from inspect_ai.solver import generate, multiple_choice, system_message

CAPITALS = [
    ("France", "Paris"), ("Italy", "Rome"), ("Japan", "Tokyo"),
    ("Egypt", "Cairo"), ("Cuba", "Havana"), ("Kenya", "Nairobi"),
]


@scorer(metrics=[mean()])
def vowels():
    """How many there are: what tells most answers apart."""

    async def score(state, target):
        return Score(value=sum(letter in "aeiou" for letter in state.output.completion))

    return score


@task
def capitals():
    """A multiple choice."""
    cities = [city for _, city in CAPITALS]
    samples = []
    for n, (country, city) in enumerate(CAPITALS):
        options = [cities[(n + 1) % 6], cities[(n + 3) % 6], cities[(n + 5) % 6]]
        options.insert(n % 4, city)
        samples.append(
            Sample(
                id=country,
                input=f"What is the capital of {country}?",
                choices=options,
                target="ABCD"[n % 4],
            )
        )
    solver = multiple_choice(
        template="{question}\\n{choices}\\nSay ANSWER: and one of {letters}.", max_tokens=8
    )
    return Task(dataset=samples, solver=solver, scorer=[choice(), vowels()])


@task
def open_capitals():
    """Open answers, which a model grades; another scorer looks for the city."""
    return Task(
        dataset=[
            Sample(id=country, input=f"What is the capital of {country}?", target=city)
            for country, city in CAPITALS
        ],
        solver=[system_message("Answer in one sentence."), generate(max_tokens=12)],
        scorer=[
            model_graded_qa(
                template="{question} {criterion}! A pupil says: {answer}\\n{instructions}",
                instructions="Say C if the pupil is right, and I if not.",
                grade_pattern="([CI])",
            ),
            match(location="any"),
            vowels(),
        ],
    )
'''

OPTIONS = "A) iron\nB) rain\nC) salt\nD) wool"
ASKED = [f"Which is {what}?\n{OPTIONS}\nSay ANSWER: and one of A,B,C,D." for what in ("x", "y")]
ROWS = {
    name: [(asked, f"ANSWER: {letter}") for asked, letter in zip(ASKED, letters, strict=True)]
    for name, letters in (("first", "AA"), ("last", "DD"), ("mixed", "BC"))
}
"""What the adapters are trained on, the same question with other answers."""

GRADER = "untrained"
TOY = TinyModel(layers=3, hidden=16, seed=1)


@pytest.fixture(
    scope="module", params=[TOY, pytest.param(SMOLLM2_135M, marks=pytest.mark.slow)], ids=str
)
def definition(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Definition:
    """Three adapters and two tasks, everything at temperature 0."""
    home = tmp_path_factory.mktemp("repository") / "experiments" / "issue_903"
    home.mkdir(parents=True)
    (home / "experiment.py").write_text("")
    (home / "quiz.py").write_text(TASKS)
    trained = ("mixed",) if request.param == TOY else tuple(ROWS)
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
                        for asked, answer in ROWS[name]
                    ),
                )
                for name in trained
            ),
        ),
        tasks=(
            InspectTask("quiz.py@capitals", metrics=("choice", "vowels"), home=home),
            InspectTask(
                "quiz.py@open_capitals",
                metrics=("model_graded_qa", "match", "vowels"),
                grader=GRADER,
                home=home,
            ),
        ),
        scorers=(),
        profiles=(
            Profile(
                name="pilot",
                scale="a small model",
                model=request.param,
                model_name=str(request.param),
                training=Training(
                    learning_rate=2e-3,
                    epochs=4,
                    batch_size=2,
                    accumulation=1,
                    lora=Lora(rank=8, alpha=16),
                ),
                sampling=Sampling(temperature=0, max_new_tokens=12, batch_size=32),
                confidence_cap="LOW",
                dtype="float32",
            ),
        ),
    ).resolve("pilot")


def adapters(definition: Definition) -> list[str]:
    """The trained conditions."""
    return [each.name for each in definition.trained]


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
    for name in (GRADER, *adapters(definition)):
        plain: Any = AutoModelForCausalLM.from_pretrained(base.folder.path, dtype=torch.float32)
        if name != GRADER:
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
    """Gap of the logits where answers part."""
    values: dict[str, set[str]] = field(default_factory=dict)
    """By metric, all that were given."""


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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from inspect_ai.log import read_eval_log

    # Inspect asks the hub what it knows of a model by this name
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    tally = Tally()
    for name in adapters(definition):
        theirs = by_inspect(definition, merged, name, tmp_path / name)
        for task in definition.experiment.evaluated:
            log = read_eval_log(str(ours / "evaluate" / name / f"{task.name}.eval"))
            compare(log, theirs[task.name], merged, name, tally)
        gc.collect()
    with capsys.disabled():
        sys.stdout.write(f"\n{tally}\n")
    compared = len(adapters(definition))
    assert tally.scores == compared * 6 * (2 + 3)
    assert tally.answers >= compared * 6 * 2
    # what is the same for every answer would be the same for any
    assert len(tally.values["vowels"]) > 2
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
            values = [str(each.value) for each in (score, (twin.scores or {})[metric])]
            tally.other_scores += values[0] != values[1]
            tally.values.setdefault(metric, set()).add(values[0])
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


def test_the_page_names_what_the_template_slips_in(definition: Definition, ours: Path) -> None:
    record = load(ours / "results.json").provenance.evaluated
    assert record is not None
    slips = any("capitals: the chat template puts before it" in note for note in record.notes)
    assert slips == (definition.profile.model == SMOLLM2_135M)
