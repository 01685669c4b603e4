"""How many slips does the linter find, and how often does it cry wolf?

    python benchmarks/mutation_score.py RUN…

For each run folder (`body.md`, `title.txt`, `results.json`): change one digit of one number at a
time, over every number of the body and its title; swap two rows' values, two signs and two
conditions' names; then make harmless edits. A slip is detected when the linter has a finding that
it did not have before. The baseline is the check that people use today: is every number of the
page a substring of the results file?
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from epm_lint.engine import lint
from epm_lint.model import Rule
from epm_lint.rules import RULES

CELL_END = re.compile(r"(?<!\\)\|")
NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?")
RULE = "numbers-match-results"
Edit = Callable[[list[str], random.Random], str]
"""A change to the lines of a page, and what it is called; `IndexError` if there is none to make."""


@dataclass(frozen=True)
class Body:
    """A rendered page with its results."""

    lines: tuple[str, ...]
    title: str
    manifest: str
    results: dict[str, object]
    names: tuple[str, ...]
    numbers: str | None = None
    """The manifest of a page that is too long to hold it."""

    @classmethod
    def read(cls, run: Path) -> Body:
        text = (run / "body.md").read_text(encoding="utf-8")
        start = text.find("<!-- epm:numbers")
        body, manifest = (text, "") if start < 0 else (text[:start], text[start:])
        results = json.loads((run / "results.json").read_text(encoding="utf-8"))
        title = (run / "title.txt").read_text(encoding="utf-8").strip()
        names = tuple(results["conditions"])
        apart = run / "numbers.txt"
        numbers = apart.read_text(encoding="utf-8") if apart.is_file() else None
        return cls(tuple(body.split("\n")), title, manifest, results, names, numbers)

    def with_line(self, index: int, line: str) -> str:
        """The whole text with one line changed."""
        return "\n".join((*self.lines[:index], line, *self.lines[index + 1 :])) + self.manifest

    def places(self) -> Iterator[tuple[int, str, str]]:
        """Index, kind (table, prose or sample) and text of every line that a reader sees."""
        return _places(self.lines)


def _places(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    fence = ""
    for index, line in enumerate(lines):
        opening = re.match(r"`{3,}", line)
        if fence:
            yield index, "sample", line
            fence = "" if line.strip() == fence else fence
        elif opening:
            fence = opening[0]
        elif not line.startswith("<!--"):
            yield index, "table" if line.startswith("|") else "prose", line


@dataclass
class Judge:
    """Tells whether a changed page has findings that the original did not have."""

    body: Body
    rules: tuple[Rule, ...]
    with_results: bool = True

    def __post_init__(self) -> None:
        self._before = self._findings("\n".join(self.body.lines) + self.body.manifest, None)

    def new_findings(self, text: str, title: str | None = None) -> list[str]:
        """Messages that the original page does not cause."""
        return list((self._findings(text, title) - self._before).elements())

    def _findings(self, text: str, title: str | None) -> Counter[str]:
        report = lint(
            text,
            title=title or self.body.title,
            rules=self.rules,
            results=self.body.results if self.with_results else None,
            numbers=self.body.numbers if self.with_results else None,
        )
        return Counter(
            f"{row.rule.slug}: {finding.message}"
            for row in report.rows
            for finding in row.verdict.findings
        )


def digit_slips(body: Body, chance: random.Random) -> Iterator[tuple[str, str, str, str | None]]:
    """Kind, what was changed, the new text and the new title, for every number of the page."""
    for index, kind, line in body.places():
        for match in re.finditer(r"\d+(?:\.\d+)?", line):
            changed = _slip(line, match, chance)
            yield kind, f"line {index + 1}: {match[0]}", body.with_line(index, changed), None
    whole = "\n".join(body.lines) + body.manifest
    for match in re.finditer(r"\d+(?:\.\d+)?", body.title):
        yield "prose", f"title: {match[0]}", whole, _slip(body.title, match, chance)


def _slip(line: str, match: re.Match[str], chance: random.Random) -> str:
    place = chance.choice([i for i in range(*match.span()) if line[i].isdigit()])
    digit = chance.choice([d for d in "0123456789" if d != line[place]])
    return line[:place] + digit + line[place + 1 :]


def swaps(body: Body, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Two rows' values, the sign of one number, or the names of two conditions, exchanged."""
    rows = [(i, line) for i, kind, line in body.places() if kind == "table" and NUMBER.search(line)]
    for (first, one), (second, other) in itertools.pairwise(rows):
        cells, others = CELL_END.split(one), CELL_END.split(other)
        if second != first + 1 or len(cells) != len(others):
            continue
        for column in range(2, len(cells) - 1):
            if cells[column].strip() != others[column].strip() and any(
                map(str.isdigit, cells[column] + others[column])
            ):
                left, right = cells.copy(), others.copy()
                left[column], right[column] = others[column], cells[column]
                lines = list(body.lines)
                lines[first], lines[second] = "|".join(left), "|".join(right)
                yield "rows", f"lines {first + 1}/{second + 1}", "\n".join(lines) + body.manifest
    for index, _, line in body.places():
        for match in re.finditer(r"(?<=[\s=[(])[-+−](?=\d)", line):
            sign = "+" if match[0] in "-−" else "-"
            changed = line[: match.start()] + sign + line[match.end() :]
            yield "signs", f"line {index + 1}", body.with_line(index, changed)
    for index, kind, line in body.places():
        named = [name for name in body.names if re.search(rf"\b{name}\b", line)]
        if kind == "sample" or not named or len(body.names) < 2 or not NUMBER.search(line):
            continue
        name = chance.choice(named)
        other = chance.choice([n for n in body.names if n != name])
        swap = {name: other, other: name}
        changed = re.sub(rf"\b({name}|{other})\b", lambda m, s=swap: s[m[0]], line)  # type: ignore[misc]
        yield "names", f"line {index + 1}: {name}, {other}", body.with_line(index, changed)


