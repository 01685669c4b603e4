"""A figure is read before the text around it, so it says itself what it shows.

At least 10 words follow each figure of the results, beside it or in the paragraph below.

Bad:

    ## AI Summary

    ### Results

    ![Rates](https://raw.githubusercontent.com/acme/lab/43a303c/figures/hero.png)

    **Main takeaways:**

Good:

    ## AI Summary

    ### Results

    ![Rates](https://raw.githubusercontent.com/acme/lab/43a303c/figures/hero.png)

    Source rate against the cosine to the assistant, one point per persona, with 95% intervals.
"""

from collections.abc import Iterator, Sequence

from epm_lint.markdown.blocks import Block, Html, Paragraph, Quote, Section
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.prose import count_words
from epm_lint.page.sections import results
from epm_lint.quoting import quote
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_words: int = option(10, "the fewest words after a figure")


def check(page: Page, options: Options) -> Verdict:
    """Every figure in the results has its caption."""
    sections = results(page)
    count = sum(len(section.figures) for section in sections)
    if not count:
        return Verdict.skipped("no figure in Results")
    faults = [
        fault
        for section in sections
        for part in section.walk()
        for fault in _bare(part, options.fewest_words)
    ]
    if faults:
        return Verdict.failed(f"{len(faults)} of {count} figure(s) without a caption", faults)
    return Verdict.passed("every Results figure has a caption paragraph")


def _bare(section: Section, fewest: int) -> Iterator[Finding]:
    for siblings in _runs(section.blocks):
        for place, block in enumerate(siblings):
            own = [figure for prose in block.prose for figure in prose.figures]
            if own and count_words(_caption(siblings, place)) < fewest:
                yield Finding(
                    f"fewer than {fewest} words after the figure {quote(own[0].alt)}",
                    own[0].line,
                    fix="say below it what is plotted, over what, and with which intervals",
                )


def _runs(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """The blocks that stand beside each other, level by level."""
    yield blocks
    for block in blocks:
        yield from _runs(block.children)


def _caption(siblings: Sequence[Block], place: int) -> str:
    own = "" if not isinstance(siblings[place], Paragraph | Html) else siblings[place].text
    for following in siblings[place + 1 :]:
        if isinstance(following, Html) and not following.text.strip():
            continue
        if isinstance(following, Paragraph | Html | Quote) and not following.figures:
            return f"{own}\n{following.text}"
        break
    return own


RULE = Rule("figure-captions", "Results figure captions", check, options=Options(), doc=__doc__)
