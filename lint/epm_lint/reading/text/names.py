"""What a word with digits in it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.patterns import Pattern
from epm_lint.reading.number import Kind

_LAYERS = Pattern(r"(?i:l|layers?[-_]?)\d{1,3}(?:[/–-](?i:l)?\d{1,3}){0,40}(?![\w.])")
_LAYER = Pattern(r"(?:[Ll]|[Ll]ayers?[-_]?)?\d{1,3}")
_FILE = Pattern(
    r"\.(?:jsonl?|csv|tsv|parquet|arrow|gz|zip|txt|md|py|sh|ya?ml|toml|ipynb|png|pdf|svg|jpe?g"
    r"|gguf|safetensors|bin|pt|npz?|log|html?|lock|j2)\b",
    re.IGNORECASE,
)
_VERSION = Pattern(r"[vV]\d{1,9}(?:\.\d{1,9}){0,4}(?:[-+.]?(?:rc|a|b|dev|post)\d{0,9})?\Z")
_HASH = Pattern(r"(?=[a-f]{0,63}[0-9])[0-9a-f]{7,64}\Z")


def kind_of_name(raw: str) -> Iterator[tuple[str, int, Kind]]:
    """The pieces of a name, where each starts, and what it is: L10/L15 are two layers."""
    if found := _LAYERS.match(raw):
        for layer in _LAYER.finditer(found.group()):
            yield layer.group(), layer.start(), Kind.LAYER
        if re.search(r"\d", rest := raw[found.end() :]):
            yield rest, found.end(), Kind.IDENTIFIER
    else:
        yield raw, 0, _kind(raw)


def _kind(raw: str) -> Kind:
    if _VERSION.match(raw):
        return Kind.VERSION
    if _HASH.match(raw):
        return Kind.HASH
    if raw.startswith(("/", "~/", "./", "../")) or raw.count("/") > 1 or _FILE.search(raw):
        return Kind.FILE
    return Kind.IDENTIFIER
