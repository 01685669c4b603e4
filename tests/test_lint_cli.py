"""`epm lint` as its users meet it: real processes, exit codes, what goes to which stream."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings

GOOD = "## Human TL;DR\n\nI have read all samples, and I believe the direction of the effect.\n"
BAD = "## AI Summary\n\nNothing by people.\n"
ONE = "--select", "human-tldr"
GOLDEN_TABLE = (
    "Check                            Status  Detail\n" + "-" * 99 + "\n"
    "Human TL;DR                      ✗ FAIL  ## Human TL;DR section missing\n"
    "    line 1: no '## Human TL;DR' (write it yourself)\n"
    "\n"
    "Result: FAIL — 1 failed\n"
)


def epm(
    folder: Path, *arguments: str, stdin: bytes | str = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    finished = subprocess.run(
        [sys.executable, "-m", "epm", *arguments],
        cwd=folder,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )
    return subprocess.CompletedProcess(
        finished.args, finished.returncode, finished.stdout.decode(), finished.stderr.decode()
    )


def lint(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return epm(folder, "lint", *arguments, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.md").write_text(GOOD)
    (tmp_path / "bad.md").write_text(BAD)
    return tmp_path


def test_the_table(folder: Path) -> None:
    linted = lint(folder, "bad.md", *ONE)
    assert (linted.stdout, linted.stderr, linted.returncode) == (GOLDEN_TABLE, "", 1)


def test_many_bodies_have_their_names_above(folder: Path) -> None:
    linted = lint(folder, "good.md", "bad.md", *ONE)
    assert linted.stdout.startswith("good.md:\nCheck ")
    assert f"\nbad.md:\n{GOLDEN_TABLE}" in linted.stdout


def test_machine_formats_have_standard_output_to_themselves(folder: Path) -> None:
    def shown(form: str) -> str:
        linted = lint(folder, "absent.md", "bad.md", *ONE, "--format", form)
        assert linted.returncode == 2
        assert linted.stderr == (
            "epm: cannot read absent.md: No such file or directory; check the path\n"
        )
        return linted.stdout

    told = "## Human TL;DR section missing"
    value = json.loads(shown("json"))
    unread = value["files"].pop(0)
    assert (unread["path"], unread["status"]) == ("absent.md", "ERROR")
    assert value == {
        "version": 1,
        "files": [
            {
                "path": "bad.md",
                "format": "v1",
                "status": "FAIL",
                "counts": {
                    "ERROR": 0,
                    "FAIL": 1,
                    "WARN": 0,
                    "AWAITING": 0,
                    "PASS": 0,
                    "SKIP": 0,
                },
                "checks": [
                    {
                        "rule": "human-tldr",
                        "title": "Human TL;DR",
                        "status": "FAIL",
                        "detail": told,
                        "findings": value["files"][0]["checks"][0]["findings"],
                    }
                ],
            }
        ],
    }
    (result,) = json.loads(shown("sarif"))["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("human-tldr", "error")
    _, suite = ElementTree.fromstring(shown("junit")).findall("testsuite")  # noqa: S314 - ours
    assert suite.attrib["name"] == "bad.md"
    assert suite.attrib["failures"] == "1"
    assert re.fullmatch(
        r"::error file=absent\.md,.*\n::error file=bad\.md,line=\d+,title=Human TL;DR .*::.*\n",
        shown("github"),
    )
    assert re.fullmatch(r"bad\.md:\d+: FAIL human-tldr .*\n", shown("concise"))
    assert "### ✗ FAIL — 1 failed\n\n`epm lint` on bad.md, format v1\n" in shown("markdown")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.md", *ONE], 0),
        (["good.md", *ONE, "--fail-on", "warn"], 0),
        (["bad.md", *ONE], 1),
        (["bad.md", "good.md", *ONE], 1),
        (["bad.md", *ONE, "--fail-on", "warn"], 1),
        (["bad.md", *ONE, "--exit-zero"], 0),
        (["warned.md", "--select", "title-marker"], 0),
        (["warned.md", *ONE], 0),
        (["warned.md", *ONE, "--fail-on", "warn"], 1),
        (["warned.md", *ONE, "--fail-on", "warn", "--exit-zero"], 0),
        (["absent.md", "good.md", *ONE], 2),
        (["absent.md", "bad.md", *ONE, "--exit-zero"], 2),
        (["bad.md", "--ignore", "human-tldr", *ONE], 0),
        (["bad.md", "--select", "human-tldr,title-marker", "--format", "json"], 1),
        (["bad.md", *ONE, "--statistics"], 1),
        (["bad.md", *ONE, "--diff"], 1),
    ],
)
def test_exit_codes(folder: Path, arguments: list[str], code: int) -> None:
    # an ignored rule that there is not: the linter's own warning
    (folder / "warned.md").write_text(f"{GOOD}\n<!-- epm: ignore[no-such-rule] reason -->\n")
    linted = lint(folder, *arguments)
    assert linted.returncode == code, linted


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--select", "human-tdlr", "good.md"], "did you mean human-tldr?"),
        (["--ignore", "zzz", "good.md"], "--ignore names 'zzz', which is no rule; `epm rule`"),
        (["large.md"], "large.md: the body has 2,000,001 bytes, at most 2,000,000 are read"),
        (["binary.md"], "binary.md: line 2 of the body is not UTF-8 (byte 2)"),
        (["good.md", "--format-of-page", "v9"], "there is no page format 'v9'; known: v1, v2"),
        (["good.md", "--results", "absent.json"], "cannot read absent.json"),
        (["good.md", "--results", "bad.md"], "bad.md is no results file"),
        (["good.md", "--config", "absent.toml"], "cannot read absent.toml"),
        (["good.md", "--config", "bad.md"], "bad.md is no TOML"),
        (["good.md", "--repo", "nowhere"], "nowhere is no git checkout"),
        (["good.md", "--unsafe-fixes"], "add --fix or --diff"),
        (["good.md", "--statistics", "--format", "sarif"], "--statistics has no form for sarif"),
        (["-", "-"], "standard input can be read once"),
        (["-", "--watch"], "standard input cannot be watched"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    folder: Path, arguments: list[str], told: str
) -> None:
    (folder / "large.md").write_bytes(b"x" * 2_000_001)
    (folder / "binary.md").write_bytes(b"a\n\xff\xfe")
    linted = lint(folder, *arguments)
    assert linted.returncode == 2
    assert told in linted.stderr
    assert len(linted.stderr.splitlines()) == 1
    assert linted.stdout in {"", "{}"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["good.md", "--created", "yesterday"], "'yesterday' is no day; write it as 2026-05-15"),
        (["good.md", "--fix", "--diff"], "not allowed with argument"),
        (["good.md", "--format", "xml"], "invalid choice"),
        ([], "PATH"),
    ],
)
def test_bad_usage(folder: Path, arguments: list[str], told: str) -> None:
    linted = lint(folder, *arguments)
    assert (linted.returncode, linted.stdout) == (2, "")
    assert told in linted.stderr


def test_what_is_known_of_the_body(folder: Path) -> None:
    def row(*arguments: str) -> str:
        linted = lint(folder, "good.md", "--select", "title-marker", *arguments)
        return linted.stdout.splitlines()[2]

    assert "SKIP" in row()
    assert "FAIL" in row("--title", "No marker")
    (folder / "title.txt").write_text("No marker either\n")
    assert "FAIL" in row()
    linted = lint(
        folder,
        *("good.md", "--select", "methodology-bullets", "--created", "2020-02-03T10:00:00Z"),
    )
    assert "SKIP  created 2020-02-03" in linted.stdout


def test_standard_input(folder: Path) -> None:
    assert lint(folder, "-", *ONE, stdin=BAD).stdout == GOLDEN_TABLE
    assert lint(folder, "-", *ONE, stdin=GOOD).returncode == 0


# ------------------------------------------------------------------ configuration


def test_the_nearest_configuration_counts(folder: Path) -> None:
    (folder / ".git").mkdir()  # as far as a checkout goes
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "bad.md").write_text(BAD)
    (folder / "pyproject.toml").write_text('[tool.epm.lint]\nselect = ["human-tldr"]\n')
    assert lint(inner, "bad.md").stdout == GOLDEN_TABLE
    assert lint(folder, "a/b/bad.md").stdout == GOLDEN_TABLE
    # a project without a word on epm is passed over
    (folder / "a" / "pyproject.toml").write_text('[project]\nname = "epm-user"\n')
    assert lint(inner, "bad.md").stdout == GOLDEN_TABLE
    (folder / "a" / "epm.toml").write_text('select = ["title-marker"]\n')
    assert "Title confidence marker" in lint(inner, "bad.md").stdout
    given = lint(inner, "bad.md", "--config", str(folder / "pyproject.toml"))
    assert given.stdout == GOLDEN_TABLE
    assert lint(inner, "bad.md", *ONE).stdout == GOLDEN_TABLE


def test_no_configuration_counts_above_the_checkout(folder: Path) -> None:
    """Outside one, that of the body's own folder alone."""
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "bad.md").write_text(BAD)
    whole = lint(inner, "bad.md").stdout
    (folder / "epm.toml").write_text('select = ["title-marker"]\n')
    assert lint(inner, "bad.md").stdout == whole
    (folder / "a" / ".git").mkdir()
    assert lint(inner, "bad.md").stdout == whole
    (inner / "epm.toml").write_text('select = ["title-marker"]\n')
    assert lint(inner, "bad.md").stdout != whole


