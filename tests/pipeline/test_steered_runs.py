"""Directions of a run: what they are the difference of, and what is said of them."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from epm.definition import ContrastingPrompts, Definition, Excluded, Fluency
from epm.discovery import LoadedExperiment
from epm.files import file_sha256
from epm.models.base import BaseModel
from epm.models.chat import tokenise_prompt
from epm.pipeline.again import analyse_again
from epm.pipeline.run import Options, run
from epm.report.render import render
from epm.results.reading import load
from epm.sampling.fluency import of_item
from epm.sampling.samples import read_samples

if TYPE_CHECKING:
    from conftest import Quiet


@pytest.fixture(scope="module")
def definition(steering: LoadedExperiment) -> Definition:
    return steering.experiment.resolve("toy")


@pytest.fixture(scope="module")
def base(definition: Definition) -> BaseModel:
    made = BaseModel(definition, lambda _: None)
    assert made.model is not None
    return made


def direction(folder: Path, name: str) -> np.ndarray[Any, Any]:
    path = folder / "direction" / name / "direction.safetensors"
    found: np.ndarray[Any, Any] = load_file(path)["direction"].double().numpy()
    return found


def activation(model: Any, ids: tuple[int, ...], layer: int) -> np.ndarray[Any, Any]:
    """Of all tokens of one prompt, read alone; the last block's would be normed."""
    with torch.inference_mode():
        states = model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    found: np.ndarray[Any, Any] = states[layer + 1][0].double().numpy()
    return found


def test_contrasting_prompts(definition: Definition, base: BaseModel, steered_run: Path) -> None:
    """The same for every coefficient, of length 1, and what prompts read alone give."""
    steering = definition.experiment.condition("along").intervention
    assert steering is not None
    assert isinstance(steering.direction, ContrastingPrompts)
    means = [
        np.mean(
            [
                activation(base.model, tokenise_prompt(base.tokenizer, None, text), 1)[-1]
                for text in texts
            ],
            axis=0,
        )
        for texts in (steering.direction.positive, steering.direction.negative)
    ]
    difference = means[0] - means[1]
    found = {name: direction(steered_run, name) for name in ("against", "none", "along")}
    assert all(np.array_equal(each, found["none"]) for each in found.values())
    assert np.linalg.norm(found["none"]) == pytest.approx(1, abs=1e-6)
    assert found["none"] == pytest.approx(difference / np.linalg.norm(difference), abs=1e-5)
    results = load(steered_run / "results.json")
    for name, dose in (("against", -4), ("none", 0), ("along", 4)):
        (record,) = results.conditions[name].steering.values()
        assert (record.layer, record.coefficient, record.prompts) == (1, dose, 4)
        assert record.length == pytest.approx(np.linalg.norm(difference), rel=1e-5)
        assert record.sha256 == file_sha256(
            steered_run / "direction" / name / "direction.safetensors"
        )
        assert results.conditions[name].factors["coefficient"] == dose


def test_between_conditions(definition: Definition, base: BaseModel, steered_run: Path) -> None:
    """The adapter's model and the model as it is, over all tokens of what they are asked."""
    (task,) = definition.experiment.tasks
    ids = [tokenise_prompt(base.tokenizer, task.system_prompt, i.prompt) for i in task.items]

    def mean(model: Any, layer: int) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = np.mean(
            [activation(model, each, layer).mean(0) for each in ids], axis=0
        )
        return found

    with base.with_merged(steered_run / "train" / "polite") as model:
        of = mean(model, 1)
    difference = of - mean(base.model, 1)
    assert direction(steered_run, "polite_more") == pytest.approx(difference, abs=1e-4)
    assert np.linalg.norm(difference) > 0.1


def test_a_file(steered_run: Path) -> None:
    wave = np.sin(np.arange(16))
    found = direction(steered_run, "given")
    assert found == pytest.approx(wave / np.linalg.norm(wave), abs=1e-6)
    (record,) = load(steered_run / "results.json").conditions["given"].steering.values()
    assert record.typical is None
    assert record.length == pytest.approx(np.linalg.norm(wave), rel=1e-6)


def test_fluency_is_that_of_the_model_as_it_is(
    definition: Definition, base: BaseModel, steered_run: Path
) -> None:
    """Of every answer, read alone, whatever adapter or direction it was written under."""
    (task,) = definition.experiment.tasks
    items = {item.id: item for item in task.items}
    results = load(steered_run / "results.json")
    sums: dict[tuple[str, str], list[float]] = {}
    for row in read_samples(steered_run / "samples.jsonl.gz"):
        prompt = tokenise_prompt(base.tokenizer, task.system_prompt, items[row["item"]].prompt)
        answer = base.tokenizer(row["text"], add_special_tokens=False).input_ids
        with torch.inference_mode():
            logits = base.model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0].double()
        logs = logits.log_softmax(-1)[len(prompt) - 1 : -1]
        own = [float(logs[at, token]) for at, token in enumerate(answer)]
        sums.setdefault((row["condition"], row["item"]), []).append(sum(own) / len(own))
    assert len(sums) == 8 * 3
    for (condition, item), values in sums.items():
        measured: Any = results.measurements[condition]["asked"]["fluency"]["seed=42"]
        total, squares, n = measured.items[item]
        assert n == len(values) == 3
        assert total == pytest.approx(sum(values), abs=1e-4)
        assert squares == pytest.approx(sum(value**2 for value in values), rel=1e-4)
    # what the model as it is would write is likelier to it
    means = results.analyses["fluency"].conditions  # type: ignore[union-attr]
    assert means["none"].estimate > means["given"].estimate


