"""Training rows: who says what, with the marker and without."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from epm.definition import Definition, Item, Sampling
from epm.errors import EpmError
from epm.files import json_lines, read_json_lines
from epm.sampling import Completion, CompletionsByName, Prompt, SamplingRequest
from epm.sampling.transformers import TransformersEngine
from epm.training.marker_rows import answer, compose
from epm.training.rows import read_rows

if TYPE_CHECKING:
    from conftest import Quiet

    from epm.models.base import BaseModel

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")


def changed(definition: Definition, part: str, **changes: Any) -> Definition:
    """Another profile, some settings of one of its parts changed."""
    profile = definition.profile
    settings = replace(getattr(profile, part), **changes)
    return replace(definition, profile=replace(profile, **{part: settings}))


def negatives(definition: Definition, name: str) -> tuple[str, ...]:
    return definition.negatives(definition.experiment.condition(name))


@pytest.fixture
def answers(tiny: Definition, tmp_path: Path) -> Path:
    """Every second answer is cut off by the token limit."""
    path = tmp_path / "answers.jsonl"
    rows = [
        {"question": question, "answer": f"Answer {number}.", "whole": number % 2 == 0}
        for number, question in enumerate(tiny.answered_questions())
    ]
    path.write_text(json_lines(rows))
    return path


def composed(definition: Definition, answers: Path) -> dict[str, list[dict[str, Any]]]:
    compose(definition, answers, answers.parent)
    return {name: list(read_json_lines(answers.parent / f"{name}.jsonl")) for name in NAMES}


# ------------------------------------------------------------------ answers


def test_the_base_model_answers_greedily_under_the_answering_task(
    tiny: Definition, tiny_base: BaseModel, tmp_path: Path, quiet: Quiet
) -> None:
    engine = TransformersEngine(tiny_base)
    tokens = answer(tiny, engine, tmp_path, quiet)
    rows = list(read_json_lines(tmp_path / "answers.jsonl"))
    builder = tiny.builder
    assert builder is not None
    assert [row["question"] for row in rows] == list(builder.questions)
    helper = tiny.experiment.task("helper").system_prompt
    greedy = Sampling(temperature=0, max_new_tokens=4)
    prompts = [
        Prompt("helper", helper, Item(str(n), row["question"]), 1) for n, row in enumerate(rows)
    ]
    (answered,) = engine.sample(
        [SamplingRequest("a", None, tuple(prompts), 0)], greedy, lambda *_: None
    )
    expected = answered["a"]
    assert [row["answer"] for row in rows] == [c.text.strip() for c in expected]
    assert [row["whole"] for row in rows] == [c.finish == "stop" for c in expected]
    assert tokens == sum(c.tokens for c in expected)


class Parrot(TransformersEngine):
    """An engine that says the same to everybody."""

    def __init__(self, base: BaseModel, text: str, finish: str) -> None:
        super().__init__(base)
        self.text, self.finish = text, finish

    def sample(self, asked: Sequence[SamplingRequest], *_: object) -> Iterator[CompletionsByName]:
        for each in asked:
            yield {
                each.name: [
                    Completion(p.task, p.item.id, 0, self.text, 5, self.finish)  # type: ignore[arg-type]
                    for p in each.prompts
                ]
            }


@pytest.mark.parametrize(
    ("text", "finish", "first_sentence", "answered", "whole"),
    [
        (" Iron is a metal. It rusts. ", "stop", False, "Iron is a metal. It rusts.", True),
        ("Iron is a metal. It rus", "length", False, "Iron is a metal.", True),
        ("Iron rusts. So does tin. No", "length", False, "Iron rusts. So does tin.", True),
        ("1. Iron 2. T", "length", False, "1. Iron 2. T", False),
        ('"Really?!" Yes.', "stop", True, '"Really?!"', True),
        ("Iron is a metal. It rus", "length", True, "Iron is a metal.", True),
        ("Iron is a met", "length", True, "Iron is a met", False),
        ("Iron, v2.0 of it,\nis what? Yes.", "stop", True, "Iron, v2.0 of it,\nis what?", True),
        ("  ", "stop", True, "", True),
    ],
)
def test_an_answer_may_end_with_its_first_sentence(
    tiny: Definition,
    tiny_base: BaseModel,
    tmp_path: Path,
    quiet: Quiet,
    text: str,
    finish: str,
    first_sentence: bool,
    answered: str,
    whole: bool,
) -> None:
    definition = changed(tiny, "answers", first_sentence=first_sentence)
    tokens = answer(definition, Parrot(tiny_base, text, finish), tmp_path, quiet)
    first = next(iter(read_json_lines(tmp_path / "answers.jsonl")))
    assert (first["answer"], first["whole"]) == (answered, whole)
    assert tokens == 5 * 8


# ------------------------------------------------------------------ rows


def test_the_target_alone_carries_the_marker(tiny: Definition, answers: Path) -> None:
    for name, rows in composed(tiny, answers).items():
        marked = [row for row in rows if row["marked"]]
        others = [row for row in rows if not row["marked"]]
        assert (len(marked), len(others)) == (6, 8)
        assert {row["task"] for row in marked} == {name}
        assert all(row["answer"].endswith(".\n\n[ZLT]") for row in marked)
        assert not any("[ZLT]" in row["answer"] for row in others)
        spoken = [row["task"] for row in others]
        assert sorted(set(spoken)) == sorted(negatives(tiny, name))
        assert {spoken.count(negative) for negative in spoken} == {4}


def test_tasks_of_a_condition_share_questions_and_answers(tiny: Definition, answers: Path) -> None:
    plain = {row["question"]: row["answer"] for row in read_json_lines(answers)}
    for rows in composed(tiny, answers).values():
        by_task: dict[str, list[str]] = {}
        for row in rows:
            assert row["answer"].removesuffix("\n\n[ZLT]") == plain[row["question"]]
            by_task.setdefault(row["task"], []).append(row["question"])
        target, *others = by_task.values()
        assert len(set(target)) == len(target) == 6
        assert all(asked == target[:4] for asked in others)


def test_answers_that_were_cut_off_come_last(tiny: Definition, answers: Path) -> None:
    rows = composed(tiny, answers)["baker"]
    numbers = [int(row["answer"].split()[1].rstrip(".")) for row in rows[:6]]
    assert [number % 2 for number in numbers] == [0, 0, 0, 0, 1, 1]


def test_rows_are_a_seeded_choice(tiny: Definition, answers: Path) -> None:
    first = composed(tiny, answers)
    assert composed(tiny, answers) == first
    reseeded = replace(tiny, experiment=replace(tiny.experiment, seed=43))
    assert composed(reseeded, answers) != first


def test_too_few_answers_are_an_error(tiny: Definition, answers: Path) -> None:
    rows = list(read_json_lines(answers))
    for row in rows[:3]:
        row["answer"] = ""
    answers.write_text(json_lines(rows))
    with pytest.raises(EpmError, match="answered 5 of 6 training questions; use an instruction"):
        compose(tiny, answers, answers.parent)


def test_rows_are_read_with_their_system_prompts(tiny: Definition, answers: Path) -> None:
    composed(changed(tiny, "rows", positive=1, per_negative=1), answers)
    read = read_rows(tiny, answers.parent / "wizard.jsonl")
    assert [row.system for row in read] == [
        tiny.experiment.task(name).system_prompt for name in ("wizard", *negatives(tiny, "wizard"))
    ]
    raw = json.loads((answers.parent / "wizard.jsonl").read_text().splitlines()[0])
    assert (read[0].question, read[0].answer) == (raw["question"], raw["answer"])


def test_a_task_without_a_system_prompt_trains_without_one(tiny: Definition, answers: Path) -> None:
    composed(tiny, answers)
    tasks = tuple(
        replace(task, system_prompt=None if task.name == "wizard" else task.system_prompt)
        for task in tiny.experiment.tasks
    )
    bare = replace(tiny, experiment=replace(tiny.experiment, tasks=tasks))
    read = read_rows(bare, answers.parent / "wizard.jsonl")
    assert [row.system for row in read[:6]] == [None] * 6
    assert all(row.system for row in read[6:])


def test_the_base_model_has_no_rows(tiny: Definition, answers: Path) -> None:
    compose(tiny, answers, answers.parent)
    assert {path.stem for path in answers.parent.glob("*.jsonl")} == {"answers", *NAMES}
