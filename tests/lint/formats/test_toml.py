"""A format's file: what is wrong in it is told with the file and the key."""

from pathlib import Path

import pytest

from epm_lint.configuration import configured
from epm_lint.engine import lint
from epm_lint.errors import LintError
from epm_lint.formats.toml import read
from epm_lint.rules import RULES

HEAD = 'name = "ours"\nabout = "what we write"\n'
SECTION = '[[section]]\npath = "Claim"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "ours.toml is no TOML: "),
        ('name = "ours"', "ours.toml: 'about' is missing"),
        (HEAD + "sections = 1", "ours.toml: there is no 'sections'; did you mean section?"),
        (HEAD + 'order = "never"', "order is 'never', expected one of: fail, warn, off"),
        (HEAD + "markers = 1", "markers is 1, expected true or false"),
        (HEAD + "section = 1", "section is 1, expected a list of tables, as [[section]] makes one"),
        (HEAD + "[[section]]", "'section 1.path' is missing"),
        (HEAD + SECTION + "level = 7", "section 1.level is 7, expected a whole number from 1 to 6"),
        (HEAD + SECTION + "lvel = 2", "there is no 'section 1.lvel'; did you mean level?"),
        (HEAD + SECTION + 'author = "bot"', "section 1.author is 'bot', expected one of: agent"),
        (HEAD + SECTION + "words = 30", "section 1.words is 30, expected a table"),
        (HEAD + SECTION + "words = {}", "section 1.words is empty; known: least, most"),
        (HEAD + SECTION + "words = {least = 9, most = 3}", "words: least is more than most"),
        (HEAD + SECTION + "words = {least = true}", "words.least is true, expected a whole number"),
        (HEAD + SECTION + SECTION, "section 2 (Claim) is there twice"),
        (HEAD + '[[section]]\npath = "A/B"', "section 1 (A/B): there is no section 'A'; add it"),
        (HEAD + '[[section]]\npath = "A//B"', "section 1.path has an empty title"),
        (
            HEAD + SECTION + "[[section.label]]\nname = 'A'\nneed = 'off'",
            "section 1.label 1.need is 'off'",
        ),
        (HEAD + SECTION + 'role = "hero"', "section 1.role is 'hero', expected one of: summary"),
        (HEAD + "signs = [{headings = []}]", "signs 1.headings is empty: every page would have"),
        (HEAD + "[rules]\nhero-figure = 1", "rules.hero-figure is 1, expected a table of options"),
        (
            HEAD + '[[section]]\npath = "A"\nrole = "results"\n[[section]]\npath = "B"\n'
            'role = "results"',
            "two sections have the role 'results'",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(text: str, told: str) -> None:
    with pytest.raises(LintError) as error:
        read(text, "ours.toml")
    assert told in str(error.value)
    assert "ours.toml" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "v1"\nabout = "x"', "ours.toml: the name 'v1' is taken"),
        (HEAD + "[rules]\nhero-figur = {}", "there is no 'rules.hero-figur'; did you mean hero"),
        (HEAD + "[rules]\nai-tldr = {fewest = 1}", "there is no 'ours.toml: rules.ai-tldr.fewest'"),
        (HEAD + '[[section]]\npath = "A"\nrule = "x"', "section A: there is no rule 'x'"),
    ],
)
def test_what_only_the_rules_can_tell(text: str, told: str) -> None:
    with pytest.raises(LintError) as error:
        configured({"formats": ["ours.toml"]}, RULES, read=lambda name: read(text, name))
    assert told in str(error.value)


OURS = Path(__file__).parent.parent.parent.parent / "docs" / "formats.md"


def example(info: str) -> str:
    """The first fence of that kind in the documentation."""
    text = OURS.read_text(encoding="utf-8")
    return text.partition(f"```{info}\n")[2].partition("\n```")[0] + "\n"


def test_the_format_of_the_documentation_holds_its_page() -> None:
    made = read(example("toml"), "docs/our-format.toml")
    report = lint(example("markdown"), formats=[made])
    assert report.format == made.name == "claim-card"
    found = {r.rule.slug: str(r.verdict.status) for r in report.rows if r.verdict.findings}
    assert found == {"human-text": "AWAITING", "section-length": "PASS"}


def test_a_format_sets_options_which_a_configuration_overrides() -> None:
    text = HEAD + '[[section]]\npath = "Why"\nrole = "background"\n'
    made = read(text + "[rules.background-context]\nfewest-words = 3", "ours.toml")
    body = "## Why\n\nFour words are here.\n"

    def status(table: dict[str, object]) -> str:
        rules = configured(table, RULES).rules
        report = lint(body, rules=rules, formats=[made], page_format="ours")
        rows = {row.rule.slug: row for row in report.rows}
        return str(rows["background-context"].verdict.status)

    assert status({}) == "PASS"
    assert status({"rules": {"background-context": {"fewest-words": 9}}}) == "FAIL"