@pytest.mark.skipif(bool(os.geteuid()), reason="giving files away needs root")
def test_a_configuration_that_belongs_to_somebody_else_is_refused(folder: Path) -> None:
    (folder / "epm.toml").write_text('select = ["title-marker"]\n')
    os.chown(folder / "epm.toml", 65534, 65534)
    refused = lint(folder, "bad.md")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "epm.toml belongs to another user" in refused.stderr


def test_fail_on_of_the_configuration(folder: Path) -> None:
    (folder / "good.md").write_text(f"{GOOD}\n<!-- epm: ignore[no-such-rule] reason -->\n")
    (folder / "epm.toml").write_text('fail-on = "warn"\nselect = ["human-tldr"]\n')
    assert lint(folder, "good.md").returncode == 1
    assert lint(folder, "good.md", "--fail-on", "fail").returncode == 0


def test_a_broken_configuration_is_named_once_and_others_go_on(folder: Path) -> None:
    broken = folder / "broken"
    broken.mkdir()
    (broken / "epm.toml").write_text('selects = ["human-tldr"]\n')
    for name in ("one.md", "two.md"):
        (broken / name).write_text(BAD)
    linted = lint(folder, "broken/one.md", "broken/two.md", "bad.md", *ONE, "--format", "json")
    assert linted.returncode == 2
    assert linted.stderr == (
        f"epm: {broken / 'epm.toml'}: there is no 'selects'; did you mean select?\n"
    )
    assert [(file["path"], file["status"]) for file in json.loads(linted.stdout)["files"]] == [
        ("broken/one.md", "ERROR"),
        ("broken/two.md", "ERROR"),
        ("bad.md", "FAIL"),
    ]


