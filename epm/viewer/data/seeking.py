"""Where in a completion a metric found what it looks for, as a pattern that a browser can run.

A mark that is wrong is worse than none: a scorer whose pattern means something else in JavaScript,
or could take a browser long, has no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_WORD = r"\p{L}\p{N}_"
_EDGE = rf"(?:(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}]))"
_SYNTAX = frozenset("^$\\.*+?()[]{}|/-")
_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!")
_TIMES = re.compile(r"\{(\d{1,2})(?:(,)(\d{0,2}))?\}")
_SHORT, _LONG = 4_000, 200_000
"""Characters of a completion that is searched: with a repetition without an end, and without."""
_LONGEST = 1_000
"""Characters of a pattern."""
_MOST_WAYS = 200
"""In which a pattern may be tried from one place of a text, repetitions without an end aside."""
_BLANKS = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Python's; those of JavaScript have the byte order mark and lack separators of ASCII."""


def sought(definition: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """By metric: its pattern, the flags, and the longest completion that it is looked for in."""
    found: dict[str, dict[str, Any]] = {}
    scorers = (definition or {}).get("scorers")
    for scorer in scorers if isinstance(scorers, list | tuple) else ():
        pattern = _pattern(scorer) if isinstance(scorer, Mapping) else None
        if pattern:
            flags = "giu" if scorer.get("ignore_case") else "gu"
            found[str(scorer.get("name"))] = {
                "pattern": pattern[0],
                "flags": flags,
                "longest": _SHORT if pattern[1] else _LONG,
            }
    return found


def _pattern(scorer: Mapping[str, Any]) -> tuple[str, int] | None:
    text, pattern = scorer.get("text"), scorer.get("pattern")
    if scorer.get("kind") == "Substring" and isinstance(text, str) and 0 < len(text) <= _LONGEST:
        return "".join(map(_literal, text)), 0
    if scorer.get("kind") == "Regex" and isinstance(pattern, str) and pattern:
        return javascript(pattern)
    return None


class _Unknown(Exception):
    """A pattern has something that is not translated."""


def javascript(pattern: str) -> tuple[str, int] | None:
    """A Python pattern in JavaScript (flag u), and its repetitions without an end.

    None for what has no plain equal there, and for what can take longer than the square of the
    text's length: repeated groups, two repetitions without an end in one alternative, and many
    repetitions with one, which a browser tries in every combination.
    """
    if len(pattern) > _LONGEST:
        return None
    try:
        pieces = list(_translated(pattern))
    except (_Unknown, IndexError):
        return None
    return "".join(piece for piece, _ in pieces), sum(endless for _, endless in pieces)


@dataclass
class _Tried:
    """What a browser may have to try of a group, or of the whole pattern."""

    ways: int = 1
    """Combinations of the alternative that is being read."""
    endless: int = 0
    """Its repetitions without an end."""
    others: int = 0
    """Combinations of the alternatives before."""
    most_endless: int = 0
    """Of one of them."""

    def alternative(self) -> None:
        self.others, self.ways = self.others + self.ways, 1
        self.most_endless, self.endless = max(self.most_endless, self.endless), 0

    def times(self, ways: int, endless: int) -> None:
        self.ways, self.endless = self.ways * ways, self.endless + endless
        if self.ways > _MOST_WAYS or self.endless > 1:
            raise _Unknown


def _translated(pattern: str) -> Iterator[tuple[str, int]]:
    at, after = 0, ""
    groups = [_Tried()]
    while at < len(pattern):
        here = pattern[at]
        length, written, repeats = 1, _literal(here), 0
        if here == "\\":
            length, written = 2, _escaped(pattern[at + 1], within=False)
        elif here == "[":
            length, written = _set(pattern, at)
        elif here == "(":
            written = _group(pattern, at)
            length = len(written)
        elif here in "*+{":
            length, written, repeats = _times(pattern, at)
            if after in ("", ")", "(", "|", "repeated"):
                raise _Unknown
        elif here in "?).|^$":
            written = {".": r"[^\n]", "$": r"(?=\n?$)"}.get(here, here)
            if here == "?":  # after a repetition it is no other choice
                groups[-1].times(1 if after == "repeated" else 2, 0)
            elif here == "|":
                groups[-1].alternative()
            elif here == ")" and len(groups) > 1:
                group = groups.pop()
                group.alternative()
                groups[-1].times(group.others, group.most_endless)
        if here == "(":
            groups.append(_Tried())
        elif here in "*+{":
            groups[-1].times(1 if repeats else _choices(written), repeats)
        yield written, repeats
        at += length
        after = "repeated" if here in "*+{" else here


def _literal(character: str) -> str:
    return f"\\{character}" if character in _SYNTAX - {"-"} else character


def _escaped(character: str, within: bool) -> str:
    if character == "b" and not within:
        return _EDGE
    if character == "w":
        return _WORD if within else f"[{_WORD}]"
    if character == "d":
        return r"\p{Nd}"
    if character == "s":
        return _BLANKS if within else f"[{_BLANKS}]"
    if character in "ntr":
        return f"\\{character}"
    if character.isalnum():
        raise _Unknown
    return f"\\{character}" if character in _SYNTAX else character


def _set(pattern: str, start: int) -> tuple[int, str]:
    at = start + 1
    written = "["
    if pattern[at] == "^":
        written, at = "[^", at + 1
    if pattern[at] == "]":
        raise _Unknown
    while pattern[at] != "]":
        if pattern[at] == "\\":
            written += _escaped(pattern[at + 1], within=True)
            at += 2
        else:
            written += pattern[at] if pattern[at] == "-" else _literal(pattern[at])
            at += 1
    return at + 1 - start, f"{written}]"


def _group(pattern: str, start: int) -> str:
    if pattern[start + 1] != "?":
        return "("
    for opening in _GROUPS:
        if pattern.startswith(opening, start):
            return opening
    raise _Unknown


def _choices(times: str) -> int:
    """How many numbers of repetitions a `{m,n}` allows."""
    least, _, most = times.strip("{}").partition(",")
    return max(1, int(most or least) - int(least) + 1)


def _times(pattern: str, start: int) -> tuple[int, str, int]:
    if pattern[start] != "{":
        return 1, pattern[start], 1
    found = _TIMES.match(pattern, start)
    if found is None or found[1] == "":
        raise _Unknown
    return len(found[0]), found[0], int(found[2] is not None and found[3] == "")
