"""What the comment says in three seconds: the verdict, what has changed, and nothing untrue."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from bot_at_work import LABEL, ROOT, SEED_SHAPE, TITLE, Bot, git

from epm.bot import memory
from epm.bot.comment import compose
from epm.bot.judging import Judgement
from epm.bot.pointers import apart, in_words
from epm.bot.signature import Signature
from epm.bot.telling import BROKEN
from epm.github.interface import Issue
from epm_lint.model import Finding, Report, Row, Rule, Status, Verdict

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
HOME = "https://github.com/lab/epm/blob/0123456"
SIGNED = Signature("https://github.com/lab/repo/actions/runs/7", HOME, "0.1.0", NOW)
RULES = {name: Rule(name, name.title(), lambda _: Verdict.passed("")) for name in "abcdef"}
GROUNDS = "as ever"


def found(*messages: str, status: Status = Status.FAIL) -> Verdict:
    return Verdict(status, f"{len(messages)} fault(s)", tuple(Finding(m, 3) for m in messages))


PASSED, SKIPPED = Verdict.passed("fine"), Verdict.skipped("no history at hand")


def judged(grounds: str = GROUNDS, text: str = "Body.", **verdicts: Verdict) -> Judgement:
    """What a lint with these verdicts is."""
    rows = tuple(Row(RULES[name], verdict) for name, verdict in verdicts.items())
    report = Report("issue 7", "v1", rows)
    return Judgement(issue(text), report, (), grounds)


def issue(text: str = "Body.") -> Issue:
    at = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    url = "https://github.com/lab/repo/issues/7"
    return Issue(7, TITLE, text, (LABEL,), "open", "x", at, at, url, "", "lab/repo")


def says(*judgements: Judgement) -> str:
    """The comment after these verdicts, one after another."""
    body: str | None = None
    for one in judgements:
        made = compose(one, body, SIGNED)
        body = made.body if made else body
    assert body is not None
    return body


def first_line(comment: str) -> str:
    """What is read first."""
    lines = comment.splitlines()[3:]
    assert re.fullmatch(r"> \[!(TIP|CAUTION|WARNING|NOTE)\]", lines[0])
    return f"{lines[0][4:-1]} {lines[1].removeprefix('> ')}"


BEFORE_AND_AFTER = {
    "first pass": ([judged(a=PASSED)], "TIP **✓ PASS — all checks pass**"),
    "first fail": (
        [judged(a=found("x"), b=found("y"), c=PASSED)],
        "CAUTION **✗ FAIL — 2 failed: A, B**",
    ),
    "worse": (
        [judged(a=PASSED, b=PASSED), judged(a=found("x"), b=PASSED)],
        "CAUTION **✗ FAIL — was PASS, now 1 failed: A**",
    ),
    "mended": (
        [judged(a=found("x"), b=PASSED), judged(a=PASSED, b=PASSED)],
        "TIP **✓ PASS — was FAIL; mended: A**",
    ),
    "mended but for a warning": (
        [
            judged(a=found("x"), b=found("w", status=Status.WARN)),
            judged(a=PASSED, b=found("w", status=Status.WARN)),
        ],
        "WARNING **! WARN — was FAIL; mended: A, 1 warned**",
    ),
    "a warning that was none": (
        [judged(a=PASSED), judged(a=found("w", status=Status.WARN))],
        "WARNING **! WARN — 1 warned: A**",
    ),
    "still failing": (
        [judged(a=found("x"), b=found("y")), judged(a=PASSED, b=found("y"))],
        "CAUTION **✗ FAIL — 1 failed: B**",
    ),
    "a rule broke": (
        [judged(a=PASSED), judged(a=Verdict(Status.ERROR, "broke"))],
        "CAUTION **‼ ERROR — was PASS, now 1 could not run: A**",
    ),
}


@pytest.mark.parametrize(("verdicts", "line"), BEFORE_AND_AFTER.values(), ids=BEFORE_AND_AFTER)
def test_the_first_line(verdicts: list[Judgement], line: str) -> None:
    assert first_line(says(*verdicts)) == line


SINCE = "Since the last verdict: "
CHANGES = {
    "one mended, one new": (
        [
            judged(a=found("x"), b=found("y"), c=PASSED),
            judged(a=PASSED, b=found("y"), c=found("z")),
        ],
        f"{SINCE}mended: A; newly failed: C.",
    ),
    "some of one rule": (
        [judged(a=found("x", "y", "z")), judged(a=found("x"))],
        f"{SINCE}A: 2 gone.",
    ),
    "more of one rule": (
        [judged(a=found("x")), judged(a=found("x", "y"))],
        f"{SINCE}A: 1 new.",
    ),
    "summed up": (
        # nothing was mended: one finding now stands for the three
        [judged(a=found("x", "y", "z")), judged(a=found("3 numbers are wrong"))],
        "",
    ),
    "too many to remember": (
        [judged(a=found(*map(str, range(400)))), judged(a=found("other"))],
        "",
    ),
    "many beside few": (
        [
            judged(a=found(*map(str, range(400))), b=found("y")),
            judged(a=found(*map(str, range(400))), b=PASSED),
        ],
        f"{SINCE}mended: B.",
    ),
    "skipped": (
        [judged(a=found("x"), b=found("y")), judged(a=SKIPPED, b=found("y"))],
        "Not checked now, so not known to be mended: A.",
    ),
    "was skipped": ([judged(a=SKIPPED, b=found("y")), judged(a=found("x"), b=found("y"))], ""),
    "on other grounds": (
        [judged(a=found("x")), judged("without history", a=PASSED)],
        "The last verdict (FAIL) was reached in another way, with other rules, another version, or "
        "without the results or the history: the two are not compared.",
    ),
}


@pytest.mark.parametrize(("verdicts", "sentence"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed(verdicts: list[Judgement], sentence: str) -> None:
    comment = says(*verdicts)
    said = [line[2:] for line in comment.splitlines() if line.startswith("> ")][2:]
    assert said == ([sentence] if sentence else [])
    assert "fixed" not in comment


def test_other_grounds_claim_nothing() -> None:
    comment = says(judged(a=found("x")), judged("without history", a=PASSED))
    assert first_line(comment) == "TIP **✓ PASS — all checks pass**"


def test_what_was_judged_when_and_by_what() -> None:
    comment = says(judged(a=found("x")))
    assert (
        "\nJudged: the page as of 2026-03-01 12:00:00 UTC, at 12:00:05 UTC, by epm 0.1.0 "
        "([run](https://github.com/lab/repo/actions/runs/7))."
    ) in comment


def test_another_edit_with_the_same_verdict_is_said_to_be_judged() -> None:
    one = judged(a=found("x"))
    body = says(one)
    assert compose(one, body, SIGNED) is None
    assert compose(judged(text="Another.", a=found("x")), body, SIGNED) is not None


def test_rules_link_to_their_page() -> None:
    comment = says(judged(a=found("x")))
    assert f"- ✗ **A** [`a`]({HOME}/lint/README.md#a): 1 fault(s)" in comment
    nowhere = compose(judged(a=found("x")), None, Signature(now=NOW))
    assert nowhere is not None
    assert "- ✗ **A** `a`: 1 fault(s)" in nowhere.body
    assert Signature.of({"EPM_HOME": "javascript:alert(1)"}).home == ""


def test_a_place_in_the_results_is_told_in_words() -> None:
    message = "says 24/100; results say 23/100 at '/conditions/helpful_assistant/source/successes'"
    assert (
        'results say 23/100 at <abbr title="/conditions/helpful_assistant/source/successes">'
        "helpful\\_assistant, source count</abbr>"
    ) in says(judged(a=found(message)))


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/conditions/helpful_assistant/source/estimate", "helpful_assistant, source rate"),
        ("/conditions/a~1b/source/trials, /conditions/a…", "a/b, source count"),
        ("/statistics/primary/layer", "primary, layer"),
        ("/cosines/20/librarian", "cosines, librarian"),
        (
            "/analyses/source_rates/conditions/librarian/successes, /analyses/sour…",
            "source rates, librarian count",
        ),
        ("/analyses/slope/fit/terms/cosine_L20/p_value", "slope, fit, terms, cosine_L20 p"),
        ("/measurements/librarian/librarian/marker/all/total/0", "librarian, marker, all, total"),
        ("/seed", "seed"),
        ("/0", "/0"),
    ],
)
def test_pointers(pointer: str, words: str) -> None:
    assert in_words(pointer) == words


def test_what_is_no_pointer_stays() -> None:
    for text in ("at 'home'", "look at '/' or at '/ x'", "'/a/b'"):
        assert apart(text) == [(text, "")]


def cannot(text: str = "Long.") -> Judgement:
    return Judgement(issue(text), None, ("the body took more than 10 s",))


def test_a_verdict_is_never_replaced_by_none() -> None:
    fails = judged(a=found("x"), b=PASSED)
    comment = says(fails, cannot())
    assert first_line(comment) == (
        "WARNING **This edit could not be judged:** the body took more than 10 s. "
        "The last verdict stands below."
    )
    assert "> **✗ FAIL — 1 failed: A**" in comment
    assert comment.count("\nJudged: ") == comment.count("\nNot judged: ") == 1
    again = says(fails, cannot(), cannot("Longer."))
    assert again.count("could not be judged") == 1
    assert again.count("> **✗ FAIL — 1 failed: A**") == 1
    mended = says(fails, cannot(), judged(text="Mended.", a=PASSED, b=PASSED))
    assert first_line(mended) == "TIP **✓ PASS — was FAIL; mended: A**"
    assert "could not be judged" not in mended
    assert "stands below" not in says(cannot())


def test_memory_survives_what_is_written_by_it() -> None:
    report = judged(a=found("x"), b=SKIPPED).report
    assert report is not None
    kept, skipped = memory.of(report)
    made = memory.Memory("c", "s", Status.FAIL, "g -- g", kept, skipped)
    line = f"<!-- epm:x v1 -->\n{memory.written(made, 'Content.')}"
    assert line.count("--") == 4
    assert memory.read(line, "") == (made, "Content.")


def test_a_right_number_that_is_known_is_suggested(bot: Bot) -> None:
    folder = "experiments/issue_246/published/smollm2"
    page = (ROOT / folder / "body.md").read_text(encoding="utf-8")
    commit = git(bot.folder, "rev-parse", "HEAD")
    page = re.sub(r"(commit=)[0-9a-f]{40}", rf"\g<1>{commit}", page, count=1)
    [right] = re.findall(r"^\| software_engineer \| .*\|$", page, re.MULTILINE)[:1]
    [count] = re.findall(r"\| (\d+)/300 \|", right)
    slip = right.replace(f"| {count}/300 |", f"| {int(count) + 10}/300 |")
    wrong = page.replace(right, slip)
    number = bot.open(wrong)
    bot.lint("opened", number)
    [comment] = bot.comments(number)
    assert "**✗ FAIL — 1 failed: Numbers match JSON**" in comment
    assert len(re.findall(r"^  - ", comment, re.MULTILINE)) == 1, "one slip is one finding"
    assert "\n    - follows, [line " in comment
    assert f"\n-{slip}\n" in comment
    assert f"\n+{right}\n" in comment


def test_somebody_is_told_when_a_page_breaks(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.folder.joinpath("epm.toml").write_text('select = ["hero-figure"]\n')
    number = bot.open(GOOD)

    def labels() -> set[str]:
        rows = bot.hub.ask("token-of-the-owner", "GET", f"/issues/{number}")["labels"]
        return {row["name"] for row in rows}

    bot.lint("opened", number)
    assert "✓ PASS" in bot.comments(number)[0]
    bot.hub.edit(number, body=SEED_SHAPE)
    bot.lint("edited", number)
    assert labels() == {LABEL, BROKEN}
    assert "was PASS, now 1 failed: Hero figure" in bot.comments(number)[0]
    assert bot.lint("edited", number).writes == 0, "told once"
    bot.hub.edit(number, body=GOOD)
    bot.lint("edited", number)
    assert labels() == {LABEL}
    bot.hub.edit(number, body=SEED_SHAPE)
    event = bot.issue_event("edited", number)
    bot.run("issues", event, inputs={"EPM_BROKEN_PAGE": "comment"})
    bot.run("issues", event, inputs={"EPM_BROKEN_PAGE": "comment"})
    assert labels() == {LABEL}
    told = [body for body in bot.hub.bodies(number) if "passed until its last edit" in body]
    assert len(told) == 1
    assert "1 of its checks fail: `hero-figure`" in told[0]


GOOD = SEED_SHAPE.replace("/main/figures/", f"/{'a' * 40}/figures/")
