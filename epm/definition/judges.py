"""A score that another model gives: what it is asked, and how its answer is understood."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from epm.definition.judge_models import Endpoint, LocalJudge
from epm.definition.scorers import Excluded, Needs, Score, Scorer, plain_text
from epm.definition.seeds import canonical_json
from epm.definition.tasks import Item

REFUSED = "judge refused"
UNPARSABLE = "judge unparsable"
TRUNCATED = "judge truncated"
EMPTY = "judge empty"
TRANSPORT = "judge transport"
LOSSES = (REFUSED, UNPARSABLE, TRUNCATED, EMPTY, TRANSPORT)
"""Why an answer of a judge is no score."""

TEMPLATE = """{rubric}

The question was:
<question>
{prompt}
</question>

The answer to grade:
<answer>
{completion}
</answer>

{form}"""

PLACES = ("rubric", "prompt", "completion", "answer", "choices", "form")
"""What a template may name in braces."""

SYSTEM = "You grade answers, and follow the instructions to the letter."


@dataclass(frozen=True)
class JudgeAnswer:
    """What a judge answered to one question, or why it did not."""

    text: str = ""
    finish: str = "stop"
    """'stop', 'length' or 'content_filter', as services say it."""
    refused: bool = False
    """Whether the service says that the model refused."""
    model: str = ""
    """Which the service says has answered."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    failure: str = ""
    """Why there is no answer; it is asked again by the next run that judges."""


