"""What is built: a wheel that works anywhere, and an sdist that can test itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = "## Human TL;DR\n\nI have read all samples, and I believe the direction of the effect.\n"
BAD = "## AI Summary\n\nNothing by people.\n"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tracked() -> list[str]:
    """The files of the repository."""
    try:
        listed = run("git", "ls-files", "-z", cwd=ROOT)
    except (AssertionError, FileNotFoundError):
        pytest.skip("this is no checkout: an sdist cannot be compared with it")
    return [name for name in listed.split("\0") if name]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the repository, and the folder `dist` with what was built from it."""
    folder = tmp_path_factory.mktemp("build")
    copy = folder / "epm"
    for name in tracked():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    run("git", "init", "-q", cwd=copy)
    run("git", "add", "-A", cwd=copy)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    run("git", *identity, "commit", "-q", "-m", "all", cwd=copy)
    run(uv(), "build", "-q", "--python", sys.executable, cwd=copy)
    return copy


def uv() -> str:
    """The program."""
    module = pytest.importorskip("uv", reason="NOT CHECKED: uv is not installed")
    return str(module.find_uv_bin())


def test_the_wheel_holds_two_packages(built: Path) -> None:
    (wheel,) = (built / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"epm", "epm_lint"}
    assert "epm/_templates/lint_comment.md.j2" in names


def test_the_sdist_is_the_repository(built: Path) -> None:
    (sdist,) = (built / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    left_out = {name for name in tracked() if (ROOT / name).is_file()} - names
    assert left_out == set()


def test_installed_as_a_tool(built: Path, tmp_path: Path) -> None:
    """`uv tool install dist/*.whl`, then the linter in a folder that has nothing but a page."""
    (wheel,) = (built / "dist").glob("*.whl")
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    install = ("tool", "install", "-q", "--python", sys.executable, wheel)
    run(uv(), *install, cwd=tmp_path, **places)
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "page.md").write_text(PAGE)
    epm = tmp_path / "bin" / "epm"
    shown = run(epm, "lint", "page.md", "--select", "human-tldr", cwd=folder)
    assert "Result: PASS" in shown
    assert "publish" in run(epm, "completion", "bash", cwd=folder)
    # what was measured elsewhere becomes a page without torch, and a run folder needs no checkout
    run_folder = published(epm, tmp_path).rename(tmp_path / "run")
    assert "body.md" in run(epm, "render", "--run", run_folder, cwd=folder)
    hint = subprocess.run([epm, "lsp"], cwd=folder, capture_output=True, text=True, check=False)
    assert hint.returncode == 2
    assert f"pip install '{wheel}[lsp]'" in hint.stderr, "what is named can be installed"


def published(epm: Path, folder: Path) -> Path:
    """The run folder of the profile that has its measurements from a file."""
    shutil.copytree(ROOT / "experiments", folder / "elsewhere" / "experiments")
    command = (epm, "run", "issue-246", "--profile", "published", "--wandb", "off")
    run(*command, cwd=folder / "elsewhere")
    (found,) = (folder / "elsewhere" / "runs" / "issue-246").glob("published-*")
    return found


@pytest.mark.slow
def test_pre_commit(built: Path, tmp_path: Path) -> None:
    """From a bare clone on the disk, as from a server."""
    bare = tmp_path / "epm.git"
    run("git", "clone", "-q", "--bare", built, bare, cwd=tmp_path)
    commit = run("git", "rev-parse", "HEAD", cwd=built).strip()
    project = tmp_path / "project"
    (project / "results").mkdir(parents=True)
    for count in range(50):
        (project / "results" / f"{count}.md").write_text(PAGE)
    (project / "results" / "7.md").write_text(BAD)
    (project / "epm.toml").write_text('select = ["human-tldr"]\n')
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: file://{bare}\n  rev: {commit}\n  hooks:\n"
        "  - id: epm-lint\n    files: ^results/.*\\.md$\n"
    )
    run("git", "init", "-q", cwd=project)
    run("git", "add", "-A", cwd=project)
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "cache")},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "results/7.md:1: FAIL human-tldr" in done.stdout
    assert len(done.stdout.splitlines()) < 12, done.stdout
