"""Every case in `cases/<rule>.md`, and the Bad and Good example in every rule's docstring."""

from dataclasses import fields
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from givens import verdict
from markdown_it.utils import read_fixture_file

from epm_lint.model import Rule, Status
from epm_lint.rules import RULES

OF_PEOPLE = {"human-text", "human-tldr", "human-summary"}
"""Rules on what a person has still to write, which is no fault."""

CASES = Path(__file__).parent / "cases"


def case_file(rule: Rule) -> Path:
    family = rule.check.__module__.split(".")[-2]
    return CASES / family / f"{rule.slug.replace('-', '_')}.md"


def cases() -> list[Any]:
    return [
        pytest.param(rule, body, expected, id=f"{rule.slug}: {name.strip()}")
        for rule in RULES
        if case_file(rule).exists()
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


def can_fail(rule: Rule) -> bool:
    """Whether one of a rule's cases fails."""
    expected = [answer for _, _, _, answer in read_fixture_file(case_file(rule))]
    return any(answer.startswith("FAIL") for answer in expected)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_bad_example_fails_and_good_example_passes(rule: Rule) -> None:
    why, _, examples = (rule.doc or "").partition("\nBad:\n")
    bad, _, good = examples.partition("\nGood:\n")
    assert why.strip()
    worst = Status.FAIL if can_fail(rule) else Status.WARN
    found = verdict(rule, dedent(bad).strip("\n")).status
    assert found is (Status.AWAITING if rule.slug in OF_PEOPLE else worst)
    assert verdict(rule, dedent(good).strip("\n")).status is Status.PASS


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.options], ids=lambda r: r.slug)
def test_every_option_says_what_it_sets(rule: Rule) -> None:
    for field in fields(rule.options):
        default = getattr(rule.options, field.name)
        assert field.metadata["about"].strip()
        assert isinstance(default, int | str | tuple)
        assert not isinstance(default, tuple) or all(isinstance(each, str) for each in default)


def test_one_name_everywhere() -> None:
    modules = {rule.check.__module__.rpartition(".")[2] for rule in RULES}
    assert {rule.slug.replace("-", "_") for rule in RULES} == modules
    assert {path.stem for path in CASES.glob("*/*.md")} == modules
    assert len({rule.title for rule in RULES}) == len(RULES)
