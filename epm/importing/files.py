"""Tables and JSON files of one's own, by a map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.files import read_own
from epm.importing import records
from epm.importing.found import Found
from epm.importing.mapping import Map, Measure
from epm.linting.parsing import parsed


def content(path: Path) -> Any:
    """What a file of one's own holds: rows of a CSV or of JSON lines, or any JSON.

    Raises:
        EpmError: it cannot be read.
    """
    try:
        return parsed(read_own(path), path.name)
    except FileNotFoundError:
        raise EpmError(f"there is no {path}", "name a file that is there") from None
    except OSError as error:
        raise EpmError(f"{path} cannot be read: {error}", "name a plain file") from None


def table(paths: Sequence[Path], given: Map) -> Found:
    """Rows of CSV files, or of JSON lines, one under the other.

    Raises:
        EpmError: one cannot be read, or does not go with the map.
    """
    tables = []
    for path in paths:
        rows = content(path)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise EpmError(
                f"{path} holds no rows with named columns", f"`epm import json {path}` reads others"
            )
        tables.append((path, rows))

    def rows_of(measure: Measure) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if measure.at or measure.columns:
            raise EpmError(
                f"the map, {measure.metric}: `at` and `columns` are for JSON",
                "`epm import json` reads that",
            )
        for path, rows in tables:
            first = 1 if path.suffix in (".jsonl", ".ndjson", ".json") else 2
            for number, row in enumerate(rows, start=first):
                yield f"{path.name}, line {number}", row

    return records.found(given, rows_of, _named(paths), paths[0].stem)


def own_json(paths: Sequence[Path], given: Map) -> Found:
    """Places of one JSON file.

    Raises:
        EpmError: it cannot be read, or does not go with the map.
    """
    if len(paths) != 1:
        raise EpmError(f"{len(paths)} JSON files", "import one at a time")
    whole = content(paths[0])

    def rows_of(measure: Measure) -> Iterator[tuple[str, Mapping[str, Any]]]:
        names: list[Any] = []
        if measure.columns:
            names = [each for _, each, _ in records.at(whole, measure.columns)]
            if not (len(names) == 1 and isinstance(names[0], list)):
                raise EpmError(f"no list of columns at {measure.columns}", "mend the map")
        for where, value, stars in records.at(whole, measure.at):
            row = dict(zip(map(str, names[0]), value, strict=False)) if names else value
            if not isinstance(row, Mapping):
                row = {"value": row}
            starred = {f"*{number}": star for number, star in enumerate(stars, 1)}
            yield where, {**row, **starred}

    return records.found(given, rows_of, _named(paths), paths[0].stem)


def _named(paths: Sequence[Path]) -> dict[str, Path]:
    names = [path.name for path in paths]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise EpmError(f"two files are called {twice}", "rename one")
    return dict(zip(names, paths, strict=True))
