"""What judging took, and what it would take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from epm.definition import Definition, Endpoint, Excluded, Judge, JudgeAnswer
from epm.results import JudgeRecord
from epm.scoring.judges.answers import Answers
from epm.scoring.judges.questions import Question, Row, items_of, question, questions

CHARACTERS = 4
"""Of a token, where nobody has counted: about what English takes."""

PRICED = 1_000_000
"""Tokens that a price is of."""


def record(
    judge: Judge,
    asked: Sequence[Question],
    rows: Iterable[Row],
    answers: Mapping[str, JudgeAnswer],
    definition: Definition,
) -> JudgeRecord:
    """What the results say of a judge; the same however often the run was interrupted.

    Args:
        judge: the scorer.
        asked: its questions.
        rows: the samples.
        answers: by the key of their question, failures among them.
        definition: with the items.
    """
    if judge.by is None:
        raise ValueError(f"nobody judges {judge.name}")
    found = [answers[each.key] for each in asked if not answers[each.key].failure]
    read = sum(each.prompt_tokens or 0 for each in found)
    written = sum(each.completion_tokens or 0 for each in found)
    remote = judge.by if isinstance(judge.by, Endpoint) else None
    cost = price(remote, read, written) if remote else None
    return JudgeRecord(
        kind="endpoint" if remote else "local",
        model=judge.by.shown_model,
        served=tuple(sorted({each.model for each in found if each.model})),
        base_url=remote.base_url.rstrip("/") if remote else "",
        prompt_sha256=judge.prompt_sha256,
        completions=_completions(judge, definition, rows),
        questions=len(asked),
        answered=len(found),
        prompt_tokens=read,
        completion_tokens=written,
        unmetered=sum(a.prompt_tokens is None or a.completion_tokens is None for a in found),
        cost=cost,
        currency=remote.currency if remote and cost is not None else "",
    )


def price(judge: Endpoint, read: int, written: int) -> float | None:
    """Of so many tokens; None where the definition has no prices."""
    if judge.prompt_price is None and judge.completion_price is None:
        return None
    parts = (read * (judge.prompt_price or 0.0), written * (judge.completion_price or 0.0))
    return sum(parts) / PRICED


def most_common(reasons: Iterable[str]) -> str:
    """Reasons with their counts, the most frequent first."""
    counted = sorted(Counter(reasons).items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {reason}" for reason, count in counted[:3])


def _completions(judge: Judge, definition: Definition, rows: Iterable[Row]) -> int:
    items = items_of(definition)
    return sum(
        not isinstance(question(judge, row["text"], items[row["task"], row["item"]]), Excluded)
        for row in rows
        if "text" in row and (row["task"], row["item"]) in items
    )


@dataclass(frozen=True)
class Estimate:
    """What a run would ask of one judge."""

    judge: Judge
    questions: int
    """At most: equal completions are asked about once."""
    known: int
    """Of these, answered before."""
    prompt_tokens: int
    """About, of those that are left."""
    completion_tokens: int
    """At most, of those that are left."""
    cost: float | None
    """Of these tokens, at the prices of the definition."""
    drawn: bool
    """Whether the samples are there, so that the questions are known."""


def estimate(
    judge: Judge, definition: Definition, rows: Sequence[Row] | None, known: Answers
) -> Estimate:
    """What is left to ask.

    Args:
        judge: the scorer.
        definition: of the run.
        rows: the samples; None where they are not all drawn yet, and their number is computed, and
            each is taken to be as long as may be.
        known: what was answered before.
    """
    if rows is not None:
        asked = questions(judge, definition, rows)
        left = [each for each in asked if known.get(each.key) is None]
        count, already = len(asked), len(asked) - len(left)
        characters = sum(len(each.system) + len(each.text) for each in left)
    else:
        count, already, characters = _planned(judge, definition)
    read = -(-characters // CHARACTERS)
    limit = judge.by.max_tokens if judge.by and not judge.weighed else 0
    written = (count - already) * limit
    cost = price(judge.by, read, written) if isinstance(judge.by, Endpoint) else None
    return Estimate(judge, count, already, read, written, cost, rows is not None)


def _planned(judge: Judge, definition: Definition) -> tuple[int, int, int]:
    """Questions, none of them answered, and characters, before anything is drawn."""
    count = characters = 0
    filler = "x" * (definition.sampling.max_new_tokens * CHARACTERS)
    replicates = [each.condition for each in (*definition.untrained, *definition.trained)]
    for name in replicates:
        condition = definition.experiment.condition(name)
        points = definition.checkpoints if condition.training else 0
        for asked in definition.asked(condition):
            on_target = asked.task.name == condition.target
            times = asked.completions * (1 + (points if on_target else 0))
            for item in asked.items:
                text = judge.question(filler, item)
                if not isinstance(text, Excluded):
                    count += times
                    characters += times * (len(judge.system) + len(text))
    return count, 0, characters