def test_the_schema_holds_what_the_documentation_says(folder: Path) -> None:
    value = json.loads(epm(folder, "schema", "lint").stdout)
    assert set(value["properties"]) == {"select", "ignore", "fail-on", "formats", "rules"}
    assert json.loads(epm(folder, "schema").stdout)["title"].startswith("epm results")


# ------------------------------------------------------------------ results and checkout


def known(body: Path, **given: Path) -> tuple[object, list[str]]:
    """The results that a body gets, and what is said about them."""
    said: list[str] = []
    opened = body_at(str(body), Given(**given), Settings().of(body.parent), said.append)
    assert ("results" in opened.known) == ("results_sha256" in opened.known)
    return opened.known.get("results"), said


def marked(results: str, **words: str) -> str:
    more = "".join(f" {name}={value}" for name, value in words.items())
    return f"<!-- epm:clean-result format=v1 results={results}{more} -->\n\n{GOOD}"


def test_the_results_that_a_body_names(tmp_path: Path) -> None:
    body, content = tmp_path / "body.md", b'{"a": 1}'
    (tmp_path / "results.json").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    body.write_text(marked("results.json", sha256=sha256))
    assert known(body) == ({"a": 1}, [])
    body.write_text("\ufeff" + marked("results.json"))
    assert known(body) == ({"a": 1}, [])
    body.write_text(marked("results.json", sha256="0" * 64))
    assert known(body) == ({"a": 1}, [])
    (tmp_path / "other.json").write_text('{"b": 2}')
    assert known(body, results=(tmp_path / "other.json",)) == ({"b": 2}, [])
    for text in (GOOD, marked("absent.json"), GOOD + marked("results.json")):
        body.write_text(text)
        assert known(body) == (None, [])


