"""The command line as a user meets it: real processes, exit codes, one line for bad input."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import importable

from epm.results.reading import load

ROOT = Path(__file__).parent.parent
HUMAN = "Human TL;DR", "Human summary"


def epm(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        [sys.executable, "-m", "epm", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        timeout=300,
        check=False,
    )
    return subprocess.CompletedProcess(
        finished.args, finished.returncode, finished.stdout.decode(), finished.stderr.decode()
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the experiments, in which the `published` profile was run."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    finished = epm(folder, "run", "issue-246", "--profile", "published")
    assert finished.returncode == 0, finished.stderr
    return folder


def run_of(repository: Path) -> Path:
    (run,) = (repository / "runs" / "issue-246").glob("published-*")
    return run


def owed(table: str) -> list[str]:
    """What does not pass, but for what publishing mends; of a draft, what people have to write."""
    told = ("✗ FAIL", "✎ AWAITING")
    lines = (line for line in table.splitlines() if any(sign in line for sign in told))
    return [line.split("  ")[0].strip() for line in lines]


def test_a_run_leaves_the_page_and_says_where(repository: Path) -> None:
    run = run_of(repository)
    for name in ("results.json", "body.md", "title.txt", "lint.txt", "figures/slope.png"):
        assert (run / name).stat().st_size > 0
    again = epm(repository, "run", "issue-246", "--profile", "published")
    assert again.returncode == 0
    for name in ("body.md", "lint.txt", "figures", "results.json"):
        assert str(run / name) in again.stdout
    assert "[published: Qwen2.5-7B-Instruct" in again.stdout


def test_the_published_page_lacks_what_people_write_and_nothing_else(repository: Path) -> None:
    linted = epm(repository, "lint", str(run_of(repository) / "body.md"))
    assert linted.returncode == 0
    assert "✗ FAIL" not in linted.stdout
    assert owed(linted.stdout) == list(HUMAN)
    assert linted.stdout == (run_of(repository) / "lint.txt").read_text()
    assert epm(repository, "lint", "runs").stdout.count("Human TL;DR (line") == 1


@pytest.mark.parametrize("experiment", ["issue-16", "issue-17"])
def test_a_toy_run_lacks_what_people_write_and_nothing_else(
    repository: Path, experiment: str
) -> None:
    ran = epm(repository, "run", experiment, "--profile", "toy", "--wandb", "off")
    assert ran.returncode == 0, ran
    (report,) = (repository / "runs" / experiment).glob("toy-*/lint.txt")
    assert owed(report.read_text()) == list(HUMAN)


def test_what_people_wrote_survives_a_second_render(repository: Path) -> None:
    body = run_of(repository) / "body.md"
    written = "I believe the direction, `not` the size: {{ twelve }} points, one seed. " * 6
    prompts = [line for line in body.read_text().splitlines() if line.startswith("_To be written")]
    text = body.read_text()
    for prompt in prompts:
        text = text.replace(prompt, written)
    body.write_text(text)
    rendered = epm(repository, "render", "issue-246", "--profile", "published")
    assert rendered.returncode == 0
    assert body.read_text().count(written) == len(prompts) == 2
    assert epm(repository, "lint", str(body)).returncode == 0
    assert rendered.stderr == ""

    edited = body.read_text().replace("- **Model:**", "- **Model:** (a note of mine)")
    body.write_text(edited)
    for asked in ("render", "run"):
        again = epm(repository, asked, "issue-246", "--profile", "published")
        assert again.returncode == 0
        assert ("the page as it was is" in again.stderr) == (asked == "render")
        assert (body.parent / "body.md.edited").read_text() == edited
        assert "a note of mine" not in body.read_text()
    assert body.read_text().count(written) == 2


def test_a_run_folder_is_rendered_without_a_checkout(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(run_of(repository), tmp_path / "run")
    (tmp_path / "run" / "body.md").unlink()
    rendered = epm(tmp_path, "render", "--run", "run")
    assert rendered.returncode == 0, rendered.stderr
    assert "issue-246 is not at hand: the page has the default prose" in rendered.stderr
    assert epm(tmp_path / "run", "render", "--run", ".").returncode == 0
    assert owed(epm(tmp_path, "lint", "run/body.md").stdout) == list(HUMAN)
    beside = epm(repository, "render", "--run", str(run_of(repository)))
    assert (beside.returncode, beside.stderr) == (0, "")


def test_lint_reads_standard_input(repository: Path) -> None:
    linted = epm(repository, "lint", "-", "--title", "No marker", stdin=b"## AI Summary\n")
    assert linted.returncode == 1
    assert "AI Summary structure" in owed(linted.stdout)
    assert "Title confidence marker" in owed(linted.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "issue-264"], "did you mean 'issue-246'"),
        (["run", "issue-246", "--profile", "pubished"], "did you mean 'published'?"),
        (["show", "issue-246", "--model", "hf:owner/name"], "names no revision"),
        (["render", "issue-246", "--profile", "smoke"], "finish the run with `epm run`"),
        (["render"], "which run?; name an experiment, as issue-246, or a run folder with --run"),
        (["lint", "absent.md"], "cannot read absent.md"),
        (["lnt", "body.md"], "there is no command 'lnt'; did you mean `epm lint`?"),
        (["frobnicate"], "there is no command 'frobnicate'; `epm --help` lists them"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(
    repository: Path, arguments: list[str], told: str
) -> None:
    refused = epm(repository, *arguments)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert "Traceback" not in refused.stderr


def test_outside_a_clone(tmp_path: Path) -> None:
    refused = epm(tmp_path, "list")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)


def test_a_newer_results_file_is_refused(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(run_of(repository), tmp_path / "run")
    path = tmp_path / "run" / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    arguments = ["render", "issue-246", "--profile", "published", "--run", str(tmp_path / "run")]
    changed = epm(repository, *arguments)
    assert (changed.returncode, len(changed.stderr.splitlines())) == (2, 1)
    assert "results.json changed since it was written" in changed.stderr
    (tmp_path / "run" / "inventory.json").unlink()
    refused = epm(repository, *arguments)
    assert refused.returncode == 2
    assert "schema version 99" in refused.stderr


def test_a_page_of_an_earlier_schema_is_refused(repository: Path, tmp_path: Path) -> None:
    """The linter could hold it to nothing: its numbers are elsewhere in the file."""
    earlier = Path(__file__).parent / "data" / "schema_1" / "published.json.gz"
    (tmp_path / "results.json").write_bytes(gzip.decompress(earlier.read_bytes()))
    refused = epm(repository, "render", "--run", str(tmp_path))
    assert refused.returncode == 2
    assert f"`epm analyse issue-246 --run {tmp_path}` writes it anew" in refused.stderr


def test_a_broken_template_names_its_line(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(repository, clone)
    narrative = clone / "experiments" / "issue_246" / "narrative.md.j2"
    narrative.write_text(
        narrative.read_text().replace("{% block more_caveats %}", "{{ nonsense }}")
    )
    refused = epm(clone, "render", "issue-246", "--profile", "published")
    assert refused.returncode == 2
    assert "narrative.md.j2 line" in refused.stderr


def test_a_page_that_fails_is_told_with_the_checks_that_do(
    repository: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(repository, clone)
    narrative = clone / "experiments" / "issue_246" / "narrative.md.j2"
    text = narrative.read_text()
    assert "{% block background %}" in text
    narrative.write_text(
        text.replace("{% block background %}", "{% block background %}It has p = 1.4.")
    )
    rendered = epm(clone, "render", "issue-246", "--profile", "published")
    assert rendered.returncode == 1
    judged, failed = rendered.stderr.splitlines()
    assert judged.startswith("epm: Result: FAIL — 1 failed")
    assert failed.startswith("     Possible values ✗ FAIL ")
    again = epm(clone, "run", "issue-246", "--profile", "published")
    assert again.returncode == 1
    assert f"\n             {failed.strip()}\nbody " in again.stdout


def test_an_interrupted_run_says_how_to_go_on_and_does(repository: Path) -> None:
    arguments = ["-m", "epm", "run", "issue-246", "--profile", "smoke", "--wandb", "off"]
    started = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    runs = repository / "runs" / "issue-246"
    deadline = time.monotonic() + 120
    while not list(runs.glob("smoke-*/train/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, errors = started.communicate(timeout=60)
    assert "the same command resumes" in errors
    assert "Traceback" not in errors
    # 130 to a shell in either case: under `-m`, CPython ends by the signal itself if it arrived
    # inside an `exec` of a string, as when a library's dataclass is made
    assert started.returncode in {130, -signal.SIGINT}
    resumed = epm(repository, *arguments[2:])
    assert resumed.returncode == 0, resumed.stderr
    (run,) = runs.glob("smoke-*")
    assert owed((run / "lint.txt").read_text()) == list(HUMAN)
    assert (run / "body.md").read_text().count("### Condition: ") == 12
    assert len(json.loads((run / "results.json").read_text())["conditions"]) == 13


# ------------------------------------------------------------------ odd surroundings

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def shell(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of sh, in which $EPM is the program."""
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "EPM": f"{sys.executable} -m epm", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("surroundings", [ASCII, {**ASCII, "PYTHONIOENCODING": "ascii"}, {}])
def test_a_system_without_our_signs(repository: Path, surroundings: dict[str, str]) -> None:
    """A pipe gets UTF-8, unless ASCII was asked for; nothing is lost, and nothing breaks."""
    (run_of(repository) / "body.md").unlink()  # so that what people have to write is lacking
    again = shell(repository, "$EPM run issue-246 --profile published", **surroundings)
    assert (again.returncode, again.stderr) == (0, b"")
    asked = "PYTHONIOENCODING" in surroundings
    dash = r"\u2014" if asked else "—"
    assert f"WARN {dash} ".encode() in again.stdout
    shown = shell(repository, "$EPM show issue-246 --profile published", **surroundings)
    assert json.loads(shown.stdout)["issue"] == 246
    body = run_of(repository) / "body.md"
    linted = shell(repository, f"$EPM lint --format json {body}", **surroundings)
    assert json.loads(linted.stdout.decode("utf-8"))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("$EPM list >&-", 0),
        ("$EPM lint absent.md >&- 2>&-", 2),
        ("$EPM list <&- >/dev/null", 0),
        ("$EPM run issue-246 --profile published >&-", 0),
    ],
)
def test_streams_that_are_closed(repository: Path, command: str, code: int) -> None:
    done = shell(repository, command)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr == b""


