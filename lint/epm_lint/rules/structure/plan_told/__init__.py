"""What was planned and is not on the page was dropped, and no reader can tell.

Ten conditions are run and nine are shown; an analysis gives the wrong answer and is not mentioned.
A page is held to the results that it names, and to the definition in them: every condition, task,
metric, analysis and gate there stands on the page or in the tables beside it, with its result, or
with the reason why it has none. A condition has a row, or a sentence with a number; an analysis its
own heading, column or sentence, or an estimate with its interval that no other has; where most
conditions of it are listed, all are. A gate says whether it was passed; a task and a metric are
named. A name in a code block, a caption, a sample, the list of files or a section that people write
tells nothing. A figure that was drawn and is not shown is a doubt, but a fault where the definition
asks for it. Results of schema 1 do not name what was planned, and a page whose tables are in a file
that is not at hand can only be held to what is never there.

Bad:

    Results: {"schema_version": 2, "gates": {"narrow_interval": {"passed": false}}}

    ## AI Summary

    The rate is 31%.

Good:

    Results: {"schema_version": 2, "gates": {"narrow_interval": {"passed": false}}}

    ## AI Summary

    The rate is 31%; the criterion "narrow interval" was not met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.companion import FILE, is_named
from epm_lint.page.sections import results as result_sections
from epm_lint.patterns import Pattern
from epm_lint.quoting import enumerate_quoted, quote
from epm_lint.rules.structure.plan_told import figures
from epm_lint.rules.structure.plan_told.passages import Passages, passages_of
from epm_lint.rules.structure.plan_told.planned import (
    Kind,
    Planned,
    covariate_labels,
    planned,
)
from epm_lint.rules.structure.plan_told.telling import Telling

_SCHEMA = 2
_MOST = 20
"""Findings of one kind; what is beyond is counted."""
_COUNT = Pattern(r"\d{1,6}(?=\Z|,)")
_PLURAL = {Kind.ANALYSIS: "analyses"}


def check(page: Page) -> Verdict:
    """Everything that the results and their definition name is on the page."""
    if page.results is None:
        return Verdict.skipped("the results of this page are not at hand")
    if page.results.get("schema_version") != _SCHEMA:
        return Verdict.skipped(f"only results of schema {_SCHEMA} name what was planned")
    plan, passages = planned(page.results), passages_of(page)
    telling = Telling(passages, plan, covariate_labels(page.results))
    untold = [one for one in plan if not telling.tells(one)]
    elsewhere = page.tables is None and is_named(page.document)
    sure = [one for one in untold if not elsewhere or one.kind is Kind.ANALYSIS]
    drawn = _drawn(page, plan)
    hidden = [one for one in drawn if one.name not in figures.shown(page)]
    wanted = _wanted(page.results)
    sure += [one for one in hidden if one.name == wanted]
    doubts = [one for one in hidden if one.name != wanted]
    line = next((section.line for section in result_sections(page)), 1)
    odd, partly = _findings(doubts, line), [*_miscounts(passages, telling, page.results)]
    if not elsewhere:
        partly += _omissions(telling, [one for one in plan if one not in untold], line)
    if sure or partly:
        details = [f"not on the page: {_counted(sure)}"] if sure else []
        details += [finding.message for finding in partly]
        return Verdict.failed("; ".join(details[:2]), [*_findings(sure, line), *partly, *odd])
    if elsewhere and untold:
        return Verdict.skipped(f"{FILE}, which has the tables of this page, is not at hand")
    if odd:
        return Verdict.warned(f"not on the page: {_counted(doubts)}", odd)
    return Verdict.passed(f"{_counted([*plan, *drawn])}: all told")


def _drawn(page: Page, plan: Sequence[Planned]) -> list[Planned]:
    """The figures that are known to have been drawn."""
    names = frozenset(one.name for one in plan if one.kind is Kind.ANALYSIS)
    return [Planned(Kind.FIGURE, name) for name in sorted(figures.drawn(page, names))]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _wanted(results: Mapping[str, Any]) -> object:
    """The figure that the definition asks for."""
    definition = results.get("definition")
    return definition.get("figure") if isinstance(definition, Mapping) else None


def _omissions(telling: Telling, told: Sequence[Planned], line: int) -> Iterator[Finding]:
    """Analyses that the page gives of most conditions, and not of all."""
    for one in told:
        if one.kind is not Kind.ANALYSIS:
            continue
        if names := [*dict.fromkeys((*telling.omitted(one), *telling.unlisted(one)))]:
            which = enumerate_quoted(names)
            most = "pairs" if names[0] in _mapping(one.block.get("pairs")) else "conditions"
            message = f"the page gives {quote(one.name)} of most {most}, and not of {which}"
            yield Finding(message, line, fix="give all of them; a long table may be folded")


def _miscounts(
    passages: Passages, telling: Telling, results: Mapping[str, Any]
) -> Iterator[Finding]:
    """Rows of the settings that count other conditions or tasks than there are."""
    for kind, name in ((Kind.CONDITION, "conditions"), (Kind.TASK, "tasks")):
        known = results.get(name)
        for row in passages.by_first.get(name.capitalize(), ()):
            found = _COUNT.match(row.cells[1]) if len(row.cells) > 1 else None
            if found and isinstance(known, Mapping) and int(found.group()) != len(known):
                message = f"the page counts {found.group()} {name}; the results have {len(known)}"
                lacking = telling.without_row(map(str, known))
                if len(lacking) == len(known) - int(found.group()):
                    message += f", and no row of results is of {enumerate_quoted(lacking)}"
                yield Finding(message, row.line, fix=f"tell of every {kind}")


def _findings(untold: Sequence[Planned], line: int) -> list[Finding]:
    """One for each thing, and one for what goes beyond the most of a kind."""
    found, counted = [], Counter[Kind]()
    for one in untold:
        counted[one.kind] += 1
        if counted[one.kind] <= _MOST:
            found.append(_finding(one, line))
    for kind, count in counted.items():
        if count > _MOST:
            message = f"{count - _MOST} more {_PLURAL.get(kind, f'{kind}s')} are not told"
            found.append(Finding(message, line))
    return found


def _finding(one: Planned, line: int) -> Finding:
    name = quote(one.name)
    if one.kind is Kind.FIGURE:
        message = f"the figure {name} was drawn, and the page does not show it"
        return Finding(message, line, fix="show it, folded if need be")
    if one.absence is not None:
        because = f": {quote(one.absence)}" if one.absence else ""
        message = f"the {one.kind} {name} has no result, and the page does not say why{because}"
        return Finding(message, line, fix="list it as not run, with the reason")
    if one.kind is Kind.GATE:
        message = f"the gate {name} is not on the page, passed or not"
        return Finding(message, line, fix="say whether it was passed")
    what = "no result of" if one.kind in (Kind.CONDITION, Kind.ANALYSIS) else "nothing of"
    message = f"{what} the {one.kind} {name} is on the page"
    return Finding(message, line, fix="tell it; a long table may be folded or beside the page")


def _counted(named: Iterable[Planned]) -> str:
    counted = Counter(one.kind for one in named)
    told = [f"{n} {_PLURAL.get(k, f'{k}s') if n > 1 else k}" for k, n in counted.items()]
    return ", ".join(told) or "nothing was planned"


RULE = Rule("plan-told", "Plan told", check, doc=__doc__)
