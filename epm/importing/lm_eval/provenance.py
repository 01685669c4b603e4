"""How the output came to be: model, task, code and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from epm.importing.lm_eval.documents import Documents
from epm.importing.lm_eval.outputs import Cell, Output, arguments, shots, version
from epm.privacy import public
from epm.results.imported import ImportedModel, ImportedTask, in_words

DUMMY = "dummy"
"""The class of the model whose log-likelihoods are random and whose texts are all the same."""

SEEDS = ("random_seed", "numpy_seed", "torch_seed", "fewshot_seed")


def model(output: Output) -> ImportedModel:
    """The model as the output names it."""
    given = arguments(output.content)
    config = output.part("config")
    revision = given.pop("revision", "") or config.get("model_sha") or config.get("model_revision")
    return ImportedModel(
        name=public(str(output.content.get("model_name") or output.condition)),
        revision=str(revision or ""),
        arguments=in_words({"class": config.get("model"), **given}),
    )


def mocks(outputs: Sequence[Output]) -> Iterator[str]:
    """Which conditions are of the harness's dummy model."""
    for name in dict.fromkeys(each.condition for each in outputs):
        of = [each for each in outputs if each.condition == name]
        if any(each.part("config").get("model") == DUMMY for each in of):
            yield f"{name}: lm-eval's dummy model, no real system; its scores are random numbers."


def task(cell: Cell, documents: Documents | None) -> ImportedTask:
    """One evaluation."""
    output, repeats = cell.output, cell.config.get("repeats")
    date = output.date
    commit = output.content.get("git_hash")
    return ImportedTask(
        condition=cell.condition,
        task=cell.task,
        version=version(cell),
        commit=commit if isinstance(commit, str) else "",
        created=datetime.fromtimestamp(date, UTC).isoformat(timespec="seconds") if date else "",
        epochs=repeats if isinstance(repeats, int) and repeats > 0 else 1,
        items_in_dataset=cell.original or None,
        items_run=cell.effective or (len(documents.hashes) if documents else None),
        settings=in_words(_settings(cell)),
    )


def _settings(cell: Cell) -> dict[str, Any]:
    config = cell.output.part("config")
    generation = cell.config.get("generation_kwargs")
    return {
        "few-shot examples": shots(cell),
        **(generation if isinstance(generation, Mapping) else {}),
        "generation settings": config.get("gen_kwargs"),
        "limit": config.get("limit"),
        **{name: config.get(name) for name in SEEDS},
        "chat template": "yes" if cell.output.content.get("chat_template") else None,
        "system prompt": cell.output.content.get("system_instruction"),
        "split": cell.config.get("test_split"),
    }


def packages(outputs: Sequence[Output]) -> dict[str, str]:
    """Versions by package; where files differ, all of them."""
    found: dict[str, dict[str, None]] = {}
    for output in outputs:
        for package in ("lm_eval", "transformers"):
            given = output.content.get(f"{package}_version")
            if isinstance(given, str) and given not in ("", "N/A"):
                found.setdefault(package, {})[given] = None
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
