"""What an edit has changed, from the verdict that our comment remembers to the one of now.

It must not lie: verdicts on other grounds are not compared, a check that is skipped now has mended
nothing, and where not every finding is remembered none is said to be gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from epm.bot import memory
from epm.bot.memory import Memory, Remembered
from epm_lint.model import Report, Status
from epm_lint.output.markdown import inert

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Delta:
    """The change from one verdict to the next."""

    was: Status
    now: Status
    comparable: bool
    mended: tuple[str, ...] = ()
    """Rules that failed or warned, and pass."""
    broken: tuple[str, ...] = ()
    """Rules that passed, and fail."""
    warned: tuple[str, ...] = ()
    """Rules that passed, and warn."""
    unsaid: tuple[str, ...] = ()
    """Rules that failed or warned, and are skipped now."""
    partly: Mapping[str, tuple[int, int]] | None = None
    """Of rules that still fail or warn: how many findings are gone, and how many are new."""

    @property
    def breaks(self) -> bool:
        """Whether a page that passed fails."""
        return _passes(self.was) and not _passes(self.now)


def since(before: Memory, report: Report, grounds: str) -> Delta | None:
    """The change since the verdict that is remembered, if there has been one."""
    if before.status is None:
        return None
    if before.grounds != grounds:
        return Delta(before.status, report.status, comparable=False)
    now, skipped = memory.of(report)
    passed = {row.rule.slug for row in report.rows} - set(now) - set(skipped)
    fresh = [slug for slug in now if slug not in before.found and slug not in before.skipped]
    both = {slug: (before.found[slug], now[slug]) for slug in now if slug in before.found}
    return Delta(
        before.status,
        report.status,
        comparable=True,
        mended=tuple(slug for slug in before.found if slug in passed),
        broken=tuple(slug for slug in fresh if not _passes(now[slug].status)),
        warned=tuple(slug for slug in fresh if now[slug].status is Status.WARN),
        unsaid=tuple(slug for slug in before.found if slug in skipped),
        partly={
            slug: change for slug, (old, new) in both.items() if (change := _changed(old, new))
        },
    )


def headline(report: Report, delta: Delta | None) -> str:
    """The one sentence that is read in three seconds."""
    failed = [row for row in report.rows if row.verdict.status is Status.FAIL]
    broke = [row for row in report.rows if row.verdict.status is Status.ERROR]
    warned = [row for row in report.rows if row.verdict.status is Status.WARN]
    names = {row.rule.slug: row.rule.title for row in report.rows}
    worst = broke or failed or warned
    word = "could not run" if broke else "failed" if failed else "warned"
    now = f"{len(worst)} {word}" if worst else "all checks pass"
    if report.awaiting and not worst:
        worst, now = list(report.awaiting), "awaiting human text"
    if delta is None or not delta.comparable or _passes(delta.was) == _passes(delta.now):
        return f"{now}{_list((row.rule.slug for row in worst), names)}"
    if _passes(delta.now):
        also = f", {len(warned)} warned" if warned else ""
        return f"was {delta.was}{_list(delta.mended, names, '; mended: ')}{also}"
    told = delta.broken or tuple(row.rule.slug for row in worst)
    return f"was PASS, now {now}{_list(told, names)}"


def sentences(report: Report, delta: Delta | None) -> list[str]:
    """What else has changed."""
    if delta is None:
        return []
    names = {row.rule.slug: row.rule.title for row in report.rows}
    if not delta.comparable:
        return [
            f"The last verdict ({_word(delta.was)}) was reached in another way, with other rules, "
            "another version, or without the results or the history: the two are not compared."
        ]
    said = []
    parts = []
    turned = _passes(delta.was) != _passes(delta.now)  # which the headline tells
    if delta.mended and not (turned and _passes(delta.now)):
        parts.append(f"mended{_list(delta.mended, names)}")
    if delta.broken and not turned:
        parts.append(f"newly failed{_list(delta.broken, names)}")
    if delta.warned:
        parts.append(f"newly warned{_list(delta.warned, names)}")
    for slug, (gone, new) in (delta.partly or {}).items():
        counted = [f"{gone} gone"] * bool(gone) + [f"{new} new"] * bool(new)
        parts.append(f"{inert(names.get(slug, slug))}: {', '.join(counted)}")
    if parts:
        said.append(f"Since the last verdict: {'; '.join(parts[:_MOST_NAMED])}.")
    if delta.unsaid:
        said.append(f"Not checked now, so not known to be mended{_list(delta.unsaid, names)}.")
    return said


def _changed(old: Remembered, new: Remembered) -> tuple[int, int] | None:
    """How many findings are gone and new.

    None where that cannot be told: one finding may sum up those that stood there before, so some
    that are gone beside some that are new say nothing.
    """
    if old.findings is None or new.findings is None:
        return None
    gone = (Counter(old.findings) - Counter(new.findings)).total()
    fresh = (Counter(new.findings) - Counter(old.findings)).total()
    return (gone, fresh) if bool(gone) != bool(fresh) else None


def _list(slugs: Iterable[str], names: Mapping[str, str], opening: str = ": ") -> str:
    shown = [inert(names.get(slug, slug)) for slug in slugs]
    more = ", …" if len(shown) > _MOST_NAMED else ""
    return f"{opening}{', '.join(shown[:_MOST_NAMED])}{more}" if shown else ""


def _passes(status: Status) -> bool:
    return status.severity < Status.FAIL.severity


def _word(status: Status) -> str:
    return "PASS" if _passes(status) else str(status)
