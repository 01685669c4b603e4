"""Files that are refused in one line, wherever they are named: links, pipes, ambiguous JSON."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from epm.errors import EpmError
from epm.files import NotAFileOfItsOwn, read_json_lines, read_own
from epm.linting.bodies import Given, body_at
from epm.linting.results import at
from epm.linting.settings import Settings
from epm.results.reading import load

BODY = "## AI Summary\n\nThe rate is 23%.\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1e999}', "a number is too large"),
        (b'{"a": {"rate": 1, "rate": 2}}', "the key 'rate' stands twice in one object"),
        ('{"a": 1}'.encode("utf-16"), "it is UTF-16, not UTF-8"),
        ('{"a": 1}'.encode("utf-16-le"), "it is UTF-16, not UTF-8"),
        (b'{"a": "\xe9"}', "it is not UTF-8 (byte 7)"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper than 100"),
        (b'{"a": ' + b"[" * 100_000, "nested too deep"),
    ],
)
def test_json_that_means_two_things(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    for read in (at, load):
        with pytest.raises(EpmError) as refused:
            read(path)
        assert told in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "arm,rate,rate\nx,1,2\n", "two columns are called 'rate'"),
        ("a.csv", "arm,rate\nx,1,2\n", "row 2 has 3 cells, and the header 2"),
        ("a.csv", "", "it has no header"),
        ("a.eval", "not a zip", "it is no log of Inspect"),
        ("a.jsonl", '{"a": 1}\n{"a": 1e999}\n', "a number is too large"),
    ],
)
def test_files_of_other_kinds(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(EpmError) as refused:
        at(tmp_path / name)
    assert told in str(refused.value)


def test_a_table_is_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\ufeffarm,n,acc\nplus,200,48.5%\nminus,,6%\n")
    (file,) = at(tmp_path / "a.csv").files
    assert file.values == [
        {"arm": "plus", "n": 200, "acc (%)": 48.5},
        {"arm": "minus", "n": None, "acc (%)": 6},
    ]


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["48.5%", "6 %", ""], {"acc (%)": [48.5, 6, None]}),
        (["48.5%", "n/a"], {"acc (%)": [48.5, "n/a"]}),
        (["80%", "0.5"], {"acc": ["80%", 0.5]}),
        (["1_000", "٣", "1e999", "inf", "nan"], {"acc": ["1_000", "٣", "1e999", "inf", None]}),
        (["007", "3.10", "-.5e1", "+2"], {"acc": [7, 3.1, -5.0, 2]}),
    ],
)
def test_cells_of_a_table(tmp_path: Path, cells: list[str], read: dict[str, list[Any]]) -> None:
    (tmp_path / "a.csv").write_text("acc,n\n" + "".join(f"{cell},1\n" for cell in cells))
    (file,) = at(tmp_path / "a.csv").files
    ((name, values),) = read.items()
    assert file.values == [{name: value, "n": 1} for value in values]


def test_the_header_of_a_log_that_is_a_zip(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", '{"version": 2, "status": "success", "x": NaN}')
    (tmp_path / "a.eval").write_bytes(buffer.getvalue())
    (file,) = at(tmp_path / "a.eval").files
    assert file.values["status"] == "success"


ZSTANDARD = 93


def _packed(path: Path) -> bytes:
    zipfile_zstd = pytest.importorskip("zipfile_zstd")
    with zipfile_zstd.ZipFile(path, "w", ZSTANDARD) as archive:
        archive.writestr("header.json", '{"version": 2, "status": "success", "n": 240}' + " " * 500)
    return path.read_bytes()


def test_the_header_of_a_log_in_zstandard(tmp_path: Path) -> None:
    packed = _packed(tmp_path / "a.eval")
    (file,) = at(tmp_path / "a.eval").files
    assert file.values["n"] == 240
    damaged = bytearray(packed)
    damaged[45:60] = b"\0" * 15
    (tmp_path / "a.eval").write_bytes(bytes(damaged))
    with pytest.raises(EpmError, match=r"it is no log of Inspect; write it as JSON"):
        at(tmp_path / "a.eval")


def test_a_log_in_zstandard_where_nothing_reads_it(tmp_path: Path) -> None:
    _packed(tmp_path / "a.eval")
    (tmp_path / "page.md").write_text("# Page\n\nThere were 240.\n")
    told = (
        "import sys; sys.modules['zipfile_zstd'] = None\n"
        "from epm.cli import main; sys.exit(main(['lint', 'page.md', '--results', 'a.eval']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "compressed with Zstandard" in line
    assert "inspect log dump" in line
    assert "epm import inspect" in line


def test_several_files_and_the_one_that_epm_wrote(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('{"a": 1}')
    (tmp_path / "results.json").write_text('{"schema_version": 2}')
    found = at([tmp_path / "own.json", tmp_path / "results.json"])
    assert [file.name for file in found.files] == ["own.json", "results.json"]
    assert found.values == {"schema_version": 2}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text('{"token": 1}')
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "link.json").symlink_to(secret)
    (folder / "outside").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.json")
    for name, told in (("link.json", "a symbolic link"), ("pipe.json", "no regular file")):
        for read in (read_own, at, load, lambda path: list(read_json_lines(path))):
            with pytest.raises(EpmError, match=told):
                read(folder / name)
    with pytest.raises(NotAFileOfItsOwn, match="lies outside"):
        read_own(folder / "outside" / "secret", within=folder)


def test_a_title_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("ghp_token")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "title.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "page" / "body.md").write_text(BODY)
    said: list[str] = []
    path = tmp_path / "page" / "body.md"
    body = body_at(str(path), Given(), Settings().of(path.parent), said.append)
    assert body.known["title"] is None
    (line,) = said
    assert "title.txt is not read: it is a symbolic link" in line
    assert "ghp_token" not in line
