"""The printed table, character by character."""

from epm_lint.model import Finding, Report, Row, Rule, Status, Verdict
from epm_lint.output.table import render


def report(*verdicts: Verdict) -> Report:
    rows = [
        Row(Rule(f"rule-{n}", f"Rule {n}", check=lambda _: Verdict.passed("")), verdict)
        for n, verdict in enumerate(verdicts, start=1)
    ]
    return Report("body.md", "v1", tuple(rows))


def test_table() -> None:
    shown = render(
        report(
            Verdict.passed("Main takeaways with 5 bullet(s) + 1 Confidence line"),
            Verdict.warned("on a branch", [Finding("hero figure", 7)]),
            Verdict.failed("3 words", [Finding("too short", 12, fix="write more")]),
            Verdict.skipped("no title given"),
            Verdict(Status.ERROR, "the rule itself broke: KeyError: 'x'"),
        )
    )
    assert shown == (
        "Check                            Status  Detail\n" + "-" * 99 + "\n"
        "Rule 1                           ✓ PASS  "
        "Main takeaways with 5 bullet(s) + 1 Confidence line\n"
        "Rule 2                           ! WARN  on a branch\n"
        "    line 7: hero figure\n"
        "Rule 3                           ✗ FAIL  3 words\n"
        "    line 12: too short (write more)\n"
        "Rule 4                           – SKIP  no title given\n"
        "Rule 5                           ‼ ERROR the rule itself broke: KeyError: 'x'\n"
        "\n"
        "Result: ERROR — 1 broke, 1 failed, 1 warned, 1 passed, 1 skipped\n"
    )


def test_counts_of_nought_are_left_out() -> None:
    assert render(report(Verdict.passed("a"), Verdict.passed("b"))).endswith(
        "\n\nResult: PASS — 2 passed\n"
    )


def test_a_body_cannot_act_on_the_terminal() -> None:
    shown = render(
        report(Verdict.failed("a\x1b[2J\n::set-output\u202e", [Finding("\u2066b\r", 1)]))
    )
    assert "a\\x1b[2J\\n::set-output\\u202e\n" in shown
    assert "line 1: \\u2066b\\r\n" in shown


def test_many_findings_are_cut() -> None:
    shown = render(report(Verdict.failed("many", [Finding("x", n) for n in range(1, 31)])))
    assert "    line 20: x\n    … and 10 more\n" in shown
    assert "line 21" not in shown
