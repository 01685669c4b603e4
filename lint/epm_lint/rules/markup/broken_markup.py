"""What is opened is closed, or GitHub hides or disfigures the rest of the page.

A fence without an end turns all that follows into code, a comment without an end hides it, and
`<details>` without an end folds it away. A `<summary>` stands inside its `<details>`.

Bad:

    <details>
    <summary>Set-up</summary>

    The recipe is that of the first ten personas.

Good:

    <details>
    <summary>Set-up</summary>

    The recipe is that of the first ten personas.

    </details>
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from epm_lint.markdown.blocks import Code, Html
from epm_lint.markdown.raw_html import without_comments
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote

_NESTED = frozenset({"details", "summary"})
_OPENING = Pattern(r"^ {0,3}(?:`{3,}|~{3,})[\w{]", re.MULTILINE)


def check(page: Page) -> Verdict:
    """Fences, comments, `<details>` and `<summary>` are closed where they should be."""
    faults = sorted(
        [*_fences(page), *_comments(page), *_nesting(page)], key=lambda finding: finding.line
    )
    if len(faults) > 1:
        # one fault may be the cause of another
        faults = [replace(fault, edits=()) for fault in faults]
    if faults:
        return Verdict.failed(f"{len(faults)} left open or closed in the wrong place", faults)
    return Verdict.passed("all that is opened is closed")


def _fences(page: Page) -> Iterator[Finding]:
    swallowing = None
    for block in page.document.walk_blocks():
        if not isinstance(block, Code) or not block.fenced:
            continue
        if block.closed:
            if swallowing is None and _OPENING.search(block.content):
                swallowing = block.line
            continue
        elsewhere = f"; or the one of line {swallowing}, which holds another" if swallowing else ""
        yield Finding(
            "this fence is never closed",
            block.line,
            fix=f"close it below its last line{elsewhere}",
        )


def _comments(page: Page) -> Iterator[Finding]:
    for block in page.document.walk_blocks():
        for prose in block.prose:
            if "<!--" not in prose.source:
                continue
            if isinstance(block, Html):
                left = without_comments(prose.source)
                hidden = "all below it is hidden"
            else:
                left = "" if "\\<!--" in prose.source else prose.words
                hidden = "it shows as text"
            at = left.find("<!--")
            if at >= 0:
                line = prose.line + left.count("\n", 0, at)
                end = "-->" if hidden.startswith("all") else "--> in the same paragraph"
                yield Finding(f"this comment is never closed: {hidden}", line, fix=f"write {end}")


def _nesting(page: Page) -> Iterator[Finding]:
    waiting: list[tuple[str, int]] = []
    for tag in page.document.tags:
        if tag.name not in _NESTED:
            continue
        if not tag.closing:
            if tag.name == "summary" and (not waiting or waiting[-1][0] != "details"):
                yield Finding("<summary> is not directly inside <details>", tag.line, fix="move it")
            waiting.append((tag.name, tag.line))
        elif not any(name == tag.name for name, _ in waiting):
            yield Finding(f"</{tag.name}> closes nothing", tag.line, fix="delete it")
        else:
            while (opened := waiting.pop())[0] != tag.name:
                yield Finding(
                    f"<{opened[0]}> is still open at </{tag.name}> on line {tag.line}",
                    opened[1],
                    fix=f"write </{opened[0]}> before it",
                )
    last = len(page.document.lines)
    for name, line in reversed(waiting):
        yield Finding(
            f"{quote(f'<{name}>')} is never closed",
            line,
            fix=f"write </{name}>",
            edits=(Edit.insert(last + 1, f"\n</{name}>\n"),),
            safe=False,
        )


RULE = Rule("broken-markup", "Broken markup", check, everywhere=True, doc=__doc__)
