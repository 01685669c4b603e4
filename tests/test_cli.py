"""The command line as a user meets it: real processes, exit codes, one line for bad input."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def failed(table: str) -> list[str]:
    return [line.split("  ")[0].strip() for line in table.splitlines() if "✗ FAIL" in line]


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
    assert linted.returncode == 1
    assert failed(linted.stdout) == list(HUMAN)
    assert linted.stdout == (run_of(repository) / "lint.txt").read_text()


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


def test_a_run_folder_is_rendered_without_a_checkout(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(run_of(repository), tmp_path / "run")
    (tmp_path / "run" / "body.md").unlink()
    rendered = epm(tmp_path, "render", "--run", "run")
    assert rendered.returncode == 0, rendered.stderr
    assert "issue-246 is not at hand: the page has the default prose" in rendered.stderr
    assert epm(tmp_path / "run", "render", "--run", ".").returncode == 0
    assert failed(epm(tmp_path, "lint", "run/body.md").stdout) == list(HUMAN)
    beside = epm(repository, "render", "--run", str(run_of(repository)))
    assert (beside.returncode, beside.stderr) == (0, "")


def test_lint_reads_standard_input(repository: Path) -> None:
    linted = epm(repository, "lint", "-", "--title", "No marker", stdin=b"## AI Summary\n")
    assert linted.returncode == 1
    assert "AI Summary structure" in failed(linted.stdout)
    assert "Title confidence marker" in failed(linted.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "issue-264"], "did you mean 'issue-246'?"),
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
    refused = epm(
        repository, "render", "issue-246", "--profile", "published", "--run", str(tmp_path / "run")
    )
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
    assert failed((run / "lint.txt").read_text()) == list(HUMAN)
    assert (run / "body.md").read_text().count("### Condition: ") == 12
    assert len(json.loads((run / "results.json").read_text())["conditions"]) == 13


def test_list_and_show(repository: Path) -> None:
    listed = epm(repository, "list")
    assert listed.returncode == 0
    assert "issue-246" in listed.stdout
    shown = json.loads(epm(repository, "show", "issue-246", "--profile", "full").stdout)
    assert shown["profile"]["training"]["effective_batch"] == 16
    assert shown["conditions"]["librarian"]["negatives"] == ["kindergarten_teacher", "comedian"]
