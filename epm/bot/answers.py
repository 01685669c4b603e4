"""Carry out what a comment commands, and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from epm import discovery
from epm.bot import reply
from epm.bot.commands import CALL, USAGE, Command
from epm.bot.dispatch import Obey, is_result
from epm.bot.reply import Start, Workflow
from epm.definition import Experiment
from epm.errors import DefinitionError, EpmError
from epm.github import markers
from epm.github.comments import keep_comment
from epm.github.interface import GitHub, Issue, Reaction
from epm.github.markers import Marker
from epm.github.text import fenced, quoted
from epm.publishing.page import page_key
from epm_lint import catalogue
from epm_lint.configuration import nearest
from epm_lint.output.markdown import inert
from epm_lint.rules import RULES

REFUSAL = Marker("refusal")
DEFAULT_PROFILE = "pilot"
HOSTED, GPU = "ubuntu-24.04", "gpu"
"""What run-experiment.yml may run on."""

_REFUSED = """\
Thank you, but only people with write access to this repository can give me commands. Everybody's \
edits are checked; ask one of the maintainers for the rest.
"""


@dataclass(slots=True)
class Answer:
    """What came of the commands."""

    start: Start | None = None
    failed: bool = False
    said: list[str] = field(default_factory=list)


def obey(
    github: GitHub,
    order: Obey,
    folder: Path,
    lint: Callable[[], object],
    workflow: Workflow,
) -> Answer:
    """Do what is asked, if its author may ask.

    Args:
        github: the repository.
        order: the comment.
        folder: the checkout, with the experiments.
        lint: brings the comment up to date.
        workflow: what runs this, and whether it can run experiments.
    """
    number, comment = order.issue.number, order.comment
    github.react(comment.id, Reaction.SEEN)
    if not github.permission(comment.author).can_write:
        github.react(comment.id, Reaction.REFUSED)
        # one for all who try: strangers shall not make us fill the issue
        keep_comment(github, number, REFUSAL, REFUSAL.wrap(_REFUSED))
        return Answer()
    answer = Answer()
    for command in order.asked:
        try:
            answer.said += _carry_out(command, order, folder, lint, workflow, answer)
        except EpmError as error:
            answer.failed = True
            answer.said.append(f"{_shown(command)}: {inert(str(error))}")
    if answer.said:
        marker = reply.marker(comment.id)
        keep_comment(github, number, marker, marker.wrap("\n\n".join(answer.said)))
    github.react(comment.id, Reaction.REFUSED if answer.failed else Reaction.DONE)
    return answer


def _carry_out(
    command: Command,
    order: Obey,
    folder: Path,
    lint: Callable[[], object],
    workflow: Workflow,
    answer: Answer,
) -> Iterator[str]:
    match command.name:
        case "lint" if is_result(order.issue.labels):
            lint()
        case "lint":
            yield "There is nothing to lint: this issue has no `clean-results` label."
        case "run" | "publish":
            if answer.start:
                raise EpmError("one comment starts one run", "write another comment for the other")
            if not workflow.runs:
                raise EpmError(
                    "this repository's workflow has no job that runs experiments",
                    "docs/bot.md has one to copy, under “In another repository”",
                )
            answer.start = _start(command, order.issue, folder)
            yield reply.started(answer.start, workflow)
        case "explain":
            yield _explained(command.argument)
        case _:
            answer.failed = True
            yield _usage(command)


def start_of(order: Obey, folder: Path) -> Start | None:
    """What the comment has started."""
    for command in order.asked:
        if command.name in ("run", "publish"):
            return _start(command, order.issue, folder)
    return None


def _start(command: Command, issue: Issue, folder: Path) -> Start:
    """Only what this repository defines can be started, whatever a comment or a page says."""
    experiment, of_page = _experiment(issue, folder)
    ready = command.name == "publish"
    fit = [one.name for one in experiment.profiles if not (ready and one.confidence_cap == "LOW")]
    name = command.argument or of_page or ("" if ready else DEFAULT_PROFILE)
    if ready and not name:
        name = fit[0] if len(fit) == 1 else ""
    if not name:
        raise EpmError(
            f"{experiment.slug} has {len(fit)} profiles that can be published as ready",
            f"name one: {', '.join(fit)}" if fit else "`/epm run` publishes a draft",
        )
    try:
        chosen = experiment.profile(name)
    except DefinitionError:
        names = ", ".join(one.name for one in experiment.profiles)
        raise EpmError(f"{experiment.slug} has no such profile", f"it has {names}") from None
    if chosen.name not in fit:
        raise EpmError(
            f"the profile {chosen.name} is a pilot, which is never published as ready",
            f"`/epm run {chosen.name}` publishes it as a draft"
            + (f"; ready can be {', '.join(fit)}" if fit else ""),
        )
    runner = GPU if chosen.needs_gpu else HOSTED
    return Start(experiment.slug, chosen.name, runner, "ready" if ready else "draft")


def _experiment(issue: Issue, folder: Path) -> tuple[Experiment, str]:
    """The issue's own experiment; or that of the page which it holds, and the page's profile."""
    try:
        experiments = discovery.experiments_folder(folder)
        known = discovery.slugs(experiments)
    except EpmError:
        known = []
    if f"issue-{issue.number}" in known:
        return discovery.load(f"issue-{issue.number}", experiments).experiment, ""
    keys = {one.key for one in markers.leading(issue.body) if one.name == "page"}
    for slug in known:
        if any(key.startswith(f"{slug}-") for key in keys):
            experiment = discovery.load(slug, experiments).experiment
            for profile in experiment.profiles:
                if page_key(slug, profile.name) in keys:
                    return experiment, profile.name
    raise EpmError(
        f"no experiment is defined for issue {issue.number}",
        "ask on the issue of the experiment or on its page, or define it in experiments/",
    )


def _explained(slug: str) -> str:
    rules: Mapping[str, object] = {rule.slug: rule for rule in RULES}
    for rule in RULES:
        if rule.slug == slug:
            return f"`{slug}`:\n\n{fenced(catalogue.explanation(rule))}"
    hint = nearest(slug[:64], rules) if slug else ""
    names = ", ".join(f"`{name}`" for name in rules)
    asked = f"There is no rule {quoted(slug)}. " if slug else ""
    return f"{asked}{f'{inert(hint)} ' if hint else ''}The rules: {names}."


def _usage(command: Command) -> str:
    lines = [f"- `{CALL} {form}`: {about}" for form, about in USAGE.items()]
    return "\n".join([f"I do not know {_shown(command)}. What I know:", "", *lines])


def _shown(command: Command) -> str:
    return quoted(f"{CALL} {command.name} {command.argument}".strip())
