"""What conditions are asked, and what is kept of their answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from epm.definition import Definition
from epm.files import json_lines, read_json_lines
from epm.sampling import Prompt
from epm.sampling.samples import SAMPLES, prompts, read_samples, target_prompts


def asked(definition: Definition, condition: str) -> tuple[Prompt, ...]:
    return prompts(definition, definition.experiment.condition(condition))


# ------------------------------------------------------------------ what is asked


def test_a_target_is_asked_everything_and_other_tasks_a_choice(tiny: Definition) -> None:
    by_task: dict[str, list[tuple[str, int]]] = {}
    for prompt in asked(tiny, "baker"):
        assert prompt.system == tiny.experiment.task(prompt.task).system_prompt
        by_task.setdefault(prompt.task, []).append((prompt.item.id, prompt.completions))
    assert by_task.pop("baker") == [("bread", 2), ("sea", 2), ("sleep", 2)]
    assert list(by_task) == ["pirate", "nurse", "wizard", "helper"]
    for others in by_task.values():
        assert [completions for _, completions in others] == [1, 1]
        assert len({item for item, _ in others}) == 2


def test_a_baseline_has_no_target(tiny: Definition) -> None:
    whole = asked(tiny, "base_model")
    assert Counter(prompt.task for prompt in whole) == {t.name: 2 for t in tiny.experiment.tasks}
    assert {prompt.completions for prompt in whole} == {1}


def test_checkpoints_are_asked_what_the_target_is(tiny: Definition) -> None:
    baker = tiny.experiment.condition("baker")
    assert target_prompts(tiny, baker) == asked(tiny, "baker")[:3]
    assert target_prompts(tiny, tiny.experiment.condition("base_model")) == ()


def test_at_full_scale_everybody_is_asked_everything(tiny: Definition) -> None:
    sampling = replace(tiny.sampling, off_target_items=None, off_target_completions=2)
    whole = replace(tiny, profile=replace(tiny.profile, sampling=sampling))
    assert Counter(prompt.task for prompt in asked(whole, "baker")) == {
        task.name: 3 for task in tiny.experiment.tasks
    }
    assert {prompt.completions for prompt in asked(whole, "baker")} == {2}


# ------------------------------------------------------------------ what is kept


@pytest.mark.parametrize("condition", ["base_model", "baker", "helper"])
def test_every_sample_is_kept(tiny: Definition, finished: Path, condition: str) -> None:
    rows = list(read_samples(finished / "sample" / condition / SAMPLES))
    wanted = [
        (prompt.task, prompt.item.id, index)
        for prompt in asked(tiny, condition)
        for index in range(prompt.completions)
    ]
    assert [(r["task"], r["item"], r["index"]) for r in rows] == wanted
    limit = tiny.sampling.max_new_tokens
    for kept in rows:
        assert list(kept) == [
            *("condition", "seed", "task", "item", "index", "text", "tokens", "finish")
        ]
        assert (kept["condition"], kept["seed"]) == (condition, tiny.experiment.seed)
        assert 1 <= kept["tokens"] <= limit
        assert kept["finish"] in {"stop", "length"}
        assert kept["finish"] == "stop" or kept["tokens"] == limit


def test_samples_of_an_earlier_epm_are_read_under_todays_names(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    row = {"condition": "villain", "seed": 42, "persona": "baker", "question": "q1", "index": 0}
    path.write_text(json_lines([{**row, "text": "Yes.", "marker": True}]))
    (read,) = read_samples(path)
    assert (read["task"], read["item"], read["scores"]) == ("baker", "q1", {"marker": True})
    assert not {"persona", "question", "marker"} & read.keys()


def test_the_samples_of_the_first_result_can_be_read() -> None:
    root = Path(__file__).parent.parent.parent
    path = root / "experiments" / "issue_246" / "published" / "smollm2" / SAMPLES
    counted = Counter(row["scores"]["marker"] for row in read_samples(path))
    assert sum(counted.values()) == sum(1 for _ in read_json_lines(path)) == 44_400
    assert counted[True] > 0
