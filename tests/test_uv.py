"""The README's two lines for uv: a clean clone resolves, and its lock file makes nothing dirty."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^uv run --python (3\.\d+) --with-editable '\.\[(\w+)\]' (\w+)", README, re.M)


def uv(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "uv", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uv") / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    uv(folder, "lock", "--quiet")
    return folder


def test_the_readme_has_two_lines() -> None:
    assert [(extra, command) for _, extra, command in LINES] == [("run", "epm"), ("dev", "pytest")]


@pytest.mark.parametrize(("python", "extra", "command"), LINES)
def test_what_a_line_installs_is_resolved(
    clone: Path, python: str, extra: str, command: str
) -> None:
    listed = uv(clone, "export", "--frozen", "--no-hashes", "--python", python, "--extra", extra)
    names = {line.partition("==")[0] for line in listed.splitlines() if "==" in line}
    assert {"torch", "transformers", "peft", "statsmodels", "jinja2"} <= names
    assert ("pytest" in names) == (command == "pytest")


def test_the_lock_file_is_ignored(clone: Path) -> None:
    assert (clone / "uv.lock").is_file()
    status = ["git", "status", "--porcelain"]
    assert subprocess.run(status, cwd=clone, capture_output=True, check=True).stdout == b""