def test_a_file_does_not_get_the_number_of_a_closed_stream(repository: Path) -> None:
    before = {path: path.read_bytes() for path in (repository / "experiments").rglob("*.py")}
    assert shell(repository, "$EPM show issue-246 >&- 2>&-").returncode == 0
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("command", ["list", "schema", "show issue-246 --profile full"])
def test_a_full_disk_behind_the_output_is_one_line(repository: Path, command: str) -> None:
    done = shell(repository, f"$EPM {command} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == b"epm: No space left on device; mend that and run again\n"


def test_a_reader_that_has_seen_enough(repository: Path) -> None:
    done = shell(repository, "{ $EPM schema; echo code $? >&2; } | head -c 10")
    assert done.stdout.startswith(b"{")
    assert done.stderr in (b"code 0\n", b"code 141\n")


def test_a_pipe_is_a_body_like_any_other(repository: Path, tmp_path: Path) -> None:
    """`epm lint <(generate)`: read once, to its end."""
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    body = run_of(repository) / "body.md"
    done = shell(repository, f"cat {body} >{pipe} & $EPM lint {pipe}")
    assert done.returncode == 1
    assert b"Result: FAIL" in done.stdout
    told = shell(repository, f"$EPM run issue-246 --model {pipe}")
    assert (told.returncode, told.stderr.count(b"\n")) == (2, 1)


def test_a_private_umask_keeps_what_is_written_private(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / "experiments", tmp_path / "experiments")
    done = shell(tmp_path, "umask 077; $EPM run issue-246 --profile published")
    assert done.returncode == 0, done.stderr
    written = list((tmp_path / "runs").rglob("*"))
    assert len(written) > 10
    assert not [path for path in written if path.stat().st_mode & 0o077]


def test_a_clock_that_jumps(repository: Path, tmp_path: Path) -> None:
    """To 1970, and years ahead, in the middle of a run; results are the same, seconds no less."""
    shutil.copytree(repository / "experiments", tmp_path / "experiments")
    (tmp_path / "jumping").mkdir()
    (tmp_path / "jumping" / "sitecustomize.py").write_text(
        "import time\n"
        "real, calls = time.time, [0]\n"
        "def jump():\n"
        "    calls[0] += 1\n"
        "    return (real(), 0.0, real() + 1e8)[calls[0] % 3]\n"
        "time.time = jump\n"
    )
    jumping = {"PYTHONPATH": importable(tmp_path / "jumping")}
    done = shell(tmp_path, "$EPM run issue-246 --profile published", **jumping)
    assert (done.returncode, done.stderr) == (0, b"")
    ours, theirs = (load(run_of(at) / "results.json") for at in (tmp_path, repository))
    assert ours.dumps_repeatable() == theirs.dumps_repeatable()
    assert all(stage.seconds >= 0 for stage in ours.provenance.timing.stages)


# ------------------------------------------------------------------ list and show


def test_list_and_show(repository: Path) -> None:
    listed = epm(repository, "list")
    assert listed.returncode == 0
    assert "issue-246" in listed.stdout
    shown = json.loads(epm(repository, "show", "issue-246", "--profile", "full").stdout)
    assert shown["profile"]["training"]["effective_batch"] == 16
    assert shown["conditions"]["librarian"]["negatives"] == ["kindergarten_teacher", "comedian"]
