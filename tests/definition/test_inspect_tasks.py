"""Inspect's tasks in a definition: what is found when it is loaded, and what it is known by."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from studies import PANEL

from epm.analyses.specs import Proportions
from epm.definition import Experiment, InspectTask, Outcome, Substring
from epm.errors import DefinitionError

SOURCE = Path(__file__).parents[1] / "data" / "experiments" / "issue_902"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An experiment's folder with tasks in it."""
    shutil.copytree(SOURCE, tmp_path / "issue_902")
    return tmp_path / "issue_902"


def sums(home: Path, **given: Any) -> InspectTask:
    named = {"task": "evals/quiz.py@sums", "metrics": ("choice",), "name": "quiz"} | given
    return InspectTask(home=home, **named)


def with_task(task: InspectTask, **given: Any) -> Experiment:
    return replace(PANEL, tasks=(*PANEL.tasks, task), **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"task": "evals/quiz.py"}, "'evals/quiz.py' is not file@function"),
        ({"task": "evals/quiz.py@"}, "is not file@function"),
        ({"task": "evals/quizz.py@sums"}, "there is no .*quizz.py"),
        ({"task": "evals/quiz.py@sum"}, "defines no task 'sum'; did you mean 'sums'"),
        ({"task": "evals/quiz.py@no_task"}, "the function is no task; decorate it with @task"),
        ({"task": "evals/words.py@sums"}, "defines no task 'sums'; define it there"),
        ({"task": "../quiz.py@sums"}, "is not in issue_902; move it beside the definition"),
        ({"arguments": {"frist": 2}}, "takes no argument 'frist'; did you mean 'first'"),
    ],
)
def test_what_is_not_there_is_named(home: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        sums(home, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"metrics": ()}, "task 'quiz' names no scorer of Inspect's"),
        ({"metrics": ("correct",)}, "'correct' is a scorer of the definition and one of task"),
        ({"metrics": ("choice", "choice/")}, "a metric of task 'quiz', '' cannot be a name"),
        ({"grader": "plane"}, "names the condition 'plane'.*did you mean 'plain'"),
        ({"limit": 0}, "limit of task 'quiz' is 0"),
        ({"epochs": 1.5}, "epochs of task 'quiz' is 1.5"),
        ({"arguments": {"first": {1, 2}}}, "argument 'first' is {1, 2}"),
        ({"name": "words"}, "task 'words' appears twice"),
    ],
)
def test_contradictions_are_one_line(home: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        with_task(sums(home, **given))


def test_our_scorers_need_prompts_of_ours(home: Path) -> None:
    alone = {"tasks": (sums(home),), "analyses": ()}
    with pytest.raises(DefinitionError, match="'marker' has nothing to score"):
        replace(PANEL, **alone, scorers=(Substring("marker", text="[M]"),))
    assert replace(PANEL, **alone, scorers=()).resolve("full").asked(PANEL.conditions[0]) == ()


def test_analyses_may_name_its_scorers(home: Path) -> None:
    rates = Proportions(name="rates", outcome=Outcome("choice", ("quiz",)))
    with_task(sums(home), analyses=(rates,))
    wrong = replace(rates, outcome=Outcome("chioce"))
    with pytest.raises(DefinitionError, match=r"'chioce'.*did you mean 'choice'"):
        with_task(sums(home), analyses=(wrong,))


def edited(name: str, before: str, after: str) -> Callable[[Path], None]:
    def edit(home: Path) -> None:
        text = (home / name).read_text()
        assert before in text
        (home / name).write_text(text.replace(before, after))

    return edit


@pytest.mark.parametrize(
    ("change", "given"),
    [
        (edited("evals/quiz.py", "You are a clerk.", "You are a baker."), {}),
        (edited("evals/words.py", "What is", "How much is"), {}),
        (lambda home: None, {"arguments": {"first": 2}}),
        (lambda home: None, {"grader": "plain"}),
        (lambda home: None, {"limit": 2}),
        (lambda home: None, {"epochs": 2}),
        (lambda home: None, {"metrics": ("choice", "letters")}),
    ],
)
def test_samples_depend_on_code_and_arguments(
    home: Path, change: Callable[[Path], None], given: dict[str, Any]
) -> None:
    before = with_task(sums(home)).resolve("full").data_fingerprint
    change(home)
    assert with_task(sums(home, **given)).resolve("full").data_fingerprint != before


def test_other_files_of_the_folder_change_nothing(home: Path) -> None:
    before = with_task(sums(home)).resolve("full").fingerprint
    (home / "notes.py").write_text("x = 1")
    edited("experiment.py", "Made up", "Invented")(home)
    assert with_task(sums(home)).resolve("full").fingerprint == before


def test_the_version_of_inspect_is_part_of_it(home: Path) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai import __version__

    assert sums(home).source["packages"] == {"inspect_ai": __version__}


def test_a_worker_knows_it_without_its_files(home: Path) -> None:
    definition = with_task(sums(home)).resolve("full")
    packed = pickle.dumps(definition)
    shutil.rmtree(home)
    assert pickle.loads(packed).fingerprint == definition.fingerprint  # noqa: S301 - our own
