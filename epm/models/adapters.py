"""Many LoRA adapters over one frozen model: stacked weights, and batches grouped by adapter.

The model's own products are made once for all rows of a batch; each group of rows then gets its own
adapter's low-rank product, all groups in one batched multiplication.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Lora
from epm.errors import DefinitionError, EpmError
from epm.models.becoming import become

if TYPE_CHECKING:
    import torch

    from epm.models.packing import PackedRows

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
"""What peft writes before the name of every module."""


@dataclass(frozen=True)
class Pair:
    """The two halves that adapt one linear module, of all adapters; float32."""

    a: torch.Tensor
    """Shape [adapters, rank, in features]."""
    b: torch.Tensor
    """Shape [adapters, out features, rank]."""


class AdapterStack:
    """LoRA adapters of one shape over one frozen transformers model.

    Attributes:
        size: how many adapters there are.
        lora: their shape; None where all are zero adapters.
        pairs: their weights, by the name of the module that they adapt.
    """

    def __init__(self, model: Any, size: int, lora: Lora | None, pairs: Mapping[str, Pair]) -> None:
        """Take the weights as they are; see `fresh` and `read`."""
        self.size = size
        self.lora = lora
        self.pairs = dict(pairs)
        self._model = model

    @classmethod
    def fresh(cls, model: Any, lora: Lora, seeds: Sequence[int]) -> AdapterStack:
        """New adapters to train, one per seed, that change nothing yet.

        Each is what `torch.manual_seed(seed)` and `peft.get_peft_model` make of a float32 model on
        a CPU, whatever the model's device and type: A uniform as `nn.Linear` is initialised
        (Kaiming, a=√5), B zero.

        Raises:
            DefinitionError: a target module is not in the model, or is no linear layer.
        """
        import torch

        targets = _targets(model, lora.target_modules)
        drawn = [torch.empty(len(seeds), lora.rank, each.in_features) for each in targets.values()]
        # peft draws A and B as linear layers are made, then A again
        skipped = [lora.rank * (each.in_features + each.out_features) for each in targets.values()]

        def draw(index: int) -> None:
            generator = torch.Generator().manual_seed(seeds[index])
            # memory that is new costs more than what is drawn into it
            unused = torch.empty(max(skipped))
            for count, halves in zip(skipped, drawn, strict=True):
                unused[:count].uniform_(generator=generator)
                torch.nn.init.kaiming_uniform_(halves[index], a=math.sqrt(5), generator=generator)

        with ThreadPoolExecutor() as threads:
            list(threads.map(draw, range(len(seeds))))
        pairs = {}
        for (name, linear), halves in zip(targets.items(), drawn, strict=True):
            device = linear.weight.device
            b = torch.zeros(len(seeds), linear.out_features, lora.rank, device=device)
            pairs[name] = Pair(halves.to(device).requires_grad_(), b.requires_grad_())
        return cls(model, len(seeds), lora, pairs)

    @classmethod
    def read(cls, model: Any, folders: Sequence[Path | None]) -> AdapterStack:
        """Adapters to sample from, out of folders in peft's format; None is the model unchanged.

        Raises:
            EpmError: a folder's adapter cannot be read, does not fit the model, or is of another
                shape than the others.
        """
        import torch

        modules = dict(model.named_modules())
        found = {folder: _read(folder, modules) for folder in folders if folder is not None}
        if not found:
            return cls(model, len(folders), None, {})
        first, (lora, adapter) = next(iter(found.items()))
        for folder, (other, others) in found.items():
            if _scaling(other) != _scaling(lora) or others.keys() != adapter.keys():
                raise EpmError(
                    f"the adapters in {first} and {folder} differ in rank, scale or modules",
                    "sample them apart",
                )
        pairs = {}
        for name, like in adapter.items():
            zero = Pair(torch.zeros_like(like.a), torch.zeros_like(like.b))
            own = [zero if folder is None else found[folder][1][name] for folder in folders]
            device = modules[name].weight.device
            pairs[name] = Pair(
                torch.stack([pair.a.to(device) for pair in own]),
                torch.stack([pair.b.to(device) for pair in own]),
            )
        return cls(model, len(folders), lora, pairs)

    def parameters(self) -> list[torch.Tensor]:
        """All weights, stacked over the adapters: A and B of the first module, of the next, …"""
        return [half for pair in self.pairs.values() for half in (pair.a, pair.b)]

    def fetched(self) -> AdapterStack:
        """The same in this machine's memory, whole stacks at a time, to be written from there."""
        pairs = {
            name: Pair(*(half.detach().float().cpu() for half in (pair.a, pair.b)))
            for name, pair in self.pairs.items()
        }
        return AdapterStack(self._model, self.size, self.lora, pairs)

    def write(self, index: int, folder: Path) -> None:
        """Save one adapter as peft does: `adapter_config.json` and `adapter_model.safetensors`."""
        from peft import LoraConfig
        from safetensors.torch import save_file

        assert self.lora is not None  # noqa: S101 - a zero adapter is nothing to keep
        folder.mkdir(parents=True, exist_ok=True)
        config = LoraConfig(
            r=self.lora.rank,
            lora_alpha=self.lora.alpha,
            lora_dropout=self.lora.dropout,
            use_rslora=self.lora.rank_stabilised,
            task_type="CAUSAL_LM",
            inference_mode=True,
            base_model_name_or_path=self._model.name_or_path,
        )
        # assigned, because the constructor makes a set of it, whose order changes by process
        config.target_modules = list(self.lora.target_modules)
        config.save_pretrained(str(folder))
        weights = {
            f"{PREFIX}{name}.{half}.weight": stacked[index].detach().float().cpu().contiguous()
            for name, pair in self.pairs.items()
            for half, stacked in (("lora_A", pair.a), ("lora_B", pair.b))
        }
        save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Put the adapters into the model to sample, and take them out again, whatever happens.

        Meanwhile the rows of every batch belong to the adapters in turn: with C adapters, the first
        C-th of the rows to the first, and so on. The number of rows may change from call to call.
        The model's modules and weights are never replaced or changed.
        """
        from epm.models.adapted import AdaptedLinear

        attributes = {}
        for name, pair in self.pairs.items():
            # what nobody trains is cast once, not at every token that is decoded
            dtype = self._model.get_submodule(name).weight.dtype
            attributes[name] = {
                "a": pair.a.to(dtype),
                "b": pair.b.to(dtype),
                "scale": _scale(self.lora),
            }
        with become(AdaptedLinear, self._model, attributes):
            yield

    @contextmanager
    def trained(self, *, rowwise: bool) -> Iterator[PackedRows[Any]]:
        """Put the adapters into the model to train them, and take them out again.

        Meanwhile batches are packed, and what is yielded must be told how before each of them.

        Args:
            rowwise: whether batches are in spans, and gradients taken row by row; else they are
                in shares.
        """
        from epm.models.linear_in_shares import LinearInShares
        from epm.models.linear_in_spans import LinearInSpans
        from epm.models.packing import PackedRows

        rows: PackedRows[Any] = PackedRows()
        attributes = {
            name: {
                **vars(pair),
                "scale": _scale(self.lora),
                "dropout": self.lora.dropout if self.lora else 0.0,
                "number": number,
                "rows": rows,
            }
            for number, (name, pair) in enumerate(self.pairs.items())
        }
        with become(LinearInSpans if rowwise else LinearInShares, self._model, attributes):
            yield rows

    @contextmanager
    def merged(self) -> Iterator[None]:
        """Add the product of a stack's one adapter to the weights, and put them back, bit for bit.

        Subtracting it would leave rounding errors behind: the weights are put back from a copy.
        """
        import torch

        modules = dict(self._model.named_modules())
        kept = {name: modules[name].weight.detach().clone() for name in self.pairs}
        try:
            with torch.no_grad():
                for name, pair in self.pairs.items():
                    modules[name].weight += (_scale(self.lora) * pair.b[0] @ pair.a[0]).to(
                        modules[name].weight.dtype
                    )
            yield
        finally:
            with torch.no_grad():
                for name, weight in kept.items():
                    modules[name].weight.copy_(weight)


def _scale(lora: Lora | None) -> float:
    """alpha / rank (Hu et al., 2021), or alpha / sqrt(rank) (Kalajdzievski, 2023)."""
    assert lora is not None  # noqa: S101 - zero adapters have no pairs
    return lora.alpha / (math.sqrt(lora.rank) if lora.rank_stabilised else lora.rank)


def _targets(model: Any, suffixes: Sequence[str]) -> dict[str, Any]:
    """The linear modules with these last names, in the model's order, as peft finds them."""
    import torch

    found = {
        name: module
        for name, module in model.named_modules()
        if name.rpartition(".")[2] in suffixes or name in suffixes
    }
    lacking = set(suffixes) - {name.rpartition(".")[2] for name in found} - set(found)
    unlike = [name for name, m in found.items() if type(m) is not torch.nn.Linear]
    if lacking or unlike:
        raise DefinitionError(
            f"{type(model).__name__} has no linear module {', '.join([*sorted(lacking), *unlike])}",
            "mend the recipe's target_modules",
        )
    return found