PHRASES = (
    "Checked again on 2026-03-14 with epm v1.4.2; nothing to add.",
    "See #251 and https://github.com/acme/lab/pull/17 for the discussion of 3 May 2026.",
    "Thanks to the reviewer who asked for section 4.2 of the protocol (torch 2.13.0).",
    "The code is at commit 43a303c9, file `lint/engine.py`; ask in #12 before changing it.",
)
SYNONYMS = {
    "significant": "statistically significant",
    "observed": "seen",
    "personas": "persona prompts",
    "asks whether": "wants to know whether",
    "published": "previously published",
    "completions": "sampled completions",
    "with": "together with",
    "under": "beneath",
    "and": "as well as",
}


def harmless(body: Body, chance: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """Edits that change no claim."""
    edits = [edit for edit in EDITS if _is_possible(edit, body)]
    for number in range(count):
        lines = list(body.lines)
        name = edits[number % len(edits)](lines, chance)
        yield name, "\n".join(lines) + body.manifest


def _is_possible(edit: Edit, body: Body) -> bool:
    """Whether a page has what is edited: bullets, a table, a long paragraph."""
    try:
        edit(list(body.lines), random.Random(246))
    except IndexError:
        return False
    return True


def _bullets(lines: list[str]) -> list[list[int]]:
    """Runs of two or more bullets in a row."""
    runs: list[list[int]] = [[]]
    for index, line in enumerate(lines):
        if line.startswith("- "):
            runs[-1].append(index)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _paragraphs(lines: list[str]) -> list[int]:
    return [i for i, kind, line in _places(lines) if kind == "prose" and _is_long(line)]


def _is_long(line: str) -> bool:
    return len(line) > 80 and line[:1].isalpha()


def _reorder(lines: list[str], chance: random.Random) -> str:
    run = chance.choice(_bullets(lines))
    moved = [lines[index] for index in run]
    chance.shuffle(moved)
    for index, line in zip(run, moved, strict=True):
        lines[index] = line
    return "reordered bullets"


def _rephrase(lines: list[str], chance: random.Random) -> str:
    candidates = [*_paragraphs(lines), *(index for run in _bullets(lines) for index in run)]
    index = chance.choice(candidates)
    for word in chance.sample(list(SYNONYMS), 3):
        lines[index] = re.sub(rf"\b{word}\b", SYNONYMS[word], lines[index], count=1)
    return "rephrased"


def _rewrap(lines: list[str], chance: random.Random) -> str:
    index = chance.choice(_paragraphs(lines))
    width = chance.randint(60, 90)
    words, wrapped = lines[index].split(" "), [""]
    for word in words:
        if wrapped[-1] and len(wrapped[-1]) + len(word) > width:
            wrapped.append("")
        wrapped[-1] += f" {word}" if wrapped[-1] else word
    lines[index] = "\n".join(wrapped)
    return "re-wrapped"


def _add(lines: list[str], chance: random.Random) -> str:
    index = chance.choice(_paragraphs(lines))
    lines[index] += "\n\n" + chance.choice(PHRASES)
    return "added a paragraph"


def _realign(lines: list[str], chance: random.Random) -> str:
    rules = [i for i, line in enumerate(lines) if line.startswith("|---")]
    first = chance.choice(rules) - 1
    last = first
    while last < len(lines) and lines[last].startswith("|"):
        cells = [cell.strip() for cell in CELL_END.split(lines[last].strip()[1:-1])]
        widths = [chance.randint(3, 18)] * len(cells)
        if last == first + 1:
            cells = ["-" * width for width in widths]
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines[last] = f"| {' | '.join(padded)} |"
        last += 1
    return "re-aligned a table"


def _delete(lines: list[str], chance: random.Random) -> str:
    # a bullet with a bold label is one that some rule asks for
    plain = [i for run in _bullets(lines) for i in run if not lines[i].startswith("- **")]
    lines[chance.choice(plain)] = ""
    return "deleted a bullet"


EDITS: tuple[Edit, ...] = (_reorder, _rephrase, _rewrap, _add, _realign, _delete)


def baseline(text: str, title: str, results: str) -> int:
    """Numbers of a page that are no substring of the results file: the check of the seed page."""
    body = text.partition("<!-- epm:numbers")[0]
    found = (match[0].lstrip("+-−") for match in NUMBER.finditer(f"{title}\n{body}"))
    return sum(number not in results for number in found)


@dataclass
class Score:
    """Detected slips, by kind, with those that were missed."""

    detected: Counter[str]
    total: Counter[str]
    missed: list[str]

    def share(self, kind: str) -> float:
        """Detected of all slips of a kind."""
        return self.detected[kind] / self.total[kind] if self.total[kind] else 1.0


def score(slips: Iterator[tuple[str, str, bool]]) -> Score:
    """Count them."""
    result = Score(Counter(), Counter(), [])
    for kind, what, found in slips:
        result.total[kind] += 1
        result.detected[kind] += found
        if not found:
            result.missed.append(f"{kind}: {what}")
    return result


def measure(
    body: Body, rules: tuple[Rule, ...], with_results: bool = True, every: int = 1
) -> Score:
    """Digits and swaps, judged by some rules: all of them, or one in `every`."""
    judge = Judge(body, rules, with_results)

    def slips() -> Iterator[tuple[str, str, bool]]:
        for kind, what, text, title in itertools.islice(
            digit_slips(body, random.Random(246)), 0, None, every
        ):
            yield kind, what, bool(judge.new_findings(text, title))
        for kind, what, text in itertools.islice(swaps(body, random.Random(246)), 0, None, every):
            yield kind, what, bool(judge.new_findings(text))

    return score(slips())


def measure_baseline(body: Body) -> Score:
    """The same slips, judged by the substring search."""
    results = json.dumps(body.results)
    whole = "\n".join(body.lines)
    before = baseline(whole, body.title, results)

    def slips() -> Iterator[tuple[str, str, bool]]:
        for kind, what, text, title in digit_slips(body, random.Random(246)):
            yield kind, what, baseline(text, title or body.title, results) > before
        for kind, what, text in swaps(body, random.Random(246)):
            yield kind, what, baseline(text, body.title, results) > before

    return score(slips())


def false_alarms(body: Body, rules: tuple[Rule, ...], count: int) -> list[str]:
    """What the linter says of harmless edits."""
    judge = Judge(body, rules)
    return [
        f"{name}: {message}"
        for name, text in harmless(body, random.Random(246), count)
        for message in judge.new_findings(text)
    ]


def main() -> int:
    """Print the scores of each run folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=200, help="harmless edits of each body")
    parser.add_argument("--missed", action="store_true", help="list what was not detected")
    arguments = parser.parse_args()
    binding = tuple(rule for rule in RULES if rule.slug == RULE)
    numeric = tuple(rule for rule in RULES if rule.slug in NUMERIC)
    for run in arguments.runs:
        body = Body.read(run)
        alone = Body(body.lines, body.title, "", body.results, body.names)
        scores = {
            "with manifest and results": measure(body, binding),
            "recomputation alone": measure(alone, numeric, with_results=False),
            "substring search": measure_baseline(body),
        }
        print(f"{run.name}:")
        for name, result in scores.items():
            parts = (
                f"{kind} {result.detected[kind]}/{result.total[kind]} ({result.share(kind):.1%})"
                for kind in ("table", "prose", "sample", "rows", "signs", "names")
                if result.total[kind]
            )
            print(f"  {name:26} {', '.join(parts)}")
            if arguments.missed:
                print(*(f"      {line}" for line in result.missed), sep="\n")
        alarms = false_alarms(body, RULES, arguments.edits)
        print(f"  false findings in {arguments.edits} harmless edits: {len(alarms)}")
        print(*(f"      {alarm}" for alarm in alarms), sep="\n")
    return 0


NUMERIC: frozenset[str] = frozenset(
    rule.slug for rule in RULES if rule.slug.startswith("recomputed-")
)
"""The rules that need nothing but the page."""

if __name__ == "__main__":
    sys.exit(main())