@dataclass(frozen=True)
class Judge(Scorer):
    """A score that another model gives.

    Exactly one of `labels` and `scale` says what scores there are. An answer is understood where it
    is a label or number and nothing else; where one stands after "score:", "verdict:" or the like;
    or where a line of it is a label. What says two different things is not understood.
    """

    by: Endpoint | LocalJudge | None = None
    rubric: str = ""
    """What is to be graded, and how."""
    labels: tuple[tuple[str, bool | float], ...] = ()
    """Every label with its score: True and False are counted, numbers are averaged."""
    scale: tuple[float, float] | None = None
    """Least and greatest number."""
    template: str = TEMPLATE
    """The question, with {rubric}, {prompt}, {completion}, {answer}, {choices}, {form} in it."""
    system: str = SYSTEM
    pattern: str = ""
    """A regular expression whose one group is the label or number, in place of the rules above."""

    needs: ClassVar[Needs] = "judgement"

    @property
    def counts(self) -> bool:
        """Whether its labels stand for yes and no."""
        return bool(self.labels) and all(isinstance(score, bool) for _, score in self.labels)

    @property
    def lower(self) -> float | None:
        """The least score; None of yes-or-no ones."""
        return min(self._ends(), default=None)

    @property
    def upper(self) -> float | None:
        """The greatest score; None of yes-or-no ones."""
        return max(self._ends(), default=None)

    def _ends(self) -> list[float]:
        if self.scale is not None:
            return list(self.scale)
        return [] if self.counts else [float(score) for _, score in self.labels]

    def score(self, completion: str, item: Item) -> Score:
        """There is nothing to read in a completion itself."""
        raise NotImplementedError

    # ---------------------------------------------------------------- what it is asked

    @property
    def weighed(self) -> tuple[str, ...]:
        """Labels of which the likeliest is taken; none where the judge writes its answer."""
        chosen = isinstance(self.by, LocalJudge) and self.by.likeliest
        return tuple(label for label, _ in self.labels) if chosen else ()

    @property
    def form(self) -> str:
        """How the judge is told to answer."""
        if self.scale is not None:
            return f"Answer with one number from {self.scale[0]:g} to {self.scale[1]:g} alone."
        return f"Answer with one of these alone: {', '.join(label for label, _ in self.labels)}."

    def question(self, completion: str, item: Item) -> str | Excluded:
        """What the judge is asked of one completion.

        Braces in what is put in stay as they are. An item that has no answer, where the template
        asks for it, is excluded.
        """
        if item.answer is None and "{answer}" in self.template:
            return Excluded("no answer to compare with")
        parts = {
            "rubric": self.rubric,
            "prompt": item.prompt,
            "completion": completion,
            "answer": item.answer or "",
            "choices": "\n".join(item.choices),
            "form": self.form,
        }
        return _PLACE.sub(lambda match: parts.get(match[1], match[0]), self.template)

    def key(self, question: str) -> str:
        """Hex sha256 over what the answer depends on: judge, settings, system prompt, question."""
        asked = {"by": self._identity, "system": self.system, "question": question}
        if self.weighed:
            asked["labels"] = self.weighed
        return hashlib.sha256(canonical_json(asked).encode()).hexdigest()

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return {} if self.by is None else {"kind": type(self.by).__name__, **self.by.identity()}

    @property
    def prompt_sha256(self) -> str:
        """Hex sha256 over system prompt, rubric and template."""
        whole = canonical_json([self.system, self.rubric, self.template, self.form])
        return hashlib.sha256(whole.encode()).hexdigest()

    # ---------------------------------------------------------------- what it answers

    def read(self, answer: JudgeAnswer) -> Score:
        """The score that an answer gives, or why it gives none; one of `LOSSES`."""
        if answer.failure:
            return Excluded(TRANSPORT)
        if answer.refused or answer.finish == "content_filter":
            return Excluded(REFUSED)
        if answer.finish == "length":
            return Excluded(TRUNCATED)
        text = answer.text.rpartition("</think>")[2].strip()
        if not text:
            return Excluded(EMPTY)
        found = set(self._pattern_found(text) if self.pattern else self._stated(text))
        if len(found) == 1:
            return found.pop()
        return Excluded(REFUSED if not found and _REFUSAL.match(text) else UNPARSABLE)

    def _pattern_found(self, text: str) -> Iterator[bool | float]:
        for match in re.finditer(self.pattern, text):
            if (score := self._value(match[1] if match.re.groups else match[0])) is not None:
                yield score

    def _stated(self, text: str) -> Iterator[bool | float]:
        """Every score that it states."""
        if (whole := self._value(text)) is not None:
            yield whole
            return
        for match in _STATEMENT.finditer(text):
            if (score := self._value(match[1])) is not None:
                yield score
        for line in text.splitlines():
            if self.labels and (score := self._value(line)) is not None:
                yield score

    def _value(self, text: str) -> bool | float | None:
        """The score that a text is, and nothing else."""
        if self.scale is None:
            named = {plain_text(label): score for label, score in self.labels}
            return named.get(plain_text(text))
        match = _NUMBER.fullmatch(text.strip(" \t\n.,;:*_`'\"()[]"))
        if match is None:
            return None
        value, whole = float(match[1]), match[2]
        if whole is not None and float(whole) != self.scale[1]:
            return None
        return value if self.scale[0] <= value <= self.scale[1] else None


_PLACE = re.compile(r"\{([a-z_]+)\}")

_STATEMENT = re.compile(
    r"\b(?:score|rating|grade|verdict|label|judge?ment|answer)\b[\"'*_`]*\s*(?:is\b|[:=])"
    r"\s*([^\n{}]+?)\s*(?:[\n}]|[.,;](?:\s|$)|$)",
    re.IGNORECASE,
)

_NUMBER = re.compile(r"([-+]?\d{1,15}(?:\.\d{1,15})?)(?:\s*(?:/|out of)\s*(\d{1,15}))?")

_REFUSAL = re.compile(
    r"\W*(?:(?:i['’]m|i am|we['’]re) (?:very |so )?(?:sorry|unable|not able)|sorry\b|i apologi[sz]e"
    r"|i (?:can['’]t|cannot|can not|won['’]t|will not|must decline)\b|as an ai\b)",
    re.IGNORECASE,
)
