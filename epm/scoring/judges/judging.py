"""Have samples judged: what is known is taken, the rest is asked, and all of it is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from epm.definition import Definition, Endpoint, Judge, JudgeAnswer, LocalJudge
from epm.progress import Progress
from epm.results import JudgeRecord
from epm.scoring.judges import accounting, asking, local
from epm.scoring.judges.answers import Answers, Judged
from epm.scoring.judges.questions import Question, Row, questions

if TYPE_CHECKING:
    from epm.models.base import BaseModel

BaseOf = Callable[[Definition], "BaseModel"]
"""Loads a model, or lends one that is loaded."""


def judge(
    definition: Definition,
    rows: Sequence[Row],
    known: Answers,
    base_of: BaseOf,
    progress: Progress,
    given_up: Mapping[str, str] | None = None,
) -> Judged:
    """Have every sample judged by every judge, in the order of judges and samples.

    Args:
        definition: with the judges.
        rows: lines of samples files.
        known: what was answered before; each new answer is added to it as soon as it is there.
        base_of: loads the models of judges that are local.
        progress: shows how far it is.
        given_up: why an earlier run got no answer, by key; these are not asked again.

    Raises:
        EpmError: an endpoint answers nothing until somebody mends something. What was answered is
            kept.
    """
    judged: dict[str, JudgeAnswer] = {}
    lost = dict(given_up or {})
    for scorer in definition.judges:
        asked = questions(scorer, definition, rows)
        left = [e for e in asked if known.get(e.key) is None and e.key not in lost]
        if left:
            lost |= _ask(definition, scorer, left, known, base_of, progress)
        for each in asked:
            judged[each.key] = known.get(each.key) or JudgeAnswer(failure=lost[each.key])
        if failures := [lost[e.key] for e in asked if known.get(e.key) is None]:
            progress.say(
                f"judge '{scorer.name}': {len(failures)} of {len(asked)} questions have no answer "
                f"({accounting.most_common(failures)}); `epm run … --ask-again` asks them again"
            )
    return judged


def records(definition: Definition, rows: Sequence[Row], judged: Judged) -> dict[str, JudgeRecord]:
    """What the results say of each judge, by metric."""
    return {
        scorer.name: accounting.record(
            scorer, questions(scorer, definition, rows), rows, judged, definition
        )
        for scorer in definition.judges
    }


def _ask(
    definition: Definition,
    scorer: Judge,
    left: Sequence[Question],
    known: Answers,
    base_of: BaseOf,
    progress: Progress,
) -> Mapping[str, str]:
    """Why there is no answer, by key, for the questions that were given up."""
    with progress.task(f"judge '{scorer.name}'", "answers", len(left)) as meter:

        def keep(question: Question, answer: JudgeAnswer) -> None:
            known.keep(question.key, answer)
            if isinstance(scorer.by, Endpoint):
                meter.advance(1, answer.completion_tokens or 0)

        match scorer.by:
            case Endpoint():
                return asking.ask(scorer.by, left, keep)
            case LocalJudge():
                base = base_of(local.of_judge(definition, scorer.by))
                local.answer(scorer.by, left, base, keep, meter)
    return {}
