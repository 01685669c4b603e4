"""What was asked of a judge, and what it took."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from epm.values import Value


class JudgeRecord(Value):
    """One metric's judge."""

    kind: Literal["endpoint", "local"]
    model: str
    """As it was asked for; of a served folder the last part of its path."""
    served: tuple[str, ...] = ()
    """Models that the service says have answered."""
    base_url: str = ""
    prompt_sha256: str
    """Over system prompt, rubric and template."""
    completions: NonNegativeInt
    """Samples that it was asked about."""
    questions: NonNegativeInt
    """Different ones among them: equal ones are asked once."""
    answered: NonNegativeInt
    """Questions that have an answer, whatever it says."""
    prompt_tokens: NonNegativeInt
    """That it read, over the answers that say so; tries without an answer are not in it."""
    completion_tokens: NonNegativeInt
    """That it wrote."""
    unmetered: NonNegativeInt = 0
    """Answers that do not say how many tokens they took."""
    cost: NonNegativeFloat | None = None
    """Of these tokens, by the prices of the definition; None where it has none."""
    currency: str = ""
