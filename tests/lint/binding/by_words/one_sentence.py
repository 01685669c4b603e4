"""A page of one sentence against one results file: what is said of each of its numbers."""

from __future__ import annotations

from typing import Any

from epm_lint.binding.by_words.judging import Standing
from epm_lint.binding.by_words.shapes import source_of
from epm_lint.binding.by_words.standing import hold
from epm_lint.markdown.document import Document
from epm_lint.reading.page import read

MODELS = [
    {"model": "Qwen2.5-7B-Instruct", "task": "gsm8k", "accuracy": 0.712, "stderr": 0.0125},
    {"model": "Qwen2.5-7B-Instruct", "task": "mmlu", "accuracy": 0.741, "stderr": 0.0035},
    {"model": "Llama-3.1-8B", "task": "gsm8k", "accuracy": 0.561, "stderr": 0.0137},
    {"model": "Llama-3.1-8B", "task": "mmlu", "accuracy": 0.652, "stderr": 0.0040},
]
JUDGE = {"judge": {"mean": 72.4, "sd": 18.2, "n": 400}}
STEERED = {
    "steered": {"accuracy": 0.5936, "mean_tokens": 1203.9},
    "baseline": {"accuracy": 0.612, "mean_tokens": 187.4},
    "stats": {"steered_vs_baseline": {"diff": 0.084, "p": 0.0116}},
}
VERIFIED, CONTRADICTED, SILENT = "verified", "contradicted", ""


def said(sentence: str, values: Any = MODELS) -> dict[str, str]:
    """By number as it is printed: verified, contradicted, or nothing that a reader would see."""
    page = read(Document(f"# Notes\n\n{sentence}\n"))
    held = hold(page, [source_of("own.json", values)])
    return {one.number.raw.strip("± "): _seen(one.standing) for one in held}


def _seen(standing: Standing) -> str:
    if standing in (Standing.CONTRADICTED, Standing.TRUNCATED):
        return CONTRADICTED
    return VERIFIED if standing is Standing.VERIFIED else SILENT
