"""Read a format from TOML: every key has a type, and a key that is not known is an error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from epm_lint.errors import LintError
from epm_lint.formats.format import (
    NOTHING,
    ROLES,
    AskedSection,
    Asks,
    Format,
    Label,
    Limit,
    Sign,
    Title,
)
from epm_lint.quoting import clip, quote

LARGEST = 200_000
"""Characters of a format's file."""
_NEEDS = ("required", "optional", "forbidden")
_LEVELS = ("fail", "warn", "off")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

Kind = Callable[[object, str], Any]
"""Takes what a file has for a key, and where; raises `LintError` where it is something else."""


def read(text: str, file: str) -> Format:
    """The format in a TOML file.

    Raises:
        LintError: it is no TOML, or does not follow the schema; with the file and the key.
    """
    import tomllib

    if len(text) > LARGEST:
        raise LintError(f"{file} has more than {LARGEST:,} characters")
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise LintError(f"{file} is no TOML: {error}") from None
    try:
        return _format(table, file)
    except LintError as error:
        raise LintError(f"{file}: {error}") from None


def _format(table: Mapping[str, Any], file: str) -> Format:
    given = _taken(table, _FORMAT, "", needs=("name", "about"))
    sections = given.pop("section", ())
    _check_sections(sections)
    return Format(sections=sections, labels=given.pop("label", ()), file=file, **given)


def _check_sections(sections: tuple[AskedSection, ...]) -> None:
    """What no single key can tell: paths stand once, below a section that is there."""
    known: dict[tuple[str, ...], AskedSection] = {}
    for number, section in enumerate(sections, 1):
        where = f"section {number} ({'/'.join(section.path)})"
        parent = known.get(section.path[:-1])
        if section.path in known:
            raise LintError(f"{where} is there twice")
        if section.path[:-1] and parent is None:
            missing = quote("/".join(section.path[:-1]))
            raise LintError(f"{where}: there is no section {missing}; add it before")
        if parent and section.level <= parent.level:
            raise LintError(f"{where}.level is {section.level}, not below its parent's")
        known[section.path] = section
        if any("*" in step for step in section.path[:-1]):
            raise LintError(f"{where}: only the last title of a path may hold a *")
    roles = [section.role for section in sections if section.role]
    for role in roles:
        if roles.count(role) > 1:
            raise LintError(f"two sections have the role {quote(role)}; give it to one")


def _taken(
    table: object, schema: Mapping[str, Kind], prefix: str, needs: Collection[str] = ()
) -> dict[str, Any]:
    """The values of a table by their names here; a key with a hyphen is a name with a line."""
    if not isinstance(table, Mapping):
        raise LintError(f"{prefix.rstrip('.') or 'it'} is {_shown(table)}, expected a table")
    for key in table:
        if key not in schema:
            from difflib import get_close_matches

            close = get_close_matches(str(key)[:80], list(schema), n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(schema)}"
            raise LintError(f"there is no {quote(prefix + str(key))}; {hint}")
    for key in needs:
        if key not in table:
            raise LintError(f"{quote(prefix + key)} is missing")
    return {key.replace("-", "_"): schema[key](table[key], prefix + key) for key in table}


# kinds of values


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LintError(f"{where} is {_shown(value)}, expected a text")
    return value


def _name(value: object, where: str) -> str:
    if not set(text := _text(value, where)) <= _NAME:
        raise LintError(f"{where} is {_shown(value)}, expected small letters, digits and hyphens")
    return text


def _comment(value: object, where: str) -> str:
    """What stands in a comment, in one line."""
    text = _text(value, where).strip()
    if "--" in text or not text.isprintable() or text.startswith("epm:"):
        raise LintError(
            f"{where} is {_shown(value)}, expected what stands between <!-- and -->, in one line "
            "and not beginning with 'epm:'"
        )
    return text


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise LintError(f"{where} is {_shown(value)}, expected true or false")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise LintError(f"{where} is {_shown(value)}, expected a list of texts")
    return tuple(value)


def _one_of(*choices: str) -> Kind:
    def kind(value: object, where: str) -> str:
        if value not in choices:
            raise LintError(f"{where} is {_shown(value)}, expected one of: {', '.join(choices)}")
        return str(value)

    return kind


def _whole(least: int, most: int) -> Kind:
    def kind(value: object, where: str) -> int:
        if type(value) is not int or not least <= value <= most:
            wanted = f"a whole number from {least} to {most:,}"
            raise LintError(f"{where} is {_shown(value)}, expected {wanted}")
        return value

    return kind


