"""The catalogue says all there is to know of every rule, and is Markdown that renders."""

import re
import tomllib

import cmarkgfm
import pytest

from epm_lint.catalogue import explanation, listing, render
from epm_lint.configuration import configured, options_of
from epm_lint.model import Rule
from epm_lint.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_explanation(rule: Rule) -> None:
    shown = explanation(rule)
    assert shown.startswith(f"{rule.title} ({rule.slug})\n\n{(rule.doc or '').strip()}\n")
    options = options_of(rule)
    assert (f"[rules.{rule.slug}]" in shown) == bool(options)
    for _, about in options.values():
        assert f"\n  # {about}\n" in shown
    if options:
        # what is printed can be pasted, and says what already holds
        block = shown.partition("epm.toml has them:\n\n")[2].partition("\n\n")[0]
        assert configured(tomllib.loads(block), RULES).rules == tuple(RULES)
    assert f"<!-- epm: ignore[{rule.slug}] reason -->" in shown


def test_listing() -> None:
    lines = listing(RULES).splitlines()
    assert [line.split("  ")[0] for line in lines] == [rule.slug for rule in RULES]
    assert all(
        (rule.doc or "").startswith(line.split("  ")[-1].strip())
        for rule, line in zip(RULES, lines, strict=True)
    )


def test_every_rule_has_its_chapter_and_its_examples_are_code() -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(render(RULES))
    assert re.findall(r"<h2>(.*?)</h2>", html) == [rule.slug for rule in RULES]
    # what a bad example holds must not become part of the catalogue: one title, no other heading
    assert len(re.findall(r"<h[13456]>", html)) == 1
    assert html.count('<pre lang="markdown">') + html.count("<pre><code class") == 2 * len(RULES)
    assert "<img" not in html


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_every_option_has_its_row(rule: Rule) -> None:
    chapter = render([rule])
    for name in options_of(rule):
        assert f"\n| `{name}` | " in chapter