@pytest.mark.parametrize(
    "name", ["../secret.json", "/etc/hostname", "link.json", "a/../../secret.json", "c:secret.json"]
)
def test_a_body_names_nothing_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json").write_text('{"secret": 1}')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.json").symlink_to(tmp_path / "secret.json")
    (inner / "body.md").write_text(marked(name))
    results, said = known(inner / "body.md")
    assert results is None
    told = "it is a symbolic link; put the file itself there; linted without results"
    assert [line.partition("not read: ")[2] for line in said] == [told] * (name == "link.json")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is no results file"),
        ("[1]", "holds no JSON object"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1e999}', "a number is too large"),
        (f'{{"a": {"9" * 5000}}}', "an integer is too large"),
        (f'{{"a": {"[" * 200}{"]" * 200}}}', "nested deeper than 100"),
        (f'{{"a": {"[" * 100_000}', "nested too deep"),
    ],
)
def test_a_file_that_holds_no_results(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "results.json").write_text(content)
    (tmp_path / "body.md").write_text(marked("results.json"))
    results, (line,) = known(tmp_path / "body.md")
    assert results is None
    assert told in line
    assert line.endswith("linted without results")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    return subprocess.check_output(["git", *identity, *arguments], cwd=folder, text=True).strip()


def test_results_at_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "remote", "add", "origin", "https://github.com/acme/lab.git")
    results = tmp_path / "results.json"
    results.write_text('{"a": 1}')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    results.write_text('{"a": 2}')
    body = tmp_path / "body.md"
    body.write_text(marked("results.json", commit=commit))
    assert known(body) == ({"a": 1}, [])
    body.write_text(marked("results.json"))
    assert known(body) == ({"a": 2}, [])
    for host in ("github.com/acme/lab/blob", "raw.githubusercontent.com/acme/lab"):
        body.write_text(marked(f"https://{host}/{commit}/results.json"))
        assert known(body) == ({"a": 1}, [])
    body.write_text(marked(f"https://github.com/else/where/blob/{commit}/results.json"))
    assert known(body) == (None, [])


def test_a_checkout_that_git_refuses_is_none(folder: Path) -> None:
    """A `.git` that is no repository: rules are to skip, not to find that commits are missing."""
    (folder / ".git").mkdir()
    url = f"https://raw.githubusercontent.com/a/b/{'1' * 40}/hero.png"
    (folder / "page.md").write_text(f"## AI Summary\n\n### Results\n\n![f]({url})\n")
    linted = lint(folder, "page.md", "--select", "hero-figure")
    assert (linted.returncode, linted.stderr) == (0, "")


# ------------------------------------------------------------------ fixes


def fixable(folder: Path) -> tuple[Path, str]:
    """A body that some rule can mend safely, and the name of that rule."""
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", "git@github.com:acme/lab.git")
    (folder / "hero.png").write_bytes(b"png")
    git(folder, "add", "hero.png")
    git(folder, "commit", "-qm", "first")
    url = "https://raw.githubusercontent.com/acme/lab/main/hero.png"
    body = folder / "page.md"
    body.write_bytes(f"\ufeff## AI Summary\r\n\r\n### Results\r\n\r\n![f]({url})".encode())
    return body, git(folder, "rev-parse", "HEAD")


