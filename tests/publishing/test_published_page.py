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
from epm.linting.bodies import FOR_PEOPLE, LONGEST
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


def test_a_page_that_github_does_not_take_in_any_form(made: tuple[Artifacts, Layout]) -> None:
    """A page over 65,536 characters is tried all the same: nobody knows where the limit is."""
    written = human("human-tldr", "word " * 14_000)
    assert len(unpinned(*made, written=written).body) > LONGEST_BODY
    with pytest.raises(EpmError, match="GitHub does not take the page") as refusal:
        unpinned(*made, written=written, shorter=len(page.FORMS))
    assert "shorten the narrative in" in refusal.value.remedy


def test_each_form_is_shorter_than_the_one_before() -> None:
    """What is given up, and in which order: the manifest, then tables, then samples."""
    given_up = [
        (
            form.numbers_apart,
            -(form.longest_table or 10**6),
            -form.longest_sample,
            -(form.most_sampled or 10**6),
        )
        for form in page.FORMS
    ]
    assert given_up == sorted(set(given_up))
    assert page.FORMS[0] == page.Form()
    assert page.FORMS[1] == page.Form(numbers_apart=True)


@pytest.mark.parametrize("wanted", range(len(page.FORMS)))
def test_the_first_form_that_leaves_room_is_taken(
    made: tuple[Artifacts, Layout], monkeypatch: pytest.MonkeyPatch, wanted: int
) -> None:
    """How a page is shortened is tested where that is done."""
    tried: list[page.Form] = []
    real = page.compose
    room = LONGEST_BODY - FOR_PEOPLE

    def spy(run: Path, experiment: Path, place: page.Place) -> page.Text:
        form = page.Form(
            place.numbers_apart, place.longest_table, place.longest_sample, place.most_sampled
        )
        tried.append(form)
        text = real(run, experiment, place)
        ours = sum(map(len, page.human_regions(text.body).values()))
        length = room + ours + 100 * (wanted - page.FORMS.index(form))
        return page.Text(text.title, text.body.ljust(length)[:length])

    monkeypatch.setattr(page, "compose", spy)
    found = unpinned(*made, written="")
    assert found.form == wanted
    assert len(found.body) == room + sum(map(len, page.human_regions(found.body).values()))
    assert len(tried) == len(set(tried)) <= 5, "it does not write the page over and over"
    assert unpinned(*made, written="", shorter=wanted).form == wanted
    if wanted + 1 < len(page.FORMS):
        assert unpinned(*made, written="", shorter=wanted + 1).form == wanted + 1
    assert LONGEST == LONGEST_BODY


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


def test_local_sections_fill_what_nobody_wrote_in(
    made: tuple[Artifacts, Layout], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = "_To be written by a person: two sentences._"
    rendered = "".join(human(name, prompt) for name in "abcd")
    monkeypatch.setattr(page, "compose", lambda *_: page.Text("T", rendered))
    body = f"{human('a', prompt)}{human('b', 'Theirs.')}{human('c', '')}{human('d', prompt)}"
    local = f"{human('a', 'Mine.')}{human('b', 'Mine.')}{human('c', 'Mine.')}"
    expected = f"{human('a', 'Mine.')}{human('b', 'Theirs.')}{human('c', '')}{human('d', prompt)}"
    assert unpinned(*made, written=body, local=local).body == expected
