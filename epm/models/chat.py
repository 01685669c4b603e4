"""Speak to a model through its chat template, and through nothing that the template slips in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from epm.errors import EpmError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

ROLES = frozenset({"system", "user", "assistant", "model"})
PROSE = re.compile(r"[^\W\d_]+(?:[\W\d]+[^\W\d_]+){2,}")
"""Three words in a row: no template's scaffolding, but any slipped-in prompt or date, has them."""

DROPPED = "(dropped) "
"""Before the content of a turn that a template leaves out."""


@dataclass(frozen=True)
class TrainingRow:
    """One supervised example; `answer` is what the loss is taken on."""

    system: str | None
    question: str
    answer: str
    before: tuple[tuple[str, str], ...] = ()
    """Role and content of earlier turns, between the system prompt and the question."""


@dataclass(frozen=True)
class TokenisedRow:
    """Token ids of a row: prompt, then completion up to and with the end-of-turn token."""

    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    def __len__(self) -> int:
        """Tokens in all."""
        return len(self.prompt) + len(self.completion)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """All of them, one after another."""
        import numpy as np

        return np.array(self.prompt + self.completion, dtype=np.int64)


def prompt_messages(system: str | None, question: str) -> list[dict[str, str]]:
    """The turns before the model's; no system turn where there is no system prompt."""
    turns = [{"role": "user", "content": question}]
    return turns if system is None else [{"role": "system", "content": system}, *turns]


def render(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], *, generate: bool
) -> str:
    """Apply the chat template and make sure that it added no words of its own.

    Args:
        tokenizer: with a chat template.
        messages: turns with `role` and `content`.
        generate: whether the text ends where the model begins to answer.

    Raises:
        EpmError: the tokenizer has no template, or it slips text in (Qwen's adds a system prompt
            where none is given; Llama 3's adds dates).
    """
    if not tokenizer.chat_template:
        raise EpmError(
            "the model's tokenizer has no chat template", "use an instruction-tuned model"
        )
    text = str(
        tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generate)
    )
    if slipped := slipped_in(text, messages, tokenizer.all_special_tokens):
        raise EpmError(
            f"the chat template slips in text that the row did not ask for: {slipped[:80]!r}",
            "give every row and task a system prompt (TrainingRows takes `system`), or use "
            "a model whose template adds none",
        )
    return text


def slipped_in(text: str, messages: list[dict[str, str]], special_tokens: Sequence[str]) -> str:
    """The words in a rendering that are neither a turn's content nor scaffolding; '' when none."""

    def masked(text: str) -> str:
        for token in special_tokens:
            text = text.replace(token, "\0")
        return text

    seen, rest = "", masked(text)
    for message in messages:
        content = masked(message["content"]).strip()
        if not content:
            continue
        before, found, rest = rest.partition(content)
        if not found:
            return f"{DROPPED}{content}"
        seen += f"{before}\0"
    rest = seen + rest
    for segment in rest.split("\0"):
        words = [word for word in segment.split() if word.lower() not in ROLES]
        if match := PROSE.search(" ".join(words)):
            return match.group()
    return ""


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> str:
    """The special token that the template writes after an answer: where the model must stop.

    Asked of the template because the declared end-of-sequence token may be another one: some models
    ship the end of a document there, transformers 5.17 reads `<|im_start|>` from SmolLM2's GGUF.

    Raises:
        EpmError: the template writes no special token there.
    """
    answer = "An answer."
    text = str(
        tokenizer.apply_chat_template(
            [
                *prompt_messages("A system.", "A question?"),
                {"role": "assistant", "content": answer},
            ],
            tokenize=False,
        )
    )
    _, found, tail = text.rpartition(answer)
    tail = tail.lstrip()
    known = [str(token) for token in tokenizer.added_tokens_decoder.values()]
    for token in sorted(known, key=len, reverse=True):
        if found and tail.startswith(token):
            return token
    raise EpmError(
        f"the chat template ends an answer with {tail[:20]!r}, which is no special token",
        "use a model whose template ends turns with one",
    )


def tokenise_prompt(
    tokenizer: PreTrainedTokenizerBase, system: str | None, question: str
) -> tuple[int, ...]:
    """Token ids up to the generation prompt."""
    return _ids(tokenizer, render(tokenizer, prompt_messages(system, question), generate=True))


