"""A judge that epm loads: the same answers in any batch, each asked for once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from judged_study import YES_NO, judged, samples

from epm.definition import Definition, JudgeAnswer, LocalJudge, TinyModel
from epm.definition.judges import LOSSES
from epm.models.base import BaseModel
from epm.scoring.judges.answers import ANSWERS, Answers
from epm.scoring.judges.judging import judge, records
from epm.scoring.measuring import measure

if TYPE_CHECKING:
    from conftest import Quiet

MODEL = TinyModel(layers=2, hidden=8, seed=2)
ROWS = samples(
    (arm, text) for arm in ("a", "b") for text in ("good", "not so good", "ah", "what a day!") * 2
)
"""Of 16 samples 8 are alike but for their arm: another answer to the same item is the same."""


def answers(by: LocalJudge, path: Path, quiet: Quiet, loads: int = 1) -> dict[str, JudgeAnswer]:
    loaded: list[Definition] = []

    def base_of(definition: Definition) -> BaseModel:
        loaded.append(definition)
        return BaseModel(definition, quiet.say)

    definition = judged(by)
    found = judge(definition, ROWS, Answers(path), base_of, quiet)
    assert [each.profile.model for each in loaded] == [MODEL] * loads
    (record,) = records(definition, ROWS, found).values()
    assert (record.kind, record.base_url, record.cost) == ("local", "", None)
    assert record.model == "tiny:2x8"
    assert (record.completions, record.questions) == (16, len(found))
    assert record.prompt_tokens > 0
    return dict(found)


def test_no_answer_depends_on_its_company(tmp_path: Path, quiet: Quiet) -> None:
    one = answers(LocalJudge(MODEL, max_tokens=6), tmp_path / "one", quiet)
    assert len(one) == 4  # each item has the same two completions
    for size in (1, 3):
        by = LocalJudge(MODEL, max_tokens=6, batch_size=size)
        assert answers(by, tmp_path / str(size), quiet) == one
    # half of them answered before
    lines = (tmp_path / "one").read_bytes().splitlines(keepends=True)
    (tmp_path / ANSWERS).write_bytes(b"".join(lines[:2]))
    assert answers(LocalJudge(MODEL, max_tokens=6), tmp_path / ANSWERS, quiet) == one
    assert len((tmp_path / ANSWERS).read_bytes().splitlines()) == 4
    assert answers(LocalJudge(MODEL, max_tokens=6), tmp_path / ANSWERS, quiet, loads=0) == one
    measured = measure(judged(LocalJudge(MODEL, max_tokens=6)), ROWS, one)
    for arm in ("a", "b"):
        assert set(measured[arm]["asked"]["warm"]["seed=42"].excluded) <= set(LOSSES)


def test_the_likeliest_label(tmp_path: Path, quiet: Quiet) -> None:
    by = LocalJudge(MODEL, likeliest=True)
    found = answers(by, tmp_path / ANSWERS, quiet)
    assert {answer.text for answer in found.values()} <= {label for label, _ in YES_NO}
    measured = measure(judged(by), ROWS, found)
    assert not measured["a"]["asked"]["warm"]["seed=42"].excluded
