"""Which model, on what data, measured how, tested how: the four questions every reader asks.

Methodology answers each in a bullet of its own.

Bad:

    ## AI Summary

    ### Methodology

    We trained an adapter and looked at what it said.

Good:

    ## AI Summary

    ### Methodology

    - **Model:** Qwen2.5-7B-Instruct with one adapter per persona.
    - **Dataset:** 600 rows per persona.
    - **Eval:** 20 questions with 5 completions each.
    - **Stats:** Pearson and Spearman over 12 personas.
"""

from datetime import date

from epm_lint.markdown.blocks import Item, ItemList, Paragraph, Section, title_key
from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Finding, Page, Rule, Verdict, option
from epm_lint.page.placeholders import WORDS, blank_in, is_placeholder
from epm_lint.page.prose import labelled
from epm_lint.page.sections import heading, missing, part
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_BETWEEN_NAMES = Pattern(r"[/&,+]|\band\b")


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    bullets: tuple[str, ...] = option(
        (
            "Model | Models | Base model",
            "Dataset | Datasets | Data | Training data",
            "Eval | Evals | Evaluation | Evaluations",
            "Stats | Statistics | Statistical tests",
        ),
        "the bullets, each by its name and other names that will do",
    )
    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold an answer's place")


def check(page: Page, options: Options) -> Verdict:
    """Methodology has a filled bullet for each of the four."""
    section = part(page, "methodology")
    if section is None:
        return Verdict.failed(
            f"{heading(page, 'methodology')} subsection missing", missing(page, "methodology")
        )
    answers = _answers(section, options)
    faults = []
    lacking = []
    for bullet in options.bullets:
        name, *_ = names = [name.strip() for name in bullet.split("|")]
        given = [answers[key] for key in map(title_key, names) if key in answers]
        if not any(filled for filled, _ in given):
            lacking.append(name)
            line = given[0][1] if given else section.line
            message = f"the {name} bullet is not filled in" if given else f"no {name} bullet"
            edits = () if given else _bullet(page.document, section, name)
            fix = "fill it in" if given else f"add '- **{name}:** …'"
            faults.append(Finding(message, line, fix=fix, edits=edits, safe=not edits))
    if lacking:
        return Verdict.failed(f"missing or unfilled: {', '.join(lacking)}", faults)
    names = [bullet.partition("|")[0].strip() for bullet in options.bullets]
    return Verdict.passed(f"bullets for {', '.join(names)}")


def _answers(section: Section, options: Options) -> dict[str, tuple[bool, int]]:
    """For the key of each label: whether it is filled in somewhere, and its line."""
    answers: dict[str, tuple[bool, int]] = {}
    for item in section.items:
        label, answer = labelled(item.own_text)
        if not label:
            continue
        nested = item.text != item.own_text
        blank = is_placeholder(answer, options.placeholders) and not (nested and not answer)
        filled = not blank and not _marked_blank(item)
        for name in _BETWEEN_NAMES.split(label):
            key = title_key(name)
            if filled or key not in answers:
                answers[key] = (filled, item.line)
    return answers


def _marked_blank(item: Item) -> bool:
    first = item.blocks[0]
    if not isinstance(first, Paragraph):
        return False
    prose = first.content
    return bool(blank_in(labelled(prose.source)[1]) or blank_in(prose.words))


def _bullet(document: Document, section: Section, name: str) -> tuple[Edit, ...]:
    """A bullet to fill in, below those that are there."""
    lines = document.lines
    lists = [block for block in section.blocks if isinstance(block, ItemList)]
    if not lists:
        if not lines[section.line - 1].lstrip().startswith("#"):
            return ()
        below = "\n" * bool(section.line < len(lines) and lines[section.line].strip())
        return (_behind(document, section.line, f"\n\n- **{name}:** TBD{below}"),)
    first = lines[lists[0].line - 1]
    mark = first.lstrip()[:1]
    if mark not in ("-", "*", "+"):
        return ()
    line = lists[0].items[-1].end_line
    while not lines[line - 1].strip():
        line -= 1
    indent = first[: first.index(mark)]
    return (_behind(document, line, f"\n{indent}{mark} **{name}:** TBD"),)


def _behind(document: Document, line: int, text: str) -> Edit:
    column = len(document.lines[line - 1]) + 1
    return Edit(line, column, line, column, text)


RULE = Rule(
    "methodology-bullets",
    "Methodology bullets",
    check,
    options=Options(),
    since=date(2026, 5, 15),
    doc=__doc__,
)
