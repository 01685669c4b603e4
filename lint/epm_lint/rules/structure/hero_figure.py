"""The figure at the head of the results shows the same picture for ever.

A branch moves on, and the picture under the claim changes with it: the figure's address names a
commit, and is that of the image, not of a page about it. With a checkout of the same repository at
hand, the file has to be in that commit. In a local draft the file lies beside the body; publishing
pins it.

Bad:

    ## AI Summary

    ### Results

    ![Source rate against cosine](https://raw.githubusercontent.com/acme/lab/main/figures/hero.png)

Good:

    ## AI Summary

    ### Results

    ![Source rate](https://raw.githubusercontent.com/acme/lab/43a303c/figures/hero.png)
"""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from epm_lint.markdown.blocks import Figure
from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Finding, Page, Repository, Rule, Verdict, option
from epm_lint.page.links import FileAddress, file_address
from epm_lint.page.sections import missing, results
from epm_lint.quoting import quote
from epm_lint.values import dataclass

DEEPEST_BRANCH = 5
"""How many parts a branch's name may have, as in `feature/hero`."""


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    fewest_digits: int = option(7, "the fewest digits of a commit")


def check(page: Page, options: Options) -> Verdict:
    """The first figure of the results is pinned to a commit, or lies beside the draft."""
    sections = results(page)
    figure = next((figure for section in sections for figure in section.figures), None)
    if figure is None:
        fix = "show there what was found"
        if not sections:
            return Verdict.failed("no Results section", missing(page, "results"))
        here = [Finding("no figure here", sections[0].line, fix=fix)]
        return Verdict.failed("no image in Results", here)
    address = file_address(figure.url)
    if address is None:
        return _elsewhere(page, figure)
    if address.path and _is_pinned(address, options) and address.raw:
        return _at_commit(page, figure, address)
    if not address.path:
        return _failed(figure, "the address names no file", "link to the file at a commit")
    return _loose(page, figure, address, options)


def _is_pinned(address: FileAddress, options: Options) -> bool:
    return address.pinned and len(address.ref) >= options.fewest_digits


def _elsewhere(page: Page, figure: Figure) -> Verdict:
    """A file beside a draft, or a figure that is in no repository."""
    try:
        url = urlsplit(figure.url)
    except ValueError:
        return _failed(figure, "the address of the figure cannot be read", "correct it")
    if url.scheme or url.netloc:
        fix = "commit the figure and link to it at that commit"
        return _failed(figure, "not a file in a repository at a commit", fix)
    name = unquote(url.path).removeprefix("./")
    if name in page.beside:
        local = "a local file; publishing pins it to a commit"
        return Verdict.warned(local, [_fault(figure, "publish the page")])
    detail = f"no such file beside the body: {quote(name)}"
    return _failed(figure, detail, "put the file beside the body, or correct the name")


def _at_commit(page: Page, figure: Figure, address: FileAddress) -> Verdict:
    """With a checkout of that repository at hand, whether the file is there."""
    short = address.ref[:7]
    if page.repository and address.is_in(page.repository.name):
        if not page.repository.has_commit(address.ref):
            if page.repository.is_shallow:
                detail = f"pinned to {short}, which this shallow checkout cannot look up"
                return Verdict.warned(detail, [_fault(figure, "fetch the whole history")])
            detail = f"no commit {short} in {quote(address.repository)}"
            return _failed(figure, detail, "name a commit that is in the repository")
        if page.repository.read(address.ref, address.path) is None:
            detail = f"no file {quote(address.path)} at {short}"
            return _failed(figure, detail, "name the commit in which it was added")
    return Verdict.passed(f"pinned to {short}")


def _loose(page: Page, figure: Figure, address: FileAddress, options: Options) -> Verdict:
    """On a branch, or the address of a page about the figure; mended together."""
    details, fixes = [], []
    new = figure.url
    if not address.raw:
        details.append("the address shows a page about the image, not the image")
        fixes.append("append ?raw=true")
        bare = address.start > 0 and not any(mark in new for mark in "?#")
        new += "?raw=true" if bare else ""
    if not _is_pinned(address, options):
        ref, commit = _commit(page.repository, address)
        details.append(f"not pinned to a commit: {quote(ref)} is a branch or a tag")
        sha = commit[:12] if commit else "<sha>"
        fixes.append(f"name the commit: …/{sha}/… in place of the branch")
        written = new[address.start : address.start + len(ref)]
        if commit and written == ref:
            new = new[: address.start] + commit + new[address.start + len(ref) :]
    edits = tuple(_rewritten(page.document, figure, new)) if new != figure.url else ()
    return Verdict.failed("; ".join(details), [_fault(figure, "; ".join(fixes), edits)])


def _commit(repository: Repository | None, address: FileAddress) -> tuple[str, str | None]:
    """The ref, cut where the checkout knows the path, and the commit that last changed the file."""
    ref, steps = address.ref, address.path.split("/")
    if repository is None or not address.is_in(repository.name):
        return ref, None
    for cut in range(min(len(steps), DEEPEST_BRANCH)):
        path = "/".join(steps[cut:])
        commit = repository.last_commit(path)
        if commit and repository.read(commit, path) is not None:
            return "/".join([ref, *steps[:cut]]), commit
    return ref, None


def _rewritten(document: Document, figure: Figure, new: str) -> Iterator[Edit]:
    """Where the address is written: on the figure's line or the next ones, else in a definition."""
    lines = document.lines
    near = range(figure.line, min(figure.line + 4, len(lines) + 1))
    definitions = (n for n, line in enumerate(lines, 1) if line.lstrip().startswith("["))
    for number in (*near, *definitions):
        column = lines[number - 1].find(figure.url)
        if column >= 0:
            yield Edit.within(number, column + 1, figure.url, new)
            return


def _failed(figure: Figure, detail: str, fix: str) -> Verdict:
    return Verdict.failed(detail, [_fault(figure, fix)])


def _fault(figure: Figure, fix: str, edits: tuple[Edit, ...] = ()) -> Finding:
    return Finding(f"hero figure {quote(figure.url)}", figure.line, fix=fix, edits=edits)


RULE = Rule("hero-figure", "Hero figure", check, options=Options(), doc=__doc__)
