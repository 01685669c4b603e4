"""What a project asks of the rules: which run, when they fail a body, with which thresholds.

Pure: it is given a parsed table, `epm.toml` as a whole or `[tool.epm.lint]` of a `pyproject.toml`,
and gives back rules. Who reads files is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import Field, fields, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from epm_lint.errors import LintError
from epm_lint.formats import NAMES, Format
from epm_lint.model import Report, Rule, Status
from epm_lint.quoting import clip, quote
from epm_lint.values import dataclass

FAIL_ON = {"awaiting": Status.AWAITING, "warn": Status.WARN, "fail": Status.FAIL}
_KEYS = ("select", "ignore", "fail-on", "formats", "rules")
_MAGIC = frozenset("*?[")
"""What makes a name a glob."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The rules to run, in the order of the table, and what they may cost a body."""

    rules: tuple[Rule, ...]
    fail_on: Status = Status.FAIL
    formats: tuple[Format, ...] = ()
    """Page formats of one's own."""

    def exit_code(self, report: Report) -> int:
        """0 clean, 1 findings, 2 where a rule itself broke."""
        if report.status is Status.ERROR:
            return 2
        return int(report.status.severity >= self.fail_on.severity)


def configured(
    table: Mapping[str, Any],
    rules: Sequence[Rule],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: str | None = None,
    read: Callable[[str], Format] | None = None,
) -> Configuration:
    """The configuration in a table, and on top of it what the command line says.

    `select` and `ignore` name rules: by slug, by family ("numbers"), or by a glob
    ("recomputed-*"). A `select` takes the place of all that the table selects and ignores; an
    `ignore` adds to it. `read` reads the file of a page format. Raises `LintError` on what it does
    not know.
    """
    _known(table, _KEYS, "")
    slugs = [rule.slug for rule in rules]
    asked = {name: _named(table.get(name, []), name, rules) for name in ("select", "ignore")}
    settings = _table(table.get("rules", {}), "rules")
    _known(settings, slugs, "rules.")
    formats = _formats(table.get("formats", []), rules, read)
    level = _level(table.get("fail-on", "fail") if fail_on is None else fail_on)
    chosen = _named(list(select), "--select", rules)
    left_out = _named(list(ignore), "--ignore", rules)
    selected = chosen or asked["select"] or slugs
    ignored = left_out | (set() if select else asked["ignore"])
    return Configuration(
        tuple(
            _configured(rule, settings.get(rule.slug, {}), f"rules.{rule.slug}")
            for rule in rules
            if rule.slug in selected and rule.slug not in ignored
        ),
        level,
        formats,
    )


def _formats(
    given: object, rules: Sequence[Rule], read: Callable[[str], Format] | None
) -> tuple[Format, ...]:
    if not isinstance(given, list) or not all(isinstance(file, str) for file in given):
        raise LintError(f"formats is {_shown(given)}, expected a list of files")
    if given and read is None:
        raise LintError("formats names files, which cannot be read here")
    found = tuple(read(file) for file in given) if read else ()
    check_formats(found, rules)
    return found


def check_formats(found: Sequence[Format], rules: Sequence[Rule]) -> None:
    """Refuse names that are taken, and rules or options that there are not; by `LintError`."""
    by_slug = {rule.slug: rule for rule in rules}
    names = [one.name for one in found]
    for one in found:
        if one.name in NAMES or names.count(one.name) > 1:
            raise LintError(f"{one.file}: the name {quote(one.name)} is taken")
        for slug, options in one.rules.items():
            if slug not in by_slug:
                hint = nearest(slug, by_slug) or "`epm rule` lists them"
                raise LintError(f"{one.file}: there is no {quote(f'rules.{slug}')}; {hint}")
            with_options(by_slug[slug], options, f"{one.file}: rules.{slug}")
        for section in one.sections:
            if section.rule and section.rule not in by_slug:
                hint = nearest(section.rule, by_slug) or "`epm rule` lists them"
                where = "/".join(section.path)
                raise LintError(
                    f"{one.file}: section {where}: there is no rule {quote(section.rule)}; {hint}"
                )


