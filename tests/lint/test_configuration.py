"""What a configuration may say, what it does to the rules, and what it is told when it is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm_lint.configuration import Configuration, configured, options_of, schema
from epm_lint.engine import lint
from epm_lint.errors import LintError
from epm_lint.model import Page, Rule, Status, Verdict, option
from epm_lint.rules import RULES


@dataclass(frozen=True, slots=True)
class Options:
    """One option of each type."""

    fewest_words: int = option(30, "how many words there must be")
    strict: bool = option(False, "whether anything else fails")
    marker: str = option("[ZLT]", "what is looked for")
    allowed: tuple[str, ...] = option(("a", "b"), "what may stand there")


def check(page: Page, options: Options) -> Verdict:
    return Verdict.passed(repr(options))


LONG = Rule(
    "long-page", "Long page", check, options=Options(), since=date(2026, 1, 1), everywhere=True
)
SHORT = Rule("short-page", "Short page", lambda _: Verdict.warned("short"), everywhere=True)
ODD = Rule("odd-page", "Odd page", lambda _: Verdict.failed("odd"), everywhere=True)
KNOWN = (LONG, SHORT, ODD)


def slugs(configuration: Configuration) -> list[str]:
    return [rule.slug for rule in configuration.rules]


def test_an_empty_table_changes_nothing() -> None:
    configuration = configured({}, KNOWN)
    assert configuration.rules == KNOWN
    assert configuration.fail_on is Status.FAIL


NUMBERS = [rule.slug for rule in RULES if rule.family == "numbers"]
RECOMPUTED = [slug for slug in NUMBERS if slug.startswith("recomputed-")]


@pytest.mark.parametrize(
    ("table", "select", "ignore", "expected"),
    [
        ({}, ["numbers"], [], NUMBERS),
        ({"select": ["numbers"]}, [], [], NUMBERS),
        ({}, ["recomputed-*"], [], RECOMPUTED),
        ({}, ["numbers"], ["recomputed-*"], [s for s in NUMBERS if s not in RECOMPUTED]),
        ({"select": ["numbers"], "ignore": ["recomputed-[a-z]*"]}, [], ["sample-counts"], None),
        ({}, ["hero-figure", "number?-possible"], [], ["hero-figure", "numbers-possible"]),
    ],
)
def test_rules_are_named_by_family_and_glob(
    table: dict[str, Any], select: list[str], ignore: list[str], expected: list[str] | None
) -> None:
    if expected is None:
        expected = ["numbers-match-results", "numbers-possible"]
    assert slugs(configured(table, RULES, select=select, ignore=ignore)) == expected


@pytest.mark.parametrize(
    ("name", "hint"), [("number", "numbers"), ("recomputed", "recomputed-"), ("zzz-*", "epm rule")]
)
def test_a_family_or_glob_that_names_nothing_is_told(name: str, hint: str) -> None:
    with pytest.raises(LintError, match=f"which is no rule; .*{hint}"):
        configured({}, RULES, select=[name])


@pytest.mark.parametrize(
    ("table", "select", "ignore", "expected"),
    [
        ({"select": ["odd-page", "long-page"]}, [], [], ["long-page", "odd-page"]),
        ({"ignore": ["odd-page"]}, [], [], ["long-page", "short-page"]),
        ({"ignore": ["odd-page"]}, [], ["long-page"], ["short-page"]),
        ({"ignore": ["odd-page"]}, ["odd-page"], [], ["odd-page"]),
        ({"select": ["long-page"]}, ["odd-page"], [], ["odd-page"]),
        ({"select": ["long-page"]}, ["odd-page"], ["odd-page"], []),
        ({"select": []}, [], [], ["long-page", "short-page", "odd-page"]),
    ],
)
def test_which_rules_run(
    table: dict[str, Any], select: list[str], ignore: list[str], expected: list[str]
) -> None:
    assert slugs(configured(table, KNOWN, select=select, ignore=ignore)) == expected


def test_options_and_since() -> None:
    setting = {
        "fewest-words": 5,
        "strict": True,
        "marker": "",
        "allowed": ["x"],
        "since": date(2026, 5, 15),
    }
    (rule, *others) = configured({"rules": {"long-page": setting}}, KNOWN).rules
    assert rule.options == Options(5, True, "", ("x",))
    assert rule.since == date(2026, 5, 15)
    assert others == [SHORT, ODD]
    assert LONG.options == Options(), "the rule itself stays as it is"
    late = configured({"rules": {"long-page": {"strict": True}}}, KNOWN).rules[0]
    assert (late.options.fewest_words, late.since) == (30, LONG.since)


def test_an_option_reaches_the_rule() -> None:
    configuration = configured({"rules": {"long-page": {"fewest-words": 7}}}, KNOWN)
    report = lint("x", rules=configuration.rules)
    assert "fewest_words=7" in report.rows[0].verdict.detail


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"selct": []}, "there is no 'selct'; did you mean select?"),
        ({"zzz": 1}, "there is no 'zzz'; known: select, ignore, fail-on, formats, rules"),
        ({"select": "odd-page"}, "select is 'odd-page', expected a list of rules"),
        ({"select": [1]}, "select is [1], expected a list of rules"),
        (
            {"ignore": ["od-page"]},
            "ignore names 'od-page', which is no rule; did you mean odd-page?",
        ),
        ({"ignore": ["x" * 200]}, "is no rule; `epm rule` lists them"),
        ({"fail-on": "never"}, "fail-on is 'never', expected one of: awaiting, warn, fail"),
        ({"fail-on": True}, "fail-on is true, expected one of: awaiting, warn, fail"),
        ({"rules": []}, "rules is [], expected a table"),
        ({"rules": {"log-page": {}}}, "there is no 'rules.log-page'; did you mean long-page?"),
        ({"rules": {"odd-page": 3}}, "rules.odd-page is 3, expected a table"),
        ({"rules": {"odd-page": {"words": 3}}}, "there is no 'rules.odd-page.words'; known: since"),
        (
            {"rules": {"long-page": {"fewest_words": 3}}},
            "there is no 'rules.long-page.fewest_words'; did you mean fewest-words?",
        ),
        (
            {"rules": {"long-page": {"fewest-words": "3"}}},
            "rules.long-page.fewest-words is '3', expected a whole number, 0 or more",
        ),
        ({"rules": {"long-page": {"fewest-words": True}}}, "is true, expected a whole number"),
        ({"rules": {"long-page": {"fewest-words": -1}}}, "is -1, expected a whole number"),
        ({"rules": {"long-page": {"strict": 1}}}, "is 1, expected true or false"),
        ({"rules": {"long-page": {"marker": ["x"]}}}, "is ['x'], expected a text in quotes"),
        ({"rules": {"long-page": {"allowed": "x"}}}, "is 'x', expected a list of texts"),
        ({"rules": {"long-page": {"allowed": ["x", 1]}}}, "expected a list of texts"),
        ({"rules": {"long-page": {"since": "2026-05-15"}}}, "expected a day, such as 2026-05-15"),
        ({"rules": {"odd-page": {"since": datetime(2026, 5, 15)}}}, "expected a day"),
    ],
)
def test_what_is_wrong_is_said(table: dict[str, Any], told: str) -> None:
    with pytest.raises(LintError, match=re.escape(told)):
        configured(table, KNOWN)


def test_the_command_line_is_told_by_its_own_names() -> None:
    with pytest.raises(LintError, match=r"^--select names 'odd', .* did you mean odd-page\?"):
        configured({}, KNOWN, select=["odd"])
    with pytest.raises(LintError, match=r"^--ignore names"):
        configured({}, KNOWN, ignore=["shortpage"])


@pytest.mark.parametrize(
    ("rules", "fail_on", "code"),
    [
        ((LONG,), "fail", 0),
        ((LONG,), "warn", 0),
        ((LONG, SHORT), "fail", 0),
        ((LONG, SHORT), "warn", 1),
        ((SHORT, ODD), "fail", 1),
        ((SHORT, ODD), "warn", 1),
        ((), "warn", 0),
        ((ODD, Rule("broken", "Broken", lambda _: 1 / 0, everywhere=True)), "fail", 2),  # type: ignore[arg-type,return-value]
    ],
)
def test_exit_code(rules: tuple[Rule, ...], fail_on: str, code: int) -> None:
    configuration = configured({"fail-on": fail_on}, rules)
    assert configuration.exit_code(lint("", rules=configuration.rules)) == code
    assert configured({}, rules, fail_on=fail_on).fail_on is configuration.fail_on


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["select", "ignore", "fail-on", "rules"]) | st.text(max_size=5)
SETTINGS = st.dictionaries(
    st.sampled_from(["long-page", "odd-page", "x"]),
    VALUES | st.dictionaries(st.sampled_from(["strict", "since", "marker"]), VALUES),
)


@given(st.dictionaries(NAMES, VALUES | SETTINGS))
def test_any_table_is_taken_or_refused_in_one_line(table: dict[str, Any]) -> None:
    try:
        configuration = configured(table, KNOWN)
    except LintError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - where it is refused
    else:
        assert set(slugs(configuration)) <= {"long-page", "short-page", "odd-page"}


def test_every_option_can_be_written_down() -> None:
    for rule in RULES:
        options = options_of(rule)
        assert "since" not in options, "that name is the engine's"
        for name, (value, about) in options.items():
            assert about, (rule.slug, name)
            assert type(value) in {int, bool, str, tuple}, (rule.slug, name)
        given = {
            name: list(value) if isinstance(value, tuple) else value
            for name, (value, _) in options.items()
        }
        assert configured({"rules": {rule.slug: given}}, RULES).rules == tuple(RULES)


def test_the_schema_names_what_is_known() -> None:
    properties = schema(KNOWN)["properties"]
    named, glob = properties["select"]["items"]["anyOf"]
    assert named == {"enum": ["long-page", "short-page", "odd-page"]}
    assert re.search(glob["pattern"], "long-*")
    assert not re.search(glob["pattern"], "long-pages")
    rule = properties["rules"]["properties"]["long-page"]
    assert rule["additionalProperties"] is False
    assert rule["properties"]["allowed"] == {
        "type": "array",
        "items": {"type": "string"},
        "default": ("a", "b"),
        "description": "what may stand there",
    }
    assert rule["properties"]["since"]["default"] == "2026-01-01"
