"""The numbers manifest: what each figure of a body was rendered from.

It is a comment at the body's end, `<!-- epm:numbers v1 sha256=… BASE64 -->`: JSON, deflated and
written in base64. The JSON object has

- `results`: the sha256 of the results file,
- `sources`: a list of `[pointer, format]`,
- `names`: the conditions that the page may speak of,
- `figures`: a list of `[file name, data_sha256, png_sha256]`, where there are any,
- `units`: a list of `[kind, words, figures, names]` in the order of the page. `words` are 16-bit
  hashes, names are numbers in the list above. A figure is `[text, slot, before, parts]`, each of
  its parts `[start, end, source]`, or `[start, end, source, index]` where it is one word of a text
  that the results hold.

`epm_lint.binding.units` says what these are.

Of a body that is too long with it, the comment is a file beside the results; the body's first line
then has that file's hash, as `numbers=SHA256`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import lru_cache
from typing import Any, NamedTuple

from epm_lint.binding.units import FIGURE, Numeral, Unit
from epm_lint.values import dataclass

MARK = "epm:numbers"
FILE = "numbers.txt"
"""The file's name."""
_LARGEST = 4_000_000
"""In bytes, inflated: a manifest is made from a body of at most 65,536 characters."""


class BadManifest(ValueError):
    """A manifest that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class BoundPart:
    """A stretch of a figure that comes from the results."""

    start: int
    end: int
    pointer: str
    form: str
    index: int = -1
    """Which word with a digit of the text that the results hold; -1 where they hold a number."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure as it was rendered, with what it came from; no parts where the template wrote it."""

    figure: Numeral
    parts: tuple[BoundPart, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundUnit:
    """A unit of the body as it was rendered."""

    unit: Unit
    figures: tuple[Bound, ...]


class Drawn(NamedTuple):
    """A figure as it was rendered: what its sidecar said."""

    name: str
    data_sha256: str
    png_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All figures of a body as it was rendered."""

    results_sha256: str
    names: tuple[str, ...]
    units: tuple[BoundUnit, ...]
    figures: tuple[Drawn, ...] = ()


def derive(bound: Bound, results: Any) -> str:
    """The figure as the results have it now.

    Raises:
        ValueError: the results hold nothing there, or nothing that the format can write.
    """
    from epm_lint.binding.formats import write
    from epm_lint.binding.pointers import resolve

    text, shift = bound.figure.text, 0
    for part in bound.parts:
        value = resolve(results, part.pointer)
        if part.index < 0:
            written = write(value, part.form)
        else:
            words = [match.group() for match in FIGURE.finditer(str(value))]
            if part.index >= len(words):
                raise ValueError(f"{part.pointer} has no such word any more")
            written = words[part.index]
        text = text[: part.start + shift] + written + text[part.end + shift :]
        shift += len(written) - (part.end - part.start)
    return text


def encode(manifest: Manifest) -> str:
    """The comment that holds a manifest."""
    import json
    import zlib

    sources: dict[tuple[str, str], int] = {}
    names = {name: number for number, name in enumerate(manifest.names)}
    units = [
        [
            entry.unit.kind,
            sorted(entry.unit.words),
            [_packed(bound, sources) for bound in entry.figures],
            [names[name] for name in entry.unit.names],
        ]
        for entry in manifest.units
    ]
    payload = {
        "results": manifest.results_sha256,
        "sources": list(sources),
        "names": list(names),
        "units": units,
        **({"figures": manifest.figures} if manifest.figures else {}),
    }
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return f"<!-- {MARK} v1 {b64encode(zlib.compress(text.encode(), 9)).decode()} -->"


@lru_cache(4)
def decode(comment: str) -> Manifest:
    """Read a manifest from the text of its comment.

    Raises:
        BadManifest: it is truncated, altered, too large or of another version.
    """
    import zlib

    from epm_lint import strict_json

    words = comment.split()
    if len(words) != 3 or words[0] != MARK:
        raise BadManifest("it is truncated")
    if words[1] != "v1":
        raise BadManifest("another version of epm wrote it")
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(b64decode(words[2], validate=True), _LARGEST)
        if inflater.unconsumed_tail:
            raise BadManifest("it is too large")
        if not inflater.eof:
            raise BadManifest("it is truncated")
        return _unpacked(strict_json.loads(text))
    except BadManifest:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, zlib.error):
        raise BadManifest("it is truncated or was altered") from None


def _packed(bound: Bound, sources: dict[tuple[str, str], int]) -> list[Any]:
    figure = bound.figure
    parts = []
    for part in bound.parts:
        source = sources.setdefault((part.pointer, part.form), len(sources))
        tail = [] if part.index < 0 else [part.index]
        parts.append([part.start, part.end, source, *tail])
    return [figure.text, figure.slot, figure.before, *([parts] if parts else [])]


def _unpacked(payload: Any) -> Manifest:
    sources = [(_text(pointer), _text(form)) for pointer, form in payload["sources"]]
    names = tuple(map(_text, payload["names"]))
    entries = []
    for kind, words, packed, named in payload["units"]:
        figures = tuple(_figure(entry, sources) for entry in packed)
        unit = Unit(
            _text(kind),
            0,
            frozenset(map(int, words)),
            tuple(bound.figure for bound in figures),
            tuple(names[int(number)] for number in named),
        )
        entries.append(BoundUnit(unit, figures))
    drawn = tuple(Drawn(*map(_text, words)) for words in payload.get("figures", ()))
    return Manifest(_text(payload["results"]), names, tuple(entries), drawn)


def _figure(entry: Any, sources: list[tuple[str, str]]) -> Bound:
    text, slot, before, *rest = entry
    parts = tuple(
        BoundPart(int(start), int(end), *sources[int(source)], *map(int, index))
        for start, end, source, *index in (rest[0] if rest else ())
    )
    return Bound(Numeral(_text(text), 0, int(slot), int(before), 0), parts)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
