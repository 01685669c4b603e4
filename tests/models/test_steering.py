"""Steering a model: what moves, by how much, and that it is as it was afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from epm.definition import Condition, ContrastingPrompts, Definition, FromFile, Steering, TinyModel
from epm.definition.steering import Norm
from epm.errors import DefinitionError, EpmError
from epm.models.base import BaseModel
from epm.models.steering import Steered, check, from_file, normed, steering, write_direction

LAYER = 1
IDS = torch.tensor([[5, 17, 230, 41, 8, 99, 320, 7], [9, 4, 31, 77, 60, 2, 300, 12]])


@pytest.fixture(scope="module")
def direction() -> torch.Tensor:
    """Of length 1, in the width of the toy."""
    drawn = torch.randn(16, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    return normed(drawn, "unit")


@pytest.fixture(scope="module")
def file(direction: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("steering") / "direction.safetensors"
    write_direction(direction, path)
    return path


def outputs(model: Any, layer: int = LAYER) -> tuple[torch.Tensor, torch.Tensor]:
    """A block's output, read after whatever is added to it, and the logits."""
    caught: list[torch.Tensor] = []

    def catch(_module: object, _inputs: object, output: Any) -> None:
        caught.append(output[0] if isinstance(output, tuple) else output)

    handle = model.model.layers[layer].register_forward_hook(catch)
    try:
        with torch.inference_mode():
            logits = model(input_ids=IDS, use_cache=False).logits
    finally:
        handle.remove()
    return caught[0], logits


def hooks(model: Any) -> int:
    return sum(len(module._forward_hooks) for module in model.modules())


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.equal(one.view(torch.int32), other.view(torch.int32))


def test_a_coefficient_of_0_is_computed_and_changes_no_bit(
    tiny_base: BaseModel, file: Path
) -> None:
    model = tiny_base.model
    before = outputs(model)
    with steering(model, [Steered(file, LAYER, 0.0)]):
        assert hooks(model) == 1
        during = outputs(model)
    assert all(same_bits(*pair) for pair in zip(before, during, strict=True))
    assert hooks(model) == 0


def test_a_coefficient_of_a_millionth_moves_activations(tiny_base: BaseModel, file: Path) -> None:
    before, _ = outputs(tiny_base.model)
    with steering(tiny_base.model, [Steered(file, LAYER, 1e-6)]):
        during, _ = outputs(tiny_base.model)
    assert not torch.equal(before, during)


@pytest.mark.parametrize("coefficient", [-8.0, 2.5, 60.0])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_activations_move_by_the_coefficient_times_the_direction(
    tiny_base: BaseModel, file: Path, direction: torch.Tensor, coefficient: float, layer: int
) -> None:
    """Everywhere in the prompt; within 1e-5 of what is added, in float32. Blocks before do not."""
    before, logits = outputs(tiny_base.model, layer)
    with steering(tiny_base.model, [Steered(file, layer, coefficient)]):
        during, moved_logits = outputs(tiny_base.model, layer)
        below = outputs(tiny_base.model, layer - 1)[0] if layer else None
    moved = during.double() - before.double()
    wanted = (coefficient * direction.double()).expand_as(moved)
    assert float((moved - wanted).norm() / wanted.norm()) < 1e-5
    assert not torch.equal(logits, moved_logits)
    if below is not None:
        assert same_bits(below, outputs(tiny_base.model, layer - 1)[0])


def test_each_group_of_rows_is_moved_by_its_own(tiny_base: BaseModel, file: Path) -> None:
    """One of them along, one not at all, at two layers at once: as each of them alone."""
    rows = [Steered(file, LAYER, 3.0), None]
    with steering(tiny_base.model, rows):
        together, logits = outputs(tiny_base.model)
    plain, plain_logits = outputs(tiny_base.model)
    with steering(tiny_base.model, rows[:1]):
        alone, alone_logits = outputs(tiny_base.model)
    assert same_bits(together[0], alone[0])
    assert same_bits(logits[0], alone_logits[0])
    assert same_bits(together[1], plain[1])
    assert same_bits(logits[1], plain_logits[1])
    with steering(tiny_base.model, [Steered(file, 0, 3.0), Steered(file, LAYER, 3.0)]):
        apart, _ = outputs(tiny_base.model)
    assert same_bits(apart[1], alone[1])
    assert not torch.equal(apart[0], alone[0])


def test_rows_that_cannot_be_divided(tiny_base: BaseModel, file: Path) -> None:
    steered = Steered(file, LAYER, 1.0)
    with (
        pytest.raises(ValueError, match="2 rows cannot be divided into 3 groups"),
        steering(tiny_base.model, [steered, None, steered]),
    ):
        outputs(tiny_base.model)
    assert hooks(tiny_base.model) == 0


@pytest.mark.parametrize(
    "error", [ValueError, RuntimeError, KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit]
)
def test_the_hook_is_gone_whatever_is_raised(
    tiny_base: BaseModel, file: Path, error: type[BaseException]
) -> None:
    before = outputs(tiny_base.model)
    installed = steering(tiny_base.model, [Steered(file, LAYER, 5.0)])
    with pytest.raises(error), installed:
        raise error
    assert hooks(tiny_base.model) == 0
    assert all(same_bits(*pair) for pair in zip(before, outputs(tiny_base.model), strict=True))


