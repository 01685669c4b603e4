"""Runs to look at: our own published ones, and small ones that are hostile or broken."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from pathlib import Path
from typing import Any

from results_files import made_up
from test_comment_says import PASSED, found, judged, says

from epm.results import ConditionRecord, Count, Identity, Mean, MetricRecord, Results, TaskRecord

ROOT = Path(__file__).parents[2]

HOSTILE = {
    "script": "</script><script>alert(1)</script><!-- <script>",
    "handler": '<img src=x onerror="alert(1)"> <svg/onload=alert(1)>',
    "address": "[x](javascript:alert(1)) javascript:alert(1)",
    "braces": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "mail": "someone@example.org and a.b+c@example.com",
    "bidi": "one \u202etwo\u202c \u2066three\u2069 \u200b\u200d\ufeff four",
    "nul": "a\x00b\x1b[31mc\x7f\x85",
    "surrogates": "\ud800 and \udfff, \ud83d alone",
    "breaks": "one\r\ntwo\rthree\n\nfour\t\x0b\x0c five",
    "empty": "",
    "blanks": "  two before, two after  \n",
    "long": "x" * 200_000,
    "fence": "```` ``` `` `\n> quoted\n| a | b |",
    "astral": "\U0001f98a \U0001f468\u200d\U0001f469 \U000e0041 \uffff \ue000",
}
"""By item."""


def any_text(chance: random.Random) -> str:
    """Up to 40 characters, of all planes and of what has a meaning somewhere."""
    ranges = ((0, 0x7F), (0x80, 0x24FF), (0xD800, 0xDFFF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
    pieces = ("</script>", "<!--", "&amp;", "\r\n", "\u202e", "\\u0041", "\\", '"', "${", "{{")
    return "".join(
        chance.choice(pieces)
        if chance.random() < 0.2
        else chr(chance.randint(*chance.choice(ranges)))
        for _ in range(chance.randint(0, 40))
    )


def identity(issue: int, title: str = "Made up") -> Identity:
    return Identity(
        slug=f"issue-{issue}",
        issue=issue,
        title=title,
        profile="tiny",
        scale="made up",
        full_scale=False,
        fingerprint="0123456789ab",
    )


def write_samples(folder: Path, rows: list[dict[str, Any]]) -> None:
    """As epm writes them; halves of surrogate pairs as JSON has them."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "samples.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 6, mtime=0))


def hostile_rows(random_ones: int = 1_000) -> list[dict[str, Any]]:
    """Every hostile completion, and random ones."""
    chance = random.Random(19)
    texts = list(HOSTILE.items())
    texts += [("random", any_text(chance)) for _ in range(random_ones)]
    return [
        {
            "condition": "villain" if item != "random" else "<b>&\"' any</b>",
            "task": "questions",
            "item": item,
            "seed": 1,
            "index": index,
            "text": text,
            "tokens": 1,
            "finish": "stop",
            "scores": {"marker": index % 2 == 0, "length": float(len(text)), "odd": "no answer"},
        }
        for index, (item, text) in enumerate(texts)
    ]


def measured(rows: list[dict[str, Any]], issue: int, title: str = "Made up") -> Results:
    """Results that are what the rows count."""
    measurements: dict[str, Any] = {}
    for row in rows:
        for metric, score in row["scores"].items():
            place = measurements.setdefault(row["condition"], {}).setdefault(row["task"], {})
            cell = place.setdefault(metric, {}).setdefault(f"seed={row['seed']}", {})
            cell.setdefault(row["item"], []).append(score)
    for by_task in measurements.values():
        for by_metric in by_task.values():
            for by_seed in by_metric.values():
                for seed, items in by_seed.items():
                    by_seed[seed] = _measurement(items)
    metrics = dict.fromkeys(metric for row in rows for metric in row["scores"])
    items = tuple(dict.fromkeys(row["item"] for row in rows))
    return made_up(
        identity=identity(issue, title),
        metrics={name: MetricRecord(label=f"{name} of answers") for name in metrics},
        conditions={name: ConditionRecord() for name in measurements},
        tasks={
            task: TaskRecord(items=items, system_prompt="Be <b>brief</b>.")
            for task in dict.fromkeys(row["task"] for row in rows)
        },
        measurements=measurements,
    )


def _measurement(items: dict[str, list[Any]]) -> Count | Mean:
    lost = sum(isinstance(score, str) for scores in items.values() for score in scores)
    kept = {
        item: found
        for item, scores in items.items()
        if (found := [score for score in scores if not isinstance(score, str)])
    }
    excluded = {"no answer": lost} if lost else {}
    if any(isinstance(score, float) for scores in kept.values() for score in scores):
        sums = {k: (sum(v), sum(x * x for x in v), len(v)) for k, v in kept.items()}
        return Mean(items=sums, excluded=excluded)
    return Count(items={k: (sum(v), len(v)) for k, v in kept.items()}, excluded=excluded)


