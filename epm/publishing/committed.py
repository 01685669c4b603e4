"""The commits that a run can be published against: those that hold exactly what had run.

A run that was started before its experiment was committed needs no second run, if what is committed
later is what had run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from epm.errors import EpmError
from epm.files import read_own, write_atomically
from epm.pipeline.content import CODE, content, depends_on, differing, recorded, tree_entries
from epm.publishing.artifacts import Artifacts
from epm.publishing.git import Git, GitFailed
from epm.report.render import BODY, RESULTS
from epm.results import Environment, GitState

MOST_COMMITS = 300
"""Of the history of HEAD that are looked at, the newest first."""


@dataclass(frozen=True)
class Checkout:
    """Where the experiment lies in its repository."""

    git: Git
    repository: Path
    """The folder above `experiments/`, on disk."""
    prefix: str
    """Its path in the checkout, with a slash at the end; '' for the top."""
    experiment: str
    """The experiment's folder, relative to the repository."""
    remote: str
    """Where the checkout was cloned from, without credentials."""

    def files(self, commit: str) -> dict[str, str]:
        """What a run depends on, as a commit has it."""
        try:
            listed = self.git.text("ls-tree", "-r", "-z", f"{commit}:{self.prefix}")
        except GitFailed:  # of a time when there was no such folder
            return {}
        return {
            name: blob for name, blob in tree_entries(listed) if depends_on(name, self.experiment)
        }

    def history(self) -> Iterator[str]:
        """Commits of HEAD's history that change what a run depends on, the newest first."""
        paths = [f"{self.prefix}{name}" for name in (*CODE, self.experiment)]
        try:
            head = self.git.text("rev-parse", "--verify", "HEAD^{commit}")
        except GitFailed:
            return
        yield head
        most = f"--max-count={MOST_COMMITS}"
        listed = self.git.text("rev-list", "--topo-order", most, head, "--", *paths)
        yield from (commit for commit in listed.split() if commit != head)

    def is_ancestor(self, commit: str, other: str) -> bool:
        """Whether a commit is another, or in its history."""
        return self.git.has(other) and not self.git.text(
            "rev-list", "--max-count=1", commit, f"^{other}"
        )


def with_commits(artifacts: Artifacts, checkout: Checkout, scratch: Path) -> Artifacts:
    """The run, its results naming commits that hold what had run.

    Where the run was of a clean tree it stays as it is; else its published files are copied into
    a folder, and nothing of the user's is changed.

    Args:
        artifacts: the run.
        checkout: where the experiment lies.
        scratch: an empty folder.

    Raises:
        EpmError: no commit holds what had run, with the name of a file that differs.
    """
    *earlier, last = artifacts.results.provenance.environments
    final = _settled(last, artifacts.run, checkout)
    found = [*(_below(each, final, artifacts.run, checkout) for each in earlier), final]
    if all(one is each for one, each in _pairs(found, artifacts)):
        return artifacts
    # two that differed only in what was committed by then are one
    environments = tuple(each for number, each in enumerate(found) if each not in found[:number])
    results = artifacts.results
    provenance = results.provenance.model_copy(update={"environments": environments})
    results = results.model_copy(update={"provenance": provenance})
    files = {**artifacts.files, RESULTS: results.dumps().encode()}
    beside = {
        name: read_own(artifacts.run / name, within=artifacts.run)
        for name in (BODY, *artifacts.instead)
        if (artifacts.run / name).is_file()
    }
    for name, data in {**beside, **files}.items():
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(scratch / name, data)
    return replace(artifacts, run=scratch, results=results, files=files)


def _pairs(
    found: list[Environment], artifacts: Artifacts
) -> Iterator[tuple[Environment, Environment]]:
    return zip(found, artifacts.results.provenance.environments, strict=True)


def _settled(environment: Environment, run: Path, checkout: Checkout) -> Environment:
    """An invocation with the commit of what it ran."""
    if isinstance(environment.git, GitState) and not environment.git.dirty:
        return environment
    ran = recorded(run, environment.content)
    if ran is None:
        raise EpmError(
            f"the list of what had run is gone from {run}",
            "commit the experiment, then `epm run` it with --fresh",
        )
    before = environment.git.commit if isinstance(environment.git, GitState) else ""
    commit = before if before and checkout.files(before) == ran else _holding(ran, checkout)
    if commit is None:
        raise _refusal(ran, checkout)
    afterwards = None if before and checkout.is_ancestor(commit, before) else True
    state = GitState(commit=commit, dirty=False, remote=checkout.remote, afterwards=afterwards)
    return environment.model_copy(update={"git": state})


def _below(
    environment: Environment, final: Environment, run: Path, checkout: Checkout
) -> Environment:
    """An earlier invocation, whose stages the last one went on from.

    They depend on nothing of the experiment's folder but what their fingerprint covers, and that
    named the run folder both times. With the same epm, the last one's commit would do the same.
    """
    if isinstance(environment.git, GitState) and not environment.git.dirty:
        return environment
    ran = recorded(run, environment.content)
    assert isinstance(final.git, GitState)  # noqa: S101 - it is settled
    if ran is not None and _code(ran) == _code(checkout.files(final.git.commit)):
        return environment.model_copy(update={"git": final.git})
    return _settled(environment, run, checkout)


def _code(files: Mapping[str, str]) -> dict[str, str]:
    """Those of epm."""
    return {name: blob for name, blob in files.items() if name.partition("/")[0] in CODE}


def _holding(ran: Mapping[str, str], checkout: Checkout) -> str | None:
    """The first of the commits, as far as they follow each other, that hold exactly this."""
    found = None
    for commit in checkout.history():
        if checkout.files(commit) == ran:
            found = commit
        elif found:
            break
    return found


def _refusal(ran: Mapping[str, str], checkout: Checkout) -> EpmError:
    """Which file stands in the way: changed since, or only not committed yet."""
    here = checkout.repository
    now = content(here, here / checkout.experiment).files
    committed = checkout.files("HEAD")
    if changed := differing(ran, now):
        first, slug = changed[0], checkout.experiment.rpartition("/")[2].replace("_", "-")
        what = "is new" if first not in ran else "is gone" if first not in now else "was changed"
        more = f" (and {len(changed) - 1} more)" if changed[1:] else ""
        code = any(name.partition("/")[0] in CODE for name in changed)
        again = (
            f"`epm run {slug} --fresh`"
            if code
            else f"`epm run {slug}` (what its samples do not depend on is done again, in seconds)"
        )
        return EpmError(
            f"{first}{more} {what} since it ran, so that no commit holds what had run",
            f"restore it and commit that, or {again}, and commit what ran then",
        )
    waiting = differing(ran, committed)
    more = f" and {len(waiting) - 1} more" if waiting[1:] else ""
    return EpmError(
        f"{waiting[0]}{more} as it ran is not committed yet",
        "commit and push it as it is, then publish: nothing has to be run again",
    )
