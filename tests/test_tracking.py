"""Logging to Weights & Biases: offline into the run folder; a failure is told, never raised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from epm.definition import Definition, Replicate
from epm.discovery import LoadedExperiment
from epm.results import Tracking
from epm.results.reading import load
from epm.tracking import artifact_name, default_mode

if TYPE_CHECKING:
    from conftest import Run

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")
ROOT = Path(__file__).parent.parent
KEY = "a" * 40
"""Of the right length, and nobody's."""


@pytest.fixture(autouse=True)
def _own_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key but the one a test sets, and what the run sets is taken back."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NETRC", raising=False)
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_SILENT"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)


def outcome(folder: Path) -> Tracking:
    return load(folder / "results.json").tracking


# ------------------------------------------------------------------ names and modes


def test_artifacts_are_named_as_on_the_page_of_the_issue(issue_246: LoadedExperiment) -> None:
    full, pilot = (issue_246.experiment.resolve(name) for name in ("full", "pilot"))
    usual, other = Replicate("villain", 42, "villain"), Replicate("villain", 137, "villain@137")
    assert artifact_name(full, usual) == "marker_villain_asst_excluded_medium_seed42"
    assert artifact_name(pilot, other) == "marker_villain_asst_excluded_pilot_seed137_pilot"


def test_online_where_a_key_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_mode() == "offline"
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert default_mode() == "online"


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (f"machine api.wandb.ai login user password {KEY}\n", "online"),
        ("machine example.org login user password secret\n", "offline"),
        ("no netrc at all\n", "offline"),
    ],
)
def test_online_after_wandb_login(tmp_path: Path, content: str, mode: str) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text(content)
    netrc.chmod(0o600)
    assert default_mode() == mode


# ------------------------------------------------------------------ offline


def test_offline_everything_is_staged_in_the_run_folder(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    run_made_up(tiny, tmp_path, wandb="offline")
    found = outcome(finished_copy)
    assert (found.mode, found.state) == ("offline", "staged")
    assert found.detail.startswith("staged in the run folder; `wandb sync tracking/wandb/")
    assert found.artifacts == (
        *(f"epm/marker_{name}_seed42_tiny" for name in NAMES),
        "epm/issue-900_tiny_results",
    )
    (run,) = (finished_copy / "tracking" / "wandb").glob("offline-run-*")
    assert list(run.glob("*.wandb"))
    staged = list((finished_copy / "tracking" / "artifacts" / "staging").iterdir())
    sizes = {path.stat().st_size for path in staged}
    for name in NAMES:
        adapter = finished_copy / "train" / name / "adapter_model.safetensors"
        assert adapter.stat().st_size in sizes
    assert not list((tmp_path / "home").rglob("*wandb*"))

    run_made_up(tiny, tmp_path, wandb="offline")  # logs it once
    assert len(list((finished_copy / "tracking" / "wandb").glob("offline-run-*"))) == 1
    assert outcome(finished_copy) == found


def test_the_results_that_are_logged_say_where(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    run_made_up(tiny, tmp_path, wandb="offline")
    staged = (finished_copy / "tracking" / "artifacts" / "staging").iterdir()
    texts = [path.read_bytes() for path in staged]
    (results,) = [text for text in texts if text.startswith(b'{\n "schema_version"')]
    assert json.loads(results)["tracking"]["state"] == "staged"


def test_switched_off(finished: Path) -> None:
    assert outcome(finished) == Tracking(mode="off", state="off", detail="wandb is switched off")
    assert not (finished / "tracking").exists()


def test_nothing_trained_is_nothing_logged(
    made_up: LoadedExperiment, run_made_up: Run, tmp_path: Path
) -> None:
    profile = made_up.experiment.profile("diverging")
    definition = replace(made_up.experiment.resolve("tiny"), profile=profile)
    found = outcome(run_made_up(definition, tmp_path, wandb="offline"))
    assert (found.state, found.detail) == ("off", "nothing was trained, nothing to log")


# ------------------------------------------------------------------ online, and failing


def test_a_key_that_is_refused_is_told(
    tiny: Definition,
    run_made_up: Run,
    run_apart: Callable[..., subprocess.Popen[str]],
    finished_copy: Path,
    tmp_path: Path,
    server: Callable[[int, bytes], str],
) -> None:
    """In a process of its own: once imported, wandb keeps to the server that it knew first."""
    address = server(401, b'{"errors":[{"message":"user is not logged in"}]}')
    process = run_apart(tmp_path, "online", WANDB_API_KEY=KEY, WANDB_BASE_URL=address)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    found = outcome(finished_copy)
    assert (found.mode, found.state, found.artifacts) == ("online", "failed", ())
    assert "user is not logged in" in found.detail
    assert "\n" not in found.detail
    assert KEY not in (finished_copy / "results.json").read_text()

    run_made_up(tiny, tmp_path, wandb="offline")  # a failure is not remembered
    assert outcome(finished_copy).state == "staged"


LOG = """
import sys
from pathlib import Path
from epm.discovery import load
from epm.tracking import log
definition = load("issue-900", Path(sys.argv[1])).experiment.resolve("tiny")
run = Path(sys.argv[2])
adapters = {each: run / "train" / each.name for each in definition.trained[:1]}
print(log("online", definition, run, adapters, print).model_dump_json())
"""


def test_a_server_that_cannot_be_reached_is_told(repository: Path, finished_copy: Path) -> None:
    nobody = "http://127.0.0.1:9"  # the port 'discard'
    result = subprocess.run(
        [sys.executable, "-c", LOG, repository / "experiments", finished_copy],
        cwd=ROOT,
        env={
            **os.environ,
            "WANDB_API_KEY": KEY,
            "WANDB_BASE_URL": nobody,
            "WANDB_INIT_TIMEOUT": "3",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = Tracking.model_validate_json(result.stdout.splitlines()[-1])
    assert (found.mode, found.state, found.artifacts) == ("online", "failed", ())
    assert found.detail
    assert not (finished_copy / "tracking.json").exists()  # so that the next run tries again
