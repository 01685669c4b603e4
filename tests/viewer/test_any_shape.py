"""Any experiment, and imports: every screen is there, and every bound count is found again."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from any_study import KINDS, finished
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shapes import MAP, TABLE

from epm.cli import main
from epm.report.render import render
from epm.viewer.data.library import Library
from epm.viewer.data.run import Run
from epm.viewer.routes import addresses, content


def check(folder: Path) -> int:
    """Every screen of a run can be made; how many of its bound counts were followed."""
    library = Library([str(folder)], folder)
    (key,) = library.places()
    run = library.run(key)
    assert run is not None
    for path in addresses(library):
        if path.startswith("r/") and "/raw/" not in path:
            assert content(library, path) is not None, path
    followed = 0
    for number in run.numbers.numbers:
        for part in number.parts:
            given_ = part.behind
            assert (given_.found is not None) or given_.why, part.pointer
            if given_.found is not None:
                followed += 1
                assert given_.agrees, part.pointer
            elif part.pointer.endswith("/successes"):
                excused = (
                    *("several sets", "of the same answers together", "without completions"),
                    *("recorded ones", "of checkpoints"),
                )
                whys = [given_.why, run.no_completions]
                assert any(each in why for each in excused for why in whys), (
                    part.pointer,
                    given_.why,
                )
    return followed


@pytest.mark.parametrize("kind", KINDS)
def test_any_experiment(kind: str) -> None:
    followed = []

    @settings(
        max_examples=4,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(st.data())
    def shapes(data: st.DataObject) -> None:
        study = data.draw(finished(kind))
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch).resolve() / "issue-1" / "run"
            folder.mkdir(parents=True)
            study.write(folder)
            render(folder, folder)
            followed.append(check(folder))

    shapes()
    assert (sum(followed) > 0) == (kind != "recorded")


def test_an_import_without_completions_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    Path("hits.csv").write_text(TABLE, encoding="utf-8")
    Path("map.toml").write_text(MAP, encoding="utf-8")
    assert main(["import", "table", "hits.csv", "--map", "map.toml"]) == 0
    (folder,) = Path("runs/issue-321").iterdir()
    assert check(folder.resolve()) == 0
    run = Run("issue-321/table", folder)
    assert "imported from a table" in run.no_completions
    pointers = [part for number in run.numbers.numbers for part in number.parts]
    counts = [part for part in pointers if part.pointer.endswith("/successes")]
    assert counts
    assert all("imported from a table" in part.behind.why for part in counts)


def imported(kind: str, *files: Path) -> Run:
    """The run that an import made here, every screen of it looked at."""
    assert main(["import", kind, *map(str, files), "--issue", "311"]) == 0
    (folder,) = Path("runs/issue-311").iterdir()
    run = Run("issue-311/run", folder.resolve())
    assert run.completions.rows
    assert not run.completions.problems
    assert check(folder.resolve()) > 0
    return run


def test_logs_of_inspect_lead_to_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("inspect_ai")
    from test_inspect_logs import run as evaluated

    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    values = {f"q{at}": "CCI" if at % 3 else ["I", "C", "unscored:refused"] for at in range(12)}
    evaluated(tmp_path / "logs", values, model="ada")
    evaluated(tmp_path / "logs", dict.fromkeys(values, "ICI"), model="bell")
    run = imported("inspect", tmp_path / "logs")
    assert {row.text for row in run.completions.rows} >= {"says C", "says I"}
    assert {row.replicate for row in run.completions.rows} == {f"epoch={at}" for at in (1, 2, 3)}


def test_output_of_lm_eval_leads_to_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_lm_eval import write

    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for model, every in (("org/base", 2), ("org/tuned", 3)):
        scores = {"exact_match,none": [float(at % every == 0) for at in range(24)]}
        write(tmp_path / "out", {"sums": scores}, model=model)
    run = imported("lm-eval", tmp_path / "out")
    assert len(run.completions.rows) == 48
