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

from lint.anatomy import report_part
from lint.blocks import Section
from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import blank_in
from lint.quoting import quote

FEWEST_SAMPLES = 3

_CONDITION = re.compile(r"condition\b\W*", re.IGNORECASE)
_STAND_IN = re.compile(
    r"\[generated (?:under|with|by|from)\b|\bsample texts? omitted", re.IGNORECASE
)
_OMITTED = re.compile(
    r"\b(?:samples?|outputs?|completions?)(?: texts?| outputs?)?(?: (?:are|is|was|were))? omitted",
    re.IGNORECASE,
)
_DISCLOSURE = re.compile(
    r"\brandom|\bcherry.?pick|\bhand.?pick|\b(?:chosen|selected|selection|picked|drawn)\b"
    r"|\bfirst (?:\d+|two|three|four|five|ten)\b|\ball (?:of the )?samples\b",
    re.IGNORECASE,
)


def check(page: Page) -> Verdict:
    """Enough real samples under every condition, and how they were chosen."""
    section = report_part(page, "Sample outputs")
    if section is None:
        return Verdict.failed("## Sample outputs section missing")
    conditions = [part for part in section.walk() if _CONDITION.match(part.title)]
    if not conditions:
        fault = Finding("no condition", section.line, fix="add '### Condition: …' with samples")
        return Verdict.failed("no '### Condition: …' under Sample outputs", [fault])
    short = list(_too_few(conditions))
    stand_ins = list(_stand_ins(section))
    disclosed = _DISCLOSURE.search(section.text)
    details = [
        *([f"{len(short)} condition(s) with <{FEWEST_SAMPLES} samples"] if short else []),
        *([f"{len(stand_ins)} placeholder(s) for samples"] if stand_ins else []),
        *([] if disclosed else ["how the samples were chosen is not said"]),
    ]
    if not details:
        return Verdict.passed(f"{len(conditions)} condition(s) with {FEWEST_SAMPLES}+ samples each")
    selection = Finding("the selection is not disclosed", section.line, fix="chosen how?")
    faults = [*short, *stand_ins, *([] if disclosed else [selection])]
    return Verdict.failed("; ".join(details), faults)


def _too_few(conditions: list[Section]) -> Iterator[Finding]:
    for condition in conditions:
        count = len(condition.fences)
        if count < FEWEST_SAMPLES:
            name = _CONDITION.sub("", condition.title, count=1)
            fix = f"add {FEWEST_SAMPLES - count} more"
            yield Finding(f"{quote(name)}: {count} fenced block(s)", condition.line, fix=fix)


def _stand_ins(section: Section) -> Iterator[Finding]:
    for fence in section.fences:
        if _is_stand_in(fence.content.strip()):
            yield Finding(
                f"no sample but a placeholder: {quote(fence.content)}",
                fence.line,
                end_line=fence.end_line,
                fix="paste the completion itself",
            )
    for line, text in section.lines():
        if _STAND_IN.search(text) or _OMITTED.search(text):
            yield Finding(f"samples left out: {quote(text)}", line, fix="paste the completions")


def _is_stand_in(sample: str) -> bool:
    """Whether there is nothing to read; a model may well say "unknown" or leave a blank."""
    if sample in {"", "...", "…"} or blank_in(sample) == sample:
        return True
    return _STAND_IN.search(sample) is not None


RULE = Rule(
    "sample-outputs",
    "Sample outputs",
    check,
    formats=frozenset({BodyFormat.LEGACY, BodyFormat.V1}),
    doc=__doc__,
)
