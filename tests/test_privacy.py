"""What is private is planted wherever it can come from; none of it is written for others."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import importable

from epm.definition import TinyModel
from epm.discovery import LoadedExperiment
from epm.models.sources import fetch
from epm.privacy import command_line, public

ROOT = Path(__file__).parent.parent

# ------------------------------------------------------------------ one text after another


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user, a machine and a secret of their own."""
    home = tmp_path / "home" / "mary ann"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "mary.shelley")
    monkeypatch.setenv("HOSTNAME", "geneva-lab.example.org")
    monkeypatch.setenv("SOME_API_KEY", "0123456789abcdef" * 2)
    (home / ".netrc").write_text("machine api.example.org login percy password ozymandias\n")
    (home / ".netrc").chmod(0o600)


@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://h/p?access_token=abc", "https://h/p"),
        ("https://h/p#access_token=abc", "https://h/p"),
        ("https://user:pass@word@host/o/r.git", "https://host/o/r.git"),
        ("https://token@host:8443/o/r", "https://host:8443/o/r"),
        ("ssh://bob@host:22/srv/r.git", "ssh://host:22/srv/r.git"),
        ("tok:sec@host:o/r", "host:o/r"),
        ("bob@host:/home/bob/r.git", "host:…/r.git"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("file:///home/bob/r", "file://…/r"),
        ("cannot read /srv/data/bob/rows.jsonl: denied", "cannot read …/rows.jsonl: denied"),
        ("cannot read '/srv/data of bob/rows 1.jsonl'", "cannot read '…/rows 1.jsonl'"),
        ('File "/srv/bob/x.py", line 3', 'File "…/x.py", line 3'),
        ("path=/srv/bob/x,/srv/bob/y", "path=…/x,…/y"),
        ("in ~bob/models/m and ~/models/m", "in …/m and …/m"),
        (r"in C:\Users\bob\x.txt", "in …/x.txt"),
        (r"in \\server\share\bob\x.txt", "in …/x.txt"),
        ("by mary.shelley on GENEVA-LAB.example.org", "by … on …"),
        ("on geneva-lab, mary.shelley's", "on …, …'s"),
        ("the key 0123456789abcdef0123456789abcdef.", "the key …."),
        ("it said ozymandias", "it said …"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("password=hunter2&x=1", "password=…&x=1"),
        ("--api-key hunter2 --seeds 1", "--api-key … --seeds 1"),
        ("api_token: 'hunter2 two'", "api_token: …"),
        ("ghp_abcdefghijklmnop0123 and hf_abcdefghijklmnop0123", "… and …"),
        ("AKIAIOSFODNN7EXAMPLE", "…"),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "…"),
    ],
)
def test_what_is_private_is_taken_out(text: str, expected: str) -> None:
    assert public(text) == expected
    assert public(expected) == expected


@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize(
    "text",
    [
        "epm run issue-246 --profile smoke --seeds 42,137,256",
        "Qwen/Qwen2.5-7B-Instruct at a09a35458c702b33eeacc393d103063234e8bc28",
        "https://github.com/owner/name/issues/246",
        "98 of 100 tokens, and/or 3/4; token 5 of 6 took 1/2 s",
        "runs/issue-246/pilot-cbd5060ae371/body.md, ../data/x.csv",
        "root mean square, the main test, 10.0.0.1:80",
        "AMD EPYC 7763 64-Core Processor, NVIDIA H200",
        "AssertionError: secretary and tokenizer are words",
        "a mail to somebody@example.org: hello",
        "",
    ],
)
def test_what_is_not_private_stays(text: str) -> None:
    assert public(text) == text


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert public(public(text)) == public(text)


@pytest.mark.usefixtures("surroundings")
def test_folders_by_name_are_found_with_their_spaces(tmp_path: Path) -> None:
    assert public(f"in {tmp_path}/home/mary ann/my project") == "in …/my project"


def test_a_command_line_can_be_typed_again() -> None:
    arguments = [
        *("epm", "run", "issue-246", "--model", "/home/bob/my models/Llama 3", "--seeds", "1,2"),
        *("--address", "host:6379", "--slurm=account=bob", "--model=/a/b/c", "--profile", "a b"),
    ]
    assert command_line(arguments, without=("--address", "--slurm")) == (
        "epm run issue-246 --model '…/Llama 3' --seeds 1,2 --model=…/c --profile 'a b'"
    )


