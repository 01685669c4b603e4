"""Every case in `cases/<rule>.md`, and the Bad and Good example in every rule's docstring."""

from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from markdown_it.utils import read_fixture_file

from lint.engine import lint
from lint.model import Rule, Status, Verdict
from lint.rules import RULES

CASES = Path(__file__).parent / "cases"
GIVENS: dict[str, Any] = {
    "Title": lambda text: {"title": text},
    "Labels": lambda text: {"labels": text.split()},
    "Beside": lambda text: {"beside": frozenset(text.split())},
    "Created": lambda text: {"created": date.fromisoformat(text)},
}


def case_file(rule: Rule) -> Path:
    return CASES / f"{rule.slug.replace('-', '_')}.md"


def verdict(rule: Rule, case: str) -> Verdict:
    """What the rule says of a body that may begin with a given, such as its title."""
    given, _, body = case.partition("\n")
    name, _, value = given.partition(": ")
    given_values = GIVENS[name](value) if name in GIVENS else {}
    report = lint(body.removeprefix("\n") if given_values else case, **given_values)
    return next(row.verdict for row in report.rows if row.rule is rule)


def cases() -> list[Any]:
    return [
        pytest.param(rule, body, expected, id=f"{rule.slug}: {name.strip()}")
        for rule in RULES
        for _, name, body, expected in read_fixture_file(case_file(rule))
    ]


@pytest.mark.parametrize(("rule", "body", "expected"), cases())
def test_case(rule: Rule, body: str, expected: str) -> None:
    found = verdict(rule, body)
    answer, *findings = expected.strip().splitlines()
    status, _, detail = answer.partition(" ")
    shown = [f"line {finding.line}: {finding.message}" for finding in found.findings]
    assert found.status == status, found
    assert detail in found.detail
    for finding in findings:
        assert any(finding in line for line in shown), (finding, shown)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_bad_example_fails_and_good_example_passes(rule: Rule) -> None:
    why, _, examples = (rule.doc or "").partition("\nBad:\n")
    bad, _, good = examples.partition("\nGood:\n")
    assert why.strip()
    assert verdict(rule, dedent(bad).strip("\n")).status is Status.FAIL
    assert verdict(rule, dedent(good).strip("\n")).status is Status.PASS


def test_one_name_everywhere() -> None:
    modules = {rule.check.__module__.rpartition(".")[2] for rule in RULES}
    assert {rule.slug.replace("-", "_") for rule in RULES} == modules
    assert {path.stem for path in CASES.glob("*.md")} == modules | {"README"}
    assert len({rule.title for rule in RULES}) == len(RULES)
