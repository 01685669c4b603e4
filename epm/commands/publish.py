"""`epm publish`: its arguments, and what it says."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.exit_codes import CLEAN, COULD_NOT, FINDINGS
from epm.github import outputs
from epm_lint.model import Status
from epm_lint.quoting import as_line

if TYPE_CHECKING:
    from epm.discovery import LoadedExperiment, LoadedImport
    from epm.github.client import Client
    from epm.github.interface import Issue
    from epm.github.retry import RetryPolicy
    from epm.publishing.publish import Outcome
    from epm_lint.model import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm publish` understands."""
    parser.add_argument("experiment", help="for example issue-246")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--profile", help="its scale (default: the one that has been run)")
    which.add_argument("--run", type=Path, metavar="DIR", help="the run folder to publish")
    parser.add_argument("--repo", metavar="OWNER/NAME", help="on GitHub (default: where origin is)")
    state = parser.add_mutually_exclusive_group()
    state.add_argument(
        "--draft",
        action="store_true",
        help="label it as a draft, whose human sections may be unwritten (default for a new page)",
    )
    state.add_argument("--ready", action="store_true", help="label it as finished")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing"
    )
    parser.add_argument("--allow-pilot", action="store_true", help="publish a scaled-down run too")
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite what somebody edited of the page; it is kept in a comment",
    )


def run(parsed: argparse.Namespace, policy: RetryPolicy | None = None) -> int:
    """Publish; 0 done, 1 the page has findings, 2 refused."""
    from epm import discovery
    from epm.github import client
    from epm.linting.settings import Settings
    from epm.pipeline.content import remote as remote_address
    from epm.publishing import artifacts, site
    from epm.publishing.committed import Checkout, with_commits
    from epm.publishing.git import Git, host_of, remote_of
    from epm.publishing.page import Layout
    from epm.publishing.publish import Sources, Wishes, publish

    loaded = discovery.load_any(parsed.experiment, discovery.experiments_folder(Path.cwd()))
    folder = parsed.run or _finished(loaded, parsed.profile)
    found = artifacts.collect(folder, loaded.experiment.slug, parsed.allow_pilot)
    remote, name = remote_of(loaded.folder, parsed.repo)
    host = host_of(loaded.folder, remote)
    github = client.connect(name, os.environ, policy, host)
    draft = True if parsed.draft else False if parsed.ready else None
    with (
        tempfile.TemporaryDirectory(prefix="epm-objects-") as objects,
        tempfile.TemporaryDirectory(prefix="epm-run-") as scratch,
    ):
        git = Git(loaded.folder, remote, Path(objects) if parsed.dry_run else None)
        home = loaded.folder.resolve().relative_to(git.folder.resolve()).as_posix()
        at = Checkout(
            git,
            loaded.repository,
            home.removesuffix(own := f"experiments/{loaded.folder.name}"),
            own,
            remote_address(loaded.repository),
        )
        found = with_commits(found, at, Path(scratch))
        repository = github.repository()
        layout = Layout(
            site.Site(site.server(os.environ, host), repository.full_name, repository.private),
            f"{home}/published/{found.profile}",
            _code(loaded, home),
            loaded.folder,
        )
        sources = Sources(found, layout, Settings().of(loaded.folder))
        wishes = Wishes(draft, parsed.dry_run, parsed.force)
        outcome = publish(sources, github, git, wishes, _say)
        code = _told(outcome, wishes.dry_run)
        if outcome.page and code == CLEAN and not wishes.dry_run:
            outputs.tell(os.environ, "page", str(outcome.page.number))
            _lint_too(outcome.page, github, loaded.folder)
    return code


