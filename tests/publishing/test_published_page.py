"""The text of a published page: addresses, what is compared, and GitHub's limit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.discovery import LoadedExperiment, load
from epm.errors import EpmError
from epm.github.interface import LONGEST_BODY
from epm.github.markers import Marker
from epm.publishing import page, site
from epm.publishing.artifacts import Artifacts
from epm.publishing.page import Layout, fingerprint, pinned, unpinned
from epm.results.reading import load as load_results

COMMIT, OTHER = "0123456789abcdef" * 2 + "01234567", "f" * 40


@pytest.fixture
def made(finished_lab: Path, tmp_path: Path) -> tuple[Artifacts, Layout]:
    """A run that drew samples would take longer; this one has none."""
    checkout = finished_lab / "checkout"
    run = tmp_path / "run"
    shutil.copytree(next((checkout / "runs" / "issue-246").glob("published-*")), run)
    names = ("results.json", "figures/slope.png", "figures/slope.pdf", "figures/slope.json")
    files = {name: (run / name).read_bytes() for name in names}
    loaded: LoadedExperiment = load("issue-246", checkout / "experiments")
    where = site.Site(site.GITHUB, "lab/repo", private=False)
    layout = Layout(where, "experiments/issue_246/published/published", {}, loaded.folder)
    return Artifacts(run, load_results(run / "results.json"), files, {}), layout


def human(name: str, text: str) -> str:
    return f"<!-- epm:human {name} -->\n{text}\n<!-- /epm:human -->\n"


def test_a_page_is_the_same_for_each_commit_but_for_its_name(
    made: tuple[Artifacts, Layout],
) -> None:
    text = unpinned(*made, written="")
    one, other = pinned(text, COMMIT), pinned(text, OTHER)
    assert one.body.replace(COMMIT, OTHER) == other.body
    assert page.NOWHERE not in one.body
    assert page.commit_of(one.body) == COMMIT
    assert page.commit_of(one.body.replace("\n", "\r\n")) == COMMIT
    marks = {fingerprint(each.title, each.body) for each in (text, one, other)}
    assert len(marks) == 1


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="<"), max_size=300))
def test_what_people_write_does_not_count(text: str) -> None:
    before = f"# A page\n\n{human('human-tldr', '_To be written_')}\nThe rest.\n"
    after = f"# A page\n\n{human('human-tldr', text)}\nThe rest.\n"
    assert fingerprint("T", before) == fingerprint("T", after)
    assert fingerprint("T", before) == fingerprint("T", after.replace("\n", "\r\n"))
    assert fingerprint("T", before) != fingerprint("T", f"{after}more")
    assert fingerprint("T", before) != fingerprint("Another", after)


@pytest.mark.parametrize(
    "body",
    [
        f"{human('a', 'x')}{human('a', 'x')}",
        f"{human('b', 'x')}",
        "<!-- epm:human a -->\nx\n",
        f"x{human('a', 'x')}",
        "",
    ],
)
def test_the_frames_of_their_sections_do(body: str) -> None:
    assert fingerprint("T", human("a", "x")) != fingerprint("T", body)


def test_a_page_that_is_too_long(made: tuple[Artifacts, Layout]) -> None:
    written = human("human-tldr", "word " * 14_000)
    with pytest.raises(EpmError, match="characters; GitHub takes 65,536") as refusal:
        unpinned(*made, written=written)
    assert "shorten the narrative in" in refusal.value.remedy
    assert "people wrote (70,121 characters)" in refusal.value.remedy


def test_samples_are_cut_before_a_page_is_refused(
    made: tuple[Artifacts, Layout], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is tried, and in which order; how samples are cut is tested where that is done."""
    tried: list[int] = []
    real = page.compose

    def spy(run: Path, experiment: Path, place: page.Place) -> page.Text:
        tried.append(place.longest_sample)
        text = real(run, experiment, place)
        return page.Text(text.title, text.body + " " * 100 * place.longest_sample)

    monkeypatch.setattr(page, "compose", spy)
    found = unpinned(*made, written=human("human-tldr", "word " * 2_000))
    assert tried == [360, 240]
    assert len(found.body) <= LONGEST_BODY


@pytest.mark.parametrize(
    ("environment", "server"),
    [
        ({}, "https://github.com"),
        ({"GITHUB_API_URL": "https://api.github.com"}, "https://github.com"),
        ({"GITHUB_API_URL": "https://ghe.lab.example/api/v3/"}, "https://ghe.lab.example"),
        ({"GITHUB_API_URL": "https://ghe.lab.example:8443/api/v3"}, "https://ghe.lab.example:8443"),
        ({"GITHUB_API_URL": "https://api.lab.ghe.com"}, "https://lab.ghe.com"),
        ({"GITHUB_API_URL": "http://localhost:4000"}, "https://github.com"),
        ({"GITHUB_SERVER_URL": "https://ghe.lab.example/"}, "https://ghe.lab.example"),
    ],
)
def test_where_browsers_look(environment: dict[str, str], server: str) -> None:
    assert site.server(environment) == server


@pytest.mark.parametrize(
    ("server", "private", "address"),
    [
        ("https://github.com", False, "https://raw.githubusercontent.com/lab/repo/{0}/a%20b/c.png"),
        ("https://github.com", True, "https://github.com/lab/repo/blob/{0}/a%20b/c.png?raw=true"),
        ("https://ghe.x", False, "https://ghe.x/lab/repo/blob/{0}/a%20b/c.png?raw=true"),
    ],
)
def test_addresses(server: str, private: bool, address: str) -> None:
    made = site.Site(server, "lab/repo", private)
    assert made.file(COMMIT, "a b/c.png") == address.format(COMMIT)


def test_a_profiles_name_becomes_a_word_of_a_marker(made: tuple[Artifacts, Layout]) -> None:
    artifacts, _ = made
    identity = artifacts.results.identity.model_copy(update={"profile": "Full_x--other model"})
    results = artifacts.results.model_copy(update={"identity": identity})
    other = Artifacts(artifacts.run, results, {}, {})
    assert page.page_marker(other) == Marker("page", key="issue-246-full-x-other-model")


def test_local_sections_fill_what_nobody_wrote_in() -> None:
    prompt = "_To be written by a person: two sentences._"
    body = f"{human('a', prompt)}{human('b', 'Theirs.')}{human('c', '')}"
    local = f"{human('a', 'Mine.')}{human('b', 'Mine.')}{human('c', 'Mine.')}"
    expected = f"{human('a', 'Mine.')}{human('b', 'Theirs.')}{human('c', '')}"
    assert page.with_written(body, local) == expected