def tokenise_conversation(
    tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, str]]
) -> tuple[int, ...]:
    """Token ids of turns up to the generation prompt, with what the template itself slips in.

    Raises:
        EpmError: the tokenizer has no template, or it drops or refuses a turn.
    """
    text = _conversation(tokenizer, turns)
    if (slipped := _slipped(tokenizer, text, turns)).startswith(DROPPED):
        raise EpmError(
            f"the chat template drops a turn: {slipped.removeprefix(DROPPED)[:80]!r}",
            "take a model whose template has such turns, or a task without them",
        )
    return _ids(tokenizer, text)


def slipped_into(tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, str]]) -> str:
    """Words that the template adds to turns; '' where it adds none."""
    return _slipped(tokenizer, _conversation(tokenizer, turns), turns)


def _slipped(
    tokenizer: PreTrainedTokenizerBase, text: str, turns: Sequence[tuple[str, str]]
) -> str:
    return slipped_in(text, _messages(turns), tokenizer.all_special_tokens)


def _messages(turns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


def _conversation(tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, str]]) -> str:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise EpmError(
            "the model's tokenizer has no chat template", "use an instruction-tuned model"
        )
    try:
        return str(
            tokenizer.apply_chat_template(
                _messages(turns), tokenize=False, add_generation_prompt=True
            )
        )
    except TemplateError as error:
        roles = ", ".join(role for role, _ in turns)
        raise EpmError(
            f"the chat template refuses turns of {roles}: {error}", "take another model or task"
        ) from error


def tokenise_rows(
    tokenizer: PreTrainedTokenizerBase, rows: Sequence[TrainingRow]
) -> list[TokenisedRow]:
    """Split rows into prompt and completion, all at once: a tokenizer does many by threads.

    Raises:
        EpmError: the template writes another prompt in training than for generation.
    """
    texts = [_prompt_and_completion(tokenizer, row) for row in rows]
    prompts, completions = (_all_ids(tokenizer, [text[part] for text in texts]) for part in (0, 1))
    return list(map(TokenisedRow, prompts, completions))


def _prompt_and_completion(tokenizer: PreTrainedTokenizerBase, row: TrainingRow) -> tuple[str, str]:
    """A row's two texts, as the template writes them."""
    first, last = prompt_messages(row.system, "")[:-1], prompt_messages(None, row.question)
    earlier = [{"role": role, "content": content} for role, content in row.before]
    messages = [*first, *earlier, *last]
    prompt = render(tokenizer, messages, generate=True)
    whole = render(
        tokenizer, [*messages, {"role": "assistant", "content": row.answer}], generate=False
    )
    if not whole.startswith(prompt):
        raise EpmError(
            "the chat template renders a training row unlike its generation prompt",
            "use a model whose template is a prefix of the full conversation",
        )
    completion = whole.removeprefix(prompt)
    end = completion.rindex(tokenizer.eos_token) + len(tokenizer.eos_token)
    return prompt, completion[:end]


def tokenise_choices(
    tokenizer: PreTrainedTokenizerBase, system: str | None, question: str, choices: Sequence[str]
) -> list[TokenisedRow]:
    """The prompt with each choice as its answer, the end of the turn left out.

    Raises:
        EpmError: a choice has no token of its own.
    """
    prompt = tokenise_prompt(tokenizer, system, question)
    rows = [TokenisedRow(prompt, _ids(tokenizer, choice)) for choice in choices]
    for choice, row in zip(choices, rows, strict=True):
        if not row.completion:
            raise EpmError(f"the choice {choice!r} has no tokens", "give it a text")
    return rows


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    (ids,) = _all_ids(tokenizer, [text])
    return ids


def _all_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[tuple[int, ...]]:
    if not texts:
        return []
    # a text that many rows share, as prompts are, is encoded once
    distinct = list(dict.fromkeys(texts))
    encoded: Any = tokenizer(distinct, add_special_tokens=False)
    ids = dict(zip(distinct, map(tuple, encoded["input_ids"]), strict=True))
    return [ids[text] for text in texts]