def _lint_too(page: Issue, github: Client, folder: Path) -> None:
    """What a workflow's own token writes starts no workflow, so nobody else would lint it."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from epm.bot.judging import Judge
    from epm.bot.signature import Signature
    from epm.bot.verdicts import keep_verdict

    judge, signature = Judge.at(folder, github.full_name), Signature.of(os.environ)
    outcome = keep_verdict(github, judge, github.issue(page.number), signature)
    if report := outcome.judged.report:
        _say(f"the comment on issue {page.number} says {report.status}")


def _finished(loaded: LoadedExperiment | LoadedImport, profile: str | None) -> Path:
    """The run folder of a profile; without one, of the only one that has been run."""
    from epm.discovery import LoadedImport
    from epm.pipeline.run import run_folder

    if isinstance(loaded, LoadedImport):
        return _imported(loaded)
    experiment, runs = loaded.experiment, loaded.repository / "runs"
    if profile:
        folder = run_folder(experiment.resolve(profile), runs)
        if not (folder / "results.json").is_file():
            _check_changed(loaded, folder.parent, f"{profile}-*")
        return folder
    folders = {p.name: run_folder(experiment.resolve(p.name), runs) for p in experiment.profiles}
    there = {name: path for name, path in folders.items() if (path / "results.json").is_file()}
    if len(there) == 1:
        return next(iter(there.values()))
    if there:
        raise EpmError(
            f"{experiment.slug} has been run at {len(there)} scales: {', '.join(there)}",
            f"name one, as in `epm publish {experiment.slug} --profile {next(iter(there))}`",
        )
    _check_changed(loaded, runs / experiment.slug, "*")
    raise EpmError(
        f"{experiment.slug} has not been run here, or its definition has changed since",
        f"`epm run {experiment.slug}`, or name a run folder with --run",
    )


def _imported(loaded: LoadedImport) -> Path:
    """The only run folder of imported results."""
    slug = loaded.experiment.slug
    there = sorted((loaded.repository / "runs" / slug).glob("imported-*/results.json"))
    if not there:
        raise EpmError(
            f"nothing was imported for {slug} here", f"`epm import … --experiment {slug}`"
        )
    if len(there) > 1:
        raise EpmError(
            f"{len(there)} imports of {slug}: {', '.join(path.parent.name for path in there)}",
            f"name one with --run, as {there[-1].parent}",
        )
    return there[0].parent


def _check_changed(loaded: LoadedExperiment, runs: Path, named: str) -> None:
    """Say which file was changed since the last run, where that is why there is none.

    Raises:
        EpmError: there is a finished run, of other files than these.
    """
    from epm.pipeline.content import content, differing, recorded
    from epm.results.reading import load

    finished = sorted(runs.glob(f"{named}/results.json"), key=lambda path: path.stat().st_mtime)
    if not finished:
        return
    run = finished[-1].parent
    ran = recorded(run, load(finished[-1]).provenance.environments[-1].content)
    now = content(loaded.repository, loaded.folder).files
    if ran and (changed := differing(ran, now)):
        slug = loaded.experiment.slug
        more = f" and {len(changed) - 1} more" if changed[1:] else ""
        raise EpmError(
            f"{changed[0]}{more} was changed since {slug} ran, so that the run of {run} is not of "
            "what is there now",
            f"`epm run {slug}`, or restore it as it was",
        )


def _code(loaded: LoadedExperiment | LoadedImport, home: str) -> dict[str, str]:
    """What of the repository a page links to, by the name that the page has for it."""
    data = [path.name for path in loaded.folder.glob("*.json") if path.is_file()]
    name = f"experiments/{loaded.folder.name}/experiment.py"
    return {name: f"{home}/experiment.py"} | {file: f"{home}/{file}" for file in data}


def _told(outcome: Outcome, dry_run: bool) -> int:
    from epm.publishing.publish import State
    from epm_lint.output import table

    if outcome.state is not State.DONE:
        if outcome.report:
            sys.stdout.write(table.render(outcome.report))
        line = "nothing was published: the page has to be mended first"
        if outcome.report and outcome.report.status.severity < Status.FAIL.severity:
            line = "nothing was published: a page that is ready has its human text"
        outputs.tell(os.environ, "trouble", f"{line}{_failed(outcome.report)}")
        print(f"epm: {line}", file=sys.stderr)  # noqa: T201
        return COULD_NOT if outcome.state is State.BROKEN else FINDINGS
    if outcome.page and not dry_run:
        print(outcome.page.html_url)  # noqa: T201
    return CLEAN


def _failed(report: Report | None) -> str:
    """What stands in the way, for somebody who does not see the table."""
    failed = [
        f"{row.rule.title} ({row.verdict.detail})"
        for row in (report.rows if report else ())
        if row.verdict.status in (Status.AWAITING, Status.FAIL, Status.ERROR)
    ]
    more = f"; and {len(failed) - 5} more" if len(failed) > 5 else ""
    return f": {'; '.join(failed[:5])}{more}" if failed else ""


def _say(text: str) -> None:
    """A page is hostile to terminals and to the logs of workflows too."""
    for line in text.split("\n"):
        print(as_line(line))  # noqa: T201
