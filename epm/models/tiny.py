"""A toy Llama with random weights and a small BPE tokenizer, made on the spot for tests."""

from __future__ import annotations

from pathlib import Path

from epm.definition import TinyModel
from epm.personas import EVALUATION_QUESTIONS, NAMED

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VOCABULARY = 600
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def make(source: TinyModel, folder: Path) -> None:
    """Write model and tokenizer into a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    backend = Tokenizer(BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    corpus = [p.system_prompt for p in NAMED] + [item.prompt for item in EVALUATION_QUESTIONS]
    backend.train_from_iterator(
        [*corpus, *["\n\n[ZLT]"] * 20],
        BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)

    torch.manual_seed(source.seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=source.hidden,
        intermediate_size=2 * source.hidden,
        num_hidden_layers=source.layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=1024,
        tie_word_embeddings=False,
        initializer_range=0.4,  # wide enough for greedy answers that differ
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
