"""The comment that tells a source issue of its result."""

from __future__ import annotations

from typing import Any

from epm.analyses.proportions.block import ProportionsBlock
from epm.publishing.artifacts import Artifacts, leading_figure
from epm.publishing.page import Layout, results_marker
from epm.report.confidence import confidence, primary
from epm.report.render import RESULTS, ranked, templates


def announcement(artifacts: Artifacts, layout: Layout, commit: str, page: int, title: str) -> str:
    """The comment's text: the findings, rates, figure, confidence, and the issue of the page."""
    results = artifacts.results
    files = layout.place(artifacts, commit).files
    definition: Any = results.definition or {}
    figure = leading_figure(artifacts)
    rates = next((b for b in results.analyses.values() if isinstance(b, ProportionsBlock)), None)
    text = (
        templates()
        .get_template("results_comment.md.j2")
        .render(
            identity=results.identity,
            model_name=definition.get("profile", {}).get("model_name", ""),
            primary=primary(results),
            rates=rates,
            ranked=ranked(results, rates.conditions) if rates else [],
            missing=[name for name in results.conditions if not results.measurements.get(name)],
            confidence=confidence(results),
            title=title,
            page=page,
            page_url=layout.site.issue(page),
            figure=files[figure].url if figure else "",
            results_url=files[RESULTS].url,
        )
    )
    return results_marker(artifacts).wrap(text)
