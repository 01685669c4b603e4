"""What people wrote is kept when the page is rendered again, by the comments around it.

A section that people write is known by its heading. Where epm rendered the page, comments also
stand around what they write; where they are gone, broken, or around something else, that is said,
and put right.

Bad:

    <!-- epm:page v1 issue-246-smollm2 -->

    ## Human TL;DR

    Two new points landed where the line said they would.

    ## AI TL;DR

Good:

    <!-- epm:page v1 issue-246-smollm2 -->

    ## Human TL;DR

    <!-- epm:human human-tldr -->
    Two new points landed where the line said they would.
    <!-- /epm:human -->

    ## AI TL;DR
"""

from collections.abc import Iterator

from epm_lint.formats.format import AskedSection
from epm_lint.markdown.blocks import Section
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.page.sections import human_lines, located
from epm_lint.quoting import quote

_OPENING, _CLOSING = "epm:human", "/epm:human"


def check(page: Page) -> Verdict:
    """The comments stand around the sections that people write, and nowhere else."""
    if not page.rendered:
        return Verdict.skipped("epm did not render this page")
    theirs = human_lines(page)
    marks = [c for c in page.document.comments if c.text.split()[:1] in ([_OPENING], [_CLOSING])]
    faults = [
        Finding(f"{quote(mark.text.strip())} stands around what is no person's", mark.line)
        for mark in marks
        if mark.line not in theirs
    ]
    for asked in page.format.human_sections():
        for section in located(page, asked)[:1]:
            faults += _unmarked(page, asked, section, theirs)
    if faults:
        return Verdict.warned(f"{len(faults)} comment(s) amiss", faults)
    return Verdict.passed("around every section that people write")


def _unmarked(
    page: Page, asked: AskedSection, section: Section, theirs: frozenset[int]
) -> Iterator[Finding]:
    lines = page.document.lines
    own = []
    number = section.line + 1
    while number in theirs:
        own.append(number)
        number += 1
    inside = [c for c in page.document.comments if c.line in own]
    name = "-".join("".join(c if c.isalnum() else " " for c in asked.title).split()).casefold()
    name = name.replace("tl-dr", "tldr")
    opens = [c for c in inside if c.text.split() == [_OPENING, name]]
    closes = [c for c in inside if c.text.split() == [_CLOSING]]
    every = [c for c in inside if c.text.split()[:1] in ([_OPENING], [_CLOSING])]
    if len(opens) == len(closes) == 1 and len(every) == 2 and opens[0].line < closes[0].line:
        return
    if section.line == number - 1 or not own:
        return
    text = [n for n in own if lines[n - 1].strip()]
    edits: tuple[Edit, ...] = ()
    if text and not every:
        first, last = text[0], text[-1]
        end = len(lines[last - 1]) + 1
        edits = (
            Edit.insert(first, f"<!-- {_OPENING} {name} -->\n"),
            Edit(last, end, last, end, f"\n<!-- {_CLOSING} -->"),
        )
    message = (
        f"no comments around {quote(section.title)}"
        if not every
        else (f"the comments around {quote(section.title)} do not match")
    )
    fix = f"write <!-- {_OPENING} {name} --> before the text and <!-- {_CLOSING} --> after it"
    yield Finding(message, section.line, fix=fix, edits=edits)


RULE = Rule("human-markers", "Human markers", check, doc=__doc__)