def _limit(value: object, where: str) -> Limit:
    count = _whole(0, 1_000_000)
    keys = ("least", "most", "advised-least", "advised-most")
    limit = Limit(**_taken(value, dict.fromkeys(keys, count), f"{where}."))
    if limit == Limit():
        raise LintError(f"{where} is empty; known: {', '.join(keys)}")
    for low, high, names in (
        (limit.least, limit.most, "least is more than most"),
        (limit.advised_least, limit.advised_most, "advised-least is more than advised-most"),
    ):
        if low is not None and high is not None and low > high:
            raise LintError(f"{where}: {names}")
    return limit


def _sign(value: object, where: str) -> Sign:
    found = _taken(value, {"headings": _texts, "without": _texts}, f"{where}.", ("headings",))
    if not found["headings"]:
        raise LintError(f"{where}.headings is empty: every page would have the format")
    return Sign(**found)


def _title(value: object, where: str) -> Title:
    schema: dict[str, Kind] = {
        "source": _one_of("issue", "h1"),
        "starts": _texts,
        "ends": _text,
        "confidence": _texts,
    }
    return Title(**_taken(value, schema, f"{where}."))


def _asks(given: dict[str, Any]) -> Asks:
    """What is asked, taken out of the other values."""
    own = {name: given.pop(name) for name in _ASKED if name in given}
    return Asks(**own) if own else NOTHING


def _label(value: object, where: str) -> Label:
    found = _taken(value, _LABEL, f"{where}.", needs=("name",))
    asks = _asks(found)
    return Label(asks=asks, **found)


def _section(value: object, where: str) -> AskedSection:
    found = _taken(value, _SECTION, f"{where}.", needs=("path",))
    path = tuple(step.strip() for step in found.pop("path").split("/"))
    if not all(path):
        raise LintError(f"{where}.path has an empty title")
    asks, labels = _asks(found), found.pop("label", ())
    level = found.pop("level", min(len(path) + 1, 6))
    return AskedSection(path, level, asks=asks, labels=labels, **found)


def _list_of(kind: Kind) -> Kind:
    def each(value: object, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            wanted = f"a list of tables, as [[{where}]] makes one"
            raise LintError(f"{where} is {_shown(value)}, expected {wanted}")
        return tuple(kind(one, f"{where} {number}") for number, one in enumerate(value, 1))

    return each


def _rules(value: object, where: str) -> dict[str, dict[str, Any]]:
    """Which rules are asked; what options they have, their configuration checks."""
    if not isinstance(value, Mapping):
        raise LintError(f"{where} is {_shown(value)}, expected a table of rules")
    for slug, options in value.items():
        if not isinstance(options, Mapping):
            raise LintError(f"{where}.{slug} is {_shown(options)}, expected a table of options")
    return {slug: dict(options) for slug, options in value.items()}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(value) if isinstance(value, str) else clip(repr(value))


_ASKS: dict[str, Kind] = {
    "severity": _one_of("fail", "warn"),
    "words": _limit,
    "sentences": _limit,
    "bullets": _limit,
    "bullet-words": _limit,
    "figures": _limit,
    "pinned": _flag,
    "caption-words": _limit,
    "tables": _limit,
    "columns": _texts,
    "filled": _flag,
    "samples": _limit,
    "disclosed": _flag,
    "links": _one_of("any", "pinned"),
    "phrases": _texts,
    "unless": _text,
}
_ASKED = tuple(key.replace("-", "_") for key in _ASKS)
_LABEL: dict[str, Kind] = {
    "name": _text,
    "aka": _texts,
    "need": _one_of(*_NEEDS),
    "author": _one_of("agent", "human"),
    "count": _limit,
    **_ASKS,
}
_SECTION: dict[str, Kind] = {
    "path": _text,
    "level": _whole(1, 6),
    "aka": _texts,
    "need": _one_of(*_NEEDS),
    "author": _one_of("agent", "human"),
    "role": _one_of(*ROLES),
    "rule": _name,
    "count": _limit,
    "place": _one_of("ordered", "free"),
    "order": _one_of(*_LEVELS),
    "others": _one_of(*_LEVELS),
    "folded": _texts,
    "label": _list_of(_label),
    **_ASKS,
}
_FORMAT: dict[str, Kind] = {
    "name": _name,
    "about": _text,
    "sentinel": _comment,
    "signs": _list_of(_sign),
    "title": _title,
    "order": _one_of(*_LEVELS),
    "others": _one_of(*_LEVELS),
    "references-only-in": _texts,
    "markers": _flag,
    "section": _list_of(_section),
    "label": _list_of(_label),
    "rules": _rules,
}
