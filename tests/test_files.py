"""Files that are whole or absent."""

import errno
import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.errors import EpmError
from epm.files import (
    dump_json,
    file_sha256,
    gzipped,
    hashed,
    held,
    json_lines,
    read_json_lines,
    sha256_if_any,
    write_atomically,
)

ROOT = Path(__file__).parent.parent


def python(code: str, *arguments: object, **changes: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **changes,
    )


def test_a_file_is_replaced_and_nothing_else_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    write_atomically(path, "né".encode())
    assert path.read_bytes() == "né".encode()
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_the_users_own(tmp_path: Path, umask: int, mode: int) -> None:
    """As the umask leaves them; a file that is replaced keeps what it had."""
    path = tmp_path / "file"
    before = os.umask(umask)
    try:
        write_atomically(path, "old")
        assert path.stat().st_mode & 0o777 == mode
        path.chmod(0o640)
        write_atomically(path, "new")
        assert path.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a plain file"):
        file_sha256(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a plain file"):
        file_sha256(tmp_path)


# ------------------------------------------------------------------ one process at a time

HOLD = """
import sys; from pathlib import Path
from epm.files import held
with held(Path(sys.argv[1]), wait=len(sys.argv) > 2):
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(folder: Path, *wait: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), *wait],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_folder_is_held_by_one_process_until_it_dies(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run"
    with holding(folder) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        for left in tmp_path.rglob("*.lock"):
            left.unlink()  # nothing that could be removed holds it
        with pytest.raises(EpmError, match="another epm is running in") as raised, held(folder):
            pass
        assert raised.value.remedy == "wait for it, or stop it and run again"
        with holding(folder, "wait") as second:
            first.kill()
            assert second.stdout is not None
            assert second.stdout.readline() == "held\n"
            second.communicate("")
    with held(folder):
        pass
    assert list(tmp_path.rglob("*")) == [tmp_path / "runs", folder]


def test_a_folder_that_was_replaced_is_held_anew(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with holding(folder) as first:
        assert first.stdout is not None
        first.stdout.readline()
        folder.rename(tmp_path / "moved")
        with held(folder):
            assert folder.is_dir()
        first.communicate("")


def test_where_folders_cannot_be_locked_a_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network file systems."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "no locks on folders")

    monkeypatch.setattr(fcntl, "flock", refuse)
    folder = tmp_path / "run"
    monkeypatch.setattr("filelock.FileLock", __import__("filelock").SoftFileLock)
    with (
        held(folder),
        pytest.raises(EpmError, match="another epm is running in"),
        held(folder),
    ):
        pass
    with held(folder):
        pass


def test_an_error_inside_passes_through(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="of the work"), held(tmp_path):
        raise OSError(errno.EINVAL, "of the work")
    with held(tmp_path):
        pass


# ------------------------------------------------------------------ whole or absent


def test_a_write_that_fails_midway_leaves_the_old_content(tmp_path: Path) -> None:
    """The system itself stops the write: no file of this process may pass 1000 bytes."""
    path = tmp_path / "file"
    path.write_text("old")
    code = """
import resource, sys; from pathlib import Path
from epm.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_atomically(Path(sys.argv[1]), "new" * 1000)
"""
    result = python(code, path, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert "File too large" in result.stderr
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_write_that_cannot_take_its_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path / "folder", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    code = """
import sys; from pathlib import Path
from epm.files import write_atomically
print("ready", flush=True)
while True:
    for letter in "ab":
        write_atomically(Path(sys.argv[1]), letter * 1_000_000)
"""
    for delay in (0.01, 0.02, 0.03):
        with subprocess.Popen(
            [sys.executable, "-c", code, path], cwd=ROOT, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while not path.exists():
                time.sleep(0.001)
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        content = path.read_text()
        assert content in ("a" * 1_000_000, "b" * 1_000_000)


def test_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert file_sha256(path).startswith(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
    )


def test_many_files_are_hashed_as_each_alone(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * number * 100_000)  # some of them large
    assert hashed(paths) == {path: file_sha256(path) for path in paths}
    assert list(hashed(reversed(paths))) == paths[::-1]
    assert hashed([]) == {}
    gone = tmp_path / "gone"
    assert hashed([*paths[:2], gone], sha256_if_any)[gone] == ""
    with pytest.raises(FileNotFoundError):
        hashed([*paths, gone])


def test_compressed_bytes_do_not_depend_on_the_clock() -> None:
    first = gzipped("some text\n" * 100)
    time.sleep(1.1)  # gzip's time stamp counts seconds
    assert gzipped("some text\n" * 100) == first
    assert first[3:8] == b"\0\0\0\0\0"  # neither a file name nor a time
    assert gzip.decompress(first).decode() == "some text\n" * 100


rows = st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans(), max_size=3))


@given(rows, st.sampled_from([".jsonl", ".jsonl.gz"]))
def test_rows_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"rows{suffix}"
    text = json_lines(rows)
    assert text.count("\n") == len(rows)
    path.write_bytes(gzipped(text) if suffix.endswith("gz") else text.encode())
    assert list(read_json_lines(path)) == rows


def test_rows_are_read_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_atomically(path, json_lines([{"text": "où ρ → 人"}]))
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code = """
import sys; from pathlib import Path
from epm.files import read_json_lines
print(ascii(list(read_json_lines(Path(sys.argv[1])))))
"""
    result = python(code, path, env={**os.environ, **plain})
    assert result.stdout.strip() == ascii([{"text": "où ρ → 人"}]), result.stderr


def test_json_refuses_what_is_not_json() -> None:
    assert dump_json({"b": "é", "a": 1}) == '{\n "b": "é",\n "a": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_json({"a": float("nan")})
