"""A checkout answers from its history alone, and from nothing that could lead out of it."""

import subprocess
from pathlib import Path

import pytest

from epm import checkout
from epm.checkout import Checkout, remote_host, remote_name
from epm_lint.model import Repository


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    command = ["git", "-C", str(folder), *identity, "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "lab"
    (work / "figures").mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    (work / "figures" / "hero.png").write_bytes(b"\x89PNG\r\n first")
    (work / "a [b]*.md").write_text("odd name")
    return work


@pytest.fixture
def first(folder: Path) -> str:
    return commit(folder, "first")


def at(folder: Path) -> Checkout:
    found = Checkout.at(folder)
    assert found is not None
    return found


def test_it_is_what_the_linter_asks_for(folder: Path, first: str) -> None:
    repository: Repository = at(folder)
    assert repository.has_commit(first)


def test_a_file_as_of_each_commit(folder: Path, first: str) -> None:
    (folder / "figures" / "hero.png").write_bytes(b"second")
    second = commit(folder, "second")
    (folder / "figures" / "hero.png").write_bytes(b"never committed")
    found = at(folder / "figures")
    assert found.read(first, "figures/hero.png") == b"\x89PNG\r\n first"
    assert found.read(first[:7], "figures/hero.png") == b"\x89PNG\r\n first"
    assert found.read(second.upper(), "figures/hero.png") == b"second"
    assert found.read(first, "a [b]*.md") == b"odd name"


def test_the_commit_that_last_changed_a_file(folder: Path, first: str) -> None:
    (folder / "new.txt").write_text("x")
    second = commit(folder, "second")
    found = at(folder)
    assert found.last_commit("figures/hero.png") == first
    assert found.last_commit("figures") == first
    assert found.last_commit("new.txt") == second
    (folder / "new.txt").unlink()
    commit(folder, "gone again")
    assert found.last_commit("new.txt") is None
    assert found.last_commit("never.txt") is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../lab/new",
        "figures/../figures/hero.png",
        "figures//hero.png",
        "./figures/hero.png",
        "figures",
        "figures/",
        "*",
        "figures/*",
        ":(top)figures/hero.png",
        "a\0b",
        "--help",
    ],
)
def test_what_is_no_plain_path_is_not_read(folder: Path, first: str, path: str) -> None:
    assert at(folder).read(first, path) is None


def test_neither_links_nor_submodules_are_read(folder: Path, first: str) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to("figures")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{first},module")
    second = commit(folder, "links")
    found = at(folder)
    for path in ("link", "linked", "linked/hero.png", "module"):
        assert found.read(second, path) is None
    assert found.read(second, "figures/hero.png") is not None


def test_a_file_too_large_is_not_read(
    folder: Path, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(b"\x89PNG\r\n first")
    monkeypatch.setattr(checkout, "LARGEST_FILE", size)
    assert at(folder).read(first, "figures/hero.png") is not None
    monkeypatch.setattr(checkout, "LARGEST_FILE", size - 1)
    assert at(folder).read(first, "figures/hero.png") is None


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "HEAD",
        "v1",
        "deadbeef",
        "--all",
        "-h",
        "0" * 40,
        "",
        "HEAD^{commit}",
        "main:figures",
    ],
)
def test_only_hashes_are_commits(folder: Path, first: str, ref: str) -> None:
    git(folder, "tag", "v1")
    git(folder, "branch", "deadbeef")
    found = at(folder)
    assert not found.has_commit(ref)
    assert found.read(ref, "figures/hero.png") is None


def test_six_digits_a_tree_and_a_blob_are_no_commits(folder: Path, first: str) -> None:
    found = at(folder)
    assert found.has_commit(first[:7])
    assert not found.has_commit(first[:6])
    assert not found.has_commit(first + "0")
    assert not found.has_commit(git(folder, "rev-parse", "HEAD^{tree}"))
    assert not found.has_commit(git(folder, "rev-parse", "HEAD:figures/hero.png"))


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Checkout.at(tmp_path) is None
    assert Checkout.at(tmp_path / "absent") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Checkout.at(tmp_path) is None


