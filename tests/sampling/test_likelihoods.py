"""How likely choices are: held to the model's own loss, and to whatever else is weighed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from epm.definition import Definition, Item, LogLikelihood, Replicate
from epm.errors import EpmError
from epm.files import read_json_lines
from epm.models.base import BaseModel
from epm.models.chat import tokenise_choices, tokenise_prompt
from epm.sampling.likelihoods import LIKELIHOODS, weigh
from epm.sampling.samples import Subject

if TYPE_CHECKING:
    from conftest import Quiet

ITEMS = (
    Item("a", "Is it so?", answer="yes", choices=("yes", "no", "it may well be so")),
    Item("b", "How many?", answer="two", choices=("one", "two")),
)


@pytest.fixture
def weighed(tiny: Definition) -> Definition:
    experiment = replace(
        tiny.experiment,
        tasks=tuple(replace(task, items=ITEMS) for task in tiny.experiment.tasks),
        scorers=(*tiny.experiment.scorers, LogLikelihood("right")),
    )
    sampling = replace(tiny.sampling, off_target_items=None)
    return Definition(experiment, replace(tiny.profile, sampling=sampling))


def test_sums_are_the_models_own_loss(
    weighed: Definition, tiny_base: BaseModel, tmp_path: Path, quiet: Quiet
) -> None:
    subject = Subject(Replicate("base_model", 42, "base_model"), None, tmp_path)
    (tokens,) = weigh(weighed, [subject], tiny_base, quiet)
    assert tokens["base_model"] > 0
    rows = list(read_json_lines(tmp_path / LIKELIHOODS))
    assert len(rows) == len(weighed.experiment.tasks) * len(ITEMS)
    for row in rows:
        task = weighed.experiment.task(row["task"])
        item = next(each for each in task.items if each.id == row["item"])
        prompt = tokenise_prompt(tiny_base.tokenizer, task.system_prompt, item.prompt)
        for choice, found, count in zip(
            item.choices, row["log_likelihoods"], row["tokens"], strict=True
        ):
            answer = tiny_base.tokenizer(choice, add_special_tokens=False)["input_ids"]
            assert len(answer) == count
            ids = torch.tensor([[*prompt, *answer]])
            labels = torch.tensor([[-100] * len(prompt) + answer])
            with torch.no_grad():
                loss = tiny_base.model(input_ids=ids, labels=labels).loss
            assert found == pytest.approx(-float(loss) * count, rel=1e-4)


def test_a_choice_without_tokens(tiny_base: BaseModel) -> None:
    with pytest.raises(EpmError, match="has no tokens"):
        tokenise_choices(tiny_base.tokenizer, None, "?", ("yes", ""))
