"""The server answers this machine's browser, reads, and does nothing else; the export likewise."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Site  # type: ignore[attr-defined]
from viewer_runs import hostile_rows, measured, write_samples

from epm.cli import main
from epm.errors import EpmError
from epm.viewer.data.library import Library
from epm.viewer.exporting import export
from epm.viewer.html import STATIC
from epm.viewer.serving import serve

ROOT = Path(__file__).parents[2]


def ask(site: Site, path: str, verb: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """The answer to one request, as it is sent."""
    netloc = urlsplit(site.start).netloc
    connection = http.client.HTTPConnection(netloc, timeout=20)
    connection.putrequest(verb, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1", "localhost.example.org:80", ""])
def test_another_host_is_refused(served: Site, host: str) -> None:
    assert ask(served, "/", Host=host).status == 421


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT"])
def test_nothing_but_reading_is_understood(served: Site, verb: str) -> None:
    assert ask(served, "/", verb).status == 501


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/static/../html.py",
        "/static/%2e%2e/html.py",
        "/r/issue-1/hostile/figures/../results.json",
        "/r/issue-1/hostile/figures/%2e%2e%2fresults.json.png",
        "/r/issue-1/hostile/raw/samples.jsonl.gz",
        "/r/issue-1/hostile/raw/../../../x",
        "/r/issue-1/hostile/samples/999999.js",
        "/r/nobody/nothing/index.html",
        "/%00",
        "/%ff%fe",
        "/r/" + "x" * 5_000,
    ],
)
def test_what_is_not_shown_is_not_found(served: Site, path: str) -> None:
    assert ask(served, path).status == 404


@pytest.mark.parametrize("path", ["/r/issue-1/hostile", "/r/issue-1/hostile/"])
def test_the_address_of_a_run_without_a_screen_is_its_page(served: Site, path: str) -> None:
    answer = ask(served, path)
    if not path.endswith("/"):
        assert (answer.status, answer.headers["Location"]) == (308, f"{path}/")
        answer = ask(served, answer.headers["Location"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.read() == ask(served, "/r/issue-1/hostile/index.html").read()


def test_every_answer_says_what_may_run(served: Site) -> None:
    answer = ask(served, "/r/issue-1/hostile/samples.html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert b'http-equiv="Content-Security-Policy"' in answer.read()
    head = ask(served, "/", "HEAD")
    assert (head.status, head.read()) == (200, b"")


def test_links_are_not_followed_out_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "issue-1" / "linked"
    write_samples(run, hostile_rows(0))
    secret = tmp_path / "secret.txt"
    secret.write_text("## AI Summary\n\nThe secret.\n")
    (run / "body.md").symlink_to(secret)
    (run / "results.json").symlink_to(secret)
    (run / "figures").mkdir()
    (run / "figures" / "x.png").symlink_to(secret)
    folder = tmp_path / "pages"
    export(Library([str(run)], tmp_path), folder)
    assert not [
        path for path in folder.rglob("*") if path.is_file() and b"secret" in path.read_bytes()
    ]


def test_a_taken_port_is_left_for_the_next_unless_it_was_asked_for(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(EpmError, match="cannot be had"):
            serve(Library([], tmp_path), taken.getsockname()[1])
    with serve(Library([], tmp_path), None) as one, serve(Library([], tmp_path), None) as other:
        assert one.server_port != other.server_port


def test_the_command_serves_until_it_is_stopped(runs: Path) -> None:
    command = [sys.executable, "-m", "epm", "view", "issue-1", "--no-open", "--port", "0"]
    with subprocess.Popen(command, cwd=runs, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert address, line
        connection = http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=20)
        connection.request("GET", "/")
        assert b"hostile" in connection.getresponse().read()
        process.send_signal(2)
        assert process.wait(20) == 0


def test_the_export_says_what_it_copied_and_keeps_to_its_folder(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(runs)
    folder = tmp_path / "pages"
    assert main(["view", "runs/issue-1/other", "--export", str(folder)]) == 0
    assert "completions of issue-1/other" in capsys.readouterr().out
    listed = (folder / "files.txt").read_text().splitlines()
    assert len(listed) == len([p for p in folder.rglob("*") if p.is_file()]) - 1
    assert subprocess.run(["sha256sum", "-c", "files.txt"], cwd=folder, check=False).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    assert main(["view", "issue-1", "--export", str(other)]) == 2
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in other.iterdir()] == ["mine.txt"]
    assert main(["view", "no-such-thing"]) == 2
    assert "is no run, no page, and no experiment" in capsys.readouterr().err


def test_a_run_is_read_again_when_its_files_change(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "issue-1" / "going"
    folder.mkdir(parents=True)
    (folder / "definition.json").write_text("{}")
    library = Library([], tmp_path)
    begun = library.run("issue-1/going")
    assert begun is not None
    assert begun.notices[0].endswith("(0 finished stages)")
    stamp = begun.stamp()
    (folder / "train" / "villain").mkdir(parents=True)
    (folder / "train" / "villain" / "manifest.json").write_text("{}")
    assert begun.stamp() != stamp
    write_samples(folder / "sample" / "villain", hostile_rows(0)[:1])
    (folder / "sample" / "villain" / "manifest.json").write_text("{}")
    before = library.run("issue-1/going")
    assert before is not None
    assert "still being written" in before.notices[0]
    assert len(before.completions.rows) == 1
    rows = hostile_rows(0)
    write_samples(folder, rows)
    (folder / "results.json").write_text(measured(rows, 1).dumps())
    after = library.run("issue-1/going")
    assert after is not None
    assert (after.notices, len(after.completions.rows)) == ([], len(rows))


def test_a_list_of_many_runs_reads_only_what_has_changed(tmp_path: Path) -> None:
    folders = [tmp_path / "runs" / "issue-1" / f"run-{number}" for number in range(7)]
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        (folder / "title.txt").write_text(f"Run {number}")
        (folder / "body.md").write_text(f"# Run {number}\n\n{number} of 10 (37%).\n")
    library = Library([], tmp_path)
    first = list(library.glances())
    assert [run.title for run in first] == [f"Run {number}" for number in range(7)]
    assert {run.status for run in first} == {"FAIL"}
    assert all(now is before for now, before in zip(library.glances(), first, strict=True))
    (folders[2] / "title.txt").write_text("Another title")
    shutil.rmtree(folders[5])
    now = list(library.glances())
    assert [run.title for run in now if run not in first] == ["Another title"]
    assert [run.key for run in first if run.key not in {each.key for each in now}] == [
        "issue-1/run-5"
    ]


def test_what_is_shipped_is_ours_and_small() -> None:
    """No third-party file is vendored; whoever adds one lists it here with version and licence."""
    files = sorted(path.name for path in STATIC.iterdir())
    assert files == [
        *("cards.js", "compare.js", "difference.js", "epm.js", "figures.css", "icon.svg"),
        *("lanes.js", "page.css", "page.js", "panel.js", "runs.js", "samples.js", "tasks.js"),
        *("text.js", "viewer.css"),
    ]
    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in files) < 60_000


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.stem)
def test_scripts_are_well_formed_and_make_no_html_of_text(script: Path) -> None:
    import npm_parts

    done = subprocess.run(
        [npm_parts.node(), "--check", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)


def test_figures_say_what_is_missing_and_what_was_altered(tmp_path: Path) -> None:
    from epm.viewer.data.run import Run
    from epm.viewer.screens.figures import screen

    published = ROOT / "experiments" / "issue_16" / "published" / "pilot"
    copy = tmp_path / "pilot"
    shutil.copytree(published, copy)
    figures = copy / "figures"
    (figures / "written.json").unlink()
    (figures / "weighed.png").unlink()
    altered = json.loads((figures / "length.json").read_text())
    altered["data"]["dots"][0]["value"] = 99
    (figures / "length.json").write_text(json.dumps(altered))
    (figures / "effect.png").write_bytes(b"another picture")
    (figures / "effect_on_choices.json").write_text('{"data": {"dots": [{"name": 3}]}}')
    html = screen(Run("issue-16/pilot", copy), "r/issue-16/pilot/figures.html")
    for says in (
        "There is no figures/written.json",
        "There is no figures/weighed.png",
        "Its data were altered after it was drawn",
        "The picture is not the one that these data were drawn as",
        "The sidecar holds no chart that epm draws",
    ):
        assert says in html
    assert html.count("<svg") == 3
