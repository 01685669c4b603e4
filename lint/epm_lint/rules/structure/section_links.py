"""What a section speaks of can be fetched, by whoever doubts it.

A format may ask that a section links somewhere, or to a file at a commit.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    **Repro:** the code is in our repository.

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    **Repro:** [code](https://github.com/acme/lab/blob/43a303c/run.py)
"""

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches
from epm_lint.page.links import file_address, mentions
from epm_lint.patterns import Pattern

_AT_REVISION = Pattern(r"https?://[^\s]{1,300}/(?:tree|blob|resolve|commit)/[0-9a-f]{7,40}\b")


def check(page: Page) -> Verdict:
    """Each section that has to link somewhere does."""
    asked = stretches(page, "section-links")
    if not asked:
        return Verdict.skipped("no section of which the format asks for links")
    faults = [_fault(stretch) for stretch in asked if not _has_link(page, stretch)]
    return judged(faults, f"links in {len(asked)} section(s)")


def _has_link(page: Page, stretch: Stretch) -> bool:
    urls = [link.url for link in stretch.links]
    urls += [one.url for one in mentions(page.document) if one.line in stretch.lines]
    if stretch.asks.links == "any":
        return bool(urls)
    return any(_is_pinned(url) for url in urls)


def _is_pinned(url: str) -> bool:
    address = file_address(url)
    return bool(address and address.pinned) or _AT_REVISION.match(url) is not None


def _fault(stretch: Stretch) -> Fault:
    kind = "link" if stretch.asks.links == "any" else "link to a file at a commit"
    message = f"no {kind} in '{stretch.name}'"
    return Fault(Finding(message, stretch.line, fix="add it"), stretch.asks.severity)


RULE = Rule("section-links", "Section links", check, doc=__doc__)