def made_up_runs(folder: Path) -> None:
    """A repository in a folder."""
    for published in (ROOT / "experiments").glob("*/published"):
        shutil.copytree(published, folder / "experiments" / published.parent.name / "published")
    _keep_villain(folder / "experiments" / "issue_246" / "published" / "smollm2")
    rows = hostile_rows()
    hostile = folder / "runs" / "issue-1" / "hostile"
    write_samples(hostile, rows)
    (hostile / "results.json").write_text(measured(rows, 1, "<b>Hostile</b>").dumps())
    _other(folder / "runs" / "issue-1" / "other")
    _broken(folder / "runs" / "issue-2", rows)
    board = folder / "runs" / "github" / "issues.json"
    board.parent.mkdir()
    # as `gh api --paginate` leaves it: a page after the other
    board.write_text(json.dumps(ISSUES[:2]) + json.dumps(ISSUES[2:]))
    (board.parent / "issue-16.json").write_text(json.dumps(discussed()))


def discussed() -> dict[str, Any]:
    """An issue as `epm view --github` leaves it, with hostile comments."""
    verdicts = says(judged(a=PASSED), judged(text="Two.", a=found("x")), judged(a=PASSED))
    at = "2026-03-01T12:00:00Z"
    hostile = [
        "## Same heading[^1]\n\n[^1]: Same note.",
        "## Same heading[^1]\n\n[^1]: Same note.",
        *HOSTILE.values(),
        "<img src=https://example.org/x.png><details><summary>open</summary></section>",
    ]
    comments = [{"author": "epm[bot]", "body": verdicts}]
    comments += [{"author": "someone", "body": body} for body in hostile]
    return {
        "login": "me",
        "issue": ISSUES[1]
        | {"labels": ["clean-results"], "html_url": "", "author": "someone"}
        | {"title": judged().issue.title, "body": "Two."},
        "comments": [one | {"at": at, "edited": False, "url": "https://"} for one in comments],
        "timeline": [
            {"kind": "labeled", "actor": "<b>x</b>", "at": at, "about": HOSTILE["script"]},
            {"kind": "renamed", "actor": "ghost", "at": at, "about": "a → " + "b" * 300},
        ],
        "past": [{"title": judged().issue.title, "body": "Body."}],
    }


ISSUES = [
    {"number": 246, "title": "Cosine (MODERATE confidence)", "labels": [{"name": "clean-results"}]},
    {"number": 16, "title": "Hedging", "labels": [{"name": "status:running"}, {"name": "kind:a"}]},
    {"number": 7, "title": "<b>Board</b>", "labels": [], "state": "open"},
    {"number": 3, "title": "Old", "labels": [{"name": "archived"}], "state": "closed"},
    {"number": 9, "title": "A change", "pull_request": {}},
]


def _other(folder: Path) -> None:
    """The hostile completions, one of them changed."""
    rows = hostile_rows(0)
    for row in rows:
        if row["item"] == "blanks":
            row["text"] = row["text"].replace("two after", "three after")
            row["scores"]["marker"] = not row["scores"]["marker"]
    write_samples(folder, rows)
    (folder / "results.json").write_text(measured(rows, 1).dumps())


def _keep_villain(run: Path) -> None:
    """Leave a tenth of 44,400 completions: an export of all takes long, and shows no more."""
    lines = gzip.decompress((run / "samples.jsonl.gz").read_bytes()).splitlines(keepends=True)
    kept = b"".join(line for line in lines if b'"condition": "villain"' in line)
    (run / "samples.jsonl.gz").write_bytes(gzip.compress(kept, 1, mtime=0))


def _broken(folder: Path, rows: list[dict[str, Any]]) -> None:
    """What there is of a run that was cut, is being written, or is older."""
    cut = folder / "cut"
    write_samples(cut, rows)
    (cut / "results.json").write_text(measured(rows, 2).dumps())
    whole = (cut / "samples.jsonl.gz").read_bytes()
    (cut / "samples.jsonl.gz").write_bytes(whole[: len(whole) // 2])

    going = folder / "going"
    part = [{name: value for name, value in row.items() if name != "scores"} for row in rows[:10]]
    write_samples(going / "sample" / "villain", part)
    (going / "sample" / "villain" / "manifest.json").write_text("{}")

    (folder / "no-json").mkdir()
    (folder / "no-json" / "results.json").write_text('{"schema_version": 2, "a": [')
    (folder / "no-json" / "body.md").write_text("## AI Summary\n\nA page, 3/4 of it.\n")

    old = folder / "schema-1"
    old.mkdir()
    data = ROOT / "tests" / "data" / "schema_1"
    unzipped = gzip.decompress((data / "three_seeds.json.gz").read_bytes())
    (old / "results.json").write_bytes(unzipped)
