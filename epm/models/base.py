"""The base model: loaded once, lent to every condition, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import CentroidCosine, Definition, HubModel, RecordedData, TinyModel
from epm.errors import DefinitionError, EpmError, out_of_memory
from epm.models import invariance, steering
from epm.models.chat import end_of_turn
from epm.models.sources import OFFLINE, ModelFolder, fetch, parameters, quieten
from epm.results import ModelRecord

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_THREADS = 2
"""Of a process that computes with a real model on a CPU."""


class BaseModel:
    """A model source that turns into weights when somebody first asks for them.

    Attributes:
        definition: what is run on it.
        device: 'cuda' or 'cpu'.
    """

    def __init__(
        self, definition: Definition, say: Callable[[str], None], checked: bool = True
    ) -> None:
        """Check that the machine can run the profile; load nothing yet.

        Args:
            definition: what is run on it.
            say: told in one line when something takes long.
            checked: see `fetch`.

        Raises:
            EpmError: the profile needs a GPU and there is none.
        """
        self.definition = definition
        self._say = say
        self._checked = checked
        self.device = choose_device(definition)

    @property
    def rowwise(self) -> bool:
        """Whether batches are made so that a row is computed alike in any of them.

        On a CPU that costs nothing. A GPU's libraries choose their kernels by the batch's shape.
        """
        return self.device == "cpu"

    @cached_property
    def batch_invariant(self) -> bool:
        """Whether a row is computed alike in any batch by this machine's libraries, as tried."""
        return self.rowwise and invariance.holds_for(self.model)

    def _choose_threads(self, model: Any) -> None:
        """As many on every machine: a library may cut a product, and round it, by their number.

        One for a toy, whose parallel regions cost more than they save, and where a library rounds a
        row otherwise in another batch as soon as there are two. More cores are used by more
        workers.
        """
        import torch

        toy = isinstance(self.definition.profile.model, TinyModel)
        torch.set_num_threads(1 if toy else _THREADS)
        if not toy and not invariance.holds_for(model):
            torch.set_num_threads(1)

    @cached_property
    def folder(self) -> ModelFolder:
        """The model's files."""
        return fetch(self.definition.profile.model, self._say, self._checked)

    @cached_property
    def _unchecked(self) -> ModelFolder:
        return fetch(self.definition.profile.model, self._say, checked=False)

    @property
    def _path(self) -> Path:
        """Where the files are, whether or not they have been checked yet."""
        known: ModelFolder | None = vars(self).get("folder")
        return (known or self._unchecked).path

    @property
    def size(self) -> int:
        """Parameters, as the files' headers say; they are neither loaded for that nor checked."""
        return parameters(self._path)

    @property
    def dtype_name(self) -> str:
        """The profile's on a GPU; float32 on a CPU, where bfloat16 took twice as long."""
        return self.definition.profile.dtype if self.device == "cuda" else "float32"

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer, its end-of-sequence token being the one that ends a turn.

        Raises:
            EpmError: its files cannot be loaded, or its template ends no turn.
        """
        from transformers import AutoTokenizer

        with _reading(self._path):
            tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
                self._path, **OFFLINE
            )
            tokenizer.eos_token = end_of_turn(tokenizer)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    @cached_property
    def model(self) -> Any:
        """The weights, on their device, frozen and in evaluation mode.

        The files are checked meanwhile: a hash takes as long as loading does.

        Raises:
            EpmError: the files are not what they should be or cannot be loaded, or a layer of the
                definition does not exist.
        """
        path = self._path  # by this thread, which may have to build what the other one checks
        with ThreadPoolExecutor(1) as other:
            checked = other.submit(lambda: self.folder)
            try:
                model = self._loaded(path)
            except EpmError:
                checked.result()  # of damaged files, this says more
                raise
        checked.result()
        return model

    def _loaded(self, path: Path) -> Any:
        import torch
        from transformers import AutoModelForCausalLM, GenerationConfig

        quieten()
        invariance.ask_for()
        self._say(f"loading {self.definition.profile.model_name} on {self.device}")
        with _reading(path):
            model: Any = AutoModelForCausalLM.from_pretrained(
                path,
                dtype=getattr(torch, self.dtype_name),
                use_safetensors=True,
                **OFFLINE,
            )
        # which adapters carry on: what the model is, not where it lies
        source = self.definition.profile.model
        model.name_or_path = source.repository if isinstance(source, HubModel) else str(source)
        blocks = model.config.num_hidden_layers
        layers = [
            layer
            for source in self.definition.profile.covariates
            if isinstance(source, CentroidCosine)
            for layer in source.layers
        ]
        lacking = [layer for layer in layers if layer >= blocks]
        if lacking:
            raise DefinitionError(
                f"profile {self.definition.profile.name} reads layer {lacking[0]}, but "
                f"{self.definition.profile.model_name} has {blocks} blocks (0 to {blocks - 1})",
                "choose layers below that",
            )
        steering.check(self.definition, model)
        # a model ships sampling defaults (Qwen's: top_k 20, repetition penalty 1.05) that are no
        # part of the experiment
        model.generation_config = GenerationConfig(
            eos_token_id=self.tokenizer.eos_token_id, pad_token_id=self.tokenizer.pad_token_id
        )
        if self.device == "cpu":
            self._choose_threads(model)
        return model.to(self.device).requires_grad_(False).eval()

    @property
    def record(self) -> ModelRecord:
        """What the results say of the model."""
        return ModelRecord(
            name=self.definition.profile.model_name,
            source=self.folder.source,
            revision=self.folder.revision,
            sha256=self.folder.sha256,
            parameters=sum(p.numel() for p in self.model.parameters()),
            layers=self.model.config.num_hidden_layers,
            dtype=self.dtype_name,
        )

    @contextmanager
    def with_merged(self, *adapters: Path) -> Iterator[Any]:
        """Lend the model with adapters in its weights, one added after the other.

        It is taken back bit for bit as it was.
        """
        from epm.models.adapters import AdapterStack

        with ExitStack() as merged:
            for adapter in adapters:
                merged.enter_context(AdapterStack.read(self.model, [adapter]).merged())
            yield self.model

    @contextmanager
    def with_adapters(self, adapters: Sequence[Path | None]) -> Iterator[Any]:
        """Lend the model with adapters beside its weights; None stands for the bare model.

        Its batches have as many rows for each, one adapter's after the other's.
        """
        from epm.models.adapters import AdapterStack

        with AdapterStack.read(self.model, adapters).attached():
            yield self.model


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """Whatever the libraries raise over files that they cannot read becomes one line."""
    try:
        yield
    except EpmError:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise
        if "trust_remote_code" in str(error):
            raise EpmError(
                f"the model in {folder} needs code that it brings along, and that is never run",
                "take a model that transformers knows by itself",
            ) from error
        reason = (str(error).splitlines() or [""])[0]
        raise EpmError(
            f"the model in {folder} cannot be loaded: {type(error).__name__}: {reason}",
            "restore its files, or take another model",
        ) from error


def choose_device(definition: Definition) -> str:
    """'cuda' where there is a GPU, else 'cpu'.

    Raises:
        EpmError: the profile needs a GPU and there is none.
    """
    if isinstance(definition.profile.model, RecordedData):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if definition.profile.needs_gpu:
        raise EpmError(
            f"profile {definition.profile.name} needs a CUDA GPU and this machine has none",
            f"run it on a GPU machine, or `epm run {definition.experiment.slug} --profile pilot`",
        )
    return "cpu"
