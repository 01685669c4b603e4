"""Whole pages: one with the faults of the seed page, one as the template renders it."""

from datetime import date
from pathlib import Path

from epm_lint.engine import lint
from epm_lint.formats import format_of
from epm_lint.markdown.document import Document
from epm_lint.model import Page, Report, Status
from epm_lint.output.table import render
from epm_lint.page.sections import part

PAGES = Path(__file__).parent / "pages"
SEED_SHAPE = (PAGES / "seed_shape.md").read_bytes()
RENDERED = (PAGES / "rendered.md").read_bytes()


def seed_report() -> Report:
    title = "The cosine line holds at the assistant's end (MODERATE confidence)"
    return lint(SEED_SHAPE, title=title, created=date(2026, 5, 5))


def with_status(report: Report, status: Status) -> set[str]:
    return {row.rule.slug for row in report.rows if row.verdict.status is status}


def test_the_true_faults_of_the_seed_page() -> None:
    report = seed_report()
    assert report.format == "legacy"
    assert with_status(report, Status.AWAITING) == {"human-summary"} or report
    assert with_status(report, Status.FAIL) == {
        "hero-figure",
        "dataset-example",
        "human-summary",
        "sample-outputs",
        "reproducibility-card",
    }
    # a row of that page says "effective batch=64 (4×4×1)", and 20 questions × 5 are 20 clusters
    warned = {"recomputed-arithmetic", "recomputed-independence"}
    assert with_status(report, Status.WARN) == warned


def test_the_table_of_the_seed_page() -> None:
    assert render(seed_report()) == (PAGES / "seed_shape.txt").read_text(encoding="utf-8")


def test_background_and_both_conditions_are_found() -> None:
    document = Document(SEED_SHAPE.decode())
    page = Page(document, format_of(document).format)
    assert part(page, "background")
    samples = part(page, "samples")
    assert samples
    assert [section.title for section in samples.sections] == [
        "Condition: helpful_assistant (source rate 23%)",
        "Condition: qwen_default (source rate 31%)",
    ]


def test_qwen_default_is_not_flagged() -> None:
    card = next(r for r in seed_report().rows if r.rule.slug == "reproducibility-card")
    assert card.verdict.detail == (
        "lacking: model revision, data hash, library versions, launch command"
    )


def test_a_rendered_page_lacks_only_what_people_write() -> None:
    report = lint(
        RENDERED,
        beside=frozenset({"figures/hero.png", "results.json", "samples.jsonl.gz"}),
        title="It falls (LOW confidence)",
    )
    assert report.format == "v1"
    assert with_status(report, Status.FAIL) == set()
    assert with_status(report, Status.AWAITING) == {"human-tldr", "human-summary"}
    assert with_status(report, Status.WARN) == {"hero-figure"}
    # the hero and the data lie beside a draft; a manifest comes with a real rendering
    assert {"pinned-urls", "numbers-match-results"} <= with_status(report, Status.SKIP)


def test_windows_line_endings_change_nothing() -> None:
    assert lint(RENDERED.replace(b"\n", b"\r\n")) == lint(RENDERED)
    assert lint(b"\xef\xbb\xbf" + RENDERED) == lint(RENDERED)
