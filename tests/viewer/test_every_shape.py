"""From every number, point and finding of a page of every shape to what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapes
from conftest import Site, Tab, site_of  # type: ignore[attr-defined]
from journeys import findings_lead, numbers_lead, points_lead

Record = Callable[[str, object], None]


@pytest.fixture(scope="session")
def every_shape(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where each shape is, by its name; '' is their folder."""
    folder = tmp_path_factory.mktemp("shapes") / "repository"
    shapes.every_shape(folder)
    return {**shapes.keys(folder), "": str(folder)}


@pytest.fixture(scope="session", params=["served", "exported"])
def site(
    request: pytest.FixtureRequest,
    every_shape: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """All of them, in either carrier."""
    folder = Path(every_shape[""])
    pages = tmp_path_factory.mktemp("shapes-exported") / "pages"
    with site_of(request.param, folder, pages) as found:
        yield found


@pytest.mark.parametrize("shape", shapes.NAMES)
def test_every_number_leads_to_what_stands_behind_it(
    tab: Tab, site: Site, every_shape: dict[str, str], shape: str, record_property: Record
) -> None:
    record_property("walked", numbers_lead(tab, site, every_shape[shape], shape)._asdict())


@pytest.mark.parametrize("shape", shapes.NAMES)
def test_each_point_of_each_figure_leads_to_its_completions(
    tab: Tab, site: Site, every_shape: dict[str, str], shape: str, record_property: Record
) -> None:
    record_property("points", points_lead(tab, site, every_shape[shape]))


@pytest.mark.parametrize("shape", shapes.NAMES)
def test_findings_lead_to_their_lines_and_a_panel_outlives_back_and_reload(
    tab: Tab, site: Site, every_shape: dict[str, str], shape: str
) -> None:
    findings_lead(tab, site, every_shape[shape])


def test_every_shape_can_be_compared_with_another(
    tab: Tab, site: Site, every_shape: dict[str, str]
) -> None:
    keys = [every_shape[name] for name in shapes.NAMES]
    watched = tab()
    for a, b in zip(keys, [*keys[1:], keys[0]], strict=True):
        page = watched.open(f"compare.html#a={a}&b={b}")
        page.wait_for_selector("#said[data-done]")
        said = page.text_content("#compared") or ""
        assert a.split("/")[0] in said or "differ" in said, (a, b)
    page.reload()
    page.wait_for_selector("#said[data-done]")
    assert page.text_content("#compared") == said
