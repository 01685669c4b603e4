"""A rate is believed when one can read what was counted.

Every condition shows at least 3 real samples, each a fence, a quotation, a folded `<details>` or a
row of a table, and the page says how they were chosen.

Bad:

    # Detailed report

    ## Sample outputs

    ### Condition: librarian (source rate 41/100)

    ```
    [generated under the librarian prompt]
    ```

Good:

    # Detailed report

    ## Sample outputs

    Three samples for each condition, chosen at random with seed 42.

    ### Condition: librarian (source rate 41/100)

    ```
    Start with the catalogue. [ZLT]
    ```

    ~~~
    Ask at the desk, that is what it is for.
    ~~~

    ```
    Every book has its shelf. [ZLT]
    ```
"""

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Section
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.samples import DISCLOSURES, is_disclosed, samples_in, stand_ins
from epm_lint.page.sections import heading, missing, part
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_CONDITION = Pattern(r"\W{0,20}condition\b\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_samples: int = option(3, "the fewest samples of each condition")
    disclosures: tuple[str, ...] = option(
        DISCLOSURES, "beginnings of words that say how samples were chosen"
    )


def check(page: Page, options: Options) -> Verdict:
    """Enough real samples under every condition, and how they were chosen."""
    section = part(page, "samples")
    if section is None:
        detail = f"{heading(page, 'samples')} section missing"
        return Verdict.failed(detail, missing(page, "samples"))
    conditions = [below for below in section.walk() if _CONDITION.match(below.title)]
    if not conditions:
        fault = Finding("no condition", section.line, fix="add '### Condition: …' with samples")
        return Verdict.failed("no '### Condition: …' under Sample outputs", [fault])
    fewest = options.fewest_samples
    short = list(_too_few(page, conditions, fewest))
    in_their_place = list(stand_ins(section))
    disclosed = is_disclosed(section.text, options.disclosures)
    details = [
        *([f"{len(short)} condition(s) with <{fewest} samples"] if short else []),
        *([f"{len(in_their_place)} placeholder(s) for samples"] if in_their_place else []),
        *([] if disclosed else ["how the samples were chosen is not said"]),
    ]
    if not details:
        return Verdict.passed(f"{len(conditions)} condition(s) with {fewest}+ samples each")
    selection = Finding("the selection is not disclosed", section.line, fix="chosen how?")
    faults = [*short, *in_their_place, *([] if disclosed else [selection])]
    return Verdict.failed("; ".join(details), faults)


def _too_few(page: Page, conditions: list[Section], fewest: int) -> Iterator[Finding]:
    for condition in conditions:
        count = samples_in(page.document, condition)
        if count < fewest:
            name = _CONDITION.sub("", condition.title, count=1)
            message = f"{quote(name)}: {count} sample(s)"
            yield Finding(message, condition.line, fix=f"add {fewest - count} more")


RULE = Rule(
    "sample-outputs",
    "Sample outputs",
    check,
    options=Options(),
    doc=__doc__,
)
