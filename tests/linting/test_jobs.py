"""Many bodies in several processes: what comes of it is what comes of one."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from epm import cli
from epm.errors import EpmError
from epm.linting import jobs
from epm.linting.bodies import Given
from epm.linting.jobs import Linted, lint_all, lint_one
from epm.linting.settings import Settings

WRONG = "## Results\n\nThe refusal rate is 31/100 = 41%, and it falls (r=-0.62, p=0.31, N=12).\n"
RIGHT = "## Results\n\nThe refusal rate is 31/100 = 31%.\n"


@pytest.fixture
def pages(tmp_path: Path) -> list[str]:
    """Right and wrong ones, one that is no text, one that is not there, one of a broken folder."""
    made = []
    for number in range(8):
        page = tmp_path / f"{number}.md"
        page.write_text(WRONG if number % 3 else RIGHT)
        made.append(str(page))
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "epm.toml").write_text("select = [")
    for name in ("one.md", "two.md"):
        (broken / name).write_text(RIGHT)
    odd = ["bytes.md", "missing.md", "broken/one.md", "broken/two.md"]
    return [*made, *(str(tmp_path / name) for name in odd)]


@pytest.mark.parametrize("form", ["table", "json", "concise"])
def test_the_output_is_the_same(
    pages: list[str], form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = set()
    for count in ("1", "2", "3", "0"):
        code = cli.main(["lint", "--select", "numbers", "--format", form, "--jobs", count, *pages])
        seen.add((code, *capfd.readouterr()))
    assert len(seen) == 1
    ((code, out, err),) = seen
    assert code == 2
    assert "says 0.31; r=-0.62" in out
    assert "is not UTF-8" in err
    assert err.count("is no TOML") == 1


def test_a_report_that_is_handed_over_says_the_same(pages: list[str]) -> None:
    for path in pages:
        report = lint_one(path, Given(), Settings()).report
        light = pickle.loads(pickle.dumps(report.without_reading()))  # noqa: S301
        assert light == report
        assert light.numbers == report.numbers
        assert light.reading is None


def test_no_more_processes_than_bodies(pages: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", None)
    (one,) = lint_all(pages[:1], Given(), Settings(), jobs=8)
    assert isinstance(one, Linted)


def test_a_process_that_is_lost_is_one_line(
    pages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for its memory, say; a worker is a fork of this process and has the patched name."""

    def die(path: str, given: Given, settings: Settings) -> Iterator[None]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(path, given, settings)

    monkeypatch.setattr(jobs, "lint_one", die)
    with pytest.raises(EpmError, match="a process that linted was lost; take fewer --jobs"):
        list(lint_all(pages, Given(), Settings(), jobs=2))


@pytest.mark.parametrize("count", ["-1", "100000"])
def test_no_number_of_processes(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "--jobs", count, "body.md"]) == 2
    assert f"--jobs {count} is no number of processes" in capsys.readouterr().err
