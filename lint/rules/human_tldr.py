"""A person has read the page and says in their own words what it comes to.

What they say is theirs; the rule only asks that they have said it.

Bad:

    ## Human TL;DR

    <!-- epm:human human-tldr -->
    _To be written by a person: what would you tell a colleague in the corridor?_
    <!-- /epm:human -->

Good:

    ## Human TL;DR

    Two new points landed where the line said they would.
"""

from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import is_placeholder
from lint.prose import count_words


def check(page: Page) -> Verdict:
    """The section is there and holds more than a placeholder."""
    section = page.document.find("Human TL;DR")
    if section is None:
        return Verdict.failed("## Human TL;DR section missing")
    if is_placeholder(section.text):
        fault = Finding("nobody has written here yet", section.line, fix="write it yourself")
        return Verdict.failed("## Human TL;DR holds only a placeholder", [fault])
    return Verdict.passed(f"written, {count_words(section.text)} words")


RULE = Rule(
    "human-tldr",
    "Human TL;DR",
    check,
    formats=frozenset({BodyFormat.V1, BodyFormat.V2}),
    doc=__doc__,
)
