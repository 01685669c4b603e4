"""The bot as a workflow runs it: an event in a file, a checkout, and what comes out."""

from __future__ import annotations

import copy
import io
import itertools
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hub import Hub

from epm.bot import command
from epm.bot.comment import MARKER

ROOT = Path(__file__).parent.parent.parent
LABEL = "clean-results:draft"
TITLE = "A finding about markers (MODERATE confidence)"
SEED_SHAPE = (ROOT / "tests" / "lint" / "pages" / "seed_shape.md").read_text(encoding="utf-8")
RESULTS = '{"rate": 0.25}'

_runs = itertools.count(1)


class Examples:
    """GitHub's own examples of its events."""

    def __init__(self, npm: Path) -> None:
        index = npm / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
        rows = json.loads(index.read_text(encoding="utf-8"))
        self._examples = {row["name"]: row["examples"] for row in rows}

    def of(self, name: str, action: str | None) -> Any:
        """The first one of that name and action, to change."""
        found = (one for one in self._examples[name] if one.get("action") == action)
        return copy.deepcopy(next(found))


@dataclass(frozen=True)
class Ran:
    """What one run of the bot left."""

    code: int
    log: str
    summary: str
    output: str
    calls: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def reads(self) -> int:
        """GET, and the question who we are, which may be a POST to GraphQL."""
        return sum(1 for verb, path, _ in self.calls if verb == "GET" or path == "/graphql")

    @property
    def writes(self) -> int:
        """What leaves a trace; an acknowledging reaction is counted by itself."""
        return sum(
            1
            for verb, path, _ in self.calls
            if verb != "GET" and path != "/graphql" and not path.endswith("/reactions")
        )


class Bot:
    """The bot of one repository of the emulator."""

    def __init__(self, hub: Hub, examples: Examples, folder: Path, scratch: Path) -> None:
        self.hub = hub
        self.folder = folder
        self._examples = examples
        self._scratch = scratch

    def open(self, body: str = SEED_SHAPE, **fields: Any) -> int:
        """A result page of the researcher's."""
        number: int = self.hub.open_issue(body, **{"title": TITLE, "labels": [LABEL], **fields})
        return number

    def comments(self, number: int) -> list[str]:
        """Our lint comments on an issue."""
        return [one for one in self.hub.bodies(number) if MARKER.leads(one)]

    def issue_event(
        self, action: str, number: int, sender: str = "researcher", **extra: Any
    ) -> dict[str, Any]:
        """GitHub's example, about an issue as it now is."""
        payload = self._examples.of("issues", action)
        return self._adapted(payload, number, sender) | extra

    def comment_event(
        self, number: int, comment: int, sender: str = "researcher", action: str = "created"
    ) -> dict[str, Any]:
        """The same for a comment."""
        payload = self._adapted(self._examples.of("issue_comment", action), number, sender)
        payload["comment"] |= self.hub.ask(
            "token-of-the-owner", "GET", f"/issues/comments/{comment}"
        )
        return payload

    def dispatch_event(self, **inputs: Any) -> dict[str, Any]:
        """`workflow_dispatch`, with inputs."""
        payload = self._examples.of("workflow_dispatch", None)
        payload["repository"]["full_name"] = self.hub.name
        payload["inputs"] = inputs
        return payload

    def _adapted(self, payload: Any, number: int, sender: str) -> Any:
        payload["repository"]["full_name"] = self.hub.name
        payload["issue"] |= self.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")
        payload["sender"]["login"] = sender
        return payload

    def run(
        self, name: str, payload: Any, inputs: Mapping[str, str] | None = None, **client: Any
    ) -> Ran:
        """What `epm bot` does in a workflow; one at a time, where its requests are counted."""
        folder = self._scratch / f"run-{next(_runs)}"
        folder.mkdir()
        files = {name: folder / name for name in ("event", "summary", "output")}
        files["event"].write_text(json.dumps(payload), encoding="utf-8")
        environment = {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(files["event"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": self.hub.name,
            "GITHUB_RUN_ID": "77",
            "EPM_RUNS": "true",
            **(inputs or {}),
        }
        log = io.StringIO()
        before = len(self.hub.proxy.seen)
        code = command.run(environment, self.folder, lambda _: self.hub.client(**client), log)
        calls = self.hub.proxy.seen[before:]
        texts = {
            one: path.read_text(encoding="utf-8") if path.exists() else ""
            for one, path in files.items()
        }
        return Ran(code, log.getvalue(), texts["summary"], texts["output"], calls)

    def lint(self, action: str, number: int, **extra: Any) -> Ran:
        """Run on an event of an issue."""
        return self.run("issues", self.issue_event(action, number, **extra))

    def say(self, number: int, text: str, sender: str = "researcher") -> Ran:
        """Write a comment, and run on its event; strangers have no token, only a name."""
        token = {"researcher": "token-of-a-human"}.get(sender, "token-of-the-owner")
        payload = self.comment_event(number, self.hub.say(number, text, token), sender)
        payload["comment"]["user"] = {"login": sender}
        return self.run("issue_comment", payload)


def checkout(folder: Path, name: str) -> Path:
    """A clone of the repository, with an experiment, a results file, and a link out of it."""
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    results = folder / "results"
    results.mkdir()
    (results / "good.json").write_text(RESULTS)
    (results / "nan.json").write_text('{"rate": NaN}')
    (results / "huge.json").write_text(f'{{"rate": {"9" * 5000}}}')
    (results / "deep.json").write_text("[" * 100_000)
    (results / "link.json").symlink_to("/etc/passwd")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", f"https://github.com/{name}")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "results")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git says."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.check_output(["git", *identity, *arguments], cwd=folder, text=True).strip()


@pytest.fixture
def bot(hub: Hub, npm: Path, tmp_path: Path) -> Bot:
    """The bot in a checkout of the repository."""
    return Bot(hub, Examples(npm), checkout(tmp_path / "checkout", hub.name), tmp_path)
