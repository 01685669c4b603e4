"""What a results file holds, by its kind: JSON, JSON lines, CSV, or a log of Inspect.

What cannot be read without guessing is refused in one line: a key that stands twice in an object, a
number that no float holds, another encoding than UTF-8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from epm.errors import EpmError
from epm_lint import strict_json
from epm_lint.quoting import quote

LARGEST = 50_000_000
_LONGEST_INTEGER = 20
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMERAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOTHING = ("", "nan", "+nan", "-nan")
_OPENING = 2_000
_LOG = re.compile(r'\A\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:')
"""How every log of Inspect begins."""


class WrittenInt(int):
    """A whole number of a table's cell."""

    text: str
    """As it stands there: '007' is not '7' where it names something."""


class WrittenFloat(float):
    """A number of a table's cell."""

    text: str
    """As it stands there: a version '3.10' is not '3.1'."""


def parsed(content: bytes, name: str) -> Any:
    """The values of a file of any kind that its name tells, JSON where it tells none.

    Raises:
        EpmError: it is too large, or nothing that is read.
    """
    kind = PurePosixPath(name).suffix.casefold()
    if kind == ".eval":
        return _log(content, name)
    text = _text(content, name)
    if kind in (".csv", ".tsv"):
        return _rows(text, name, "\t" if kind == ".tsv" else ",")
    if kind in (".jsonl", ".ndjson"):
        return [_json(line, name) for line in text.splitlines() if line.strip()]
    return _json(text, name)


def parsed_object(content: bytes, name: str) -> dict[str, Any]:
    """The JSON object that epm's own results file is.

    Raises:
        EpmError: it is none.
    """
    value = _json(_text(content, name), name)
    if not isinstance(value, dict):
        raise _refused(name, "it holds no JSON object")
    return value


def _refused(name: str, why: str, remedy: str = "") -> EpmError:
    return EpmError(f"{name} is no results file: {why}", remedy)


def _text(content: bytes, name: str) -> str:
    if len(content) > LARGEST:
        raise EpmError(f"{name} has more than {LARGEST:,} bytes")
    try:
        return strict_json.text_of(content)
    except ValueError as error:
        raise _refused(name, str(error)) from None


def _json(text: str, name: str) -> Any:
    # a log of Inspect has NaN for an answer without a score
    is_log = _LOG.search(text[:_OPENING]) is not None
    try:
        return strict_json.loads(text, constants=is_log)
    except ValueError as error:
        raise _refused(name, quote(str(error))) from None


def _rows(text: str, name: str, delimiter: str) -> list[dict[str, Any]]:
    """A table with a header, a record a row; a column of percentages has `%` in its name."""
    import csv
    import io

    try:
        header, *rows = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    except (ValueError, csv.Error) as error:
        why = quote(str(error)) if isinstance(error, csv.Error) else "it has no header"
        raise _refused(name, why) from None
    if twice := next((one for at, one in enumerate(header) if one in header[:at]), None):
        raise _refused(name, f"two columns are called {quote(twice)}")
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise _refused(name, f"row {number} has {len(row)} cells, and the header {len(header)}")
    columns = [[row[place].strip() for row in rows] for place in range(len(header))]
    names = [
        f"{title} (%)" if _are_percentages(cells) else title
        for title, cells in zip(header, columns, strict=True)
    ]
    cells = [
        list(map(_cell if title == name else _percentage, column))
        for title, name, column in zip(header, names, columns, strict=True)
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _are_percentages(cells: Sequence[str]) -> bool:
    """Whether some number has the sign, and none has not."""
    signed = [cell.endswith("%") for cell in cells if _NUMERAL.fullmatch(cell.rstrip("% "))]
    return bool(signed) and all(signed)


def _percentage(text: str) -> Any:
    return _cell(text.removesuffix("%").strip())


def _cell(text: str) -> Any:
    """A number that knows its text, another text, or None for nothing."""
    if not _NUMERAL.fullmatch(text):
        return None if text.casefold() in _NOTHING else text
    is_whole = _INTEGER.fullmatch(text) is not None
    if is_whole and len(text) > _LONGEST_INTEGER:
        return text
    number = WrittenInt(text) if is_whole else WrittenFloat(text)
    number.text = text
    return number if math.isfinite(number) else text


def _log(content: bytes, name: str) -> Any:
    """The header of an Inspect log: a zip whose members newer versions compress with Zstandard."""
    import contextlib
    import io
    import zipfile

    damaged: list[type[Exception]] = [zipfile.BadZipFile, KeyError, ValueError]
    damaged += [OSError, RuntimeError]
    with contextlib.suppress(ImportError):  # they come with inspect_ai
        import zipfile_zstd  # type: ignore[import-untyped]  # noqa: F401  # mends zipfile
        from zstandard import ZstdError

        damaged.append(ZstdError)
    if len(content) > LARGEST:
        raise EpmError(f"{name} has more than {LARGEST:,} bytes")
    dump = "write it as JSON (`inspect log dump FILE`), and name that, or run `epm import inspect`"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo("header.json").file_size > LARGEST:
                raise EpmError(f"{name} has more than {LARGEST:,} bytes")
            header = archive.read("header.json")
    except NotImplementedError:
        why = "it is compressed with Zstandard, which is read where inspect_ai is installed"
        raise EpmError(f"cannot read {name}: {why}", dump) from None
    except tuple(damaged):
        raise _refused(name, "it is no log of Inspect", dump) from None
    return _json(_text(header, name), name)
