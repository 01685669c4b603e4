"""What is too long is not read, and what is too short says nothing.

A format may limit the words, the sentences of a paragraph, the bullets and the words of a bullet of
each section. Outside of `least` and `most` is a fault; outside of what is advised is a remark, and
the page passes.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Takeaways

    - Arm B refuses less.

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Takeaways

    - Arm B refuses less.
    - Arm A refuses as often as the base.
    - Neither depends on the prompt.
"""

from collections.abc import Iterator

from epm_lint.model import Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches, within
from epm_lint.page.prose import count_sentences, count_words


def check(page: Page) -> Verdict:
    """Words, sentences and bullets are within the limits of the format."""
    asked = stretches(page, "section-length")
    if not asked:
        return Verdict.skipped("no section whose length the format limits")
    faults = [fault for stretch in asked for fault in _faults(stretch)]
    return judged(faults, f"{len(asked)} section(s) within their limits")


def _faults(stretch: Stretch) -> Iterator[Fault]:
    asks, name, line = stretch.asks, stretch.name, stretch.line
    severity = asks.severity
    yield from within(count_words(stretch.prose), asks.words, "words", name, line, severity)
    if asks.sentences:
        for block in stretch.paragraphs:
            if not block.figures:
                count = count_sentences(block.text)
                what = "sentences in a paragraph"
                yield from within(count, asks.sentences, what, name, block.line, severity)
    if asks.bullets:
        yield from within(len(stretch.items), asks.bullets, "bullets", name, line, severity)
    if asks.bullet_words:
        for item in stretch.items:
            count = count_words(item.text)
            what = "words in a bullet"
            yield from within(count, asks.bullet_words, what, name, item.line, severity)


RULE = Rule("section-length", "Section lengths", check, doc=__doc__)
