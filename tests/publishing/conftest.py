"""Publishing for the tests: a real run, a remote on disk, GitHub's emulator of `tests/github`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import HASTY, Hub, app_key, description, hub, npm, proxy
from lab import Lab, git

from epm import cli

ROOT = Path(__file__).parent.parent.parent

__all__ = ["app_key", "description", "hub", "npm", "proxy"]


@pytest.fixture(scope="session")
def finished_lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a finished run, and the remote it was pushed to; to copy only.

    The experiment is issue 246, under the number that the first issue of a repository has.
    """
    folder = tmp_path_factory.mktemp("lab")
    checkout = folder / "checkout"
    ignored = shutil.ignore_patterns("__pycache__", "published")
    shutil.copytree(ROOT / "experiments", checkout / "experiments", ignore=ignored)
    own = checkout / "experiments" / "issue_1"
    shutil.copytree(checkout / "experiments" / "issue_246", own)
    definition = own / "experiment.py"
    definition.write_text(definition.read_text().replace("issue=246,", "issue=1,"))
    narrative = own / "narrative.md.j2"
    narrative.write_text(narrative.read_text().replace("#246", "#1"))
    (checkout / ".gitignore").write_text("runs/\n__pycache__/\n")
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(checkout, "init", "--quiet", "--initial-branch=main")
    git(checkout, "config", "user.name", "researcher")
    git(checkout, "config", "user.email", "researcher@lab.example")
    git(checkout, "remote", "add", "origin", "../remote.git")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message=An experiment")
    git(checkout, "push", "--quiet", "origin", "main")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(checkout)
        for slug in ("issue-1", "issue-246"):
            assert cli.main(["run", slug, "--profile", "published", "--wandb", "off"]) == 0
    return folder


@pytest.fixture
def lab(
    finished_lab: Path, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lab]:
    """A copy of that checkout and its remote, and a repository whose issue 1 is the experiment."""
    for name in ("checkout", "remote.git"):
        shutil.copytree(finished_lab / name, tmp_path / name, symlinks=True)
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_", "GIT_", "EPM_APP"))]:
        if name != "GIT_CEILING_DIRECTORIES":
            monkeypatch.delenv(name)
    for name, value in hub.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "checkout")
    assert hub.open_issue("Does the cosine predict the marker?") == 1
    hub.proxy.reset()
    made = Lab(hub, tmp_path / "checkout", tmp_path / "remote.git", HASTY)
    made.remember()
    yield made
    made.check_untouched()


@pytest.fixture(scope="session", autouse=True)
def _own_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No configuration of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say so where git is missing."""
    if shutil.which("git") is None:
        for item in items:
            item.add_marker(pytest.mark.skip("git is not installed"))
