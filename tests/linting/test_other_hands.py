"""`epm lint` as a tool in other people's projects: real processes in folders that are not ours."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from epm.linting.bodies import Given, body_at
from epm.linting.mending import mended
from epm.linting.pages import is_page, named
from epm.linting.settings import Settings

ROOT = Path(__file__).parent.parent.parent
PAGE = "## Human TL;DR\n\nI have read all samples, and I believe the direction of the effect.\n"
README = "# A project\n\n## Results\n\nWe find 12 of 20.\n\n### Installation\n\n- pip\n"
ONE = ("--select", "human-tldr")


def epm(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "epm", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lint'}"} | environment,
    )


# ------------------------------------------------------------------ what cannot be read


def cannot(folder: Path, form: str) -> str:
    (folder / "binary.md").write_bytes(b"## AI\n\xff\xfe\n")
    linted = epm(folder, "lint", "absent.md", "binary.md", "--format", form)
    assert linted.returncode == 2
    assert len(linted.stderr.splitlines()) == 2
    return linted.stdout


def test_json_says_so(tmp_path: Path) -> None:
    files = json.loads(cannot(tmp_path, "json"))["files"]
    assert [(one["path"], one["status"]) for one in files] == [
        ("absent.md", "ERROR"),
        ("binary.md", "ERROR"),
    ]
    assert "cannot read absent.md" in files[0]["checks"][0]["detail"]


def test_sarif_says_so(tmp_path: Path) -> None:
    (run,) = json.loads(cannot(tmp_path, "sarif"))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_junit_says_so(tmp_path: Path) -> None:
    suites = ElementTree.fromstring(cannot(tmp_path, "junit"))  # noqa: S314 - ours
    assert suites.attrib["errors"] == "2"
    assert len(list(suites.iter("error"))) == 2


def test_annotations_and_markdown_say_so(tmp_path: Path) -> None:
    lines = cannot(tmp_path, "github").splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "::error file=absent.md",
        "::error file=binary.md",
    ]
    assert "cannot read absent.md" in cannot(tmp_path, "markdown")


# ------------------------------------------------------------------ which files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two pages and two files that are none."""
    for name, text in (
        ("README.md", README),
        ("results/one.md", PAGE),
        ("results/deep/two.md", PAGE),
        ("results/notes.md", "Notes.\n"),
        ("results/.hidden/three.md", PAGE),
        ("results/node_modules/x/four.md", PAGE),
        ("results/data.txt", PAGE),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["results"], ["results/deep/two.md", "results/one.md"]),
        (["results/*.md"], ["results/notes.md", "results/one.md"]),
        (["results/**/*.md", "README.md"], None),
        (["results/one.md", "./results/one.md", "results/../results/one.md"], ["results/one.md"]),
        (["results", "results/one.md"], ["results/deep/two.md", "results/one.md"]),
        (["-", "results/one.md"], ["-", "results/one.md"]),
        (["absent-*.md"], ["absent-*.md"]),
    ],
)
def test_folders_globs_and_doubles(
    project: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], meant: list[str] | None
) -> None:
    monkeypatch.chdir(project)
    found = named(given, lambda _: None)
    assert len(found) == len({Path(one).resolve() for one in found})
    assert meant is None or found == meant


def test_a_file_whose_name_looks_like_a_glob(project: Path) -> None:
    odd = project / "a [b]*.md"
    odd.write_text(PAGE)
    assert named([str(odd)], lambda _: None) == [str(odd)]


def test_a_folder_is_linted(project: Path) -> None:
    linted = epm(project, "lint", "results", *ONE, "--format", "json")
    assert linted.returncode == 0
    assert len(json.loads(linted.stdout)["files"]) == 2
    assert linted.stderr == "epm: results: 2 of 3 Markdown files are result pages\n"
    refused = epm(project, "lint", "results/.hidden/..", "README.md", "absent-*.md", *ONE)
    assert refused.returncode == 2
    (project / "empty").mkdir()
    refused = epm(project, "lint", "empty")
    assert refused.returncode == 2
    assert "none is a result page" in refused.stderr


# ------------------------------------------------------------------ the results beside a page


def test_a_page_that_was_copied_with_its_results(tmp_path: Path) -> None:
    results = b'{"rate": 0.25}'
    digest = hashlib.sha256(results).hexdigest()
    first = f"<!-- epm:clean-result format=v1 results=a/b/results.json sha256={digest} -->\n"
    (tmp_path / "body.md").write_text(first + PAGE)
    (tmp_path / "results.json").write_bytes(results)

    def known() -> object:
        body = body_at(str(tmp_path / "body.md"), Given(), Settings().of(tmp_path), lambda _: None)
        return body.known.get("results")

    assert known() == {"rate": 0.25}
    (tmp_path / "results.json").write_text('{"rate": 0.5}')
    assert known() is None, "another run's file of the same name is not this page's"
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "results.json").write_text('{"rate": 0.75}')
    assert known() == {"rate": 0.75}, "what the page names goes first"


# ------------------------------------------------------------------ how long it is


def test_the_length_is_told_long_before_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "short.md").write_text(PAGE)
    (tmp_path / "long.md").write_text(PAGE + "\n" + "ä line.\n" * 8_000)
    linted = epm(tmp_path, "lint", "short.md", "long.md", *ONE)
    assert linted.returncode == 0
    assert linted.stderr == (
        "epm: long.md has 64,085 characters, 72,085 bytes; an issue holds some 65,536 characters, "
        "of which people need some 8,000: publishing puts its numbers manifest and long tables "
        "into files beside the results, and shortens its samples\n"
    )


