"""A result is seen before it is read: its figure is there, stays as it is, and says what it shows.

A format may limit how many figures a section has, ask that each one's address names a commit or is
a file beside a draft, and how many words follow it.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Results

    ### Arm B refuses less

    It does so for 31 of 100 questions.

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Results

    ### Arm B refuses less

    ![Refusals by arm](https://raw.githubusercontent.com/acme/lab/43a303c/figures/arms.png)

    > **Figure.** *Arm B refuses less.* Refusals in 100 questions.

    It does so for 31 of 100 questions.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from epm_lint.markdown.blocks import Block, Figure, Paragraph, Quote
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches, within
from epm_lint.page.links import file_address
from epm_lint.page.prose import count_words
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """Each section has its figures, pinned and with a caption."""
    asked = stretches(page, "section-figures")
    if not asked:
        return Verdict.skipped("no section of which the format asks for figures")
    faults = [fault for stretch in asked for fault in _faults(page, stretch)]
    return judged(faults, f"{sum(len(one.figures) for one in asked)} figure(s)")


def _faults(page: Page, stretch: Stretch) -> Iterator[Fault]:
    asks, name, figures = stretch.asks, stretch.name, stretch.figures
    if asks.figures:
        count = len(figures)
        yield from within(count, asks.figures, "figures", name, stretch.line, asks.severity)
    for figure in figures:
        if asks.pinned and not _is_pinned(page, figure):
            fix = "name the commit in its address"
            message = f"the figure {quote(figure.url)} is pinned to no commit"
            yield Fault(Finding(message, figure.line, fix=fix), asks.severity)
        if asks.caption_words:
            count = count_words(_caption(stretch, figure))
            what = "words of caption"
            yield from within(count, asks.caption_words, what, name, figure.line, asks.severity)


def _is_pinned(page: Page, figure: Figure) -> bool:
    address = file_address(figure.url)
    if address is not None:
        return address.pinned
    try:
        url = urlsplit(figure.url)
    except ValueError:
        return False
    return not url.scheme and url.path.removeprefix("./") in page.beside


def _caption(stretch: Stretch, figure: Figure) -> str:
    """The text of the figure's own paragraph and, where that is none, of the block after it."""
    tops = [b for b in stretch.blocks() if isinstance(b, Paragraph | Quote)]
    own: Block | None = None
    for block in tops:
        if own is not None and block.line > own.end_line:
            return own.text if own.text.strip() else block.text
        if any(each.line == figure.line and each.url == figure.url for each in block.figures):
            own = block
    return own.text if own else ""


RULE = Rule("section-figures", "Section figures", check, doc=__doc__)
