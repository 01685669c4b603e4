"""No page vouches for itself: forged text, manifest, comments, first line and suppressions.

Each forgery has at least one number that is not what was rendered, and any of what would hide it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from epm.discovery import LoadedExperiment
from epm.linting.records import beside
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.report.render import render
from epm_lint.binding.manifest import Bound, BoundUnit, Manifest, decode, encode
from epm_lint.engine import lint
from epm_lint.formats import format_of
from epm_lint.markdown.document import Document
from epm_lint.model import RenderedRecord, Status, Verdict
from epm_lint.rules.numbers import numbers_match_results

RULES = (numbers_match_results.RULE,)
MANIFEST = re.compile(r"<!-- (epm:numbers v1 [^>]*?) -->")
NUMBER = re.compile(r"(?<![\w.#/-])\d+(?:\.\d+)?(?![\w./])")
HOMOGLYPHS = str.maketrans("0123456789", "０１２３４５６７８９")
OTHERS = str.maketrans("0135", "OlƷƼ")


class Page:
    """A page as it is forged, step by step."""

    def __init__(self, body: str, title: str, chance: random.Random) -> None:
        self.body, self.title, self.chance = body, title, chance
        self.touched: set[int] = set()

    def numbered(self) -> list[int]:
        """Lines that hold a number, outside of what people write and of code."""
        found, fence, human = [], False, False
        for index, line in enumerate(self.body.split("\n")):
            if line.startswith("#"):
                human = line.lstrip("# ").startswith("Human ")
            if line.startswith(("```", "~~~")):
                fence = not fence
            elif not fence and not human and not line.startswith("<!--") and NUMBER.search(line):
                found.append(index)
        return found

    def at(self, index: int, change: Callable[[str], str]) -> None:
        """Change one line."""
        lines = self.body.split("\n")
        lines[index] = change(lines[index])
        self.body = "\n".join(lines)
        self.touched.add(index)


def slip(page: Page) -> None:
    """Another digit in one number."""

    def changed(line: str) -> str:
        match = page.chance.choice(list(NUMBER.finditer(line)))
        place = page.chance.choice([i for i in range(*match.span()) if line[i].isdigit()])
        digit = page.chance.choice([d for d in "123456789" if d != line[place]])
        return line[:place] + digit + line[place + 1 :]

    page.at(page.chance.choice(page.numbered()), changed)


def homoglyphs(page: Page) -> None:
    """A number in letters that look like digits."""
    table = page.chance.choice([HOMOGLYPHS, OTHERS])
    lines = page.body.split("\n")
    able = [
        i
        for i in page.numbered()
        if NUMBER.search(lines[i])[0].translate(table) != NUMBER.search(lines[i])[0]
    ]  # type: ignore[index]
    page.at(
        page.chance.choice(able),
        lambda line: NUMBER.sub(lambda m: m[0].translate(table), line, count=1),
    )


def sentence(page: Page) -> None:
    """A claim that nobody rendered."""
    at = page.chance.choice(page.numbered())
    said = page.chance.choice(
        [
            "The slope is -91.7 points.",
            "| all | 99% | 99/100 |",
            "<details>\n\nIt is 12.34.\n\n</details>",
        ]
    )
    page.at(at, lambda line: f"{line}\n\n{said}\n")


def in_the_title(page: Page) -> None:
    """Another number in the title, or one more."""
    page.title = (
        NUMBER.sub("97", page.title, count=1) if NUMBER.search(page.title) else f"97% {page.title}"
    )


LIES = (slip, slip, slip, homoglyphs, sentence)


def _remade(page: Page, change: Callable[[Bound], Bound]) -> None:
    found = MANIFEST.search(page.body)
    if not found:
        return
    try:
        made = decode(found[1])
    except ValueError:
        return
    units = tuple(BoundUnit(u.unit, tuple(map(change, u.figures))) for u in made.units)
    page.body = page.body.replace(
        found[0], encode(Manifest(made.results_sha256, made.names, units, made.figures))
    )


def without_parts(page: Page) -> None:
    """A manifest by which the template wrote all numbers itself."""
    _remade(page, lambda bound: Bound(bound.figure))


def rendered_again(page: Page) -> None:
    """A manifest made of the forged page."""
    from epm_lint.binding.units import Reader, units
    from epm_lint.markdown.document import Document

    found = MANIFEST.search(page.body)
    if not found:
        return
    try:
        made = decode(found[1])
    except ValueError:
        return
    body = page.body.replace(found[0], "")
    forged = tuple(
        BoundUnit(unit, tuple(map(Bound, unit.figures)))
        for unit in units(Document(body), page.title, Reader(made.names))
    )
    page.body = (
        body + encode(Manifest(made.results_sha256, made.names, forged, made.figures)) + "\n"
    )


def no_manifest(page: Page) -> None:
    page.body = MANIFEST.sub("", page.body)


def second_manifest(page: Page) -> None:
    found = MANIFEST.search(page.body)
    page.body = f"{page.body}\n{found[0]}\n" if found else page.body


def fenced_manifest(page: Page) -> None:
    page.body = MANIFEST.sub(lambda m: f"```\n{m[0]}\n```", page.body)


def markers(page: Page) -> None:
    """Comments that would make everything, or one table, a person's."""
    opening, closing = "<!-- epm:human x -->", "<!-- /epm:human -->"
    lines = page.body.split("\n")
    numbered = page.numbered()
    first = page.chance.choice(numbered)
    last = page.chance.choice([i for i in numbered if i >= first])
    kind = page.chance.randrange(4)
    if kind == 0:
        lines[first] = f"\n{opening}\n\n{lines[first]}"
        lines[last] = f"{lines[last]}\n\n{closing}\n"
    elif kind == 1:
        lines[first] = f"{opening}{lines[first]}{closing}"
    elif kind == 2:
        lines[first] = f"\n{opening}\n{opening}\n\n{lines[first]}"
    else:
        lines[0] = f"{lines[0]}\n{opening}"
        lines.append(closing)
    page.body = "\n".join(lines)


