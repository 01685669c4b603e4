"""What a reader sees is what stands there.

A bidirectional override shows text in another order than it is stored in ("Trojan source"); a
zero-width character makes two names that look alike differ, and hides a heading from every tool;
a control character is the trace of a bad copy. Honest uses stay: joiners in emoji and in scripts
that need them, direction marks between words, balanced isolates beside right-to-left text,
zero-width spaces in scripts that write no spaces, flags. In code, which may be verbatim output,
only what changes the order fails.

Bad:

    Commit 43a\u200b303c holds the samples.

Good:

    Commit 43a303c holds the samples, می‌روم and 👩‍💻 included.
"""

import re
from collections.abc import Iterator
from unicodedata import bidirectional, category, name

from epm_lint.markdown.blocks import Code
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.patterns import Pattern

_SUSPECT = Pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_OPENERS = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
_CLOSERS = frozenset("\u202c\u2069")
_OVERRIDES = frozenset("\u202d\u202e")
_ORDER = frozenset(_OPENERS) | _CLOSERS | _OVERRIDES
_MARKS = frozenset("\u200e\u200f\u061c")
_WITHOUT_SPACES = Pattern("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff]")
_MOST = 20


def check(page: Page) -> Verdict:
    """No character that hides or reorders text."""
    lines = page.document.lines
    if not _SUSPECT.search("\n".join(lines)):
        return Verdict.passed("none")
    suspect = [
        (number, line) for number, line in enumerate(lines, start=1) if _SUSPECT.search(line)
    ]
    code = {
        number
        for block in page.document.walk_blocks()
        if isinstance(block, Code)
        for number in range(block.line, block.end_line + 1)
    }
    faults: list[tuple[Finding, bool]] = []
    for number, line in suspect:
        found = list(_hidden(line))
        for reorders in (True, False):
            if part := [(at, c) for at, c in found if (c in _ORDER) is reorders]:
                finding = _finding(number, part, number in code, reorders)
                faults.append((finding, reorders or number not in code))
    if not faults:
        return Verdict.passed("only where the script asks for them")
    findings = [finding for finding, _ in faults[:_MOST]]
    detail = f"hidden characters on {len({f.line for f, _ in faults})} line(s)"
    if any(serious for _, serious in faults):
        return Verdict.failed(detail, findings)
    return Verdict.warned(f"{detail}, in code", findings)


def _finding(number: int, found: list[tuple[int, str]], in_code: bool, reorders: bool) -> Finding:
    kinds = dict.fromkeys(character for _, character in found)
    named = [f"U+{ord(c):04X} {name(c, 'CONTROL')}" for c in kinds]
    shown = ", ".join(named[:3]) + (", …" if len(named) > 3 else "")
    return Finding(
        f"{len(found)} hidden character(s): {shown}",
        number,
        column=found[0][0] + 1,
        fix="delete them, or write them as escapes" if in_code else "delete them",
        edits=tuple(Edit(number, at + 1, number, at + 2, "") for at, _ in found),
        safe=not in_code and not reorders,
    )


def _hidden(line: str) -> Iterator[tuple[int, str]]:
    """The characters, by place, that have no honest use where they stand."""
    right_to_left = any(bidirectional(c) in ("R", "AL") for c in line if c not in _MARKS)
    balanced = right_to_left and _is_balanced(line)
    flags = _flags(line)
    for match in _SUSPECT.finditer(line):
        at, character = match.start(), match.group()
        if character in _ORDER:
            honest = balanced and character not in _OVERRIDES
        elif character in _MARKS:
            honest = right_to_left or not _is_in_word(line, at)
        elif character in "\u200c\u200d":
            honest = _joins(line, at, character)
        elif character == "\u200b":
            honest = _WITHOUT_SPACES.search(line[max(0, at - 1) : at + 2]) is not None
        elif character == "\u00ad":
            honest = False
        else:
            honest = at in flags or (character > "\U000e00ff" and _selects(line, at))
        if not honest:
            yield at, character


def _is_balanced(line: str) -> bool:
    waiting: list[str] = []
    for character in line:
        if character in _OPENERS:
            waiting.append(_OPENERS[character])
        elif character in _CLOSERS and (not waiting or waiting.pop() != character):
            return False
    return not waiting


def _is_in_word(line: str, at: int) -> bool:
    around = line[max(0, at - 1) : at] + line[at + 1 : at + 2]
    return len(around) == 2 and all(c.isalnum() or c in "_-./" for c in around)


def _joins(line: str, at: int, character: str) -> bool:
    before = line[at - 1] if at else " "
    if before > "\u0590" and category(before)[0] in "LM" and before != "\ufe0f":
        return True
    if character == "\u200c":
        return False
    after = line[at + 1 : at + 2]
    return (before == "\ufe0f" or category(before) in ("So", "Sk")) and category(
        after or " "
    ) == "So"


def _flags(line: str) -> set[int]:
    """Where the tags of flags such as Scotland's stand."""
    found: set[int] = set()
    for flag in re.finditer("\U0001f3f4[\U000e0020-\U000e007e]{2,7}\U000e007f", line):
        found.update(range(flag.start(), flag.end()))
    return found


def _selects(line: str, at: int) -> bool:
    """Whether a variation selector follows a character that has variants of its glyph."""
    return at > 0 and line[at - 1] >= "\u3400" and category(line[at - 1]) == "Lo"


RULE = Rule("hidden-characters", "Hidden characters", check, everywhere=True, doc=__doc__)
