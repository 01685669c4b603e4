"""The same journeys on whole published results, which are too large for every commit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapes
from conftest import Site, Tab, site_of  # type: ignore[attr-defined]
from journeys import findings_lead, numbers_lead, points_lead
from test_every_shape import Record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of them."""
    folder = tmp_path_factory.mktemp("published") / "repository"
    for issue in (shapes.ROOT / "experiments").glob("*/published"):
        shutil.copytree(issue, folder / "experiments" / issue.parent.name / "published")
    shapes.as_published_earlier(folder)
    return folder


@pytest.fixture(scope="module", params=["served", "exported"])
def site(
    request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """In either carrier."""
    pages = tmp_path_factory.mktemp("published-exported") / "pages"
    with site_of(request.param, published, pages) as found:
        yield found


@pytest.mark.parametrize("shape", shapes.PUBLISHED)
def test_every_number_leads_to_what_stands_behind_it(
    tab: Tab, site: Site, shape: str, record_property: Record
) -> None:
    record_property("walked", numbers_lead(tab, site, shapes.PUBLISHED[shape], shape)._asdict())


@pytest.mark.parametrize("shape", shapes.PUBLISHED)
def test_each_point_of_each_figure_leads_to_its_completions(
    tab: Tab, site: Site, shape: str, record_property: Record
) -> None:
    record_property("points", points_lead(tab, site, shapes.PUBLISHED[shape]))


@pytest.mark.parametrize("shape", shapes.PUBLISHED)
def test_findings_lead_to_their_lines_and_a_panel_outlives_back_and_reload(
    tab: Tab, site: Site, shape: str
) -> None:
    findings_lead(tab, site, shapes.PUBLISHED[shape])