def test_an_argument_that_is_no_text() -> None:
    assert command_line(["epm", os.fsdecode(b"caf\xe9")]) == "epm 'caf\N{REPLACEMENT CHARACTER}'"


# ------------------------------------------------------------------ a whole run

MACHINE = """
import platform, socket
socket.gethostname = platform.node = lambda: "planted-socket.planted-domain"
"""

PLANTED = {
    "remote": ("planted-login", "planted-password", "planted-query", "planted-fragment"),
    "folders": (
        *("planted-home", "planted-checkout", "planted-cache", "planted-model-folder"),
        *("planted-xdg", "planted-hub", "planted-wandb", "planted-environment", "planted-link"),
        *("planted-path", "planted-saved-model", "planted-saved-tokenizer"),
    ),
    "names": (
        *("planted-user", "planted-logname", "planted-username", "planted-sudo"),
        *("planted-hostname", "planted-computer", "planted-socket", "planted-domain"),
        *("planted-author", "planted-mail"),
    ),
    "secrets": (
        *("planted0" * 5, "ghp_planted1" * 3, "hf_planted2" * 3, "planted-aws", "sk-planted3" * 3),
        *("planted-database", "planted-proxy-user", "planted-proxy-password"),
        *("planted-netrc-login", "planted-netrc-password", "planted-key", "planted-arbitrary"),
    ),
    "messages": ("planted-server-folder", "planted-server-token"),
}
"""40, by where they are planted."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything has a telling name."""
    return tmp_path_factory.mktemp("private") / "planted-home"


@pytest.fixture(scope="module")
def planted(made_up: LoadedExperiment, home: Path) -> dict[str, str]:
    """The environment of a run, in a checkout whose remote holds credentials."""
    checkout = home / "planted-checkout"
    shutil.copytree(made_up.folder.parent, checkout / "experiments")
    experiment = checkout / "experiments" / "issue_900"
    (experiment / "narrative.md.j2").write_text('{% extends "clean_result.md.j2" %}\n')
    (experiment / "title.txt.j2").write_text("A made-up title\n")
    (home / "planted-link").symlink_to(checkout)
    model = home / "planted-model-folder" / "my-model"
    profile = made_up.experiment.profile("tiny")
    assert isinstance(profile.model, TinyModel)
    shutil.copytree(fetch(profile.model, lambda _: None).path, model)
    for name, key, value in (
        ("config.json", "_name_or_path", "/srv/planted-saved-model/m"),
        ("tokenizer_config.json", "name_or_path", "/srv/planted-saved-tokenizer/m"),
    ):
        content = json.loads((model / name).read_text())
        (model / name).write_text(json.dumps({**content, key: value}))
    (home / "planted-path").mkdir()
    (home / "planted-path" / "sitecustomize.py").write_text(MACHINE)
    (home / ".netrc").write_text(
        "machine api.wandb.test login planted-netrc-login password planted-netrc-password\n"
    )
    (home / ".netrc").chmod(0o600)
    remote = (
        "https://planted-login:planted-password@git.example.org/owner/name.git"
        "?access_token=planted-query#planted-fragment"
    )
    identity = ("-c", "user.name=planted-author", "-c", "user.email=planted-mail@example.org")
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "all"],
        ["remote", "add", "origin", remote],
    ):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    secrets = iter(PLANTED["secrets"])
    return {
        **os.environ,
        "HOME": str(home),
        "PYTHONPATH": importable(home / "planted-path"),
        "EPM_CACHE_DIR": str(home / "planted-cache"),
        "XDG_CACHE_HOME": str(home / "planted-xdg"),
        "HF_HOME": str(home / "planted-hub"),
        "WANDB_DIR": str(home / "planted-wandb"),
        "VIRTUAL_ENV": str(home / "planted-environment"),
        "USER": "planted-user",
        "LOGNAME": "planted-logname",
        "USERNAME": "planted-username",
        "SUDO_USER": "planted-sudo",
        "HOSTNAME": "planted-hostname",
        "COMPUTERNAME": "planted-computer",
        "WANDB_API_KEY": next(secrets),
        "GITHUB_TOKEN": next(secrets),
        "HF_TOKEN": next(secrets),
        "AWS_SECRET_ACCESS_KEY": next(secrets),
        "OPENAI_API_KEY": next(secrets),
        "DATABASE_PASSWORD": next(secrets),
        "HTTP_PROXY": f"http://{next(secrets)}:{next(secrets)}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
        "SSH_PRIVATE_KEY": "planted-key",
        "SOME_SECRET": "planted-arbitrary",
    }


