"""What the models said, read as it is written on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from epm.evaluation.logs.logs import Log, reading
from epm.evaluation.logs.scores import Scores, given_scores, judged

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

BATCH = 1000
"""Samples in memory at once; for each batch the index of the log's archive is read again."""

UNREAD = {"events", "store", "attachments", "messages", "timelines", "error_retries"}
"""What of a sample is of no use here, and most of its size."""


def rows(scores: Mapping[Log, Scores], yes_or_no: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The lines of `samples.jsonl.gz`.

    Raises:
        EpmError: a sample cannot be read.
    """
    for log, each in scores.items():
        for sample in samples(log, each.asked):
            given = given_scores(sample.scores, log)
            limit = sample.limit.type if sample.limit else None
            found = judged(given, sample.error, limit, each.metrics)
            yield {
                "condition": log.condition,
                "task": log.task,
                "item": str(sample.id),
                "index": sample.epoch - 1,
                "prompt": _prompt(sample),
                "text": sample.output.completion or "",
                "scores": {
                    metric: bool(score) if metric in yes_or_no and score in (0.0, 1.0) else score
                    for metric, score in found.items()
                },
            }


def samples(log: Log, asked: Sequence[tuple[str | int, int]]) -> Iterator[EvalSample]:
    """Samples of a log by their ids and epochs, a batch in memory at once.

    A log in JSON is one text, which inspect_ai holds in memory as a whole.

    Raises:
        EpmError: one cannot be read.
    """
    from inspect_ai.log import read_eval_log, read_eval_log_samples_by_id

    if log.path.suffix == ".json":
        with reading(log.name):
            whole = read_eval_log(str(log.path)).samples or []
        yield from whole
        return
    for start in range(0, len(asked), BATCH):
        with reading(log.name):
            batch = read_eval_log_samples_by_id(
                str(log.path), asked[start : start + BATCH], exclude_fields=UNREAD
            )
        yield from batch


def _prompt(sample: EvalSample) -> str:
    if isinstance(sample.input, str):
        return sample.input
    if len(sample.input) == 1:
        return sample.input[0].text
    return "\n\n".join(f"{message.role}: {message.text}" for message in sample.input)
