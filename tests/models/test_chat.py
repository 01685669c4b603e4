"""Chat templates: what they may add, where a turn ends, where the prompt ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from epm.errors import EpmError
from epm.models.chat import (
    TrainingRow,
    end_of_turn,
    prompt_messages,
    render,
    slipped_in,
    tokenise_prompt,
    tokenise_rows,
)

PAD = "<|endoftext|>"
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QWEN = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\n"
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n{% endif %}"
    + CHATML
)
SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA_3_TURNS = (
    "{% for message in messages %}"
    "{% if not (loop.first and message['role'] == 'system') %}"
    "<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)


def llama_3(dates: str) -> str:
    return (
        "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\n"
        + dates
        + "{{ messages[0]['content'] | trim }}<|eot_id|>"
        + LLAMA_3_TURNS
    )


GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}"
    "[SYSTEM_PROMPT]{{ message['content'] }}[/SYSTEM_PROMPT]"
    "{% elif message['role'] == 'user' %}[INST]{{ message['content'] }}[/INST]"
    "{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)


def tokenizer(
    template: str | None,
    *special: str,
    bos: str = "<|im_start|>",
    eos: str = "<|im_end|>",
) -> PreTrainedTokenizerFast:
    """One token a byte, and the special ones."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=bos, eos_token=eos, pad_token=PAD
    )
    made.add_special_tokens({"additional_special_tokens": list(special)})
    made.chat_template = template
    return made


chatml = tokenizer(CHATML)
llama_special = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
gemma = tokenizer(GEMMA, "<start_of_turn>", "<end_of_turn>", bos="<bos>", eos="<eos>")
mistral = tokenizer(
    MISTRAL, "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", bos="<s>", eos="</s>"
)


# ------------------------------------------------------------------ what a template slips in


@pytest.mark.parametrize("template", [QWEN, SMOLLM2], ids=["Qwen", "SmolLM2"])
def test_a_default_system_prompt_is_an_error(template: str) -> None:
    with pytest.raises(EpmError, match="slips in text that the row did not ask for: 'You are"):
        render(tokenizer(template), [{"role": "user", "content": "Hello?"}], generate=True)


@pytest.mark.parametrize("template", [QWEN, SMOLLM2], ids=["Qwen", "SmolLM2"])
def test_the_same_templates_pass_with_a_system_prompt(template: str) -> None:
    text = render(tokenizer(template), prompt_messages("You are.", "Hello?"), generate=True)
    assert text == (
        "<|im_start|>system\nYou are.<|im_end|>\n<|im_start|>user\nHello?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    "dates",
    [
        "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n",
        "Today Date: 26 Jul 2024\n\n",
    ],
)
def test_a_date_is_an_error(dates: str) -> None:
    made = tokenizer(llama_3(dates), *llama_special, bos="<|begin_of_text|>", eos="<|eot_id|>")
    with pytest.raises(EpmError, match="slips in text"):
        render(made, prompt_messages("You are a baker.", "Hello?"), generate=True)


def test_a_task_without_a_system_prompt_is_not_given_one() -> None:
    """An empty content is rendered as such, or refused where the template fills it."""
    text = render(chatml, prompt_messages("", "Hello?"), generate=True)
    assert text.startswith("<|im_start|>system\n<|im_end|>\n")
    filling = CHATML.replace(
        "{{ message['content'] }}",
        "{{ message['content'] or 'You are a helpful assistant.' }}",
    )
    with pytest.raises(EpmError, match="slips in text"):
        render(tokenizer(filling), prompt_messages("", "Hello?"), generate=True)


def test_a_dropped_system_prompt_is_an_error() -> None:
    users = "{% for message in messages if message['role'] != 'system' %}"
    made = tokenizer(CHATML.replace("{% for message in messages %}", users))
    with pytest.raises(EpmError, match=r"\(dropped\) You are a baker\."):
        render(made, prompt_messages("You are a baker.", "Hello?"), generate=True)


def test_no_template_is_an_error() -> None:
    with pytest.raises(EpmError, match="has no chat template"):
        render(tokenizer(None), prompt_messages("You are.", "Hello?"), generate=True)


