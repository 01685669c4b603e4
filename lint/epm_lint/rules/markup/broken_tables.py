r"""A table that GitHub shows as it was meant, with every cell.

A row with too many cells loses the last ones without a word: most often by a `|` in code, which is
to be written `\|`. A row with too few is filled up with empty ones. Where the row of dashes has not
as many cells as the header, where it is missing, or where the table begins right below a tag of
raw HTML, there is no table at all; a line of text right below a table becomes a row of it.

Bad:

    | Persona | Rate | k/n |
    |---|---|
    | librarian | 67% | 67/100 |

Good:

    | Persona | Rate | k/n |
    |---|---|---|
    | librarian | 67% | 67/100 |
"""

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Html, Paragraph, Prose, Table
from epm_lint.markdown.raw_html import without_comments
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.patterns import Pattern

_CONTAINERS = Pattern(r"^(?:\s|>|[-*+](?=\s)|\d{1,9}[.)](?=\s))*")
_DASHES = Pattern(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_PIPE = Pattern(r"(?<!\\)\|")
_ROW = Pattern(r"\s{0,3}\|[^|]*\|.*\|\s*")
_CODE = Pattern(r"`[^`]+`")
_UNTIL_EMPTY_LINE = Pattern(r"\s{0,3}</?(?!pre|script|style|textarea)[a-z]", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """Every table is one on GitHub, and no cell of it is lost."""
    tables = 0
    faults: list[Finding] = []
    fills: list[Finding] = []
    last: Table | None = None
    for block in page.document.walk_blocks():
        match block:
            case Table():
                tables += 1
                last = block
                for finding, lost in _rows(page, block):
                    (faults if lost else fills).append(finding)
            case Paragraph():
                below = last is not None and block.line == last.end_line + 2
                faults += _no_table(block.content, below=below)
            case Html() if _UNTIL_EMPTY_LINE.match(block.content.source):
                faults += _in_html(block)
    if faults:
        return Verdict.failed(f"{len(faults)} place(s) where a table breaks", [*faults, *fills])
    if fills:
        return Verdict.warned(f"{len(fills)} row(s) with too few cells", fills)
    if not tables:
        return Verdict.skipped("no tables")
    return Verdict.passed(f"{tables} table(s), every row as wide as its header")


def _rows(page: Page, table: Table) -> Iterator[tuple[Finding, bool]]:
    """Each row that is not as wide as the header, and whether something is lost by it."""
    header, *rows = table.rows
    width = len(header.cells)
    for row in rows:
        line = page.document.lines[row.line - 1]
        found = _cells(line)
        if found > width:
            bars = [
                code.start() + bar.start()
                for code in _CODE.finditer(line)
                for bar in _PIPE.finditer(code.group())
            ]
            escaped = len(bars) == found - width
            yield (
                Finding(
                    f"{found} cells under a header of {width}: the last are not shown",
                    row.line,
                    fix=r"write \| for a bar within a cell" if bars else "give every row as many",
                    edits=tuple(Edit.within(row.line, at + 1, "|", r"\|") for at in bars)
                    if escaped
                    else (),
                ),
                True,
            )
        elif found < width and not _PIPE.search(line):
            edits = (Edit.insert(row.line, "\n"),) if _without_containers(line) == line else ()
            yield (
                Finding(
                    "this line of text has become a row of the table above",
                    row.line,
                    fix="leave an empty line between them",
                    edits=edits,
                ),
                True,
            )
            return
        elif found < width:
            message = f"{found} cell(s) under a header of {width}: the others are shown empty"
            yield Finding(message, row.line, fix="write the missing cells"), False


def _no_table(content: Prose, *, below: bool) -> Iterator[Finding]:
    """What of a paragraph was meant as a table."""
    lines = content.source.split("\n")
    for index, line in enumerate(lines):
        if _is_dashes(line):
            number = content.line + index
            if index == 0:
                yield Finding("a row of dashes without a header above it", number, fix=_NO_HEADER)
                return
            header, dashes = _cells(lines[index - 1]), _cells(line)
            if header != dashes:
                delimiter = "|" + "---|" * header
                yield Finding(
                    f"the header has {header} cell(s), the row of dashes {dashes}: "
                    "GitHub shows no table",
                    number,
                    fix=f"write {delimiter}" if header <= 12 else "give both as many",
                )
            return
    rows = [index for index, line in enumerate(lines) if _ROW.fullmatch(line)]
    if below and rows[:1] == [0]:
        yield Finding(
            "this row is cut off from the table above",
            content.line,
            fix="delete the empty line between them",
            edits=(Edit(content.line - 1, 1, content.line, 1, ""),),
        )
    elif len(rows) >= 2 and rows[1] == rows[0] + 1:
        yield Finding(
            "rows without a row of dashes below the header: GitHub shows no table",
            content.line + rows[0],
            fix="write |---|---| and so on below the header",
        )


_NO_HEADER = "write the header in the line above it"


def _in_html(block: Html) -> Iterator[Finding]:
    """A table in a block of raw HTML, which ends at the first empty line."""
    html = without_comments(block.content.source)
    if "<!--" in html or "<pre" in html.lower():
        return
    lines = html.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        if _is_dashes(line) and "|" in lines[index - 1]:
            number = block.line + index - 1
            yield Finding(
                "this table stands in raw HTML: GitHub shows its source",
                number,
                fix="leave an empty line above it",
                edits=(Edit.insert(number, "\n"),) if index > 1 else (),
            )
            return


def _cells(line: str) -> int:
    bare = _without_containers(line).strip()
    bars = [bar.start() for bar in _PIPE.finditer(bare)]
    return len(bars) + 1 - (0 in bars) - (len(bare) > 1 and len(bare) - 1 in bars)


def _without_containers(line: str) -> str:
    return _CONTAINERS.sub("", line, count=1)


def _is_dashes(line: str) -> bool:
    return "|" in line and "-" in line and _DASHES.fullmatch(line.strip()) is not None


RULE = Rule("broken-tables", "Broken tables", check, everywhere=True, doc=__doc__)