def test_fix(folder: Path) -> None:
    body, commit = fixable(folder)
    before = body.read_bytes()
    body.chmod(0o600)
    select = "--select", "pinned-urls,hero-figure"

    shown = lint(folder, "page.md", *select, "--diff")
    assert body.read_bytes() == before
    assert shown.stdout.startswith("--- a/page.md\n+++ b/page.md\n@@ ")
    assert f"/{commit}/hero.png)" in shown.stdout
    assert shown.stdout.endswith("\\ No newline at end of file\n")
    assert "can be fixed" in shown.stderr

    piped = lint(folder, "-", *select, "--fix", stdin=before)
    assert piped.stdout.encode() == before.replace(b"/main/", f"/{commit}/".encode())
    assert "Hero figure" in piped.stderr
    assert piped.returncode == 0

    link = folder / "link.md"
    link.symlink_to(body)
    fixed = lint(folder, "link.md", *select, "--fix")
    assert fixed.returncode == 0, fixed
    assert "epm: fixed" in fixed.stderr
    assert "Result: PASS" in fixed.stdout
    assert body.read_bytes() == before.replace(b"/main/", f"/{commit}/".encode())
    assert link.is_symlink()
    assert body.stat().st_mode & 0o777 == 0o600

    (folder / "loop.md").symlink_to("loop.md")
    for asked in ([], ["--fix"]):
        told = lint(folder, "loop.md", *asked)
        assert told.returncode == 2
        assert told.stderr == (
            "epm: cannot read loop.md: Too many levels of symbolic links; check the path\n"
        )

    stamp = body.stat().st_mtime_ns
    again = lint(folder, "page.md", *select, "--fix")
    assert (again.stderr, body.stat().st_mtime_ns) == ("", stamp)
    assert lint(folder, "page.md", *select, "--diff").stdout == ""
    # the patch that --diff prints is one that git takes
    body.write_bytes(before)
    subprocess.run(["git", "apply"], cwd=folder, input=shown.stdout.encode(), check=True)
    assert body.read_bytes() == before.replace(b"/main/", f"/{commit}/".encode())


def test_a_body_that_cannot_be_written(folder: Path) -> None:
    body, _ = fixable(folder)
    long = "x" * 252 + ".md"  # what is written beside it first has a longer name
    body.rename(folder / long)
    before = (folder / long).read_bytes()
    refused = lint(folder, long, "good.md", "--select", "hero-figure", "--fix")
    assert refused.returncode == 2
    assert re.fullmatch(r"epm: cannot write x+\.md: .*; check who may write it\n", refused.stderr)
    assert "Result:" in refused.stdout, "the others go on"
    assert (folder / long).read_bytes() == before


def test_an_editor_is_served(folder: Path) -> None:
    served = epm(folder, "lsp")
    assert served.returncode == 0, served


# ------------------------------------------------------------------ watching


