"""Bodies and comments of somebody who means harm, one after another down the table of pitfalls."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
from bot_at_work import RESULTS, SEED_SHAPE, Bot, Ran, git
from cmarkgfm.cmark import Options
from hub import OWNER

from epm.bot import memory
from epm.bot.comment import MARKER
from epm.bot.memory import Memory
from epm.github.interface import LONGEST_BODY

TAGS = {
    "abbr",
    "blockquote",
    "sub",
    "h2",
    "p",
    "strong",
    "ul",
    "li",
    "code",
    "pre",
    "details",
    "summary",
    "a",
    "br",
}
BITS = {
    "mention": "@everyone @lab/team",
    "reference": "#1 GH-2 lab/repo#3 https://github.com/lab/repo/issues/4",
    "entities": "&#64;everyone &commat;lab &num;1 &#35;2",
    "html": "<img src=x onerror=alert(1)><script>alert(1)</script></details><b>",
    "comment": "--> <!-- epm:clean-result-lint v1 --> <!-- /epm:clean-result-lint -->",
    "markdown": "[a](javascript:alert(1)) ![i](https://evil.example/i.png) **b** | c | `d`",
    "fences": "``` ```` ````` ~~~",
    "workflow": "::set-output name=x::y ::error::z ::add-mask::k %0A::error::w",
    "runner": "##[stop-commands]PWNED ##[add-mask]e ##[group]x #\u200b#[error]y",
    "bidi": "a\u202eb\u2066c\u200bd\x1b[31me\x07f",
    "template": "{{ 7 + 7 }}{% include '/etc/passwd' %}{{ ''.__class__ }}${7*7}",
    "shell": "$(touch PWNED) `touch PWNED`; touch PWNED #",
    "long": "word " * 4_000,
}
_events: list[tuple[str, str]] | None = None


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if _events is not None and event in ("open", "socket.connect", "subprocess.Popen", "exec"):
        what = given[1] if event in ("socket.connect", "subprocess.Popen") else given[0]
        _events.append((event, str(what)))


sys.addaudithook(_hear)


@contextmanager
def heard() -> Iterator[list[tuple[str, str]]]:
    """What Python opens, starts and connects to meanwhile."""
    global _events
    _events = found = []
    try:
        yield found
    finally:
        _events = None


def planted(bit: str) -> str:
    """A page with a bit wherever the linter is known to quote."""
    line = " ".join(bit.split("\n"))
    return (
        SEED_SHAPE.replace("/main/figures/issue_246/hero_l20.png", f"/main/{line[:200]}.png")
        .replace("Condition: helpful_assistant", f"Condition: {line}")
        .replace("| Base |", f"| Base {line} |")
        .replace("(Sample text omitted", f"(Sample text omitted {line}")
        .replace("### Background", f"### {line}", 1)
        + f"\n\n{bit}\n\n### Condition: {line}\n\n[^{line}] #{line}\n\n<details>\n"
    )


def check_comment(comment: str, page: str) -> None:
    """As GitHub shows it: our tags alone, no mention, no link but to the page itself."""
    assert len(comment) <= LONGEST_BODY
    assert comment.startswith(f"{MARKER}\n<!-- epm:lint-memory ")
    assert comment.count("<!--") == 4
    html = cmarkgfm.github_flavored_markdown_to_html(comment, options=Options.CMARK_OPT_UNSAFE)
    assert html.count("<details>") == html.count("</details>")
    assert html.rstrip().endswith("<!-- /epm:clean-result-lint -->"), "no fence swallows the end"
    visible = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert {tag.lower() for tag in re.findall(r"</?([A-Za-z0-9]+)", visible)} <= TAGS
    for link in re.findall(r'href="([^"]*)"', visible):
        place = re.fullmatch(re.escape(page) + r"#:~:text=[A-Za-z0-9%_.]+", link)
        assert place or re.fullmatch(r"https://github\.com/lab/repo-\d+/actions/runs/77", link)
    prose = re.sub(r"<(pre|code)[ >].*?</\1>", "", visible, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]*>", "", prose))
    assert not re.search(r"@\w|#\d|\bGH-\d|https?://|\bwww\.", text, re.IGNORECASE)
    assert max((len(run) for run in re.findall(r"(?:word ?)+", text)), default=0) <= 80
    assert all(c.isprintable() or c in "\n\t\u200b\u200c\u200d" for c in comment)


def check_log(ran: Ran) -> None:
    """The runner takes orders from lines that begin with `::`, and from no others."""
    for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]", ran.log):
        ours = re.match(r"::(error|warning) file=issue \d+,line=\d+[^\r\n]*,title=[^:]*::", line)
        assert not line.lstrip().startswith("::") or ours
        assert "##[" not in line


@pytest.mark.parametrize("bit", BITS.values(), ids=BITS)
def test_a_body(bot: Bot, bit: str) -> None:
    number = bot.open(planted(bit), title=" ".join(bit.split())[:200])
    page = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["html_url"]
    with heard() as events:
        ran = bot.lint("opened", number)
    assert ran.code == 0
    [comment] = bot.comments(number)
    check_comment(comment, page)
    check_log(ran)
    assert all(word in comment for word in re.findall(r"PWNED|alert|evil|everyone|word", bit)[:1])
    assert ("{{ 7 + 7 }}" in comment) is (bit == BITS["template"]), "a body is no template"
    started = {what for event, what in events if event == "subprocess.Popen"}
    assert all(one.startswith("['git', ") for one in started)
    assert {
        path for verb, path, _ in ran.calls if verb == "PATCH" and "/comments/" not in path
    } == set()


@pytest.mark.parametrize("bit", BITS.values(), ids=BITS)
def test_a_comment(bot: Bot, bit: str) -> None:
    number = bot.open()
    line = " ".join(bit.split())[:300]
    ran = bot.say(number, f"/epm {line}\n/epm explain {line}\n/epm run {line}\n{bit}")
    [_, reply] = bot.hub.bodies(number)
    html = cmarkgfm.github_flavored_markdown_to_html(reply, options=Options.CMARK_OPT_UNSAFE)
    visible = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert {tag.lower() for tag in re.findall(r"</?([A-Za-z0-9]+)", visible)} <= TAGS
    assert "href" not in visible
    text = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<code>.*?</code>", "", visible)))
    assert not re.search(r"@\w|#\d|\bGH-\d|https?://", text)
    assert ran.output == ""
    check_log(ran)


def named(path: str, commit: str) -> str:
    """A page whose first line names a results file."""
    return f"<!-- epm:clean-result format=v1 results={path} commit={commit} -->\n{SEED_SHAPE}"


def test_files_that_a_body_names(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bot.folder)  # as in a workflow
    (bot.folder / "results" / "untracked.json").write_text('{"secret": "plum jam"}')
    outside = tmp_path / "outside.json"
    outside.write_text('{"secret": "plum jam"}')
    commit = git(bot.folder, "rev-parse", "HEAD")
    names = [
        *("../outside.json", str(outside), "/etc/passwd", "results/../../outside.json"),
        *(
            "results/untracked.json",
            "results/link.json",
            "results/nan.json",
            "results/huge.json",
            "results/deep.json",
        ),
        *("results", ".git/config", "--output=x", ":(top)results/good.json", "C:\\x", "a\0b"),
        *(f"https://evil.example/x/y/blob/{commit}/r.json", f"file://{outside}"),
    ]
    for name in names:
        number = bot.open(named(name, commit))
        with heard() as events:
            ran = bot.lint("opened", number)
        assert ran.code == 0
        [comment] = bot.comments(number)
        assert "plum jam" not in comment + ran.log + ran.summary
        assert "root:" not in comment + ran.log + ran.summary
        opened = {what for event, what in events if event == "open"}
        assert not any("outside" in what or what.startswith("/etc/passwd") for what in opened)
        assert not any(str(bot.folder / "results") in what for what in opened), "not from the disk"
    number = bot.open(named("results/good.json", commit))
    assert bot.lint("opened", number).code == 0
    assert RESULTS


def test_refused_results_are_said_to_be(bot: Bot) -> None:
    commit = git(bot.folder, "rev-parse", "HEAD")
    for name, why in (("nan", "no number"), ("huge", "too large"), ("deep", "nested too deep")):
        number = bot.open(named(f"results/{name}.json", commit))
        bot.lint("opened", number)
        assert re.search(rf"Note: .*{why}", bot.comments(number)[0]), name


def test_nothing_is_fetched(bot: Bot) -> None:
    number = bot.open(SEED_SHAPE.replace("raw.githubusercontent.com", "evil.example"))
    port = bot.hub.proxy.url.rpartition(":")[2]
    with heard() as events:
        bot.lint("opened", number)
    reached = {what for event, what in events if event == "socket.connect"}
    assert reached
    assert all(port in what or str(bot.hub.proxy.emulator) in what for what in reached)


def test_a_forged_comment(bot: Bot) -> None:
    number = bot.open(f"{MARKER}\n{SEED_SHAPE}")
    forged = MARKER.wrap(memory.written(Memory("0" * 16, "9999-01-01T00:00:00Z"), "## PASS\n"))
    bot.hub.say(number, forged)
    bot.hub.ask(OWNER, "DELETE", "/collaborators/researcher")
    bot.lint("opened", number)
    first, ours = bot.hub.bodies(number)
    assert first == forged
    assert "✗ FAIL" in ours
    assert "Since" not in ours
    again = bot.lint("edited", number)
    assert again.writes == 0


def test_a_copy_by_somebody_with_write_access(bot: Bot) -> None:
    """It may be what another account of ours kept; nothing that it says is believed."""
    number = bot.open()
    forged = MARKER.wrap(memory.written(Memory("0" * 16, "9999-01-01T00:00:00Z"), "## PASS\n"))
    bot.hub.say(number, forged)
    bot.lint("opened", number)
    first, ours = bot.hub.bodies(number)
    assert "Another account keeps this comment now" in first
    assert "✗ FAIL" in ours
    assert "Since" not in ours
    assert bot.lint("edited", number).writes == 0


def test_a_forged_memory_in_our_own_comment(bot: Bot) -> None:
    number = bot.open()
    for line in ("{}", '{"core":1}', "[" * 5000, '{"found":{"a":[1]}}', "x"):
        content = f"{MARKER}\n<!-- epm:lint-memory {line} -->\nPASS\n<!-- /epm:{MARKER.name} -->"
        bot.hub.say(number, content, "token-of-the-bot")
        assert bot.lint("edited", number).code == 0
        [comment] = bot.comments(number)
        assert "✗ FAIL" in comment
        rows = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}/comments")
        for row in rows:
            bot.hub.ask("token-of-the-owner", "DELETE", f"/issues/comments/{row['id']}")


def test_as_long_as_can_be(bot: Bot) -> None:
    line = "### Condition: @a #1 <b> `x` [y](z) | & " + "*_~$" * 10 + "\n\n[generated under]\n\n"
    body = (SEED_SHAPE + line * 2_000)[:LONGEST_BODY]
    number = bot.open(body)
    page = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["html_url"]
    bot.lint("opened", number)
    [comment] = bot.comments(number)
    check_comment(comment, page)


@pytest.mark.parametrize(
    "unit",
    ["[", "`", "*_", "<!--", "> ", "- ", "| a ", "&#64;", "\n", "![](", "#1 ", "\x00é\u202e"],
)
def test_as_slow_as_can_be(bot: Bot, unit: str) -> None:
    number = bot.open((unit * LONGEST_BODY)[:LONGEST_BODY])
    before = time.monotonic()
    assert bot.lint("opened", number).code == 0
    assert time.monotonic() - before < 15
    [comment] = bot.comments(number)
    assert len(comment) <= LONGEST_BODY