def test_a_checkout_without_commits(folder: Path) -> None:
    found = at(folder)
    assert found.name is None
    assert found.last_commit("figures/hero.png") is None
    assert not found.has_commit("43a303c")


def test_a_shallow_checkout_says_so(folder: Path, first: str, tmp_path: Path) -> None:
    second = commit(folder, "second")
    git(tmp_path, "clone", "-q", "--depth", "1", folder.as_uri(), "shallow")
    shallow = at(tmp_path / "shallow")
    assert shallow.is_shallow
    assert not at(folder).is_shallow
    assert shallow.has_commit(second)
    assert not shallow.has_commit(first)


def test_a_partial_clone_fetches_nothing(folder: Path, first: str, tmp_path: Path) -> None:
    (folder / "figures" / "hero.png").write_bytes(b"second")
    second = commit(folder, "second")
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", folder.as_uri(), "partial")
    partial = at(tmp_path / "partial")
    assert partial.read(first, "figures/hero.png") is None
    assert partial.read(second, "figures/hero.png") == b"second"
    assert partial.last_commit("figures/hero.png") == second


def test_the_environment_cannot_point_elsewhere(
    folder: Path, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert at(folder).has_commit(first)


def test_the_name_of_the_origin(folder: Path, first: str) -> None:
    git(folder, "remote", "add", "origin", "git@github.com:acme/lab.git")
    assert at(folder).name == "acme/lab"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/lab", "acme/lab"),
        ("https://github.com/acme/lab.git", "acme/lab"),
        ("https://github.com/acme/lab/", "acme/lab"),
        ("https://token@github.com/acme/my.lab.git", "acme/my.lab"),
        ("git@github.com:acme/lab.git", "acme/lab"),
        ("github.com:acme/lab", "acme/lab"),
        ("ssh://git@github.com/acme/lab.git", "acme/lab"),
        ("ssh://git@github.com:22/acme/lab", "acme/lab"),
        ("/srv/git/lab.git", None),
        ("../lab", None),
        ("file:///srv/git/lab.git", None),
        ("https://gitlab.com/group/sub/lab.git", None),
        ("", None),
    ],
)
def test_the_name_out_of_a_remote(url: str, name: str | None) -> None:
    assert remote_name(url) == name


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://github.com/acme/lab.git", "github.com"),
        ("https://user:secret@Git.Lab.Example:8443/acme/lab", "git.lab.example:8443"),
        ("git@github.com:acme/lab.git", "github.com"),
        ("ssh://git@ssh.github.com:443/acme/lab.git", "github.com"),
        ("ssh://git@git.lab.example:2222/acme/lab", "git.lab.example"),
        ("git@lab.ghe.com:acme/lab.git", "lab.ghe.com"),
        ("git@work:acme/lab.git", None),  # an abbreviation in somebody's ssh configuration
        ("../remote.git", None),
        ("file:///srv/acme/lab.git", None),
    ],
)
def test_the_host_out_of_a_remote(url: str, host: str | None) -> None:
    assert remote_host(url) == host


def test_a_shallow_checkout_convicts_no_hero() -> None:
    """What GitHub's checkout action fetches by default has one commit."""
    from epm_lint.engine import lint
    from epm_lint.model import Status
    from epm_lint.rules.structure import hero_figure

    class Shallow:
        name, is_shallow = "acme/lab", True

        def has_commit(self, commit: str) -> bool:
            return False

        def read(self, commit: str, path: str) -> bytes | None:
            return None

        def last_commit(self, path: str) -> str | None:
            return None

    url = "https://raw.githubusercontent.com/acme/lab/43a303c/figures/hero.png"
    body = f"## AI Summary\n\n### Results\n\n![x]({url})\n"
    (row,) = lint(body, repository=Shallow(), rules=[hero_figure.RULE]).rows
    assert row.verdict.status is Status.WARN
    assert "shallow" in row.verdict.detail
