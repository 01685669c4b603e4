"""Which model, on what data, measured how, tested how: the four questions every reader asks.

Methodology answers each in a bullet of its own.

Bad:

    ## AI Summary

    ### Methodology

    We trained an adapter and looked at what it said.

Good:

    ## AI Summary

    ### Methodology

    - **Model:** Qwen2.5-7B-Instruct with one adapter per persona.
    - **Dataset:** 600 rows per persona.
    - **Eval:** 20 questions with 5 completions each.
    - **Stats:** Pearson and Spearman over 12 personas.
"""

import re
from datetime import date

from lint.anatomy import summary_part
from lint.blocks import title_key
from lint.formats import BodyFormat
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import blank_in, is_placeholder
from lint.prose import labelled

BULLETS = {
    "Model": {"model", "models", "basemodel"},
    "Dataset": {"dataset", "datasets", "data", "trainingdata"},
    "Eval": {"eval", "evals", "evaluation", "evaluations"},
    "Stats": {"stats", "statistics", "statisticaltests"},
}


def check(page: Page) -> Verdict:
    """Methodology has a filled bullet for each of the four."""
    section = summary_part(page, "Methodology")
    if section is None:
        return Verdict.failed("### Methodology subsection missing")
    answered: set[str] = set()
    for item in section.items:
        label, answer = labelled(item.own_text)
        if label and not is_placeholder(answer) and not blank_in(answer):
            answered |= {title_key(part) for part in re.split(r"[/&,]|\band\b", label)}
    missing = [name for name, synonyms in BULLETS.items() if not synonyms & answered]
    if missing:
        faults = [
            Finding(f"no {name} bullet", section.line, fix=f"add '- **{name}:** …'")
            for name in missing
        ]
        return Verdict.failed(f"missing or unfilled: {', '.join(missing)}", faults)
    return Verdict.passed(f"bullets for {', '.join(BULLETS)}")


RULE = Rule(
    "methodology-bullets",
    "Methodology bullets",
    check,
    formats=frozenset({BodyFormat.V1, BodyFormat.V2}),
    since=date(2026, 5, 15),
    doc=__doc__,
)
