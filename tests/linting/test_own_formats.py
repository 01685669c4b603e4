"""A repository's own page format, found wherever its pages are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from epm.cli import main

FORMAT = """
name = "lab-note"
about = "what our lab posts"
sentinel = "lab note, third form"

[[section]]
path = "Question"
level = 2

[[section]]
path = "Runs"
level = 2
columns = ["model", "seeds"]
"""
RIGHT = """<!-- lab note, third form -->
# A note

## Question

Do models hedge more?

## Runs

| Model | Seeds |
|---|---|
| small | three |
"""
NO_TABLE = RIGHT.partition("| Model")[0] + "Three seeds of a small model.\n"
README = "# Notes\n\n## Question\n\nWhere do notes go? Here.\n"


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "epm.toml").write_text('formats = ["lab-note.toml"]\n')
    (tmp_path / "lab-note.toml").write_text(FORMAT)
    notes = tmp_path / "notes"
    notes.mkdir()
    for name, text in (("right", RIGHT), ("no-table", NO_TABLE), ("README", README)):
        (notes / f"{name}.md").write_text(text)
    monkeypatch.chdir(tmp_path)


def test_pages_of_its_own_are_found_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "notes"]) == 1
    told = capsys.readouterr()
    assert "2 of 3 Markdown files are result pages" in told.err
    assert "no table in 'Runs' has the column(s) model, seeds" in told.out
    assert "README" not in told.out


def test_any_comment_can_claim_it() -> None:
    assert main(["lint", "notes/right.md"]) == 0
    assert main(["lint", "notes/no-table.md"]) == 1


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("least = 1", "0 tables in 'Runs', at least 1 expected"),
        ("most = 3", "no table in 'Runs' has the column(s) model, seeds"),
        ("advised-least = 1", "no table in 'Runs' has the column(s) model, seeds"),
    ],
)
def test_a_missing_table_is_a_fault_however_many_there_may_be(
    tables: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("lab-note.toml").write_text(f"{FORMAT}tables = {{ {tables} }}\n")
    assert main(["lint", "notes/no-table.md"]) == 1
    out = capsys.readouterr().out
    assert told in out
    assert ("no table in" in out) != ("at least 1 expected" in out), "one fault, said once"
    assert main(["lint", "notes/right.md"]) == 0


def test_a_broken_configuration_below_hides_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    below = Path("notes/below")
    below.mkdir()
    (below / "epm.toml").write_text("formats = ")
    (below / "text.md").write_text(README)
    assert main(["lint", "notes"]) == 1
    assert "no table in 'Runs'" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["epm:page v9", "a -- b", "two\\nlines"])
def test_what_no_comment_can_say(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("lab-note.toml").write_text(FORMAT.replace("lab note, third form", text))
    assert main(["lint", "notes/right.md"]) == 2
    assert "between <!-- and -->" in capsys.readouterr().err