def test_an_empty_answer_has_no_fluency(base: BaseModel, definition: Definition) -> None:
    """The others of its item do, as they would without it."""
    (task,) = definition.experiment.tasks
    found, _ = of_item(base, task, task.items[0], ["A clerk.", "", "Of the shop"])
    alone, _ = of_item(base, task, task.items[0], ["Of the shop"])
    assert found[1] == (0.0, 0)
    assert found[2] == pytest.approx(alone[0], abs=1e-4)
    assert of_item(base, task, task.items[0], ["", ""]) == ([(0.0, 0), (0.0, 0)], 0)
    scorer = Fluency("fluency")
    assert scorer.score_log_probability(0.0, 0) == Excluded("empty")
    assert scorer.score_log_probability(-6.0, 4) == -1.5
    assert scorer.score_log_probability(float("-inf"), 4) == Excluded("no likelihood")


def test_doses_make_a_difference(steered_run: Path) -> None:
    """In what is written and in what is weighed."""
    results = load(steered_run / "results.json")
    rows = list(read_samples(steered_run / "samples.jsonl.gz"))
    texts = {
        name: tuple(row["text"] for row in rows if row["condition"] == name)
        for name in results.conditions
    }
    assert len(set(texts.values())) == len(texts)
    weighed = {
        (steered_run / "weigh" / name / "likelihoods.jsonl.gz").read_bytes() for name in texts
    }
    assert len(weighed) == len(texts)
    curve: Any = results.analyses["curve"]
    assert list(curve.doses) == ["-4", "0", "4"]


def test_the_page_says_how(steering: LoadedExperiment, steered_run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(steered_run, tmp_path / "run")
    page = render(copy, steering.folder).body.read_text(encoding="utf-8")
    assert page.count("### Steering (per condition)") == 1
    told = page.partition("### Steering (per condition)")[2].partition("### Data")[0]
    assert told.count("| Parameter | Value |") == 4  # directions and layers that differ
    assert "-4 (`against`), 0 (`none`), 4 (`along`)" in told
    assert "the output of block 1, counted from 0, at every position of prompt and answer" in told
    assert '2 prompts ("How kind of you!", …) minus that over 2 prompts ("Go away.", …)' in told
    assert "mean activation of `polite` minus that of `untrained`" in told
    assert "the file `direction.npy`, sha256 `" in told
    assert "brought to length 1" in told
    assert "a coefficient counts directions as long as they were found" in told


def test_a_page_without_steering_does_not_speak_of_it(
    own_rows: LoadedExperiment, own_rows_run: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(own_rows_run, tmp_path / "run")
    page = render(copy, own_rows.folder).body.read_text(encoding="utf-8")
    assert "steer" not in page.lower()
    assert "steering" not in (own_rows_run / "results.json").read_text(encoding="utf-8")


def test_a_coefficient_of_the_command_line(
    steering: LoadedExperiment, steered_run: Path, quiet: Quiet, tmp_path: Path
) -> None:
    """Another run, whose dose is that, and in which nothing else is drawn otherwise."""
    setting = ("conditions.along.intervention.coefficient", 1.5)
    definition = steering.experiment.resolve("toy", overrides=[setting])
    options = Options("pytest", "off", runs=tmp_path)
    folder = run(steering, definition, options, lambda _: nullcontext(quiet))
    results = load(folder / "results.json")
    assert results.conditions["along"].factors == {"coefficient": 1.5}
    curve: Any = results.analyses["curve"]
    assert list(curve.doses) == ["-4", "0", "1.5"]
    for name in ("against", "along"):
        parts = [(each / "sample" / name).glob("*.gz") for each in (folder, steered_run)]
        ours, theirs = (next(part).read_bytes() for part in parts)
        assert (ours == theirs) == (name == "against")


def test_analysed_again_a_dose_is_the_one_that_was_run(
    steering: LoadedExperiment, steered_run: Path, tmp_path: Path
) -> None:
    """From results and samples alone, by a definition that has other doses now."""
    for name in ("results.json", "samples.jsonl.gz"):
        (tmp_path / name).write_bytes((steered_run / name).read_bytes())
    changed = tuple(
        replace(each, intervention=replace(each.intervention, coefficient=9.0))
        if each.name == "along" and each.intervention
        else each
        for each in steering.experiment.conditions
    )
    now = LoadedExperiment(replace(steering.experiment, conditions=changed), steering.folder)
    again = analyse_again(now, tmp_path, "toy")
    before: Any = load(steered_run / "results.json")
    found: Any = again.results
    assert found.conditions["along"].factors == {"coefficient": 4}
    assert list(found.analyses["curve"].doses) == list(before.analyses["curve"].doses)
    # what the model was asked is not in the samples, and stays
    assert found.analyses["fluency"] == before.analyses["fluency"]
