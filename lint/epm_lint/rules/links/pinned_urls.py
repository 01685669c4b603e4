"""A link into the repository leads to the same text for ever.

A branch moves on, a tag can be moved; what stood behind the link when the page was written is then
gone. Every link to a file of the page's own repository names a commit, and the figures of a page
that reports one run name the same one. The hero's address has a rule of its own. Links to issues,
pulls, commits, comparisons and releases are not links to files. A branch of another repository is a
warning, a version tag there is none.

The page's own repository is the one of the checkout at hand, else the one that most of its figures
lie in, else the one that most of its links to files lead into.

Bad:

    The configuration is [here](https://github.com/acme/lab/blob/main/configs/train.yaml).

Good:

    The configuration is [here](https://github.com/acme/lab/blob/43a303c/configs/train.yaml).
"""

from collections.abc import Iterator, Sequence

from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Finding, Page, Repository, Rule, Verdict, option
from epm_lint.page.links import LinkMention, hero, home, mentions
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_VERSION = Pattern(r"(?:refs/tags/)?[\w-]{0,40}?v?\d{1,6}(?:\.\d{1,6}){1,3}[\w.-]{0,40}")
_DEFINITION = Pattern(r"[ >]{0,12}\[[^\]]{1,200}\]:")

_MOST = 100
"""How many links are looked up in the repository at most."""


@dataclass(frozen=True)
class Options:
    """What the rule can be told."""

    branches: tuple[str, ...] = option(
        ("main", "master", "HEAD"), "branches that the checkout stands for"
    )


def check(page: Page, options: Options) -> Verdict:
    """Links into the page's own repository carry a commit; its figures agree on it."""
    found = mentions(page.document)
    own = home(page, found)
    first = hero(page)
    judged = [
        m for m in found if not (m.figure and first and (m.url, m.line) == (first.url, first.line))
    ]
    loose = [m for m in judged if not m.address.pinned]
    ours = [m for m in loose if m.address.is_in(own)]
    others = [
        m for m in loose if not m.address.is_in(own) and not _VERSION.fullmatch(m.address.ref)
    ]
    disagreeing = list(_disagreement([m for m in found if m.figure and m.address.is_in(own)]))
    faults = [*_faults(page, ours, found, own, options), *map(_foreign, others), *disagreeing]
    one_run = "results=" in (page.document.marker() or "")
    if ours:
        return Verdict.failed(f"{len(ours)} link(s) not pinned to a commit", faults)
    if disagreeing:
        detail = "the figures are pinned to different commits"
        return (Verdict.failed if one_run else Verdict.warned)(detail, faults)
    if others:
        return Verdict.warned(f"{len(others)} link(s) to a branch of another repository", faults)
    if not judged:
        return Verdict.skipped(
            "no link to a file in a repository but the hero's"
            if found
            else "no link to a file in a repository"
        )
    return Verdict.passed(f"{len(judged)} link(s), all pinned")


def _foreign(mention: LinkMention) -> Finding:
    return Finding(
        f"{quote(mention.url)} leads to a branch of another repository",
        mention.line,
        fix="name the commit in place of the branch",
    )


def _disagreement(figures: Sequence[LinkMention]) -> Iterator[Finding]:
    pinned = [m for m in figures if m.address.pinned]
    for mention in pinned[1:]:
        mine, first = mention.address.ref.lower(), pinned[0].address.ref.lower()
        if not (mine.startswith(first) or first.startswith(mine)):
            yield Finding(
                f"this figure is of commit {mine[:7]}, the first one of {first[:7]}",
                mention.line,
                fix="pin all figures of one run to the same commit",
            )


def _faults(
    page: Page,
    loose: Sequence[LinkMention],
    found: Sequence[LinkMention],
    own: str | None,
    options: Options,
) -> Iterator[Finding]:
    figures = [m for m in found if m.figure and m.address.is_in(own)][:_MOST]
    shared = _shared_commit(page.repository, figures)
    done: set[tuple[int, int]] = set()
    for index, mention in enumerate(loose):
        repository = page.repository if index < _MOST else None
        ref, path = _split(mention, repository)
        commit = repository.last_commit(path) if repository and path else None
        if mention.figure and commit:
            commit = shared or commit
        edits = []
        if commit:
            written = mention.url[mention.address.start :][: len(ref)]
            places = [p for p in _places(page.document, mention) if p not in done]
            done.update(places)
            edits = [
                Edit.within(line, column + mention.address.start, written, commit)
                for line, column in places
                if written == ref
            ]
        known = ref.removeprefix("refs/heads/") in options.branches
        yield Finding(
            f"{quote(mention.url)} names {quote(ref)}, a branch or a tag",
            mention.line,
            fix=f"name the commit: {commit[:12]}" if commit else "name the commit in its place",
            edits=tuple(edits),
            safe=known and page.repository is not None and page.repository.name is not None,
        )


def _split(mention: LinkMention, repository: Repository | None) -> tuple[str, str]:
    """The ref and the path, cut where the repository knows the path: a branch may hold slashes."""
    ref, path = mention.address.ref, mention.address.path
    if repository is None or not path or repository.last_commit(path):
        return ref, path
    steps = path.split("/")
    for cut in range(1, min(len(steps), 5)):
        shorter = "/".join(steps[cut:])
        if repository.last_commit(shorter):
            return "/".join([ref, *steps[:cut]]), shorter
    return ref, path


def _shared_commit(repository: Repository | None, figures: Sequence[LinkMention]) -> str | None:
    """A commit at which all figures that are not pinned look as they do now."""
    if repository is None:
        return None
    latest = {
        path: commit
        for m in figures
        if not m.address.pinned
        for _, path in [_split(m, repository)]
        if (commit := repository.last_commit(path))
    }
    pinned = [m.address.ref for m in figures if m.address.pinned]
    for commit in dict.fromkeys([*pinned, *latest.values()]):
        if all(
            (now := repository.read(last, path)) is not None
            and repository.read(commit, path) == now
            for path, last in latest.items()
        ):
            return commit
    return None


def _places(document: Document, mention: LinkMention) -> Iterator[tuple[int, int]]:
    """Where the address is written: on its line or the next ones, else in a definition."""
    lines = document.lines
    near = range(mention.line, min(mention.line + 4, len(lines) + 1))
    places = [(n, at + 1) for n in near if (at := lines[n - 1].find(mention.url)) >= 0]
    if places:
        yield places[0]
        return
    for number, line in enumerate(lines, start=1):
        if mention.url in line and _DEFINITION.match(line):
            yield number, line.index(mention.url) + 1


RULE = Rule("pinned-urls", "Pinned URLs", check, options=Options(), doc=__doc__)
