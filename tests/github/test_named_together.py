"""The folders that share GitHub's emulator can be named in any order, as a person would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FOLDERS = ("github", "bot", "publishing", "workflows")


@pytest.mark.parametrize("names", [FOLDERS, FOLDERS[::-1]], ids=["forwards", "backwards"])
def test_folders_named_together(names: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(str(TESTS / name) for name in names)],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert all(f"tests/{name}/" in done.stdout for name in FOLDERS)
