"""What the rules on links, tables and characters change: it mends, and then rests."""

import subprocess
from pathlib import Path

import pytest

from epm.checkout import Checkout
from epm_lint.engine import lint
from epm_lint.fixes import settled
from epm_lint.markdown.document import Document
from epm_lint.model import Report, Repository, Rule, Status
from epm_lint.rules.links import artifacts, dead_references, pinned_urls
from epm_lint.rules.markup import broken_markup, broken_tables, hidden_characters


def mended(
    rule: Rule, body: str, repository: Repository | None = None, unsafe: bool = False
) -> str:
    """The body after all edits of the rule, which then has none left."""

    def check(text: str) -> Report:
        return lint(text, rules=[rule], repository=repository, page_format="v1")

    text, _ = settled(body, check, unsafe)
    again = [f for row in check(text).rows for f in row.verdict.findings]
    assert not [f for f in again if f.edits and (f.safe or unsafe)]
    return text


def status(rule: Rule, body: str, repository: Repository | None = None) -> Status:
    return lint(body, rules=[rule], repository=repository, page_format="v1").status


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "remote", "add", "origin", "https://github.com/acme/lab.git")
    (tmp_path / "figures").mkdir()
    for name in ("one.png", "two.png", "a.py"):
        (tmp_path / "figures" / name).write_text(name)
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "-q", "-m", name)
    return tmp_path


def last(lab: Path, path: str) -> str:
    return git(lab, "log", "-1", "--format=%H", "--", path)


def test_a_link_is_pinned_to_the_commit_that_last_changed_its_file(lab: Path) -> None:
    body = (
        "- [a](https://github.com/acme/lab/blob/main/figures/a.py#L1-L2), [folder][f], again\n"
        "  https://github.com/acme/lab/blob/main/figures/a.py.\n\n"
        "[f]: https://github.com/acme/lab/tree/refs/heads/main/figures\n"
    )
    checkout = Checkout.at(lab)
    text = mended(pinned_urls.RULE, body, checkout)
    assert text == body.replace("main", last(lab, "figures/a.py")).replace("refs/heads/", "")
    assert status(pinned_urls.RULE, text, checkout) is Status.PASS
    assert status(artifacts.RULE, text, checkout) is Status.PASS


def test_figures_are_pinned_to_one_commit_that_has_them_all(lab: Path) -> None:
    raw = "https://raw.githubusercontent.com/acme/lab/"
    body = f"![1]({raw}main/figures/one.png)\n\n<img src='{raw}main/figures/two.png'>\n"
    text = mended(pinned_urls.RULE, body, Checkout.at(lab))
    assert text == body.replace("main", last(lab, "figures/two.png"))


def test_a_new_figure_is_pinned_to_the_commit_of_the_others(lab: Path) -> None:
    raw = "https://raw.githubusercontent.com/acme/lab/"
    head = last(lab, "figures/a.py")
    body = f"![1]({raw}{head}/figures/one.png)\n\n![2]({raw}main/figures/two.png)\n"
    text = mended(pinned_urls.RULE, body, Checkout.at(lab))
    assert text == body.replace("main", head)


def test_a_branch_that_is_not_the_checked_out_one_needs_a_person(lab: Path) -> None:
    body = "[a](https://github.com/acme/lab/blob/wip/new/figures/a.py)\n"
    assert mended(pinned_urls.RULE, body, Checkout.at(lab)) == body
    pinned = body.replace("wip/new", last(lab, "figures/a.py"))
    assert mended(pinned_urls.RULE, body, Checkout.at(lab), unsafe=True) == pinned


@pytest.mark.parametrize("path", ["figures/gone.py", "../../etc/passwd", "%2e%2e/x", "-x"])
def test_what_the_repository_has_not_is_not_pinned(lab: Path, path: str) -> None:
    body = f"[a](https://github.com/acme/lab/blob/main/{path})\n"
    assert mended(pinned_urls.RULE, body, Checkout.at(lab), unsafe=True) == body
    assert status(pinned_urls.RULE, body, Checkout.at(lab)) is Status.FAIL


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("| a | b |\n|---|---|\n| `x|y` | 2 |\n", "| a | b |\n|---|---|\n| `x\\|y` | 2 |\n"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nmore\n", "| a | b |\n|---|---|\n| 1 | 2 |\n\nmore\n"),
        (
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n| 5 | 6 |\n\n| 7 | 8 |\n",
            "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n| 7 | 8 |\n",
        ),
        (
            "<details>\n<summary>A</summary>\n| a | b |\n|---|---|\n| 1 | 2 |\n\n</details>\n",
            "<details>\n<summary>A</summary>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n</details>\n",
        ),
    ],
)
def test_tables(body: str, expected: str) -> None:
    assert mended(broken_tables.RULE, body) == expected
    assert status(broken_tables.RULE, expected) is Status.PASS


def test_hidden_characters_are_deleted_but_not_what_changes_the_order() -> None:
    body = "43a\u200b303\u200dc, \u202eabc\u202c, می\u200cروم\n\n```\nred\x1b\n```\n"
    assert mended(hidden_characters.RULE, body) == body.replace("\u200b", "").replace("\u200d", "")
    everything = mended(hidden_characters.RULE, body, unsafe=True)
    assert everything == "43a303c, abc, می\u200cروم\n\n```\nred\n```\n"


def test_an_anchor_gets_the_nearest_heading() -> None:
    body = "[a](#headline-nunbers)\n\n## Headline numbers\n"
    assert mended(dead_references.RULE, body) == body
    assert mended(dead_references.RULE, body, unsafe=True) == body.replace("nunb", "numb")


def test_details_are_closed_at_the_end() -> None:
    body = "<details>\n<summary>A</summary>\n\ntext\n"
    closed = mended(broken_markup.RULE, body, unsafe=True)
    assert closed.split() == [*body.split(), "</details>"]
    assert status(broken_markup.RULE, closed) is Status.PASS


def test_the_document_knows_its_tags_headings_references_and_code() -> None:
    source = (
        "# One `a\n\n[^1]: Foo\n\n- ## Two `b|\n  c` d <img alt='x > y' SRC=u>\n\n"
        '[L m]: https://example.org\n\n<!-- <p> -->\n<DETAILS open id="i">\n</details>\n'
    )
    document = Document(source)
    assert [(h.text, h.line) for h in document.headings] == [("One `a", 1), ("Two `b|", 5)]
    assert document.references == {"L M"}
    tags = [(t.name, t.closing, dict(t.attributes), t.line) for t in document.tags]
    assert tags == [
        ("img", False, {"alt": "x > y", "src": "u"}, 6),
        ("details", False, {"id": "i"}, 11),
        ("details", True, {}, 12),
    ]
    (prose,) = Document("a `b\nc` d ``e`f``").preamble[0].prose
    assert prose.words == "a  \n  d    "
    assert [(span.text, span.line) for span in prose.code] == [("b c", 1), ("e`f", 2)]


def test_code_spans_after_another_and_over_lines() -> None:
    (prose,) = Document("`a`\nfoo `b` \\` ``c\n` d`` `e`\n![x](y)").preamble[0].prose
    assert prose.text == "a\nfoo b ` c\n` d e\n"
    assert [(span.text, span.line) for span in prose.code] == [
        ("a", 1),
        ("b", 2),
        ("c ` d", 2),
        ("e", 3),
    ]
    assert prose.figures[0].line == 4
