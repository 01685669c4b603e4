"""A scorer whose code was changed: the samples are scored again, and no old count is served."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from comparing import shared

from epm.discovery import load
from epm.executors.local import LocalExecutor
from epm.pipeline.run import Options, run
from epm.results import Count
from epm.results.reading import load as results_at

if TYPE_CHECKING:
    from conftest import Quiet


def test_a_helper_of_a_scorer(
    repository: Path, own_rows_run: Path, tmp_path: Path, quiet: Quiet
) -> None:
    shutil.copytree(repository / "experiments" / "issue_901", tmp_path / "experiments/issue_901")
    runs = tmp_path / "runs"
    shutil.copytree(own_rows_run, runs / "issue-901" / own_rows_run.name)

    def counted() -> tuple[Path, int, str]:
        loaded = load("issue-901", tmp_path / "experiments")
        options = Options("pytest", "off", runs=runs)
        folder = run(
            loaded, loaded.experiment.resolve("toy"), options, lambda _: nullcontext(quiet)
        )
        results = results_at(folder / "results.json")
        found = results.measurements["polite"]["asked"]["polite"]["seed=42"]
        assert isinstance(found, Count)
        return folder, sum(k for k, _ in (found.items or {}).values()), results.identity.fingerprint

    folder, before, known = counted()
    assert folder.name == own_rows_run.name
    assert before > 0
    manifests = {p: p.stat().st_mtime_ns for p in folder.glob("[stw]*/*/manifest.json")}
    words = tmp_path / "experiments" / "issue_901" / "words.py"
    words.write_text(words.read_text().replace('"please", "e", "t"', '"please", "@", "#"'))
    again, after, then = counted()
    assert again == folder
    assert after < before
    assert then != known
    assert manifests == {p: p.stat().st_mtime_ns for p in manifests}  # trained and sampled: kept


def test_a_second_stage_whose_first_is_finished_is_done_by_a_worker(
    repository: Path, own_rows_run: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Which is given the first adapter."""
    copy = tmp_path / "issue-901" / own_rows_run.name
    shutil.copytree(own_rows_run, copy)
    for stage in ("train", "sample", "weigh"):
        shutil.rmtree(copy / stage / "both")
    loaded = load("issue-901", repository / "experiments")
    options = Options("pytest", "off", runs=tmp_path, executor=LocalExecutor(2))
    folder = run(loaded, loaded.experiment.resolve("toy"), options, lambda _: nullcontext(quiet))
    assert folder == copy
    ours, theirs = shared(folder), shared(own_rows_run)
    assert ours == theirs
