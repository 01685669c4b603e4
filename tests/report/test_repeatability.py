"""What a page says of running the same command again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from epm.report.render import RESULTS, render
from epm.results import Results
from epm.results.reading import load

ALIKE = "the same bits however the work is grouped, on this processor with these libraries"
OTHERWISE = (
    "rounding depends on how the work is grouped, because kernels are chosen by the shape of a "
    "batch: run again, some samples may differ; how training was grouped is in `results.json` "
    "under conditions"
)
MIXED = (
    "the same bits however the work is grouped, on one processor with one set of libraries; this "
    "run had more than one, and each rounds in its own way"
)


def row(folder: Path, results: Results) -> str | None:
    """What the page has under Compute."""
    (folder / RESULTS).write_text(results.dumps())
    rendered = render(folder, folder).body.read_text()
    rows = [line for line in rendered.splitlines() if line.startswith("| Repeatability |")]
    assert len(rows) <= 1
    return rows[0].removeprefix("| Repeatability |").strip(" |") if rows else None


def with_provenance(results: Results, **changes: Any) -> Results:
    provenance = results.provenance.model_copy(update=changes)
    return results.model_copy(update={"provenance": provenance})


@pytest.mark.parametrize(("invariant", "says"), [(True, ALIKE), (False, OTHERWISE), (None, None)])
def test_it_says_which_promise_holds(
    finished_copy: Path, invariant: bool | None, says: str | None
) -> None:
    """None: results of before it was recorded."""
    results = load(finished_copy / RESULTS)
    assert row(finished_copy, results) == ALIKE
    engine = results.provenance.engine.model_copy(update={"batch_invariant": invariant})
    assert row(finished_copy, with_provenance(results, engine=engine)) == says


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"command": "epm run it --again"}, ALIKE),
        ({"cpu": "another processor"}, MIXED),
        ({"libraries": {"torch": "1.0"}}, MIXED),
    ],
)
def test_it_promises_nothing_across_processors(
    finished_copy: Path, change: dict[str, Any], says: str
) -> None:
    """Of a run that was resumed in other surroundings."""
    results = load(finished_copy / RESULTS)
    (first,) = results.provenance.environments
    hardware = first.hardware.model_copy(update={k: v for k, v in change.items() if k == "cpu"})
    other = {k: v for k, v in change.items() if k != "cpu"}
    second = first.model_copy(update={"hardware": hardware, **other})
    assert row(finished_copy, with_provenance(results, environments=(first, second))) == says
