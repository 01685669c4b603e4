"""A researcher's checkout with a finished run, its remote, and its repository on GitHub."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub import HUMAN, Hub

from epm.commands import publish as command
from epm.errors import EpmError
from epm.github.retry import RetryPolicy
from epm.pipeline import inventory

BRANCH = "results/issue-1"
FOLDER = "experiments/issue_1/published/published"
TLDR = "We did not believe this at first; the second layer convinced us that it holds."
SUMMARY = " ".join(
    ["The run went as planned, and a colleague should take from it what it says."] * 4
)


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Said:
    """How a run of `epm publish` ended, and what it printed."""

    code: int
    out: str
    error: str = ""


@dataclass
class Lab:
    """All that publishing touches."""

    hub: Hub
    checkout: Path
    remote: Path
    policy: RetryPolicy
    _known: dict[str, str] = field(default_factory=dict)

    def publish(self, *arguments: str, experiment: str = "issue-1") -> Said:
        """`epm publish`, in this process."""
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        parsed = parser.parse_args([experiment, "--repo", self.hub.name, *arguments])
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                made = Said(command.run(parsed, self.policy), "")
            except EpmError as error:
                made = Said(2, "", str(error))
        made.out = said.getvalue()
        return made

    @property
    def run(self) -> Path:
        """The run folder."""
        return next((self.checkout / "runs" / "issue-1").glob("published-*"))

    def page(self) -> Any:
        """The one issue that holds the page; there are never two."""
        (page,) = [one for one in self.hub.all_issues() if "epm:page v1" in one["body"]]
        return page

    def comment(self) -> str:
        """The one comment of ours on the source issue."""
        (comment,) = [one for one in self.hub.bodies(1) if "epm:results v1" in one]
        body: str = comment
        return body

    def tip(self) -> str:
        """The last commit of results on their branch."""
        return git(self.remote, "log", "-1", "--format=%H", "--grep=^Publish ", BRANCH)

    def write_sections(self, number: int, tldr: str = TLDR, summary: str = SUMMARY) -> None:
        """Somebody writes the human sections, in a browser."""
        body = self.hub.ask(HUMAN, "GET", f"/issues/{number}")["body"].replace("\r\n", "\n")
        for name, text in (("human-tldr", tldr), ("human-summary", summary)):
            start = f"<!-- epm:human {name} -->\n"
            before, _, rest = body.partition(start)
            _, end, after = rest.partition("<!-- /epm:human -->")
            body = f"{before}{start}{text}\n{end}{after}"
        self.hub.edit(number, body=body.replace("\n", "\r\n"))

    def change_results(self, seconds: float = 925) -> None:
        """As if the experiment had run again, and taken so long."""
        with self.results() as results:
            results["provenance"]["timing"]["total_seconds"] = seconds

    @contextlib.contextmanager
    def results(self) -> Iterator[Any]:
        """The results file, to change."""
        path = self.run / "results.json"
        results = json.loads(path.read_text(encoding="utf-8"))
        yield results
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self.remember()

    def writes(self) -> list[tuple[str, str]]:
        """What was sent to GitHub that changes something."""
        return [(verb, path) for verb, path, _ in self.hub.proxy.seen if verb != "GET"]

    def remember(self) -> None:
        """What the user has now, as if `epm run` had left the run folders so."""
        for record in self.checkout.glob(f"runs/*/*/{inventory.RECORD}"):
            inventory.write(record.parent)
        self._known = self.of_the_user()

    def check_untouched(self) -> None:
        """Publishing has not touched what is the user's."""
        assert self.of_the_user() == self._known

    def of_the_user(self) -> dict[str, str]:
        """Branches, index, working tree and what was run: nothing that publishing may change."""
        index = (self.checkout / ".git" / "index").read_bytes()
        files = {
            str(path.relative_to(self.checkout)): str(hash(path.read_bytes()))
            for path in self.checkout.rglob("*")
            if path.is_file() and ".git" not in path.parts and "__pycache__" not in path.parts
        }
        heads = git(self.checkout, "for-each-ref", "refs/heads")
        return {
            "head": git(self.checkout, "rev-parse", "HEAD"),
            "heads": heads,
            **files,
            "index": str(hash(index)),
        }
