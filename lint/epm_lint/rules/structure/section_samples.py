"""A claim about what a model says is believed by who has read what it said.

A format may ask for samples in a section: a fence, a quotation, a folded `<details>` or a row of a
table is one. It may also ask that the section says how they were chosen.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Methodology

    **Sample training/evaluation data + completions:** they are in the
    [data](https://github.com/acme/lab/blob/43a303c/answers.jsonl).

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Methodology

    **Sample training/evaluation data + completions:** one of 100, chosen at random from the
    [data](https://github.com/acme/lab/blob/43a303c/answers.jsonl).

    > I cannot help with that.
"""

from collections.abc import Iterator

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches, within
from epm_lint.page.samples import is_disclosed, samples_among


def check(page: Page) -> Verdict:
    """Each section shows its samples, and says how they were chosen."""
    asked = stretches(page, "section-samples")
    if not asked:
        return Verdict.skipped("no section of which the format asks for samples")
    faults = [fault for stretch in asked for fault in _faults(page, stretch)]
    return judged(faults, f"samples in {len(asked)} section(s)")


def _faults(page: Page, stretch: Stretch) -> Iterator[Fault]:
    asks = stretch.asks
    count = samples_among(page.document, stretch.blocks(), stretch.lines)
    if asks.samples:
        yield from within(count, asks.samples, "samples", stretch.name, stretch.line, asks.severity)
    if asks.disclosed and count and not is_disclosed(stretch.text):
        message = f"'{stretch.name}' does not say how its samples were chosen"
        yield Fault(Finding(message, stretch.line, fix="say how"), asks.severity)


RULE = Rule("section-samples", "Section samples", check, doc=__doc__)