def test_watch(folder: Path) -> None:
    body = folder / "body.md"
    body.write_text(BAD)
    watching = subprocess.Popen(
        [sys.executable, "-m", "epm", "lint", "body.md", *ONE, "--watch"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    try:
        assert read_until(watching, "Result:") == "Result: FAIL — 1 failed\n"
        body.write_text(GOOD)
        assert read_until(watching, "Result:") == "Result: PASS — 1 passed\n"
        # an editor that saves by renaming; a configuration that appears
        (folder / "epm.toml").write_text("[rules.human-tldr]\nnonsense = 1\n")
        assert watching.stderr is not None
        while "there is no 'rules.human-tldr.nonsense'" not in watching.stderr.readline():
            assert watching.poll() is None
        (folder / "epm.toml").unlink()
        assert read_until(watching, "Result:") == "Result: PASS — 1 passed\n"
    finally:
        time.sleep(0.3)
        watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=10)
    assert watching.returncode == 0
    assert "Traceback" not in errors


def read_until(process: subprocess.Popen[str], opening: str) -> str:
    assert process.stdout is not None
    while not (line := process.stdout.readline()).startswith(opening):
        assert process.poll() is None, "ended too early"
    return line


# ------------------------------------------------------------------ hostile surroundings


def test_a_terminal_is_not_driven_by_a_diff(folder: Path) -> None:
    body, _ = fixable(folder)
    body.write_text(body.read_text() + "\n\x1b]0;owned\x07\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "epm", "lint", "page.md", "--diff", "--select", "hero-figure"]
    subprocess.run(command, cwd=folder, stdout=theirs, stderr=theirs, check=False, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert b"\\x1b]0;owned" in shown
    assert b"\x1b]" not in shown


def test_a_name_that_is_no_text(folder: Path) -> None:
    name = os.fsdecode(b"odd\xff\n.md")
    (folder / name).write_text(BAD)
    for form in ("table", "concise", "json", "github", "sarif", "junit", "markdown"):
        linted = lint(folder, name, *ONE, "--format", form)
        assert (linted.returncode, linted.stderr) == (1, "")
    assert json.loads(lint(folder, name, *ONE, "--format", "json").stdout)


def test_a_terminal_without_our_signs(folder: Path) -> None:
    linted = lint(folder, "bad.md", *ONE, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert linted.returncode == 1
    assert "\\u2717 FAIL" in linted.stdout


# ------------------------------------------------------------------ epm rule


def test_rule(folder: Path) -> None:
    listed = epm(folder, "rule")
    assert listed.returncode == 0
    assert re.search(r"^hero-figure +\S", listed.stdout, re.MULTILINE)
    shown = epm(folder, "rule", "hero-figure")
    assert shown.stdout.startswith("Hero figure (hero-figure)\n")
    refused = epm(folder, "rule", "hero-figures")
    assert refused.returncode == 2
    assert refused.stderr == ("epm: there is no rule 'hero-figures'; did you mean hero-figure?\n")


# ------------------------------------------------------------------ start


def test_what_is_loaded_to_lint(folder: Path) -> None:
    """Names of other people's libraries, and of our own that are heavy."""
    (folder / "epm.toml").write_text('select = ["human-tldr"]\n')
    code = """if True:
        import sys
        from epm.cli import main
        before = {"site", "sitecustomize"}
        main(["lint", "bad.md"])
        names = {name.partition(".")[0] for name in sys.modules}
        print(sorted(names - sys.stdlib_module_names - before - {"__main__"}), file=sys.stderr)
    """
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stderr.replace("'linkify_it', ", "")  # taken along where it is installed
    assert told == "['epm', 'epm_lint', 'markdown_it', 'mdurl']\n"


def test_the_hooks_run_what_there_is(folder: Path) -> None:
    """The entries of `.pre-commit-hooks.yaml`, as pre-commit would run them."""
    hooks = (Path(__file__).parent.parent / ".pre-commit-hooks.yaml").read_text()
    entries = re.findall(r"entry: epm (.*)", hooks)
    assert entries == ["lint --format concise", "lint --fix --format concise"]
    for entry in entries:
        assert epm(folder, *entry.split(), "good.md", "bad.md").returncode == 1


# ------------------------------------------------------------------ page formats

MEMO = """\
name = "memo"
about = "our weekly memo"
sentinel = "memo-v1"

[[section]]
path = "Question"

[[section]]
path = "My view"
author = "human"
"""
WEEKLY = "# Weekly\n\n<!-- memo-v1 -->\n\n## Question\n\nWhy?\n\n## My view\n\n_To be written._\n"


def test_a_format_of_ones_own(folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs" / "memo.toml").write_text(MEMO)
    (folder / "epm.toml").write_text('formats = ["docs/memo.toml"]\n')
    (folder / "weekly.md").write_text(WEEKLY)
    linted = lint(folder, "weekly.md")
    assert linted.returncode == 0
    assert linted.stdout.startswith("Awaiting human text: Human text (line 9)\n\nCheck ")
    assert linted.stdout.splitlines()[-1].startswith("Result: AWAITING — 1 awaiting human text, ")
    assert lint(folder, "weekly.md", "--fail-on", "awaiting").returncode == 1
    assert (
        '"format": "plain"'
        in lint(folder, "weekly.md", "--format-of-page", "plain", "--format", "json").stdout
    )

    (folder / "docs" / "memo.toml").write_text(MEMO.replace("author", "autor"))
    refused = lint(folder, "weekly.md")
    assert refused.returncode == 2
    assert "memo.toml: there is no 'section 2.autor'; did you mean author?" in refused.stderr
    assert refused.stderr.count("\n") == 1