# ------------------------------------------------------------------ --fix


@pytest.mark.parametrize(
    "text",
    [
        README,
        "# Results\n\n![x](https://github.com/a/b/blob/main/x.png)\n\n## Methods\n\ntext\n",
        "## TL;DR\n\nShort.\n\n## Results\n\n- one\n",
        "",
        "\n\n\n",
        "| a |\n|---|\n| 1 | 2 |\n",
    ],
)
def test_what_is_no_page_is_left_alone(tmp_path: Path, text: str) -> None:
    assert not is_page(text)
    path = tmp_path / "RESULTS.md"
    path.write_bytes(text.encode())
    for flags in (["--fix"], ["--fix", "--unsafe-fixes"]):
        fixed = epm(tmp_path, "lint", "RESULTS.md", *flags)
        assert path.read_bytes() == text.encode()
        assert "is no result page, so nothing in it is mended" in fixed.stderr


HEADING = re.compile(r"^ {0,3}#{1,6}\s.*$", re.MULTILINE)


@pytest.mark.parametrize("unsafe", [False, True])
@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "lint" / "pages").glob("*.md")), ids=str)
def test_no_heading_is_made_up(tmp_path: Path, file: Path, unsafe: bool) -> None:
    text = "## AI Summary\n\n### Results\n\n" + file.read_text(encoding="utf-8")
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    calls: list[str] = []
    body = body_at(str(path), Given(), Settings().of(tmp_path), lambda _: None)
    real = type(body).report

    def counted(self: object, given: str | None = None) -> object:
        calls.append(given or "")
        return real(body, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(body), "report", counted)
        mended(body, unsafe=unsafe, write=True, say=lambda _: None)
    after = path.read_text(encoding="utf-8")
    assert len(HEADING.findall(after)) <= len(HEADING.findall(text))
    assert len(calls) == len(set(calls)), "no text is linted twice"


def test_a_clean_page_is_fixed_in_one_lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    body = body_at(str(tmp_path / "page.md"), Given(), Settings().of(tmp_path), lambda _: None)
    real, calls = type(body).report, []

    def counted(self: object, given: str | None = None) -> object:
        calls.append(given)
        return real(body, given)

    monkeypatch.setattr(type(body), "report", counted)
    mended(body, unsafe=False, write=True, say=lambda _: None)
    assert len(calls) == 1


# ------------------------------------------------------------------ the terminal


def on_a_terminal(folder: Path, columns: int, **environment: str) -> str:
    """What `epm lint` shows there."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "epm", "lint", "page.md"],
        cwd=folder,
        stdin=child,
        stdout=child,
        stderr=subprocess.DEVNULL,
        env={
            **{k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")},
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lint'}",
            "TERM": "xterm",
            "COLUMNS": str(columns),
            **environment,
        },
    )
    os.close(child)
    shown = b""
    while True:
        try:
            piece = os.read(parent, 65_536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.wait(60)
    os.close(parent)
    return shown.decode().replace("\r\n", "\n")


ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_colour_and_width(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(f"{PAGE}\n## AI Summary\n\nNothing.\n")
    shown = on_a_terminal(tmp_path, 72)
    assert "\x1b[31m✗ FAIL" in shown
    assert max(len(line) for line in ESCAPE.sub("", shown).splitlines()) <= 72
    narrow = ESCAPE.sub("", on_a_terminal(tmp_path, 50, NO_COLOR="1"))
    wide = on_a_terminal(tmp_path, 250, NO_COLOR="1")
    assert "\x1b" not in wide
    assert narrow.split() != []
    words = [word for word in wide.split() if "-----" not in word]
    assert [word for word in narrow.split() if "-----" not in word] == words, "no word is lost"


def test_colour_is_asked_for_or_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    assert "\x1b" not in epm(tmp_path, "lint", "page.md", NO_COLOR="", FORCE_COLOR="").stdout
    assert "\x1b[" in epm(tmp_path, "lint", "page.md", FORCE_COLOR="1", NO_COLOR="").stdout
    assert "\x1b" not in epm(tmp_path, "lint", "page.md", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(tmp_path: Path, shell: str) -> None:
    script = epm(tmp_path, "completion", shell).stdout
    assert "publish" in script
    assert "unsafe-fixes" in script
    if shell == "bash":
        done = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
        assert done.returncode == 0


# ------------------------------------------------------------------ whose modules


@pytest.mark.parametrize("folder", ["lint", "rich", "jinja2", "statistics", "github"])
def test_a_projects_own_folders_are_not_taken_for_ours(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "__init__.py").write_text("raise SystemExit('theirs')\n")
    (tmp_path / "page.md").write_text(PAGE)
    assert epm(tmp_path, "lint", "page.md", *ONE).returncode == 0


def test_a_projects_own_folder_epm(tmp_path: Path) -> None:
    """One without code is passed over; where it is a package, `epm` and `python -P -m epm` are
    ours.
    """
    (tmp_path / "epm").mkdir()
    (tmp_path / "page.md").write_text(PAGE)
    assert epm(tmp_path, "lint", "page.md", *ONE).returncode == 0
    (tmp_path / "epm" / "__init__.py").write_text("raise SystemExit('theirs')\n")
    assert epm(tmp_path, "lint", "page.md", *ONE, PYTHONSAFEPATH="1").returncode == 0
