"""The walk-through of docs/publishing.md, line by line, in a real shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from hub import BOT, HUMAN
from lab import Lab, git

ROOT = Path(__file__).parent.parent.parent


def script() -> str:
    text = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return found


def test_from_a_fresh_clone_to_a_verdict_and_back(lab: Lab, tmp_path: Path) -> None:
    proxy, name = lab.hub.proxy, lab.hub.name
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, what in (("epm", "-m epm"), ("browser", Path(__file__).parent / "browser.py")):
        path = programs / program
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {what} "$@"\n')
        path.chmod(0o755)
    url = f"https://github.com/{name}"
    settings = tmp_path / "gitconfig"
    git(tmp_path, "config", "--file", str(settings), f"url.{lab.remote}.insteadOf", url)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")},
        "PATH": f"{programs}:{os.environ['PATH']}",
        "REMOTE": url,
        "GIT_CONFIG_GLOBAL": str(settings),
        "GITHUB_API_URL": proxy.url,
        "GITHUB_TOKEN": BOT,
        "GITHUB_REPOSITORY": name,
        "GITHUB_EVENT_NAME": "issues",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "BROWSER_URL": f"http://127.0.0.1:{proxy.emulator}/repos/{name}",
        "BROWSER_TOKEN": proxy.alias(HUMAN),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    clean, wrong, again = re.split(r"^COMMENT (?=\d+$)", done.stdout, flags=re.MULTILINE)[1:]
    number, *lines = clean.splitlines()
    assert wrong.splitlines()[0] == again.splitlines()[0] == number, "there is one comment"
    heading = next(line for line in lines if line.startswith("> **"))
    assert "FAIL" not in heading
    heading = next(line for line in wrong.splitlines() if line.startswith("> **"))
    assert heading.startswith("> **✗ FAIL — was PASS, now ")
    assert re.search(r"Numbers match JSON.*", wrong)
    assert "24/100" in wrong
    assert "23/100" in wrong, "it says what the number should be"
    heading = next(line for line in again.splitlines() if line.startswith("> **"))
    assert heading.startswith("> **")
    assert " — was FAIL; mended: " in heading
