"""Whoever repeats the experiment finds each thing under the heading where it always is.

The detailed report has all its sections; in another order, or at another level, they are a warning.
Samples may stand before or behind the headline numbers.

Bad:

    # Detailed report

    ## Source issues

    ## Sample outputs

Good:

    # Detailed report

    ## Human summary

    ## Source issues

    ## Setup & hyper-parameters

    ## WandB

    ## Headline numbers

    ## Sample outputs

    ## Artifacts
"""

from epm_lint.formats import BodyFormat
from epm_lint.markdown.blocks import title_key
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.outline import absences, wrong_level
from epm_lint.page.sections import absent, report
from epm_lint.values import dataclass

LEVEL = 2
"""Of the sections; the report's own heading is one above."""

JUDGED = ("Human summary", "Setup & hyper-parameters", "Sample outputs")
"""Sections that other rules ask to be filled, so that an empty one is not overlooked."""


_EITHER_WAY = frozenset({title_key("Sample outputs"), title_key("Headline numbers")})
"""Numbers before samples, as pages have them now, or samples before numbers, as they had them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    parts: tuple[str, ...] = option(
        (
            "Human summary",
            "Source issues",
            "Setup & hyper-parameters",
            "WandB",
            "Headline numbers",
            "Sample outputs",
            "Artifacts",
        ),
        "the sections of the report, in order",
    )


def check(page: Page, options: Options) -> Verdict:
    """The report has all its sections; another order is a warning."""
    section = report(page)
    if section is None:
        return Verdict.failed("# Detailed report missing", absent("# Detailed report", None))
    level = wrong_level(page.document, section, LEVEL - 1, options.parts)
    wanted = {title_key(title): title for title in options.parts}
    parts = [part for part in section.sections if part.key in wanted]
    found = [part.key for part in parts]
    if missing := [title for key, title in wanted.items() if key not in found]:
        detail = f"missing: {', '.join(missing)}"
        if level:
            return Verdict.failed(detail, [level])
        faults = absences(page.document, section, options.parts, LEVEL, JUDGED)
        return Verdict.failed(detail, faults)
    if level:
        return Verdict.warned(level.message, [level])
    if any(part.level != LEVEL for part in parts):
        faults = absences(page.document, section, options.parts, LEVEL, JUDGED)
        return Verdict.warned("sections at another level", faults)
    if [key for key in found if key not in _EITHER_WAY] != [
        key for key in wanted if key not in _EITHER_WAY
    ]:
        order = Finding("another order, or one is there twice", section.line, fix="move them")
        return Verdict.warned(f"expected in the order {', '.join(options.parts)}", [order])
    return Verdict.passed(f"all {len(options.parts)} sections")


RULE = Rule(
    "report-structure",
    "Detailed report structure",
    check,
    options=Options(),
    formats=frozenset({BodyFormat.V1}),
    doc=__doc__,
)
