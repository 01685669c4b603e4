"""What a step hands to the runner, read back as the runner does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from epm.errors import EpmError
from epm.github import outputs
from epm.github.outputs import LARGEST_SUMMARY, write_output, write_summary


def _as_the_runner_reads(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, sign, delimiter = line.partition("<<")
        assert sign, f"not an output: {line!r}"
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "a\nevil<<EOF\nx\nEOF\n",
        "a=b\nPATH<<epm-0\n/tmp\nepm-0",
        "ends\n",
        "\u2028\x0b",
    ],
)
def test_a_value_stays_one_value(tmp_path: Path, value: str) -> None:
    environment = {"GITHUB_OUTPUT": str(tmp_path / "out")}
    write_output(environment, "first", value)
    write_output(environment, "second", "2")
    text = (tmp_path / "out").read_bytes().decode()
    assert _as_the_runner_reads(text) == {"first": value, "second": "2"}


def test_each_delimiter_is_drawn_anew(tmp_path: Path) -> None:
    environment = {"GITHUB_OUTPUT": str(tmp_path / "out")}
    for _ in range(9):
        write_output(environment, "x", "1")
    drawn = re.findall("<<(epm-[0-9a-f]{32})\n", (tmp_path / "out").read_text())
    assert len(set(drawn)) == 9


def test_a_value_that_holds_the_delimiter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs.secrets, "token_hex", lambda _: "00")
    environment = {"GITHUB_OUTPUT": str(tmp_path / "out")}
    with pytest.raises(EpmError, match="the output x holds the delimiter"):
        write_output(environment, "x", "a\nepm-00\nb")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a=b", "a<<b", "1a"])
def test_names(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of an output"):
        write_output({}, name, "x")


def test_a_summary_is_added_to_and_cut(tmp_path: Path) -> None:
    environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    write_summary(environment, "one")
    write_summary(environment, "two\n\n")
    assert (tmp_path / "summary").read_text() == "one\ntwo\n"
    (tmp_path / "summary").unlink()
    write_summary(environment, "ééé\n" * 300_000)
    data = (tmp_path / "summary").read_bytes()
    assert LARGEST_SUMMARY - 100 < len(data) <= LARGEST_SUMMARY
    assert data.decode().endswith("ééé\n\n… cut here: GitHub shows no more.\n")


def test_outside_a_workflow(tmp_path: Path) -> None:
    with pytest.raises(EpmError, match="GITHUB_OUTPUT is not set; this command runs in a GitHub"):
        write_output({}, "x", "1")
    with pytest.raises(EpmError, match="GITHUB_STEP_SUMMARY cannot be written"):
        write_summary({"GITHUB_STEP_SUMMARY": str(tmp_path)}, "x")