def test_the_hook_is_gone_when_a_generator_is_closed(tiny_base: BaseModel, file: Path) -> None:
    def steps() -> Iterator[int]:
        with steering(tiny_base.model, [Steered(file, LAYER, 5.0)]):
            yield from range(3)

    walking = steps()
    assert next(walking) == 0
    assert hooks(tiny_base.model) == 1
    walking.close()
    assert hooks(tiny_base.model) == 0


def test_no_hook_is_left_where_one_of_two_cannot_be_installed(
    tiny_base: BaseModel, file: Path, tmp_path: Path
) -> None:
    rows = [Steered(file, 0, 1.0), Steered(tmp_path / "absent", 1, 1.0)]
    with pytest.raises(EpmError, match="cannot be read"), steering(tiny_base.model, rows):
        pass
    rows = [Steered(file, 0, 1.0), Steered(file, 3, 1.0)]  # there is no block 3
    with pytest.raises(IndexError), steering(tiny_base.model, rows):
        pass
    assert hooks(tiny_base.model) == 0


@contextmanager
def saved(tensors: dict[str, Any], path: Path) -> Iterator[Path]:
    if path.suffix == ".npy":
        np.save(path, next(iter(tensors.values())))
    else:
        save_file({name: torch.tensor(each) for name, each in tensors.items()}, path)
    yield path


ROW = np.arange(16, dtype=np.float32)


@pytest.mark.parametrize("name", ["v.npy", "v.safetensors"])
@pytest.mark.parametrize("shape", [(16,), (1, 16)])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int64])
def test_a_direction_from_a_file(
    tmp_path: Path, name: str, shape: Sequence[int], kind: Any
) -> None:
    with saved({"v": ROW.reshape(shape).astype(kind)}, tmp_path / name) as path:
        found = from_file(FromFile.read_file(path))
    assert found.dtype == torch.float64
    assert found.tolist() == ROW.tolist()


@pytest.mark.parametrize(
    ("name", "tensors", "tensor", "says"),
    [
        ("v.npy", {"v": np.ones((2, 16))}, "", "v.npy has shape [2, 16]"),
        ("v.npy", {"v": np.array([1, np.nan])}, "", "v.npy has numbers that are not finite"),
        ("v.npy", {"v": np.zeros(16)}, "", "v.npy is zero, and leads nowhere"),
        ("v.npy", {"v": np.array(["a"], dtype=object)}, "", "v.npy cannot be read"),
        ("v.npy", {"v": np.ones(4, dtype=complex)}, "", "holds no real numbers"),
        ("v.safetensors", {"a": ROW, "b": ROW + 1}, "", "has 2 tensors"),
        ("v.safetensors", {"a": ROW, "b": ROW + 1}, "c", "has no tensor 'c'"),
    ],
)
def test_what_is_no_direction(
    tmp_path: Path, name: str, tensors: dict[str, Any], tensor: str, says: str
) -> None:
    with saved(tensors, tmp_path / name) as path, pytest.raises(DefinitionError) as caught:
        from_file(FromFile.read_file(path, tensor))
    assert says in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("size", "norm"), [(1e300, "unit"), (1e300, "raw"), (1e39, "raw"), (0.0, "raw"), (0.0, "unit")]
)
def test_what_float32_does_not_hold_is_no_direction(size: float, norm: Norm) -> None:
    with pytest.raises(EpmError, match="no length" if not size else "not finite in float32"):
        normed(torch.full((16,), size, dtype=torch.float64), norm)


def test_a_long_direction_is_brought_to_length_1() -> None:
    found = normed(torch.full((16,), 1e39, dtype=torch.float64), "unit")
    assert found.tolist() == [0.25] * 16


@pytest.mark.parametrize("name", ["v.npy", "v.safetensors"])
def test_a_file_that_is_cut_short(tmp_path: Path, name: str) -> None:
    with saved({"v": ROW}, tmp_path / name) as path:
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(DefinitionError, match=f"{name} cannot be read"):
            from_file(FromFile.read_file(path))


def with_steering(definition: Definition, what: Steering) -> Definition:
    first, *others = definition.experiment.conditions
    steered = Condition("steered", intervention=what)
    experiment = replace(definition.experiment, conditions=(first, *others, steered))
    return replace(definition, experiment=experiment)


def test_a_model_without_the_block_or_of_another_width(
    tiny: Definition, tiny_base: BaseModel, tmp_path: Path
) -> None:
    with saved({"v": ROW[:5]}, tmp_path / "v.npy") as path:
        narrow = FromFile.read_file(path)
    with pytest.raises(DefinitionError, match=r"v\.npy has 5 numbers, but .* is 16 wide"):
        check(with_steering(tiny, Steering(narrow, 1, 1.0)), tiny_base.model)
    deep = with_steering(tiny, Steering(ContrastingPrompts(("A",), ("B",)), 2, 1.0))
    two = replace(deep, profile=replace(tiny.profile, model=TinyModel(2, 16, 1), covariates=()))
    base = BaseModel(two, lambda _: None)
    with pytest.raises(DefinitionError, match=r"at layer 2, but .* has 2 blocks \(0 to 1\)"):
        assert base.model  # before anything is trained


@pytest.mark.parametrize("norm", ["unit", "raw"])
def test_norms(norm: Any) -> None:
    found = normed(torch.tensor([3.0, 4.0], dtype=torch.float64), norm)
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([0.6, 0.8] if norm == "unit" else [3, 4])


def test_a_direction_without_length() -> None:
    for wrong in (torch.zeros(3), torch.tensor([1.0, torch.inf])):
        with pytest.raises(EpmError, match="a direction of steering "):
            normed(wrong.double(), "unit")
