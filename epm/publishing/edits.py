"""Whether somebody has edited what epm wrote of a page, and how to show and keep what they did."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from epm.errors import EpmError
from epm.github.failures import is_cut
from epm.github.interface import LONGEST_BODY, GitHub, Issue, body_hash
from epm.github.markers import Marker
from epm.github.text import fenced
from epm.publishing.artifacts import Artifacts, commits
from epm.publishing.page import FORMS, Layout, commit_of, fingerprint, of_issue, skeleton
from epm.report.render import RESULTS, compose
from epm.results.reading import load
from epm_lint.binding.manifest import MARK
from epm_lint.quoting import visible

if TYPE_CHECKING:
    from epm.publishing.history import Branch


_UNCLOSED = re.compile(rf"<!-- {MARK} [^>]*\s*\Z")
"""A manifest whose end is not there."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Why a page is not taken for what epm wrote last, and the difference."""

    reason: str
    diff: str
    added: tuple[str, ...]
    """Lines that are on the page and not in what epm writes."""


def edits(
    issue: Issue, branch: Branch, layout: Layout, new: tuple[str, str], scratch: Path
) -> Edits | None:
    """What somebody edited outside the sections that people write; None where nobody did.

    Args:
        issue: the page as it is.
        branch: knows what we wrote last.
        layout: how we wrote it.
        new: title and body that would be written now.
        scratch: an empty folder.
    """
    if of_issue(issue) == fingerprint(*new):
        return None
    commit = commit_of(issue.body)
    wrote = branch.page_of(commit) if commit else None
    if wrote == of_issue(issue):
        return None
    current = skeleton(issue.title, issue.body)
    if commit and wrote and (before := _written_from(commit, wrote, branch, layout, scratch)):
        if is_cut(_UNCLOSED.sub("", current).rstrip(), before):  # GitHub did not take all of it
            return None
        diff = _diff(before, current, "as epm wrote it", "as it is")
        return Edits("somebody edited it", diff, _added(before, current))
    reason = (
        "somebody edited it"
        if wrote
        else f"the commit {commit[:12]} that it names is none that epm published"
        if commit
        else "somebody edited its first line"
    )
    would = skeleton(*new)
    diff = _diff(current, would, "as it is", "as epm would write it")
    return Edits(reason, diff, _added(would, current))


def keep(github: GitHub, issue: Issue, edited: Edits) -> None:
    """Put the page as it is into comments; not twice where that was done already.

    What people have added stands in the open, the whole page is folded.
    """
    text = f"{issue.title}\n\n{issue.body}"
    parts = list(_parts(text))
    key = body_hash(text)[:16]
    for number, part in enumerate(parts, start=1):
        marker = Marker("previous-page", key=f"{key}-{number}")
        if not github.own_comments(issue.number, marker):
            which = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
            shown = _shown(part, which)
            room = LONGEST_BODY - 500 - len(shown)
            added = _in_the_open(edited.added, room) if number == 1 else ""
            github.create_comment(issue.number, marker.wrap(f"{added}{shown}"), marker)


def _in_the_open(added: Sequence[str], room: int) -> str:
    """What people had written where epm writes, as far as there is room."""
    if not any(map(str.strip, added)):
        return ""
    shown = fenced("\n".join(added), "markdown")
    text = f"`epm publish --force` took these lines out of the page:\n\n{shown}\n"
    return text if len(text) <= room else ""


def _shown(part: str, which: str = "") -> str:
    summary = f"The whole page as it was before{which}"
    return f"<details><summary>{summary}</summary>\n\n{fenced(part, 'markdown')}</details>"


def _parts(text: str) -> Iterator[str]:
    """Stretches of the text that each fit into a comment, as they are shown there."""
    if len(_shown(text)) < LONGEST_BODY - 500:
        yield text
        return
    middle = len(text) // 2
    cut = text.find("\n", middle) + 1
    cut = cut if middle < cut < len(text) else middle
    yield from _parts(text[:cut])
    yield from _parts(text[cut:])


def _written_from(
    commit: str, wrote: str, branch: Branch, layout: Layout, scratch: Path
) -> str | None:
    """The page that was written from a commit, where this epm would still write the same."""
    try:
        contents = {
            name: branch.git.blob(blob)
            for name, blob in branch.git.files(commit, layout.folder).items()
        }
        for name, content in contents.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_bytes(content)
        results = load(scratch / RESULTS)
        if not commits(results):
            return None
        artifacts = Artifacts(scratch, results, contents, {})
        for form in FORMS:
            place = layout.place(artifacts, commit, form)
            page = compose(scratch, layout.experiment, place)
            if fingerprint(page.title, page.body) == wrote:
                return skeleton(page.title, page.body)
    except EpmError:
        return None
    return None


def _added(before: str, after: str) -> tuple[str, ...]:
    old, new = before.splitlines(), after.splitlines()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(
        line for kind, _, _, start, end in changes if kind != "equal" for line in new[start:end]
    )


def _diff(before: str, after: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm="")
    return "".join(f"{visible(line)}\n" for line in lines)


def between(issue: Issue | None, title: str, body: str) -> str:
    """What writing the page would change on GitHub, people's sections included."""
    before = "" if issue is None else f"{issue.title}\n\n{issue.body}"
    old = "nothing" if issue is None else f"issue {issue.number}"
    return _diff(before.replace("\r\n", "\n"), f"{title}\n\n{body}", old, "as published")
