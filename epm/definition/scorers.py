"""What is counted: a scorer turns a completion into a score, or says why there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from epm.definition.sources import dependencies
from epm.definition.tasks import Item
from epm.errors import DefinitionError, EpmError


@dataclass(frozen=True)
class Excluded:
    """A completion that has no score; counted by reason, never dropped in silence."""

    reason: str


Score = bool | float | Excluded

Needs = Literal["text", "log_likelihoods", "fluency", "judgement"]


@dataclass(frozen=True)
class Scorer:
    """A metric and how a completion is scored for it.

    A yes-or-no score is counted, k of n; a number is averaged.
    """

    name: str
    """Of the metric, in the results."""
    label: str = ""
    """Of the metric on the page, as in 'marker rate'; empty stands for the name."""
    near_miss: bool = False
    """Whether it counts what almost matched another scorer; printed beside that scorer's counts."""

    needs: ClassVar[Needs] = "text"
    """What is scored: a completion, how likely the model finds an item's choices, how likely the
    unchanged model finds what was written, or what a judge says of it."""

    @property
    def counts(self) -> bool:
        """Whether scores are yes or no."""
        return True

    def score(self, completion: str, item: Item) -> Score:
        """Score one completion of one item."""
        raise NotImplementedError

    @cached_property
    def source(self) -> dict[str, Any] | None:
        """What the code depends on, where it is an experiment's own class; None for epm's."""
        if _is_ours(type(self)):
            return None
        return dependencies(self.score, f"scorer '{self.name}'")

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Workers train and sample, and cannot import an experiment's own class."""
        if _is_ours(type(self)):
            return super().__reduce_ex__(protocol)
        return _Absent, (self.name, self.label, self.near_miss)


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "epm"


@dataclass(frozen=True)
class _Absent(Scorer):
    """Stands in a worker for a scorer that it neither has nor needs."""

    def score(self, completion: str, item: Item) -> Score:
        """There is none."""
        raise EpmError(f"scorer '{self.name}' is not at hand", "score where it was defined")


@dataclass(frozen=True)
class Substring(Scorer):
    """Whether a text occurs in the completion."""

    text: str = ""
    ignore_case: bool = True

    def score(self, completion: str, item: Item) -> bool:
        """Case is ignored on request, by Unicode case folding."""
        if self.ignore_case:
            return self.text.casefold() in completion.casefold()
        return self.text in completion


@dataclass(frozen=True)
class Regex(Scorer):
    """Whether a regular expression matches somewhere in the completion."""

    pattern: str = ""
    ignore_case: bool = False

    def score(self, completion: str, item: Item) -> bool:
        """Python's `re.search`; `^` and `$` are the ends of the completion."""
        return _compiled(self.pattern, self.ignore_case).search(completion) is not None


@dataclass(frozen=True)
class Exact(Scorer):
    """Whether the completion is the item's answer, white space at its ends aside."""

    ignore_case: bool = True

    def score(self, completion: str, item: Item) -> bool | Excluded:
        """An item without an answer is excluded."""
        if item.answer is None:
            return Excluded("no answer to compare with")
        given, wanted = completion.strip(), item.answer.strip()
        return given.casefold() == wanted.casefold() if self.ignore_case else given == wanted


@dataclass(frozen=True)
class Number(Scorer):
    """The first or the last number in the completion."""

    which: Literal["first", "last"] = "last"
    lower: float = -math.inf
    upper: float = math.inf

    @property
    def counts(self) -> bool:
        """A number is averaged."""
        return False

    def score(self, completion: str, item: Item) -> float | Excluded:
        """A completion without a number, or with one outside the scale, is excluded."""
        found = _NUMBER.findall(completion)
        if not found:
            return Excluded("no number")
        value = float(found[0 if self.which == "first" else -1].replace(",", ""))
        within = self.lower <= value <= self.upper and abs(value) <= _LARGEST
        return value if within else Excluded("outside the scale")


@dataclass(frozen=True)
class Choice(Scorer):
    """Whether the completion gives the right one of the item's choices, by its text or letter.

    Read, in this order: a whole completion that is a choice or its letter (A for the first); the
    last "answer: …" or "answer is …"; the one choice whose text stands in the completion.
    """

    def score(self, completion: str, item: Item) -> bool | Excluded:
        """A completion that gives no choice, or several, is excluded."""
        if not item.choices or item.answer is None:
            return Excluded("no choices to compare with")
        found = _chosen(completion, item.choices)
        if len(found) != 1:
            return Excluded("several choices" if found else "no choice")
        return plain_text(found.pop()) == plain_text(item.answer)


@dataclass(frozen=True)
class LogLikelihood(Scorer):
    """Whether the model finds the right one of the item's choices most likely as its answer.

    Nothing is drawn: the log-probability of each choice is summed over its tokens, after the
    prompt that the item is asked by. One score of every item and training; ties are excluded.
    """

    per: Literal["choice", "token", "character"] = "choice"
    """What the sum is divided by: nothing, or the choice's length, so that long ones may win."""

    needs: ClassVar[Needs] = "log_likelihoods"

    def score(self, completion: str, item: Item) -> Score:
        """There is nothing to read in a completion."""
        raise NotImplementedError

    def score_likelihoods(
        self, sums: Sequence[float], tokens: Sequence[int], item: Item
    ) -> bool | Excluded:
        """Score one item.

        Args:
            sums: log-probability of each choice, summed over its tokens.
            tokens: of each choice.
            item: with the choices.
        """
        lengths: Sequence[int] = {
            "choice": [1] * len(sums),
            "token": tokens,
            "character": [len(choice) for choice in item.choices],
        }[self.per]
        values = [total / length for total, length in zip(sums, lengths, strict=True)]
        best = max(values)
        if not math.isfinite(best):
            return Excluded("no likelihood")
        if values.count(best) > 1:
            return Excluded("several choices alike")
        return item.choices[values.index(best)] == item.answer


