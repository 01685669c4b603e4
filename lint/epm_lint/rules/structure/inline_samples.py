"""A result is believed when what was counted can be read beside it.

Every `### Result …` shows at least 2 real samples, each a fence, a quotation, a folded
`<details>` or a row of a table. A result that no sample can
show, such as one about the fit itself, is waived by a suppression before its heading.

Bad:

    ## AI Summary

    ### Result 1: the librarian takes up the marker

    It does so in 41 of 100 answers.

    ```
    [generated under the librarian prompt]
    ```

Good:

    ## AI Summary

    ### Result 1: the librarian takes up the marker

    It does so in 41 of 100 answers. Two of them, chosen at random:

    ```
    Start with the catalogue. [ZLT]
    ```

    ~~~
    Ask at the desk, that is what it is for.
    ~~~
"""

from collections.abc import Iterator

from epm_lint.markdown.blocks import Section
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.samples import samples_in, stand_ins
from epm_lint.page.sections import results
from epm_lint.quoting import quote
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What counts as enough."""

    fewest: int = option(2, "the fewest samples that each result shows")


def check(page: Page, options: Options) -> Verdict:
    """Enough real samples under every result."""
    sections = results(page)
    if not sections:
        return Verdict.skipped("no '### Result …' in the summary")
    short = [fault for section in sections for fault in _too_few(page, section, options.fewest)]
    if not short:
        return Verdict.passed(f"{len(sections)} result(s) with {options.fewest}+ samples each")
    in_their_place = [fault for section in sections for fault in stand_ins(section)]
    detail = f"{len(short)} of {len(sections)} result(s) with <{options.fewest} samples"
    return Verdict.failed(detail, [*short, *in_their_place])


def _too_few(page: Page, section: Section, fewest: int) -> Iterator[Finding]:
    count = samples_in(page.document, section, real=True)
    if count < fewest:
        message = f"{quote(section.title)}: {count} sample(s)"
        yield Finding(message, section.line, fix=f"add {fewest - count} more")


RULE = Rule(
    "inline-samples",
    "Inline samples per Result",
    check,
    options=Options(),
    doc=__doc__,
)