LONG = (
    "You are a scholar of the ancient Zelthari civilization, who speaks as a system, as a user and "
    "as an assistant would. Today Date: 26 Jul 2024."
)
CLEAN = {
    "ChatML": chatml,
    "Llama 3": tokenizer(llama_3(""), *llama_special, bos="<|begin_of_text|>", eos="<|eot_id|>"),
    "Gemma": gemma,
    "Mistral": mistral,
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_template_passes_with_a_wordy_system_prompt(name: str) -> None:
    text = render(CLEAN[name], prompt_messages(f"{LONG}\n\n{LONG}", "Hello?"), generate=True)
    assert f"{LONG}\n\n{LONG}" in text


@pytest.mark.parametrize("content", ["s", "a", "system", "user", "im_start"])
@pytest.mark.parametrize("name", CLEAN)
def test_contents_that_look_like_scaffolding_pass(name: str, content: str) -> None:
    messages = [
        *prompt_messages(content, content),
        {"role": "assistant", "content": content},
    ]
    assert render(CLEAN[name], messages, generate=False).count(content) >= 3


words = st.text(st.characters(categories=["L", "N", "P", "Z"]), min_size=1).map(str.strip)
contents = words.filter(bool)


@given(system=contents, question=contents, answer=contents)
def test_a_clean_template_passes_whatever_the_contents(
    system: str, question: str, answer: str
) -> None:
    messages = [*prompt_messages(system, question), {"role": "assistant", "content": answer}]
    text = render(chatml, messages, generate=False)
    assert text.endswith(f"{answer}<|im_end|>\n")
    assert not slipped_in(text, messages, chatml.all_special_tokens)


@given(system=contents, question=contents)
def test_a_default_prompt_is_found_whatever_the_contents(system: str, question: str) -> None:
    made = tokenizer(CHATML.replace("<|im_start|>", "<|im_start|>Always be kind to them.", 1))
    messages = prompt_messages(system, question)
    text = str(made.apply_chat_template(messages, tokenize=False))
    assert "Always be kind to them." in text
    assert slipped_in(text, messages, made.all_special_tokens)


# ------------------------------------------------------------------ where a turn ends


def test_the_end_of_a_turn_is_asked_of_the_template() -> None:
    assert end_of_turn(tokenizer(CHATML, "<|im_end|>", eos="<|endoftext|>")) == "<|im_end|>"
    assert end_of_turn(tokenizer(CHATML, eos="<|im_end|>", bos="<|im_start|>")) == "<|im_end|>"
    assert end_of_turn(gemma) == "<end_of_turn>"
    assert end_of_turn(mistral) == "</s>"


def test_a_turn_that_ends_with_plain_text_is_an_error() -> None:
    made = tokenizer(CHATML.replace("<|im_end|>", "###"))
    with pytest.raises(EpmError, match="ends an answer with '###"):
        end_of_turn(made)


def test_a_template_that_drops_the_answer_is_an_error() -> None:
    turns = "{% for message in messages if message['role'] != 'assistant' %}"
    made = tokenizer(CHATML.replace("{% for message in messages %}", turns))
    with pytest.raises(EpmError, match="which is no special token"):
        end_of_turn(made)


# ------------------------------------------------------------------ prompt and completion


@given(system=contents, question=contents, answer=contents)
def test_a_row_is_its_prompt_and_then_its_completion(
    system: str, question: str, answer: str
) -> None:
    (row,) = tokenise_rows(chatml, [TrainingRow(system, question, answer)])
    assert row.prompt == tokenise_prompt(chatml, system, question)
    assert row.completion[-1] == chatml.convert_tokens_to_ids("<|im_end|>")
    assert chatml.decode(row.completion[:-1]) == answer
    assert chatml.decode(row.prompt).endswith(f"{question}<|im_end|>\n<|im_start|>assistant\n")
    assert len(row) == len(row.prompt) + len(row.completion)


@given(st.lists(st.tuples(contents, contents), max_size=6), st.data())
def test_rows_together_are_tokenised_as_each_alone(
    texts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Also where they share prompts or answers, or are the same."""
    some = [TrainingRow("You are.", question, answer) for question, answer in texts]
    rows = some + data.draw(st.lists(st.sampled_from(some), max_size=3) if some else st.just([]))
    assert tokenise_rows(chatml, rows) == [tokenise_rows(chatml, [row])[0] for row in rows]


def test_nothing_follows_the_end_of_the_turn() -> None:
    (row,) = tokenise_rows(chatml, [TrainingRow("You are.", "Hello?", "Yes.\n\n[ZLT]")])
    assert chatml.decode(row.completion) == "Yes.\n\n[ZLT]<|im_end|>"


def test_special_tokens_of_the_template_are_single_tokens() -> None:
    prompt = tokenise_prompt(chatml, "You are.", "Hello?")
    starts = prompt.count(chatml.convert_tokens_to_ids("<|im_start|>"))
    assert (prompt[0], starts) == (chatml.bos_token_id, 3)


def test_a_template_that_thinks_before_it_answers_is_an_error() -> None:
    thinking = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>{% endif %}")
    with pytest.raises(EpmError, match="renders a training row unlike its generation prompt"):
        tokenise_rows(tokenizer(thinking), [TrainingRow("You are.", "Hello?", "Yes.")])