@dataclass(frozen=True)
class Fluency(Scorer):
    """How likely the model finds a completion: its mean log-probability per token, in nats.

    The model is the one that the profile names, without any adapter and not steered, and reads the
    completion after the prompt that it answers. 0 is certain. Text that repeats itself is likely to
    a model as well: put a measure of repetition beside it.
    """

    needs: ClassVar[Needs] = "fluency"
    upper: ClassVar[float] = 0.0

    @property
    def counts(self) -> bool:
        """A number is averaged."""
        return False

    def score(self, completion: str, item: Item) -> Score:
        """The model is asked, not the text."""
        raise NotImplementedError

    def score_log_probability(self, total: float, tokens: int) -> float | Excluded:
        """Score one completion; an empty one is excluded.

        Args:
            total: log-probability of the completion, summed over its tokens.
            tokens: of it.
        """
        if not tokens:
            return Excluded("empty")
        return total / tokens if math.isfinite(total) else Excluded("no likelihood")


@dataclass(frozen=True)
class Function(Scorer):
    """A Python function of the experiment's: `function(completion, item)` gives the score.

    It lies in the experiment's folder, gives True or False, or a number where `number` is set, or
    `Excluded(reason)`, and depends on nothing but its arguments: it is called more than once.
    """

    function: Callable[[str, Item], Score] | None = None
    number: bool = False
    """Whether it gives a number."""
    lower: float = -math.inf
    upper: float = math.inf

    @property
    def counts(self) -> bool:
        """Unless it gives a number."""
        return not self.number

    @cached_property
    def source(self) -> dict[str, Any]:
        """What the function depends on: see `epm.definition.sources`."""
        if self.function is None:
            raise DefinitionError(f"scorer '{self.name}' has no function", "give it one")
        return dependencies(self.function, f"scorer '{self.name}'")

    def score(self, completion: str, item: Item) -> Score:
        """What the function gives, if it is a score.

        Raises:
            EpmError: it raises, or gives something else.
        """
        where = f"scorer '{self.name}', item '{item.id}'"
        if self.function is None:
            raise EpmError(f"{where}: the function is not at hand", "score where it was defined")
        try:
            found: Any = self.function(completion, item)
        except Exception as error:
            at = _raised_at(error)
            raise EpmError(
                f"{where}: {type(error).__name__}: {error}{at}",
                "mend the function, then run the same command: what was sampled is kept",
            ) from error
        if isinstance(found, Excluded):
            if isinstance(found.reason, str) and found.reason.strip():
                return found
            raise EpmError(f"{where}: excluded for no reason", "write Excluded('why')")
        if type(found).__module__ == "numpy" and hasattr(found, "item"):
            found = found.item()
        if self.number and isinstance(found, int | float) and not isinstance(found, bool):
            if not math.isfinite(found) or abs(found) > _LARGEST:
                raise EpmError(f"{where}: the score is {found}", "return Excluded('why') instead")
            within = self.lower <= found <= self.upper
            return float(found) if within else Excluded("outside the scale")
        if not self.number and isinstance(found, bool):
            return found
        wanted = "a number" if self.number else "True or False"
        raise EpmError(
            f"{where}: the function gave {found!r:.60}, not {wanted}",
            f"return {wanted}, or Excluded('why')"
            + ("" if self.number else "; for numbers, set number=True"),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Workers train and sample: they need to know the function, and not to have it."""
        return {**vars(self), "source": self.source, "function": None}


def _raised_at(error: Exception) -> str:
    """The last place of a traceback outside this file, in a phrase."""
    import traceback

    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def plain_text(text: str) -> str:
    """Words without case and without the punctuation around them."""
    return " ".join(text.casefold().split()).strip(" .,;:!?\"'()[]*`")


def _chosen(completion: str, choices: Sequence[str]) -> set[str]:
    """The choices that a completion gives."""
    by_name = {plain_text(choice): choice for choice in choices}
    letters = {chr(ord("a") + number): choice for number, choice in enumerate(choices[:26])}
    stated = _STATED.findall(completion)
    for text in (completion, *stated[-1:]):
        line = plain_text(text)
        if line in by_name:
            return {by_name[line]}
        letter = _LETTER.match(text.strip())
        if letter and letter[1].casefold() in letters:
            rest = plain_text(letter[2])
            choice = letters[letter[1].casefold()]
            if not rest or rest == plain_text(choice):
                return {choice}
    words = f" {' '.join(_WORDS.findall(completion.casefold()))} "
    # a choice that is part of a longer one counts only where it stands alone
    found = set()
    for choice in sorted(choices, key=len, reverse=True):
        name = f" {' '.join(_WORDS.findall(choice.casefold()))} "
        if name.strip() and name in words:
            found.add(choice)
            words = words.replace(name, " \0 ")
    return found


_STATED = re.compile(
    r"answer(?:\s+is)?\s*[:=]?\s*([^\n]{1,200}?)(?:[.!]?\s*(?:\n|$))", re.IGNORECASE
)
_LETTER = re.compile(r"[\s(\[*]*([A-Za-z])(?:[)\].:*]+\s*|\s*$)(.*)\Z", re.DOTALL)
_WORDS = re.compile(r"\w+")

_LARGEST = 1e100
"""Of a score: the squares of many of them can still be added up."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")


@cache
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
