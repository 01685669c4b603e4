"""Carry out what a comment commands, and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from epm import discovery
from epm.bot.commands import CALL, USAGE, Command
from epm.bot.dispatch import Obey, is_result
from epm.errors import DefinitionError, EpmError
from epm.github.comments import keep_comment
from epm.github.interface import GitHub, Reaction
from epm.github.markers import Marker
from epm.github.text import fenced, quoted
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


@dataclass(frozen=True, slots=True)
class Start:
    """What the workflow is to run next; all of it from our own definitions."""

    experiment: str
    profile: str
    runner: str
    publish: str
    """`draft` or `ready`."""


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
    run_url: str,
) -> Answer:
    """Do what is asked, if its author may ask.

    Args:
        github: the repository.
        order: the comment.
        folder: the checkout, with the experiments.
        lint: brings the comment up to date.
        run_url: where this very workflow run is to be seen.
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
            answer.said += _carry_out(command, order, folder, lint, run_url, answer)
        except EpmError as error:
            answer.failed = True
            answer.said.append(f"{_shown(command)}: {inert(str(error))}")
    if answer.said:
        marker = Marker("reply", key=f"c{comment.id}")
        keep_comment(github, number, marker, marker.wrap("\n\n".join(answer.said)))
    github.react(comment.id, Reaction.REFUSED if answer.failed else Reaction.DONE)
    return answer


def _carry_out(
    command: Command,
    order: Obey,
    folder: Path,
    lint: Callable[[], object],
    run_url: str,
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
            ready = "ready" if command.name == "publish" else "draft"
            answer.start = _start(order.issue.number, command.argument, ready, folder)
            where = f", [here]({run_url})" if run_url else ""
            yield (
                f"Started `{answer.start.experiment}` with the profile `{answer.start.profile}`"
                f"{where}; its results are then published as {ready}."
            )
        case "explain":
            yield _explained(command.argument)
        case _:
            answer.failed = True
            yield _usage(command)


def _start(number: int, profile: str, publish: str, folder: Path) -> Start:
    """Only what this repository defines can be started, whatever a comment says."""
    slug = f"issue-{number}"
    try:
        experiments = discovery.experiments_folder(folder)
        known = discovery.slugs(experiments)
    except EpmError:
        known = []
    if slug not in known:
        raise EpmError(
            f"no experiment is defined for issue {number}",
            "ask on the issue of the experiment, or define it in experiments/",
        )
    experiment = discovery.load(slug, experiments).experiment
    try:
        chosen = experiment.profile(profile or DEFAULT_PROFILE)
    except DefinitionError:
        names = ", ".join(one.name for one in experiment.profiles)
        raise EpmError(f"{slug} has no such profile", f"it has {names}") from None
    return Start(slug, chosen.name, GPU if chosen.needs_gpu else HOSTED, publish)


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
