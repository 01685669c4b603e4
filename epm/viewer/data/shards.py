"""Completions as scripts: a page that was opened from a file may load nothing else.

`samples/index.js` names the shards. `samples/N.js` holds one: JSON, compressed by gzip and written
in base64, so that no completion is ever a part of a script or of a page. Where texts share many
words, they are written by these (`vocabulary`).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from epm.viewer.data.completions import Completion
from epm.viewer.data.vocabulary import shared

MOST_ROWS = 2_000
MOST_CHARACTERS = 1_000_000
_PROTOTYPE = re.compile(r'(?<=[{,])"__proto__":')
FIRST_ROWS = 24
FIRST_CHARACTERS = 50_000
"""Of the first part of a run, so that a screen has its first cards at once."""


@dataclass(frozen=True)
class Shard:
    """Completions of one condition that are loaded together."""

    number: int
    condition: str
    tasks: tuple[str, ...]
    rows: Sequence[Completion]


def shards_of(rows: Sequence[Completion]) -> list[Shard]:
    """Cut sorted completions into shards."""
    return [
        Shard(number, part[0].condition, tuple(dict.fromkeys(row.task for row in part)), part)
        for number, part in enumerate(_parts(rows))
    ]


def _parts(rows: Sequence[Completion]) -> Iterator[list[Completion]]:
    part: list[Completion] = []
    size, most_rows, most_characters = 0, FIRST_ROWS, FIRST_CHARACTERS
    for row in rows:
        full = len(part) >= most_rows or size + len(row.text) > most_characters
        if part and (full or row.condition != part[0].condition):
            yield part
            part, size, most_rows, most_characters = [], 0, MOST_ROWS, MOST_CHARACTERS
        part.append(row)
        size += len(row.text)
    if part:
        yield part


def script(name: str, value: Any) -> str:
    """A script that hands a value to the page: `epm.take(NAME, VALUE)`.

    It is plain ASCII, and holds no `<`: whatever is in the value ends no script.
    """
    # written plainly, that one name would be no member but the prototype of its object
    text = _PROTOTYPE.sub('["__proto__"]:', _json(value).replace("<", "\\u003c"))
    return f"epm.take({json.dumps(name)},{text});\n"


def packed(run: str, shard: Shard, metrics: Sequence[str]) -> str:
    """A shard's script, named by the key of its run.

    Each row is task, item, replicate, index, tokens, finish, prompt, and its scores in the order of
    the metrics; its text is apart, at the same place.
    """
    texts = [row.text for row in shard.rows]
    rows = [
        [
            row.task,
            row.item,
            row.replicate,
            row.index,
            row.tokens,
            row.finish,
            row.prompt,
            [row.scores.get(metric) for metric in metrics],
        ]
        for row in shard.rows
    ]
    words, coded = shared(texts) or (None, None)
    # with escapes, so that half of a surrogate pair arrives as it is
    plain = _json({"condition": shard.condition, "rows": rows, "words": words})
    text = f'{plain[:-1]},"texts":{_json(texts) if coded is None else _json(coded, ascii=False)}}}'
    zipped = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    return script(f"shard {run} {shard.number}", base64.b64encode(zipped).decode("ascii"))


def _json(value: Any, *, ascii: bool = True) -> str:
    return json.dumps(value, ensure_ascii=ascii, separators=(",", ":"))
