"""Where in the results a number stands, in words; the JSON pointer is in the title."""

from __future__ import annotations

import re
from html import escape

from epm_lint.quoting import visible

_POINTERS = re.compile(r"(?<=\bat )'(/[^'\s,][^']{0,400})'")
_CONTAINERS = frozenset(
    {"analyses", "conditions", "layers", "measurements", "personas", "results", "statistics"}
)
_WORDS = {
    "successes": "count",
    "trials": "count",
    "k": "count",
    "n": "count",
    "estimate": "rate",
    "p_value": "p",
    "pvalue": "p",
}


def apart(text: str) -> list[tuple[str, str]]:
    """A message in pieces: text with "", and what a pointer says in words with the pointer."""
    pieces: list[tuple[str, str]] = []
    after = 0
    for found in _POINTERS.finditer(text):
        pieces += [(text[after : found.start()], ""), (in_words(found[1]), found[1])]
        after = found.end()
    return [*pieces, (text[after:], "")]


def in_words(pointer: str) -> str:
    """`/analyses/rates/conditions/librarian/estimate` as `rates, librarian rate`."""
    steps = [
        step.replace("~1", "/").replace("~0", "~")
        for step in pointer.split(",")[0].strip().rstrip("…").split("/")
        if step
    ]
    if steps[:1] == ["analyses"] and len(steps) > 1:
        steps[1] = steps[1].replace("_", " ")  # as the page calls it; a condition has its own name
    named = [step for step in steps if step not in _CONTAINERS and not step.isdecimal()]
    named = list(dict.fromkeys(named))  # a condition and its task may have one name
    if not named:
        return pointer
    words = [_WORDS.get(step, step) for step in named]
    if len(words) < 2:
        return words[0]
    *first, last = words
    return f"{', '.join(first)} {last}" if named[-1] in _WORDS else ", ".join(words)


def titled(words: str, pointer: str) -> str:
    """HTML that shows the words and has the pointer in its title."""
    return f'<abbr title="{escape(visible(pointer), quote=True)}">{words}</abbr>'
