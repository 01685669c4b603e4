"""What is found in a text that an editor holds, and what the fixes make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lsprotocol import types

import epm_lint
from epm.errors import EpmError
from epm.language_server.source import Source
from epm.linting.bodies import Given, body_at
from epm.linting.pages import is_page
from epm.linting.settings import Settings
from epm_lint.fixes import applied, settled, without_stubs
from epm_lint.model import Finding, Report, Rule, Status

_SEVERITIES = {
    Status.AWAITING: types.DiagnosticSeverity.Information,
    Status.WARN: types.DiagnosticSeverity.Warning,
    Status.FAIL: types.DiagnosticSeverity.Error,
    Status.ERROR: types.DiagnosticSeverity.Error,
}


@dataclass(frozen=True)
class Judged:
    """A page, what was found in it, and how to judge the page that a fix makes of it."""

    source: Source
    version: int | None
    report: Report | None
    """None for a file that is no result page, and for one that cannot be judged."""
    troubles: tuple[tuple[types.DiagnosticSeverity, str], ...] = ()
    again: Callable[[str], Report] | None = None

    def diagnostics(self) -> list[types.Diagnostic]:
        """All that the editor shows."""
        top = self.source.range_of(Finding("", 1))
        told = [
            types.Diagnostic(top, message, severity=severity, source="epm")
            for severity, message in self.troubles
        ]
        return told + [diagnostic for _, _, diagnostic in self.found()]

    def found(self) -> Iterator[tuple[Rule, Finding, types.Diagnostic]]:
        """Every finding; a verdict without any stands at the top of the page."""
        for row in self.report.rows if self.report else ():
            severity = _SEVERITIES.get(row.verdict.status)
            if severity is None:
                continue
            for finding in row.verdict.findings or (Finding(row.verdict.detail, 1),):
                fix = f" ({finding.fix})" if finding.fix else ""
                yield (
                    row.rule,
                    finding,
                    types.Diagnostic(
                        self.source.range_of(finding),
                        f"{row.rule.title}: {finding.message}{fix}",
                        severity=severity,
                        code=row.rule.slug,
                        source="epm",
                    ),
                )

    def mended(self, finding: Finding) -> list[types.TextEdit]:
        """The edits of one finding alone; none where they lie outside the page."""
        assert self.report is not None  # noqa: S101 - it holds the finding
        rows = (row for row in self.report.rows if finding in row.verdict.findings)
        alone = [
            replace(row, verdict=replace(row.verdict, findings=(finding,))) for row in [*rows][:1]
        ]
        text, _ = applied(self.source.text, replace(self.report, rows=tuple(alone)), unsafe=True)
        return self.source.edits_to(text)

    def all_mended(self) -> list[types.TextEdit]:
        """What `epm lint --fix` would do."""
        if not self.again or not any(f.edits and f.safe for _, f, _ in self.found()):
            return []
        again = self.again
        text, _ = settled(self.source.text, lambda now: without_stubs(now, again(now)))
        return self.source.edits_to(text)


def judge(source: Source, version: int | None, path: str | None) -> Judged:
    if not is_page(source.text):
        return Judged(source, version, None)
    told: list[tuple[types.DiagnosticSeverity, str]] = []
    try:
        again = _judge_of(path, lambda line: told.append(_note(line)))
        return Judged(source, version, again(source.text), tuple(told), again)
    except (EpmError, epm_lint.LintError) as error:
        message = str(error)
    except Exception as error:  # the editor must not lose its server over one page
        message = f"internal error: {type(error).__name__}: {error}; please report it"
    told.append((types.DiagnosticSeverity.Error, message))
    return Judged(source, version, None, tuple(told))


def _note(line: str) -> tuple[types.DiagnosticSeverity, str]:
    return types.DiagnosticSeverity.Information, line


def _judge_of(path: str | None, say: Callable[[str], None]) -> Callable[[str], Report]:
    """How a text is judged in the place of the file at that path, if it was ever saved."""
    if path and Path(path).is_file():
        return body_at(path, Given(), Settings().of(Path(path).parent), say).report
    folder = Path(path).parent if path and Path(path).parent.is_dir() else Path.cwd()
    asked = Settings().of(folder)
    return lambda text: epm_lint.lint(text, rules=asked.rules, formats=asked.formats)
