"""The comment that tells a source issue of its result."""

from __future__ import annotations

from typing import Any

from epm.publishing.artifacts import Artifacts
from epm.publishing.page import Layout, results_marker
from epm.report.confidence import confidence
from epm.report.render import FIGURE, RESULTS, templates
from epm.results import MissingCondition


def announcement(artifacts: Artifacts, layout: Layout, commit: str, page: int, title: str) -> str:
    """The comment's text: rates, figure, confidence, and the issue that holds the page."""
    results = artifacts.results
    primary = str(results.statistics.primary.layer)
    cosines, rates = results.cosines[primary], results.statistics.personas
    files = layout.place(artifacts, commit).files
    profile: Any = results.definition["profile"]
    text = (
        templates()
        .get_template("results_comment.md.j2")
        .render(
            identity=results.identity,
            model_name=profile["model_name"],
            rates=rates,
            ranked=sorted(rates, key=lambda name: -cosines[name]),
            missing={
                n: c for n, c in results.conditions.items() if isinstance(c, MissingCondition)
            },
            confidence=confidence(results),
            title=title,
            page=page,
            page_url=layout.site.issue(page),
            figure=files[FIGURE].url,
            results_url=files[RESULTS].url,
        )
    )
    return results_marker(artifacts).wrap(text)
