"""Lint whatever a coverage-guided fuzzer can think of, with all rules and in every output.

    pip install atheris
    python tests/fuzz/fuzz_lint.py CORPUS [-max_total_time=3600]

`CORPUS` is a folder; it is filled with the rules' cases and the pages of the tests, and keeps what
the fuzzer finds interesting. A find is printed and written to a file `crash-…`; it becomes a case
in `tests/lint/test_any_text.py`.
"""

from __future__ import annotations

import hashlib
import sys
import time
from importlib import import_module
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["epm_lint", "markdown_it"]):
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

LINT_TESTS = Path(__file__).parent.parent / "lint"
LARGEST = 16_384
"""In bytes: what is slow shows at this size, and the fuzzer is quick."""

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


def main() -> None:
    """Fill the corpus and fuzz until time is up."""
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not folders:
        raise SystemExit("name a folder for the corpus")
    corpus = Path(folders[0])
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    # an alarm of the fuzzer would end the process; that of `epm_lint.timeout` ends what hangs
    atheris.Setup([*sys.argv, f"-max_len={LARGEST}", "-timeout=600"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