def under_a_human_heading(page: Page) -> None:
    """A heading that would make what follows a person's."""
    kind = page.chance.randrange(3)
    if kind == 0:
        page.body = page.body.replace("## AI TL;DR\n", "\n", 1)
    elif kind == 1:
        page.body = page.body.replace("## AI TL;DR\n", "### AI TL;DR\n", 1)
    else:
        at = page.chance.choice(page.numbered())
        page.at(at, lambda line: f"\n## Human TL;DR\n\n{line}")


def first_line(page: Page) -> None:
    """Another first line, or none."""
    first, _, rest = page.body.partition("\n")
    other = page.chance.choice(
        [
            "",
            "<!-- clean-result-v4 -->",
            "<!-- report-v1 -->",
            "<!-- epm:clean-result format=plain -->",
            "<!-- epm:clean-result format=v2 results=results.json -->",
            re.sub(r"sha256=\w+", f"sha256={'0' * 64}", first),
            first.replace("results=", "commit=43a303c results=other/"),
            first.replace(" -->", f" numbers={'0' * 64} -->"),
        ]
    )
    page.body = f"{other}\n{rest}"


def suppression(page: Page) -> None:
    """A comment that would silence the rule."""
    spelled = page.chance.choice(
        [
            "<!-- epm: ignore[numbers-match-results] checked by hand -->",
            "<!--epm:ignore[numbers-match-results] checked-->",
            "<!-- epm:   ignore[ai-tldr, numbers-match-results]\nchecked -->",
        ]
    )
    page.body = (
        f"{spelled}\n{page.body}"
        if page.chance.random() < 0.5
        else _below_first(page.body, spelled)
    )


def _below_first(body: str, line: str) -> str:
    first, _, rest = body.partition("\n")
    return f"{first}\n{line}\n{rest}"


def no_signs(page: Page) -> None:
    """No comment of epm's is left."""
    page.body = re.sub(r"<!-- /?epm:[^>]*-->\n?", "", page.body)


VEILS = (
    *(without_parts, rendered_again, no_manifest, second_manifest, fenced_manifest, markers),
    *(under_a_human_heading, first_line, suppression, no_signs),
)
SAID = (
    "I believe it: 3 of 7, or 43%.",
    "I read 30 samples; the slope of -3.7 points is what I expected.\n\n- one\n- two, at p=0.2",
    "> quoted: 12.5%\n\n| mine | 1 |\n|---|---|\n| a | 2 |",
    "Nothing to add. `x = 5`\n\n```\n1 2 3\n```",
)


def honest(body: str, chance: random.Random) -> str:
    """The page, with what a person may do to it: write in their sections, save it in a browser."""
    for name in ("human-tldr", "human-summary"):
        said = chance.choice(SAID)
        frame = re.compile(rf"<!-- epm:human {name} -->\n.*?<!-- /epm:human -->", re.DOTALL)
        kept = chance.random() < 0.6
        new = f"<!-- epm:human {name} -->\n{said}\n<!-- /epm:human -->" if kept else said
        body = frame.sub(lambda _, new=new: new, body) if chance.random() < 0.9 else body
    if chance.random() < 0.3:
        body = re.sub(r"(?m)^## .*$", lambda m: m[0] + chance.choice(["", " "]), body)
    if chance.random() < 0.5:
        body = body.replace("\n", "\r\n")
    return f"\ufeff{body}" if chance.random() < 0.1 else body


