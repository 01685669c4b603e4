"""What the screens say is understood without the documentation."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.viewer.data.library import Library
from epm.viewer.html import sentence
from epm.viewer.routes import content

ROOT = Path(__file__).parents[2]
PILOT = ROOT / "experiments" / "issue_16" / "published" / "pilot"


def said(top: Path, path: str) -> str:
    """The text of a screen, without its markup."""
    found = content(Library([], top), path)
    assert found is not None
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]+>", " ", found.body.decode())
    return " ".join(unescape(text).split())


@pytest.fixture
def top(tmp_path: Path) -> Path:
    shutil.copytree(PILOT, tmp_path / "runs" / "issue-16" / "pilot")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("there is no page here", "There is no page here."),
        ("results.json is no JSON", "results.json is no JSON."),
        ("It is a sentence.", "It is a sentence."),
        ("", "."),
    ],
)
def test_a_notice_is_a_sentence(line: str, whole: str) -> None:
    assert sentence(line) == whole


@given(st.text())
def test_a_notice_says_what_it_is_given(line: str) -> None:
    assert line[1:] in sentence(line)
    assert sentence(sentence(line)) == sentence(line)


def test_the_list_of_runs_says_what_a_verdict_is_of(top: Path) -> None:
    body = top / "runs" / "issue-16" / "pilot" / "body.md"
    body.write_text(body.read_text().replace("(416/480)", "(461/480)", 1))
    row = said(top, "index.html")
    assert re.search(r"FAIL \d+ failed; (\d+ warnings?; )?a person has still to write", row)


def test_a_cell_without_a_link_says_why(top: Path) -> None:
    assert "a cell without a link was measured otherwise" in said(
        top, "r/issue-16/pilot/matrix.html"
    )
    (top / "runs" / "issue-16" / "pilot" / "samples.jsonl.gz").unlink()
    assert "a cell without a link" not in said(top, "r/issue-16/pilot/matrix.html")


def test_a_margin_says_what_is_to_be_done(top: Path) -> None:
    assert "nobody has written here yet — write it yourself" in said(
        top, "r/issue-16/pilot/index.html"
    )


def test_a_run_that_has_only_begun_points_at_nothing_empty(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "issue-1" / "begun"
    folder.mkdir(parents=True)
    (folder / "definition.json").write_text("{}")
    page = said(tmp_path, "r/issue-1/begun/index.html")
    assert "This run is still being written" in page
    assert "what there is" not in page
