"""A label at the head of a line says what follows, so that a reader finds it without reading.

A format may ask for labels in a section, or anywhere on the page: `**Design:** …`, `Design: …` as a
line or a bullet, or a heading of that name. Each is there as often as the format says.

Bad:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Goal

    **This experiment in context:** arm B was left out of #12.

Good:

    # Small models refuse less (LOW confidence)

    <!-- clean-result-v4 -->

    ## Goal

    **This experiment in context:** arm B was left out of #12.

    **Broader narrative:** what makes a model refuse.

    ## Methodology

    **Design:** two arms.

    **Training:** N/A — no model training

    **Evaluation:** 100 questions.

    **Data extraction:** all answers.

    **Sample training/evaluation data + completions:** n/a — the answers are private

    ---

    **Repro:** [code](https://github.com/acme/lab/blob/43a303c/run.py)

    **Context:** "Does arm B refuse less?"
"""

from collections.abc import Iterator

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Labelled, judged, labels
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """Every label is there as often as the format says."""
    asked = labels(page)
    if not asked:
        return Verdict.skipped("no section in which the format asks for labels")
    faults = [fault for one in asked for fault in _faults(one)]
    return judged(faults, f"{sum(len(one.found) for one in asked)} label(s)")


def _faults(one: Labelled) -> Iterator[Fault]:
    label, count = one.label, len(one.found)
    name, severity = quote(f"{label.name}:"), label.asks.severity
    where = f"in '{one.inside}'" if one.inside != "the page" else "on the page"
    if label.need == "forbidden":
        for stretch in one.found:
            message = f"{name} is no label of this format"
            yield Fault(Finding(message, stretch.line, fix="take it out"), severity)
        return
    if count == 0:
        if label.need == "required":
            yield Fault(Finding(f"no {name} {where}", one.line, fix="add it"), severity)
        return
    least, most = label.count.least, label.count.most
    if least is not None and count < least:
        message = f"{count} {name} {where}, at least {least} expected"
        yield Fault(Finding(message, one.line, fix="add it"), severity)
    if most is not None and count > most:
        message = f"{count} {name} {where}, at most {most} expected"
        yield Fault(Finding(message, one.found[most].line, fix="merge them"), severity)
    for stretch in one.found:
        if label.author != "human" and not stretch.has_content:
            message = f"nothing after {name}"
            yield Fault(Finding(message, stretch.line, fix="fill it in"), severity)


RULE = Rule("section-labels", "Section labels", check, doc=__doc__)
