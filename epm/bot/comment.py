"""The one comment: verdict and change first, then what fails, the rest folded away.

It is read for three seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from epm.bot import block, delta, listing, memory, past, patch
from epm.bot.delta import Delta
from epm.bot.dispatch import LABEL, is_result
from epm.bot.history import History, PastVerdict, taken_up, verdict
from epm.bot.judging import Judgement
from epm.bot.memory import Memory
from epm.bot.places import Places
from epm.bot.signature import Signature
from epm.github.interface import LONGEST_BODY, body_hash
from epm.github.markers import Marker
from epm.github.text import fenced
from epm.report.render import templates_folder
from epm_lint.model import Status
from epm_lint.output.markdown import inert
from epm_lint.output.table import SIGNS, counted

if TYPE_CHECKING:
    from jinja2 import Template

MARKER = Marker("clean-result-lint")
_CLOSING = "<!-- /epm:clean-result-lint -->"
_LAST = "<!-- epm:last-verdict -->\n"
"""What stands below is the last verdict, which the one above does not replace."""
_PAST = "<!-- epm:past-verdicts -->\n"
"""What stands below is the history, as people read it."""

_FEW_SHOWN = 3
_PATCH = 12_000
"""Characters of the suggested patch."""
_ROOM = LONGEST_BODY - 11_000
_ALERTS = {
    Status.SKIP: "NOTE",
    Status.PASS: "TIP",
    Status.AWAITING: "IMPORTANT",
    Status.WARN: "WARNING",
    Status.FAIL: "CAUTION",
    Status.ERROR: "CAUTION",
}


@dataclass(frozen=True, slots=True)
class Composed:
    """A comment to write, and what it has to tell."""

    body: str
    delta: Delta | None = None
    told: PastVerdict | None = None
    """The verdict that it adds to the history."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What our comment says and remembers, as long as nobody has edited it."""

    memory: Memory | None = None
    history: History = field(default_factory=History)
    said: str = ""


def compose(
    judged: Judgement,
    existing: str | None,
    signature: Signature,
    again: bool = False,
    reached: Sequence[PastVerdict] = (),
) -> Composed | None:
    """The comment for an issue; None where the existing one says all of that already.

    Args:
        judged: what is to be said.
        existing: our comment as it stands.
        signature: who says so.
        again: write it also where nothing has changed.
        reached: verdicts which the history has to know: another run may have written over them.
    """
    found = _read(existing)
    before, history = found.memory, found.history.joined(reached)
    context = _context(judged, signature)
    issue = judged.issue
    text = body_hash(f"{issue.title}\n{issue.body}")
    core = body_hash(f"{_render(context, [], '')}\n{text}\n{judged.grounds}")[:16]
    if before and before.core == core and not again:
        if history == found.history:
            return None
        return Composed(_written(before, found.said, history))
    stamp = f"{issue.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    about = _about(judged, signature)
    report = judged.report
    if report is None or context["retired"]:
        # what was judged last stands, and stays what the next verdict is compared with
        kept = before or Memory(core)
        last = "" if context["retired"] else _last(found.said, kept)
        content = _render(context, [], about, last)
        now = replace(kept, core=core, stamp=stamp, retired=context["retired"])
        return Composed(_written(now, content, history))
    change = delta.since(before, report, judged.grounds) if before else None
    found_now, skipped = memory.of(report)
    context["headline"] = delta.headline(report, change)
    content = _render(context, delta.sentences(report, change), about)
    now = Memory(core, stamp, report.status, judged.grounds, found_now, skipped)
    told = verdict(report, text, stamp, change)
    return Composed(_written(now, content, history.having(told)), change, told)


def history(existing: str) -> History:
    """The verdicts that a comment of ours remembers; those of an edited one are not believed."""
    return _read(existing).history


def stamp(existing: str) -> str:
    """When the issue was last touched, as of the report that a comment of ours shows."""
    before = memory.read(existing, _CLOSING)
    return before[0].stamp if before else ""


def is_retired(existing: str) -> bool:
    """Whether a comment of ours says that the issue is not checked any more."""
    before = memory.read(existing, _CLOSING)
    return before is not None and before[0].retired


def _read(existing: str | None) -> _Read:
    if existing is None:
        return _Read()
    if (found := memory.read(existing, _CLOSING)) is None:
        return _Read(history=History(anew=True))
    before, content = found
    first, _, rest = content.partition("\n")
    if not block.is_block(first):
        return _Read(before, taken_up(before), content)
    kept = block.read(first)
    return _Read(
        before,
        History(anew=True) if kept is None else kept,
        rest.partition(_PAST)[0].rstrip() + "\n",
    )


def _written(now: Memory, content: str, history: History) -> str:
    """The comment, with as much of the history as there is room for."""
    bodies = (MARKER.wrap(memory.written(now, one)) for one in _with_past(content, history))
    body = ""
    for body in bodies:
        if len(body) <= LONGEST_BODY:
            break
    return body


def _with_past(content: str, history: History) -> Iterator[str]:
    """The content and the history, each time with less of it."""
    for most in (past.SHOWN, _FEW_SHOWN, 0):
        listed = past.shown(history, most)
        yield f"{block.written(history)}\n{content}{f'{chr(10)}{_PAST}{listed}' if listed else ''}"
    yield f"{block.written(history.without_names())}\n{content}"


def _last(said: str, before: Memory) -> str:
    """The last verdict, as our comment has it."""
    if before.status is None or before.retired:
        return ""
    return said.partition(_LAST)[2] if _LAST in said else said


def _context(judged: Judgement, signature: Signature) -> dict[str, Any]:
    retired = not is_result(judged.issue.labels)
    context: dict[str, Any] = {"label": LABEL, "retired": retired, "problem": "", "headline": ""}
    if retired:
        return {**context, "alert": "NOTE"}
    if judged.report is None:
        return {**context, "alert": "WARNING", "problem": "; ".join(judged.notes)}
    report = judged.report
    suggestion = patch.suggested(judged.issue.body, report, _PATCH)
    return {
        **context,
        "alert": _ALERTS[report.status],
        "verdict": f"{SIGNS[report.status]} {report.status}",
        "counted": counted(report),
        "notes": judged.notes,
        "told": list(listing.told(report, Places(judged.issue), signature)),
        "patch": fenced(suggestion, "diff") if suggestion else "",
        "table": fenced(listing.checks(report)),
    }


def _about(judged: Judgement, signature: Signature) -> str:
    """What was judged, when, and by what."""
    run = f" ([run]({signature.run_url}))" if signature.run_url else ""
    what = "Judged" if judged.report else "Not judged"
    return (
        f"{what}: the page as of {judged.issue.updated_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"at {signature.now:%H:%M:%S} UTC, by epm {signature.version}{run}."
    )


def _render(context: dict[str, Any], sentences: list[str], about: str, last: str = "") -> str:
    text = _template().render(**context, sentences=sentences, about=about, last=last)
    if len(text) > _ROOM:
        # many characters that are escaped: the parts that can be had elsewhere go first
        fewer = {**context, "patch": ""}
        text = _template().render(**fewer, sentences=sentences, about=about, last="")
    return text.strip() + "\n"


@cache
def _template() -> Template:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # it is Markdown: `inert` escapes
    )
    environment.filters["inert"] = inert
    environment.globals["last_verdict"] = _LAST
    return environment.get_template("lint_comment.md.j2")
