"""Where a model comes from: as it is given on the command line, and as it is printed."""

from pathlib import Path
from typing import Any

import pytest

from epm.definition import (
    FolderModel,
    HubModel,
    RecordedData,
    TinyModel,
    WheelModel,
    parse_model,
)
from epm.errors import DefinitionError
from epm.files import folder_sha256


def test_a_hub_model_is_read_with_its_revision() -> None:
    assert parse_model("hf:owner/name@0123abc") == HubModel("owner/name", "0123abc")


def test_a_hub_model_without_a_revision_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"names no revision; pin it: --model hf:owner/name@"):
        parse_model("hf:owner/name")


def test_a_folder_is_a_model_when_it_holds_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DefinitionError, match=r"it takes a config\.json and \*\.safetensors"):
        parse_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    model = parse_model(".")
    assert model == FolderModel(str(tmp_path.resolve()), folder_sha256(tmp_path))
    for name, content in (
        ("model.safetensors", "other weights"),
        ("config.json", '{"rope_theta": 1}'),
        ("chat_template.jinja", "{{ messages }}"),
        ("tokenizer.json", "{}"),
        ("code/modeling.py", "print(1)"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
        assert parse_model(".") != model, name
        model = parse_model(".")
    (tmp_path / ".cache").write_text("hidden files are not the model's")
    assert parse_model(".") == model


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (HubModel("owner/name", "0123abc"), "hf:owner/name"),
        (FolderModel("/models/m", "00"), "m"),
        (WheelModel("d", "1.0", "d/m.gguf", "00", "MIT"), "pypi:d==1.0/d/m.gguf"),
        (TinyModel(2, 8, 1), "tiny:2x8"),
        (RecordedData("figures.json", "00"), "recorded data (figures.json)"),
    ],
)
def test_sources_as_they_are_printed(source: Any, printed: str) -> None:
    assert str(source) == printed