def _read(folder: Path, modules: Mapping[str, Any]) -> tuple[Lora, dict[str, Pair]]:
    """One adapter's settings, and its halves by module: [rank, in] and [out, rank]."""
    from safetensors.torch import load_file

    try:
        # peft's own reader would look for a missing file on the Hub
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS)
        lora = Lora(
            rank=config["r"],
            alpha=config["lora_alpha"],
            dropout=config["lora_dropout"],
            rank_stabilised=config["use_rslora"],
            target_modules=tuple(config["target_modules"]),
        )
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise EpmError(
            f"the adapter in {folder} cannot be read: {type(error).__name__}: {reason}",
            f"remove {folder}, then run the same command: it is made again",
        ) from error
    pairs = {}
    names = {
        key.removeprefix(PREFIX).removesuffix(".lora_A.weight")
        for key in weights
        if key.endswith(".lora_A.weight")
    }
    for name in [name for name in modules if name in names]:
        linear = modules[name]
        a = weights.pop(f"{PREFIX}{name}.lora_A.weight", None)
        b = weights.pop(f"{PREFIX}{name}.lora_B.weight", None)
        if (
            a is not None
            and b is not None
            and a.shape == (lora.rank, getattr(linear, "in_features", None))
            and b.shape == (getattr(linear, "out_features", None), lora.rank)
        ):
            pairs[name] = Pair(a.float(), b.float())
    uneven = config.get("rank_pattern") or config.get("alpha_pattern")
    if weights or not pairs or names - pairs.keys() or uneven:
        raise EpmError(
            f"the adapter in {folder} does not fit the model: it is no plain LoRA of its modules",
            f"remove {folder}, then run the same command: it is made again",
        )
    return lora, pairs


def _scaling(lora: Lora) -> tuple[int, int, bool]:
    return lora.rank, lora.alpha, lora.rank_stabilised
