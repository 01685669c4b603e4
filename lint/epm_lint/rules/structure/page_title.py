"""Lists of pages show the title alone, so what the format wants to be told there stands there.

A format may say how the title begins, and how it ends: with the level of confidence, for one.

Bad:

    # Small models refuse less

    <!-- clean-result-v4 -->

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->
"""

import re
from collections.abc import Iterator

from epm_lint.formats.format import Title
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """The title begins and ends as the format has it."""
    asked = page.format.title
    if asked is None:
        return Verdict.skipped("the format asks nothing of the title")
    line, title = _title(page, asked)
    if title is None:
        if asked.source == "issue":
            return Verdict.skipped("no title given")
        message = "no title: no heading of level 1 opens the page"
        return Verdict.failed(message, [Finding(message, 1, fix="open it with '# …'")])
    faults = list(_faults(asked, title, line))
    if faults:
        return Verdict.failed("; ".join(fault.message for fault in faults), faults)
    return Verdict.passed(f"{quote(title)}")


def _title(page: Page, asked: Title) -> tuple[int, str | None]:
    if asked.source == "issue":
        return 1, page.title
    first = next(iter(page.document.sections), None)
    return (first.line, first.title) if first and first.level == 1 else (1, None)


def _faults(asked: Title, title: str, line: int) -> Iterator[Finding]:
    if asked.starts and not title.startswith(tuple(start.strip() for start in asked.starts)):
        wanted = " or ".join(map(quote, asked.starts))
        yield Finding(f"the title does not begin with {wanted}", line, fix="begin it so")
    if asked.ends:
        levels = "|".join(map(re.escape, asked.confidence))
        pattern = re.escape(asked.ends).replace(r"\{confidence\}", f"(?:{levels})")
        if not re.search(rf"{pattern}$", title.rstrip()):
            wanted = asked.ends.replace("{confidence}", "|".join(asked.confidence))
            yield Finding(f"the title does not end with {quote(wanted)}", line, fix="end it so")


RULE = Rule("page-title", "Page title", check, doc=__doc__)
