"""CI has a browser: where there is none, its tests fail and do not pass for skipped ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONE = "tests/viewer/test_carried.py::test_a_journey_without_scripts_shows_substitutes"


@pytest.mark.parametrize(("required", "outcome", "code"), [("required", "error", 1), ("", "sk", 0)])
def test_a_missing_browser(tmp_path: Path, required: str, outcome: str, code: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", ONE],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path), "EPM_BROWSER": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout
    assert f"2 {outcome}" in ran.stdout.splitlines()[-1]
    assert ("there is no browser" in ran.stdout) == bool(required)


def test_ci_requires_one() -> None:
    assert "export EPM_BROWSER=required" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
