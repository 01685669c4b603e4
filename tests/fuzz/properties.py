"""What holds of any bytes that are linted, and the inputs that a fuzzer has found of interest.

The inputs of `corpus.jsonl`, one JSON string a line, are what coverage-guided fuzzing kept beyond
the rules' cases and the pages of the tests; each byte is the character of its number.
"""

from __future__ import annotations

import json
import time
from importlib import import_module
from pathlib import Path

from epm_lint.engine import lint
from epm_lint.errors import LintError
from epm_lint.fixes import applied, settled
from epm_lint.model import Report, Status
from epm_lint.output import table

OUTPUTS = [
    import_module(f"epm_lint.output.{path.stem}")
    for path in sorted(Path(table.__file__).parent.glob("*.py"))
    if path.stem not in {"__init__", "table"}
]
CORPUS = Path(__file__).with_name("corpus.jsonl")

LINT_TESTS = Path(__file__).parent.parent / "lint"
PATIENCE = 1.0
"""In seconds, plus five for each 100 kB; instrumented, a page takes some ten times as long."""


def check(body: bytes) -> None:
    """Whatever the bytes: a report or one clear line, no broken rule, in a time linear in them."""
    started = time.process_time()
    try:
        report = lint(body, title=body[:40].decode("utf-8", "replace"))
    except LintError as error:
        message = str(error)
        if not message.isprintable():
            raise AssertionError(repr(message)) from error
        return
    taken = time.process_time() - started
    assert taken < PATIENCE + len(body) / 20_000, f"{taken:.1f} s for {len(body)} bytes"
    _check_report(report, body)
    text = body.decode()
    mended, _ = applied(text, report, unsafe=True)
    if mended != text:
        try:
            once, _ = settled(text, lint)
        except LintError:
            return  # without its control characters, a marker may declare an unknown format
        again, findings = settled(once, lint)
        assert once == again, (once, again, findings)


def _check_report(report: Report, body: bytes) -> None:
    last_line = 1 + len(body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    for row in report.rows:
        assert row.verdict.status is not Status.ERROR, row
        assert not row.verdict.detail.startswith("not judged"), row
        for finding in row.verdict.findings:
            assert 1 <= finding.line <= last_line, finding
    shown = table.render(report)
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in shown), shown
    for output in OUTPUTS:
        assert isinstance(output.render([report]), str)


def seeds() -> list[bytes]:
    """Every case and page of the tests."""
    pages = [path.read_bytes() for path in sorted((LINT_TESTS / "pages").glob("*.md"))]
    cases = [
        case.encode()
        for path in sorted((LINT_TESTS / "cases").glob("*/*.md"))
        for case in path.read_text(encoding="utf-8").split("\n.\n")
    ]
    return pages + cases


def kept() -> list[bytes]:
    """What the fuzzer found of interest beyond them."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines() if CORPUS.exists() else []
    return [json.loads(line).encode("latin-1") for line in lines]


def keep(found: list[bytes]) -> None:
    """Write down what else the fuzzer found of interest."""
    new = sorted(set(found) - set(seeds()), key=lambda body: (len(body), body))
    lines = [json.dumps(body.decode("latin-1"), ensure_ascii=True) for body in new]
    CORPUS.write_text("\n".join(lines) + "\n", encoding="utf-8")
