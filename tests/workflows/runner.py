"""`act` runs a workflow as GitHub's runner does, on this machine, against the emulator.

Of the actions by others there are local copies that do what is wanted of them here. The steps
that install are answered by a Python that has everything; `test_checked.py` looks at those.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from bot_at_work import ROOT, Bot, git

ACT = Path(sysconfig.get_path("scripts")) / "act"
PARTS = (
    *("epm", "lint", "templates", "experiments", ".github"),
    *("action.yml", "constraints.txt", ".gitignore"),
)
_PINNED = re.compile(r"uses: ((?:actions)/[\w-]+@[0-9a-f]{40})")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

MACHINES = ("ubuntu-24.04", "ubuntu-latest", "self-hosted")
"""All of them are this one."""

PYTHON = f"""\
#!/bin/sh
case "$2" in
    venv) for last; do :; done; mkdir -p "$last/bin" && cp "$0" "$last/bin/python" ;;
    pip) echo "installs: $*" ;;
    *) exec {sys.executable} "$@" ;;
esac
"""
STEPS = {
    "setup-python": """
        mkdir -p "$RUNNER_TEMP/py"
        cp "$PYTHON_OF_THE_TESTS" "$RUNNER_TEMP/py/python"
        echo "$RUNNER_TEMP/py" >> "$GITHUB_PATH"
    """,
    "upload-artifact": 'mkdir -p "$STORE" && cp -r runs "$STORE"',
    "download-artifact": 'cp -r "$STORE/runs" runs',
}
"""What our copies do; the others do nothing. `act` itself copies the tree on checkout."""


@dataclass(frozen=True)
class Ran:
    """What a run printed."""

    code: int
    log: str


class Runner:
    """Runs the workflows in a clone of this repository that belongs to the emulator's."""

    def __init__(self, bot: Bot, scratch: Path) -> None:
        self.bot = bot
        self._scratch = scratch
        self.store = scratch / "store"
        self.home = scratch / "home"
        self.home.mkdir()
        self.clone = scratch / "clone"
        self.clone.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.clone / part, ignore=ignored)
            else:
                shutil.copy(source, self.clone / part)
        git(self.clone, "init", "-q", "-b", "main")
        git(self.clone, "remote", "add", "origin", f"https://github.com/{bot.hub.name}")
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "-m", "all")

    def publish_to(self, folder: Path, checkout: Path | None = None) -> None:
        """Let what is fetched from GitHub and pushed there be a bare repository on the disk."""
        git(self._scratch, "init", "-q", "--bare", "-b", "main", str(folder))
        config = str(self.home / ".gitconfig")
        address = f"https://github.com/{self.bot.hub.name}"
        git(self._scratch, "config", "--file", config, f"url.file://{folder}.insteadOf", address)
        git(checkout or self.clone, "push", "-q", f"file://{folder}", "main")

    def run(
        self,
        workflow: str | Path,
        event: str,
        payload: Any,
        folder: Path | None = None,
        more: Mapping[str, Path] | None = None,
    ) -> Ran:
        """Run a workflow on an event.

        Args:
            workflow: the name of one of ours, or a file.
            event: its name.
            payload: as GitHub sends it.
            folder: the checkout that it runs in; ours where none is given.
            more: actions of other repositories, each with a folder that stands for it.
        """
        file = self.clone / ".github" / "workflows" / workflow
        given = self._scratch / "event.json"
        given.write_text(json.dumps(payload), encoding="utf-8")
        python = self._scratch / "python"
        python.write_text(PYTHON, encoding="utf-8")
        python.chmod(0o755)
        temporary = self._scratch / "temp"
        temporary.mkdir(exist_ok=True)
        variables = {
            "GITHUB_API_URL": self.bot.hub.proxy.url,
            "RUNNER_TEMP": str(temporary),
            "PYTHON_OF_THE_TESTS": str(python),
            "STORE": str(self.store),
        }
        command: list[str | Path] = [
            *(ACT, event, "-W", file, "-e", given, "-s", "GITHUB_TOKEN=token-of-the-bot"),
            *(part for one in MACHINES for part in ("-P", f"{one}=-self-hosted")),
            *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
            *(part for copy in self._copies(file) for part in ("--local-repository", copy)),
            *(f"--local-repository={name}={path}" for name, path in (more or {}).items()),
        ]
        kept = {name: os.environ[name] for name in ("PATH",)}
        done = subprocess.run(
            command,
            cwd=folder or self.clone,
            env={**kept, "HOME": str(self.home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, _COLOUR.sub("", done.stdout))

    def _copies(self, file: Path) -> list[str]:
        ours = (self.clone / ".github" / "workflows").glob("*.yml")
        files = [self.clone / "action.yml", file, *ours]
        found = {name for file in files for name in _PINNED.findall(file.read_text())}
        copies = []
        for reference in sorted(found):
            name = reference.partition("@")[0].partition("/")[2]
            folder = self._scratch / "actions" / name
            folder.mkdir(parents=True, exist_ok=True)
            steps = [{"run": STEPS.get(name, "true"), "shell": "bash"}]
            about = {"name": name, "description": name}
            action = {**about, "runs": {"using": "composite", "steps": steps}}
            (folder / "action.yml").write_text(yaml.safe_dump(action), encoding="utf-8")
            copies.append(f"{reference}={folder}")
        return copies
