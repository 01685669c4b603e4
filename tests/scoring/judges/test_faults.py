"""Whatever goes wrong on the way to a judge, every answer ends in the right class and arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from judge_server import LASTING, PASSING, REFUSALS, JudgeServer
from judged_study import judged, samples

from epm.definition import Endpoint
from epm.definition.judges import EMPTY, REFUSED, TRANSPORT, TRUNCATED, UNPARSABLE
from epm.results import Count
from epm.scoring.judges import asking
from epm.scoring.judges.answers import ANSWERS, Answers
from epm.scoring.judges.judging import judge, records
from epm.scoring.measuring import measure

if TYPE_CHECKING:
    from conftest import Quiet

CLASSES = {
    **dict.fromkeys(REFUSALS, REFUSED),
    **dict.fromkeys(LASTING, TRANSPORT),
    **dict.fromkeys(PASSING, "scored"),
    "empty": EMPTY,
    "unparsable": UNPARSABLE,
    "truncated": TRUNCATED,
    "well": "scored",
}
"""What each kind of fault has to come to."""

WAITED_OUT = ("always_500", "always_429", "always_cut", "always_late", "no_json")
"""Those that take all the time that a question may have."""


@pytest.fixture
def server() -> Iterator[JudgeServer]:
    found = JudgeServer(late=1.0)
    yield found
    found.close()


def faults(count: int) -> list[tuple[str, str]]:
    """Arms and completions: every kind in turn, those that are waited out seldom; arms unlike."""
    quick = [kind for kind in CLASSES if kind not in WAITED_OUT]
    kinds = [
        WAITED_OUT[n // 17 % len(WAITED_OUT)] if n % 17 == 0 else quick[n % len(quick)]
        for n in range(count)
    ]
    return [("a" if n % 3 else "b", f"{kind} {n}") for n, kind in enumerate(kinds)]


@pytest.mark.parametrize("count", [120, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_fault_in_its_class_and_arm(
    server: JudgeServer,
    count: int,
    tmp_path: Path,
    quiet: Quiet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "FIRST", 0.02)
    by = Endpoint(server.url, "judge", concurrency=16, timeout=0.5, longest=1.6)
    definition = judged(by)
    given = faults(count)
    rows = samples(given)
    known = Answers(tmp_path / ANSWERS)
    answers = judge(definition, rows, known, _nothing_local, quiet)
    measured = measure(definition, rows, answers)
    expected: dict[str, Counter[str]] = {"a": Counter(), "b": Counter()}
    for arm, text in given:
        expected[arm][CLASSES[text.split()[0]]] += 1
    found = {}
    for arm in ("a", "b"):
        counted = measured[arm]["asked"]["warm"]["seed=42"]
        assert isinstance(counted, Count)
        found[arm] = Counter({**counted.excluded, "scored": counted.trials})
    assert found == expected
    assert sum(sum(each.values()) for each in found.values()) == count
    # what was answered was asked once, and once more where the first try had gone wrong
    assert max(server.answered.values()) == 1
    assert server.most_at_once <= 16
    (record,) = records(definition, rows, answers).values()
    lost = sum(each[TRANSPORT] for each in found.values())
    assert (record.completions, record.questions, record.answered) == (count, count, count - lost)
    # again: nothing is asked but what had no answer
    before, quiet.lines[:] = server.asked.copy(), []
    again = Answers(tmp_path / ANSWERS)
    assert len(again) == count - lost
    given_up = {key: answer.failure for key, answer in answers.items() if answer.failure}
    assert judge(definition, rows, again, _nothing_local, quiet, given_up) == answers
    assert server.asked == before


def _nothing_local(_: object) -> None:  # type: ignore[misc]
    raise AssertionError("no model is loaded")
