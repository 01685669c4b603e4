"""From a number of a page to the completions it counts: as many as it says, or why none."""

from __future__ import annotations

from pathlib import Path

import pytest
from viewer_runs import HOSTILE, hostile_rows, measured, write_samples

from epm.viewer.data import words
from epm.viewer.data.behind import behind
from epm.viewer.data.run import Run

ROOT = Path(__file__).parents[2]
PUBLISHED = sorted((ROOT / "experiments").glob("*/published/*"))
NO_COUNTS = ("definition", "identity", "provenance", "conditions", "covariates", "parent", "gates")


def test_there_are_published_runs() -> None:
    assert len(PUBLISHED) >= 2


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: f"{path.parent.parent.name}")
def test_every_bound_count_is_found_again_or_says_why_not(folder: Path) -> None:
    run = Run("any/run", folder)
    found = run.numbers
    assert not found.why
    parts = {part.pointer: part for number in found.numbers for part in number.parts}
    followed = 0
    for pointer, part in parts.items():
        given = part.behind
        if given.found is not None:
            followed += 1
            assert given.agrees, pointer
            assert part.fragment
        else:
            assert given.why, pointer
            assert not part.fragment
        counts = pointer.endswith(("/successes", "/trials"))
        if counts and "without" not in pointer:
            # weighed choices are no completions
            assert given.found is not None or "weighing" in given.why, pointer
        if pointer.split("/")[1:2] and pointer.split("/")[1] in NO_COUNTS:
            assert given.found is None, pointer
    assert followed > 70


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: f"{path.parent.parent.name}")
def test_every_figure_that_the_page_still_has_is_placed(folder: Path) -> None:
    from epm.linting import records
    from epm_lint.binding.record import manifest_of

    record = records.beside(folder)
    assert record is not None
    bound = [b for unit in manifest_of(record).units for b in unit.figures if b.parts]
    found = Run("any/run", folder).numbers
    assert len(found.at) == len(bound)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    rows = hostile_rows(10)
    write_samples(tmp_path, rows)
    (tmp_path / "results.json").write_text(measured(rows, 1).dumps())
    return Run("issue-1/hostile", tmp_path)


CELL = "/measurements/villain/questions"


@pytest.mark.parametrize(
    ("pointer", "of", "k", "n"),
    [
        (f"{CELL}/marker/seed=1/items/script/0", "k", 1, 1),
        (f"{CELL}/marker/seed=1/items/handler/0", "k", 0, 1),
        (f"{CELL}/marker/seed=1/items/script/1", "n", 1, 1),
        (f"{CELL}/length/seed=1/items/long/0", "k", 200_000, 1),
        (f"{CELL}/length/seed=1/items/long/2", "n", 200_000, 1),
        (f"{CELL}/marker/seed=1", "", 7, len(HOSTILE)),
    ],
)
def test_a_measurement_leads_to_its_own_completions(
    run: Run, pointer: str, of: str, k: float, n: int
) -> None:
    given = behind(run, pointer)
    assert (given.of, given.k, given.n, given.agrees) == (of, k, n, True)


def test_a_count_that_the_completions_do_not_give_is_said_to_differ(tmp_path: Path) -> None:
    rows = hostile_rows(0)
    (tmp_path / "results.json").write_text(measured(rows, 1).dumps())
    write_samples(tmp_path, rows[1:])
    given = behind(Run("issue-1/one-lost", tmp_path), f"{CELL}/marker/seed=1")
    assert given.found is not None
    assert not given.agrees
    assert (given.n, given.found.scored) == (len(rows), len(rows) - 1)


@pytest.mark.parametrize(
    ("pointer", "says"),
    [
        ("length /conditions", "how many there are of conditions"),
        ("sum /a/n /b/n", "the sum of a, n; b, n"),
        ("count /conditions state done", "how many of conditions have state = done"),
        (f"{CELL}/marker/seed=1/items/q~12/0", "task questions, metric marker, replicate seed=1"),
        ("/analyses/slope/fit/terms/x~0y/estimate", "analysis slope, fit, term x~y, estimate"),
        (
            "/analyses/e/pairs/x~2-~2y/overall/a/total",
            "pair x - y, overall, first of the pair, k, or the sum",
        ),
        ("/analyses/e/pairs/x~2-~2y/overall/b/n", "pair x - y, overall, second of the pair, n"),
        ("/analyses/curve/doses/-3/successes", "analysis curve, dose -3, successes"),
    ],
)
def test_a_pointer_in_words(pointer: str, says: str) -> None:
    assert says in words.pointer(pointer)


EXCLUDED = f"{CELL}/odd/seed=1/excluded/no~2answer"


def test_a_fit_without_some_conditions_is_of_the_others() -> None:
    run = Run("any/run", ROOT / "experiments" / "issue_246" / "published" / "smollm2")
    given = behind(run, "/analyses/mixed_model/fit_without/points/estimate")
    assert given.agrees
    assert given.selection is not None
    named = {condition for condition, _ in given.selection.cells}
    assert len(named) == 11
    assert "helpful_assistant" not in named


def test_a_number_of_lost_answers_leads_to_these(run: Run) -> None:
    given = behind(run, EXCLUDED)
    assert (given.of, given.named, given.agrees) == ("lost:no answer", len(HOSTILE), True)
    assert given.found is not None
    assert given.found.size("lost:no answer") == given.found.size("asked") == len(HOSTILE)
    assert given.found.size("lost:another reason") == 0


def test_a_number_of_lost_answers_that_are_not_here_differs(tmp_path: Path) -> None:
    rows = hostile_rows(0)
    (tmp_path / "results.json").write_text(measured(rows, 1).dumps())
    write_samples(tmp_path, rows[1:])
    given = behind(Run("issue-1/one-lost", tmp_path), EXCLUDED)
    assert given.found is not None
    assert not given.agrees
