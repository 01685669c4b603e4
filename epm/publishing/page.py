"""The page as it is published: pinned to a commit, not too long, with what people wrote."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from epm.errors import EpmError
from epm.github.interface import LONGEST_BODY, LONGEST_TITLE, Issue, body_hash
from epm.github.markers import Marker
from epm.linting.bodies import FOR_PEOPLE
from epm.publishing.artifacts import Artifacts
from epm.publishing.site import Site
from epm.report.companions import TABLES
from epm.report.excerpts import LONGEST
from epm.report.regions import REGION, human_regions, is_unwritten, keep_human_regions
from epm.report.render import RESULTS, Location, Place, Text, compose
from epm_lint.binding.manifest import MARK

NOWHERE = "0" * 40
"""Stands for a commit that is still to be made."""

_MANIFEST = re.compile(rf"<!-- {MARK} [^>]{{0,{LONGEST_BODY}}}-->")
_COMMIT = re.compile(r"<!-- epm:clean-result [^\n>]{0,1000}\bcommit=([0-9a-f]{40})\b")


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a page, so that it takes less room than the one before."""

    numbers_apart: bool = False
    """Whether the numbers manifest is a file beside the results."""
    longest_table: int | None = None
    """Characters of a table that are shown, the whole being in a file beside the results."""
    longest_sample: int = LONGEST
    """Characters of a completion that are shown."""
    most_sampled: int | None = None
    """Conditions of which samples are shown."""


FORMS = (
    Form(),
    Form(numbers_apart=True),
    *(Form(True, table) for table in (6_000, 2_000)),
    *(Form(True, 2_000, sample) for sample in (240, 160, 80)),
    *(Form(True, 1_000, 80, sampled) for sampled in (40, 12)),
)
"""From the whole page to the shortest: what nobody reads goes first, what shows it goes last."""


@dataclass(frozen=True)
class Fitted(Text):
    """A page in the form that leaves room for what people write."""

    form: int = 0
    """Which of the forms that is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What of a page is the same for each commit it could be pinned to."""

    site: Site
    folder: str
    """Of the published files, in the repository."""
    code: Mapping[str, str]
    """Paths in the repository at the commit that ran, by the name that the page has for them."""
    experiment: Path
    """The folder of the experiment's templates."""

    def place(self, artifacts: Artifacts, commit: str, form: Form = FORMS[0]) -> Place:
        """Where a page's files are, once the commit has them."""
        own = {name: f"{self.folder}/{name}" for name in artifacts.files}
        files = {name: self._at(artifacts.commit, path) for name, path in self.code.items()}
        files |= {name: self._at(commit, path) for name, path in own.items()}
        tables = f"{self.folder}/{TABLES}"
        files[TABLES] = Location(tables, self.site.view(commit, tables))
        return Place(
            results=f"results={self.folder}/{RESULTS} commit={commit}",
            marker=str(page_marker(artifacts)),
            files=files,
            instead=artifacts.instead,
            longest_sample=form.longest_sample,
            most_sampled=form.most_sampled,
            longest_table=form.longest_table,
            numbers_apart=form.numbers_apart,
        )

    def _at(self, commit: str, path: str) -> Location:
        return Location(path, self.site.file(commit, path))


def page_marker(artifacts: Artifacts) -> Marker:
    """By which the page is found again: one for each experiment and profile."""
    return Marker("page", key=page_key(artifacts.results.identity.slug, artifacts.profile))


def page_key(slug: str, profile: str) -> str:
    """The key of a page's marker."""
    return _word(f"{slug}-{profile}")


def results_marker(artifacts: Artifacts) -> Marker:
    """By which the comment on the source issue is found again."""
    return Marker("results", key=_word(artifacts.profile))


def _word(text: str) -> str:
    """A marker takes lower case, digits and single hyphens."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:64].strip("-")


def unpinned(
    artifacts: Artifacts, layout: Layout, written: str, local: str = "", shorter: int = 0
) -> Fitted:
    """The page, with what people wrote, in the first form that leaves room for more of that.

    Args:
        artifacts: the run.
        layout: where things are.
        written: the page as it is on GitHub, in which people may have written.
        local: the page beside the run, for the sections that nobody has written in there.
        shorter: how many forms GitHub has not taken.

    Raises:
        EpmError: it has taken none, or the title is too long.
    """
    if shorter >= len(FORMS):
        raise EpmError(
            "GitHub does not take the page, not even with its tables cut and the fewest samples",
            f"shorten the narrative in {layout.experiment}, or what people wrote in the page",
        )

    @cache
    def formed(number: int) -> Text:
        place = layout.place(artifacts, NOWHERE, FORMS[number])
        page = compose(artifacts.run, layout.experiment, place)
        body = keep_human_regions(keep_human_regions(page.body, plain(local)), plain(written))
        return Text(page.title, body, page.beside)

    def fits(number: int) -> bool:
        body = formed(number).body
        regions = human_regions(body).values()
        people = sum(len(text) for text in regions if not is_unwritten(text))
        ours = len(body) - sum(map(len, regions))
        # the same before and after people write: a page does not change its form for that
        return ours + max(FOR_PEOPLE, people) <= LONGEST_BODY

    number = shorter
    if not fits(number):  # each form is shorter than the one before: not all need be composed
        later = range(number + 1, len(FORMS))
        number = min(number + 1 + bisect_left(later, True, key=fits), len(FORMS) - 1)
    page = formed(number)
    if len(page.title) > LONGEST_TITLE:
        raise EpmError(
            f"the title has {len(page.title)} characters; GitHub takes {LONGEST_TITLE}",
            f"shorten {layout.experiment / 'title.txt.j2'}",
        )
    return Fitted(page.title, page.body, page.beside, number)


def pinned(page: Text, commit: str) -> Text:
    """The page whose files are at a commit; the name of one commit is as long as any other's."""
    return Text(page.title, page.body.replace(NOWHERE, commit), page.beside)


def plain(body: str) -> str:
    """A body with the line ends that it had before a browser saved it."""
    return body.replace("\r\n", "\n").replace("\r", "\n")


def commit_of(body: str) -> str | None:
    """The commit that a published page's first line names."""
    found = _COMMIT.match(plain(body))
    return found[1] if found else None


def skeleton(title: str, body: str) -> str:
    """What nobody but epm writes of a page, whatever commit it is pinned to.

    Without the manifest, which people do not see and which is made anew each time.
    """
    text = REGION.sub(lambda m: f"<!-- epm:human {m['name']} -->", plain(body))
    commit = commit_of(text)
    text = text.replace(commit, NOWHERE) if commit else text
    return f"{title.strip()}\n\n{_MANIFEST.sub('', text).rstrip()}\n"


def fingerprint(title: str, body: str) -> str:
    """Of the skeleton; two pages have the same if people edited their own sections alone."""
    return body_hash(skeleton(title, body))


def of_issue(issue: Issue) -> str:
    """The same, of a page as it is on GitHub."""
    return fingerprint(issue.title, issue.body)