@pytest.fixture(scope="module")
def folder(issue_246: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the `published` page."""
    options = Options("pytest", "off", runs=tmp_path_factory.mktemp("published"))
    definition = issue_246.experiment.resolve("published")
    made = run(issue_246, definition, options, lambda _: nullcontext(PlainProgress(Console())))
    render(made, issue_246.folder)
    return made


class Judge:
    """Lints a page against the results and the record of a run's folder."""

    def __init__(self, folder: Path) -> None:
        self.body = (folder / "body.md").read_text(encoding="utf-8")
        self.title = (folder / "title.txt").read_text(encoding="utf-8").strip()
        self.results: dict[str, Any] = json.loads((folder / "results.json").read_text())
        self.record = beside(folder)
        assert self.record is not None

    def judged(self, body: str, title: str, record: RenderedRecord | None) -> Verdict:
        report = lint(body, title=title, results=self.results, record=record, rules=RULES)
        return report.rows[0].verdict

    def forge(self, seed: int) -> tuple[Page, list[str]]:
        chance = random.Random(seed)
        page = Page(self.body, self.title, chance)
        steps = [chance.choice(LIES), *chance.sample(VEILS, chance.randint(0, 3))]
        if chance.random() < 0.1:
            steps.append(in_the_title)
        for step in steps:
            step(page)
        return page, [step.__name__ for step in steps]


def believed(judge: Judge, seeds: range) -> list[tuple[int, list[str], str, str]]:
    """Forgeries that nothing is said against, with what hid them."""
    found = []
    for seed in seeds:
        page, steps = judge.forge(seed)
        held = judge.judged(page.body, page.title, judge.record)
        alone = judge.judged(page.body, page.title, None)
        if held.status not in (Status.FAIL, Status.ERROR) or not held.findings:
            found.append((seed, steps, str(held.status), held.detail))
        # without any sign of epm's it is a page like any other, whose numbers are looked up
        if alone.status is Status.PASS and format_of(Document(page.body)).rendered:
            found.append((seed, steps, f"{alone.status} without a record", alone.detail))
    return found


def failing(judge: Judge, seeds: range) -> list[tuple[int, str, str, list[str]]]:
    """Honest pages that something is said against."""
    found = []
    for seed in seeds:
        body = honest(judge.body, random.Random(seed))
        held = judge.judged(body, judge.title, judge.record)
        if held.status is not Status.PASS:
            said = [f"{one.line}: {one.message}" for one in held.findings]
            found.append((seed, str(held.status), held.detail, said))
        if (alone := judge.judged(body, judge.title, None)).status is not Status.SKIP:
            found.append((seed, str(alone.status), alone.detail, []))
    return found


def test_no_forgery_is_believed(folder: Path) -> None:
    assert believed(Judge(folder), range(30)) == []


def test_no_honest_page_fails(folder: Path) -> None:
    assert failing(Judge(folder), range(12)) == []


@pytest.mark.slow
def test_none_of_a_thousand_forgeries_is_believed(folder: Path) -> None:
    assert believed(Judge(folder), range(1_000, 2_000)) == []


@pytest.mark.slow
def test_none_of_two_hundred_honest_pages_fails(folder: Path) -> None:
    assert failing(Judge(folder), range(1_000, 1_200)) == []


def test_what_was_edited_is_said_by_line(folder: Path) -> None:
    judge = Judge(folder)
    lines = judge.body.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("Confidence is "))
    lines[at] = lines[at].replace("Confidence is", "Our confidence is")
    verdict = judge.judged("\n".join(lines), judge.title, judge.record)
    (finding,) = verdict.findings
    assert (verdict.status, finding.line) == (Status.WARN, at + 1)
    assert finding.message.startswith("edited since it was rendered as 'Confidence is ")


def test_a_rendered_page_cannot_silence_the_rule(folder: Path) -> None:
    judge = Judge(folder)
    page = Page(judge.body, judge.title, random.Random(1))
    slip(page)
    body = f"<!-- epm: ignore[numbers-match-results] I checked -->\n{page.body}"
    report = lint(body, title=judge.title, results=judge.results, record=judge.record, rules=RULES)
    assert report.status is Status.FAIL
    (amiss,) = report.rows[-1].verdict.findings
    assert "a page cannot vouch for its own numbers" in amiss.message
