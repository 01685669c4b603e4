"""Pages that cite files of four kinds: each number's standing, and what it should have been."""

from __future__ import annotations

from pathlib import Path

import pytest

from epm.linting.results import at
from epm_lint.binding.by_words.judging import Standing
from epm_lint.binding.by_words.shapes import source_of
from epm_lint.binding.by_words.standing import Held, hold
from epm_lint.markdown.document import Document
from epm_lint.reading.page import read

CASES = Path(__file__).parent / "cases"
KINDS = ("own_json", "inspect", "lm_eval", "table")


def held(folder: Path) -> list[Held]:
    """The numbers of a case's page against all its results files."""
    files = at(sorted(p for p in folder.iterdir() if p.suffix in (".json", ".csv"))).files
    reading = read(Document((folder / "page.md").read_text()))
    return list(hold(reading, [source_of(file.name, file.values) for file in files]))


@pytest.mark.parametrize("kind", KINDS)
def test_each_number_has_its_standing(kind: str) -> None:
    folder = CASES / kind
    left = held(folder)
    for row in (folder / "numbers.tsv").read_text().splitlines():
        line, text, standing, right = row.split("\t")
        same = (o for o in left if o.number.line == int(line) and o.number.raw.strip("± ") == text)
        found = next(same, None)
        assert found is not None, row
        left.remove(found)
        wrong = found.standing in (Standing.CONTRADICTED, Standing.TRUNCATED)
        assert str(Standing.CONTRADICTED if wrong else found.standing) == standing, (row, found)
        assert not wrong or found.right == right, (row, found)
    assert not [o for o in left if o.standing in (Standing.CONTRADICTED, Standing.TRUNCATED)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_right_value_is_where_its_pointer_says(kind: str) -> None:
    """A finding names a file and a pointer; whoever follows it finds that value."""
    files = {path.name: path for path in (CASES / kind).iterdir()}
    for one in held(CASES / kind):
        if one.standing is Standing.CONTRADICTED:
            value = at(files[one.source]).files[0].values
            for step in one.pointer.split("/")[1:]:
                value = value[int(step)] if isinstance(value, list) else value[step]
            right = float(one.right.rstrip("%"))
            assert any(abs(value * by - right) < 0.06 for by in (1, 100)), one
