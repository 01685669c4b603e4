"""A history as one line of our comment: JSON, compressed, in base64.

The line stands below the one that remembers the last verdict, whose seal covers it. What is not as
we write it is not believed.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping

from epm.bot.history import MOST, MOST_NAMED, STAMP, History, How, PastVerdict, Turn
from epm_lint.model import Status

LONGEST = 7_000
"""Characters of a block; where rules are not named, any history has fewer."""
_LARGEST = 60_000
"""Bytes of the JSON."""
_MOST_COUNTED = 10**9
_OPENING = "<!-- epm:lint-history "
_LINE = re.compile(rf"<!-- epm:lint-history ([A-Za-z0-9+/=]{{4,{LONGEST}}}) -->")
_EDIT = re.compile(r"(?:[0-9a-f]{12})?")
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_WAYS = list(How)


def written(history: History) -> str:
    """The line that holds a history.

    Equal histories give equal bytes with one build of zlib; nothing compares the bytes of two.
    """
    found = _line(history)
    return found if _LINE.fullmatch(found) else _line(history.without_names())


def is_block(line: str) -> bool:
    """Whether a line was once the one of a history."""
    return line.startswith(_OPENING)


def read(line: str) -> History | None:
    """The history that a line holds; None where the line is not as `written` writes it."""
    match = _LINE.fullmatch(line)
    if not match:
        return None
    try:
        packed = b64decode(match[1], validate=True)
        unpacked = zlib.decompressobj()
        data = unpacked.decompress(packed, _LARGEST)
        if not unpacked.eof or unpacked.unused_data:
            return None
        return _history(json.loads(data.decode("ascii")))
    except (ValueError, TypeError, KeyError, IndexError, zlib.error, RecursionError):
        return None


def _line(history: History) -> str:
    fields: dict[str, object] = {
        "verdicts": [
            [
                one.edit,
                one.at,
                one.status,
                _counts(one.counts),
                None if one.turned is None else [_turn(turn) for turn in one.turned],
            ]
            for one in history.verdicts
        ]
    }
    if history.older:
        fields |= {"older": _counts(history.older), "since": history.since}
    if history.anew:
        fields["anew"] = True
    text = json.dumps(fields, separators=(",", ":"))
    return f"{_OPENING}{b64encode(zlib.compress(text.encode('ascii'), 9)).decode('ascii')} -->"


def _counts(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status: counts[status] for status in Status if counts.get(status)}


def _turn(turn: Turn) -> list[object]:
    return [_WAYS.index(turn.how), list(turn.rules), turn.more]


def _history(fields: object) -> History:
    if not isinstance(fields, dict):
        raise TypeError
    told = _list(fields["verdicts"])
    verdicts = tuple(map(_verdict, told))
    stamps = [one.at for one in verdicts]
    older = _counted(fields.get("older", {}))
    if len(verdicts) > MOST or stamps != sorted(stamps) or (older and len(verdicts) < MOST):
        raise ValueError
    first = _text(fields["since"], STAMP) if older else min(stamps, default="")
    return History(verdicts, older, first, fields.get("anew") is True)


def _verdict(entry: object) -> PastVerdict:
    edit, at, status, counts, turned = _list(entry)
    return PastVerdict(
        _text(edit, _EDIT),
        _text(at, STAMP),
        Status(_text(status)),
        _counted(counts),
        None if turned is None else tuple(map(_read_turn, _list(turned))),
    )


def _read_turn(entry: object) -> Turn:
    how, rules, more = _list(entry)
    named = tuple(_text(rule, _SLUG) for rule in _list(rules))
    if len(named) > MOST_NAMED:
        raise ValueError
    return Turn(_WAYS[_number(how)], named, _number(more))


def _counted(counts: object) -> dict[Status, int]:
    if not isinstance(counts, dict):
        raise TypeError
    return {Status(status): _number(number) for status, number in counts.items()}


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: object, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str):
        raise TypeError
    if form and not form.fullmatch(value):
        raise ValueError
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value <= _MOST_COUNTED:
        raise ValueError
    return value