def options_of(rule: Rule) -> dict[str, tuple[Any, str]]:
    """A rule's options by their names in a configuration: the value, and what it sets."""
    return {
        option.name.replace("_", "-"): (getattr(rule.options, option.name), _about(option))
        for option in (fields(rule.options) if rule.options is not None else ())
    }


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another, as a question; empty where none is."""
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name[:80], names, n=1)
    if not close and len(name) > 2:
        close = [other for other in names if name in other]
    return f"did you mean {close[0]}?" if close else ""


def schema(rules: Sequence[Rule]) -> dict[str, Any]:
    """The JSON Schema of a configuration, for editors that check TOML as it is typed."""
    named = {"enum": [*(rule.slug for rule in rules), *families(rules)]}
    glob = {"type": "string", "pattern": r"[*?\[]"}
    slugs = {"type": "array", "items": {"anyOf": [named, glob]}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "epm lint: epm.toml, or [tool.epm.lint] in pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "select": {
                **slugs,
                "description": "The rules, families or globs to run; all, if none is named.",
            },
            "ignore": {**slugs, "description": "The rules, families or globs not to run."},
            "fail-on": {
                "enum": list(FAIL_ON),
                "default": "fail",
                "description": "The mildest status that makes `epm lint` exit with 1.",
            },
            "formats": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Files of page formats of one's own, relative to this file.",
            },
            "rules": {
                "type": "object",
                "additionalProperties": False,
                "properties": {rule.slug: _rule_schema(rule) for rule in rules},
            },
        },
    }


def _rule_schema(rule: Rule) -> dict[str, Any]:
    properties = {
        name: {**_KINDS[type(value)].schema, "default": value, "description": about}
        for name, (value, about) in options_of(rule).items()
    }
    since: dict[str, Any] = {
        "type": "string",
        "format": "date",
        "description": "bodies created before this day are left alone",
    }
    if rule.since:
        since["default"] = rule.since.isoformat()
    return {
        "description": rule.title,
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "since": since},
    }


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type that an option may have."""

    words: str
    schema: Mapping[str, Any]


_KINDS: Mapping[type, _Kind] = {
    bool: _Kind("true or false", {"type": "boolean"}),
    int: _Kind("a whole number, 0 or more", {"type": "integer", "minimum": 0}),
    str: _Kind("a text in quotes", {"type": "string"}),
    tuple: _Kind("a list of texts", {"type": "array", "items": {"type": "string"}}),
}


def _configured(rule: Rule, setting: object, where: str) -> Rule:
    given = _table(setting, where)
    options = options_of(rule)
    _known(given, (*options, "since"), f"{where}.")
    values = {
        name.replace("-", "_"): _value(given[name], type(default), f"{where}.{name}")
        for name, (default, _) in options.items()
        if name in given
    }
    if values:
        rule = replace(rule, options=replace(rule.options, **values), configured=frozenset(values))
    if "since" in given:
        rule = replace(rule, since=_day(given["since"], f"{where}.since"))
    return rule


def with_options(rule: Rule, given: Mapping[str, Any], where: str) -> Rule:
    """The rule with the options that a format sets, but for those that a configuration has set.

    Raises:
        LintError: it has no such option, or one of another type.
    """
    kept = {name.replace("_", "-") for name in rule.configured}
    wanted = {name: value for name, value in given.items() if name not in kept}
    configured_ = rule.configured
    return replace(_configured(rule, wanted, where), configured=configured_)


def _value(given: object, kind: type, where: str) -> object:
    if kind is tuple and isinstance(given, list) and all(isinstance(item, str) for item in given):
        return tuple(given)
    if type(given) is not kind or (isinstance(given, int) and given < 0):
        raise LintError(f"{where} is {_shown(given)}, expected {_KINDS[kind].words}")
    return given


def _day(given: object, where: str) -> date:
    if not isinstance(given, date) or isinstance(given, datetime):
        raise LintError(f"{where} is {_shown(given)}, expected a day, such as 2026-05-15, unquoted")
    return given


def _named(given: object, where: str, rules: Sequence[Rule]) -> set[str]:
    """The slugs of the rules that are named: by slug, by family, or by a glob."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise LintError(f"{where} is {_shown(given)}, expected a list of rules")
    found: set[str] = set()
    for name in given:
        meant = {rule.slug for rule in rules if name in (rule.slug, rule.family) and name}
        if not meant and _MAGIC.intersection(name):
            meant = {rule.slug for rule in rules if fnmatchcase(rule.slug, name)}
        if not meant:
            known = [*(rule.slug for rule in rules), *families(rules)]
            hint = nearest(name, known) or "`epm rule` lists them"
            raise LintError(f"{where} names {quote(name)}, which is no rule; {hint}")
        found |= meant
    return found


def families(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The families of some rules, each once."""
    return tuple(dict.fromkeys(rule.family for rule in rules if rule.family))


def _level(given: object) -> Status:
    if not isinstance(given, str) or given not in FAIL_ON:
        raise LintError(f"fail-on is {_shown(given)}, expected one of: {', '.join(FAIL_ON)}")
    return FAIL_ON[given]


def _table(given: object, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise LintError(f"{where} is {_shown(given)}, expected a table")
    return given


def _known(given: Mapping[str, Any], known: Collection[str], prefix: str) -> None:
    for name in given:
        if name not in known:
            hint = nearest(name, known) or f"known: {', '.join(known)}"
            raise LintError(f"there is no {quote(prefix + name)}; {hint}")


def _about(option: Field[Any]) -> str:
    return str(option.metadata.get("about", ""))


def _shown(given: object) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    return quote(given) if isinstance(given, str) else clip(repr(given))
