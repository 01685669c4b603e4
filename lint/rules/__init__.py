"""The rules, in the order of the printed table."""

from lint.model import Rule
from lint.rules import (
    ai_summary_structure,
    ai_tldr,
    background_context,
    dataset_example,
    figure_captions,
    hero_figure,
    human_summary,
    human_tldr,
    methodology_bullets,
    report_structure,
    reproducibility_card,
    results_shape,
    sample_outputs,
    title_marker,
)

RULES: tuple[Rule, ...] = (
    ai_summary_structure.RULE,
    human_tldr.RULE,
    ai_tldr.RULE,
    hero_figure.RULE,
    figure_captions.RULE,
    results_shape.RULE,
    methodology_bullets.RULE,
    background_context.RULE,
    dataset_example.RULE,
    report_structure.RULE,
    human_summary.RULE,
    sample_outputs.RULE,
    reproducibility_card.RULE,
    title_marker.RULE,
)
