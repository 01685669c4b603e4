"""Code that a model brings along is never run, and nobody is asked whether it may be."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import importable

from epm.definition import Definition
from epm.models.sources import fetch

ROOT = Path(__file__).parent.parent.parent

CODE = """
import os
open(os.environ["EVIDENCE"], "w").close()
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
class Config(LlamaConfig):
    model_type = "planted"
class Model(LlamaForCausalLM):
    config_class = Config
class Tokenizer(PreTrainedTokenizerFast):
    pass
"""

ASKED_FOR = {
    "config.json": {
        "model_type": "planted",
        "auto_map": {"AutoConfig": "planted.Config", "AutoModelForCausalLM": "planted.Model"},
    },
    "tokenizer_config.json": {
        "tokenizer_class": "Tokenizer",
        "auto_map": {"AutoTokenizer": [None, "planted.Tokenizer"]},
    },
}

READERS = {
    "config.json": "AutoModelForCausalLM.from_pretrained",
    "tokenizer_config.json": "AutoTokenizer.from_pretrained",
}


@pytest.mark.parametrize("name", ASKED_FOR)
def test_code_of_a_model_is_not_run(
    tiny: Definition, repository: Path, tmp_path: Path, name: str
) -> None:
    """Whoever would say yes to a question is not asked one."""
    model = tmp_path / "model"
    shutil.copytree(fetch(tiny.profile.model, lambda _: None).path, model)
    (model / "planted.py").write_text(CODE)
    content = json.loads((model / name).read_text())
    (model / name).write_text(json.dumps({**content, **ASKED_FOR[name]}))
    shutil.copytree(repository / "experiments", tmp_path / "experiments")
    evidence = tmp_path / "evidence"
    command = ["run", "issue-900", "--profile", "tiny", "--wandb", "off", "--model", str(model)]
    environment = {**os.environ, "PYTHONPATH": importable(), "EVIDENCE": str(evidence)}
    finished = subprocess.run(
        [sys.executable, "-m", "epm", *command],
        cwd=tmp_path,
        env=environment,
        input="y\n" * 20,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not evidence.exists()
    if finished.returncode == 2:
        (line,) = finished.stderr.splitlines()
        assert f"the model in {model} " in line
    else:  # transformers has a class of its own that will do
        assert finished.returncode in (0, 1), finished.stderr
    assert "[y/N]" not in finished.stdout + finished.stderr
    trusting = (
        f"import transformers as t; t.{READERS[name]}({str(model)!r}, trust_remote_code=True)"
    )
    subprocess.run([sys.executable, "-c", trusting], env=environment, check=True)
    assert evidence.exists()  # so it would have been


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function or method of that name in our code, with where it is."""
    for folder in ("epm", "lint", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and name == getattr(
                    node.func, "attr", getattr(node.func, "id", None)
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


@pytest.mark.parametrize("name", ["from_pretrained", "LLM"])
def test_every_reading_of_a_model_says_so(name: str) -> None:
    found = list(calls(name))
    assert len(found) >= 2
    for where, call in found:
        said = {
            ast.unparse(word.value) if word.arg is None else f"{word.arg}={ast.unparse(word.value)}"
            for word in call.keywords
        }
        assert said & {"OFFLINE", "trust_remote_code=False"}, where