def run(planted: dict[str, str], home: Path, *arguments: str, **more: str) -> Path:
    """`epm run` in the linked checkout, on the user's own model."""
    model = home / "planted-model-folder" / "my-model"
    command = ["run", "issue-900", "--profile", "tiny", "--model", str(model), *arguments]
    finished = subprocess.run(
        [sys.executable, "-m", "epm", *command],
        cwd=home / "planted-link",
        env={**planted, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode in (0, 1), finished.stderr
    (folder,) = (home / "planted-checkout" / "runs" / "issue-900").iterdir()
    return folder


def leaks(folder: Path) -> list[tuple[str, str]]:
    """What is found of what was planted, and where."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        content += gzip.decompress(content) if path.suffix == ".gz" else b""
        content += path.name.encode()
        found += [
            (planted, path.relative_to(folder).as_posix())
            for kind in PLANTED.values()
            for planted in kind
            if planted.encode().lower() in content.lower()
        ]
    return found


def test_of_forty_planted_things_none_is_written(
    planted: dict[str, str],
    home: Path,
    server: Callable[[int, bytes], str],
) -> None:
    """By two workers, logged offline; then logged online, to a server that says too much."""
    assert sum(map(len, PLANTED.values())) == 40
    folder = run(planted, home, "--workers", "2", "--wandb", "offline")
    names = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
    assert {"results.json", "body.md", "lint.txt", "definition.json", "train", "tracking"} <= names
    assert leaks(folder) == []
    results = json.loads((folder / "results.json").read_text())
    (environment, *_) = results["provenance"]["environments"]
    assert environment["git"]["remote"] == "https://git.example.org/owner/name.git"
    assert environment["command"] == (
        "epm run issue-900 --profile tiny --model …/my-model --workers 2 --wandb offline"
    )
    assert results["provenance"]["model"]["source"] == "my-model"
    assert {shard["worker"] for shard in results["provenance"]["timing"]["shards"]} == {"machine 1"}
    adapter = json.loads((folder / "train" / "baker" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == "my-model"

    said = "no /srv/planted-server-folder/x for token=planted-server-token"
    address = server(401, json.dumps({"errors": [{"message": said}]}).encode())
    run(planted, home, "--wandb", "online", WANDB_BASE_URL=address, WANDB_API_KEY="planted0" * 5)
    tracking = json.loads((folder / "results.json").read_text())["tracking"]
    assert tracking["state"] == "failed"
    assert leaks(folder) == []


def test_what_a_workflow_is_told_is_without_them(tmp_path: Path) -> None:
    """It ends in a comment on the issue; the terminal's line still says where the file is."""
    output = tmp_path / "output"
    finished = subprocess.run(
        [sys.executable, "-m", "epm", "render", "--run", str(tmp_path / "planted" / "run")],
        cwd=ROOT,
        env={**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert str(tmp_path / "planted" / "run" / "results.json") in finished.stderr
    told = output.read_text()
    assert "trouble<<" in told
    assert "no results file at …/results.json; finish the run with `epm run`" in told


def test_a_fault_is_reported_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that a user attaches to an issue, and the line on the terminal."""
    code = (
        "import sys, epm.commands.list as command, epm.cli as cli\n"
        "def fail(parsed): raise RuntimeError('/srv/planted/x: token=planted-token')\n"
        "command.run = fail\n"
        "sys.exit(cli.main(['list']))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stderr.startswith("epm: internal error: RuntimeError: …/x: token=… (")
    (log,) = tmp_path.glob("epm-*.log")
    content = log.read_text()
    assert "RuntimeError" in content
    assert "planted" not in content
    assert str(ROOT) not in content
