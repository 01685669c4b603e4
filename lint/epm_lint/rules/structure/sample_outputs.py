"""A rate is believed when one can read what was counted.

Every condition shows at least 3 real samples, each in a fence, and the page says how they were
chosen.

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
from functools import lru_cache

from epm_lint.formats import BodyFormat
from epm_lint.markdown.blocks import Section
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.samples import stand_ins
from epm_lint.page.sections import absent, report, report_part
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_CONDITION = Pattern(r"\W{0,20}condition\b\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_samples: int = option(3, "the fewest samples of each condition")
    disclosures: tuple[str, ...] = option(
        (
            *("random", "cherry-pick", "cherry pick", "cherrypick", "hand-pick", "hand pick"),
            *("handpick", "chosen", "selected", "selection", "picked", "drawn", "the first"),
            *("all samples", "all of the samples", "every sample"),
        ),
        "beginnings of words that say how samples were chosen",
    )


def check(page: Page, options: Options) -> Verdict:
    """Enough real samples under every condition, and how they were chosen."""
    section = report_part(page, "Sample outputs")
    if section is None:
        return Verdict.failed(
            "## Sample outputs section missing", absent("## Sample outputs", report(page))
        )
    conditions = [part for part in section.walk() if _CONDITION.match(part.title)]
    if not conditions:
        fault = Finding("no condition", section.line, fix="add '### Condition: …' with samples")
        return Verdict.failed("no '### Condition: …' under Sample outputs", [fault])
    fewest = options.fewest_samples
    short = list(_too_few(conditions, fewest))
    in_their_place = list(stand_ins(section))
    disclosed = _disclosure(options.disclosures).search(section.text)
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


@lru_cache(maxsize=8)
def _disclosure(words: tuple[str, ...]) -> re.Pattern[str]:
    found = "|".join(map(re.escape, words)) or r"(?!)"
    return re.compile(rf"\b(?:{found})|\bfirst (?:\d|two|three|four|five|ten)", re.IGNORECASE)


def _too_few(conditions: list[Section], fewest: int) -> Iterator[Finding]:
    for condition in conditions:
        count = len(condition.fences)
        if count < fewest:
            name = _CONDITION.sub("", condition.title, count=1)
            message = f"{quote(name)}: {count} fenced block(s)"
            yield Finding(message, condition.line, fix=f"add {fewest - count} more")


RULE = Rule(
    "sample-outputs",
    "Sample outputs",
    check,
    options=Options(),
    formats=frozenset({BodyFormat.LEGACY, BodyFormat.V1}),
    doc=__doc__,
)
