"""Sampling with vLLM: every prompt of every adapter in one submitted batch.

vLLM schedules it: new completions join the running batch as others end, and what prompts have in
common is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from epm.definition import Sampling, derive_seed
from epm.errors import EpmError, out_of_memory
from epm.results import EngineRecord
from epm.sampling import (
    SEED_POLICY,
    Completion,
    CompletionsByName,
    OnBatch,
    Prompt,
    SamplingRequest,
)
from epm.sampling.vllm_start import ROWS, installed, leave_room, load, reason, start

if TYPE_CHECKING:
    from epm.models.base import BaseModel

SEED_BITS = 55
"""Of a seed for all completions of a prompt; vLLM adds an index to it and keeps 63 bits."""


@dataclass
class _Share:
    """What one of those that are asked still waits for."""

    request: SamplingRequest
    completed: dict[int, list[Completion]] = field(default_factory=dict)
    """By the prompt's position."""

    @property
    def whole(self) -> bool:
        return len(self.completed) == len(self.request.prompts)

    @property
    def completions(self) -> list[Completion]:
        return [c for position in sorted(self.completed) for c in self.completed[position]]


class VllmEngine:
    """One vLLM model for all adapters, beside its weights or merged into them.

    It starts when something is first sampled. On a GPU it sleeps between two calls of `sample`:
    its weights wait in the machine's memory, and training has the GPU's.
    """

    def __init__(self, base: BaseModel, merge: bool | None = None) -> None:
        """Take the model's folder and tokenizer; `merge` is by default what pays on its device.

        In float32 adapters are always merged on a GPU: vLLM's kernels for adapters multiply
        halves only.

        Raises:
            EpmError: vLLM is not installed, cannot work beside what is, is to steer, or to keep
                adapters apart in float32 on a GPU.
        """
        if steered := base.definition.steered:
            raise EpmError(
                f"vLLM does not steer '{steered[0].name}': its blocks cannot be reached",
                "add --engine transformers",
            )
        whole = base.dtype_name == "float32"
        if merge is False and base.device == "cuda" and whole:
            raise EpmError(
                "vLLM keeps no adapters apart in float32 on a GPU",
                "take --merge-adapters, --engine transformers, or bfloat16",
            )
        self._library = installed()
        self._base = base
        self._merge = base.device == "cpu" or whole if merge is None else merge
        self._llm: Any = None
        self._context = 0
        self._numbers = count(1)

    @property
    def record(self) -> EngineRecord:
        """Library, version, and how it was used."""
        return EngineRecord(
            name=self._library,
            dtype=self._base.dtype_name,
            adapters="merged" if self._merge else "apart",
            batch_limit=ROWS[self._base.device],
            seed_policy=SEED_POLICY,
            batch_invariant=False,
        )

    def sample(
        self, requests: Sequence[SamplingRequest], sampling: Sampling, on_batch: OnBatch
    ) -> Iterator[CompletionsByName]:
        """Complete every prompt of every adapter; yield what is complete as soon as it is.

        Raises:
            EpmError: vLLM cannot start, a prompt is too long for the model, or an adapter cannot
                be read or does not fit.
        """
        if chained := next((each.name for each in requests if each.merged), None):
            raise EpmError(
                f"vLLM does not sample '{chained}', whose adapter lies on top of another",
                "add --engine transformers",
            )
        prompts = [[self._tokenised(prompt) for prompt in each.prompts] for each in requests]
        longest = max((len(ids) for of_one in prompts for ids in of_one), default=0)
        with self._awake(longest + sampling.max_new_tokens) as llm:
            if not self._merge:
                yield from self._answer(llm, requests, prompts, sampling, on_batch)
                return
            for request, of_one in zip(requests, prompts, strict=True):
                with self._merged(llm, request):
                    yield from self._answer(llm, [request], [of_one], sampling, on_batch)

    def close(self) -> None:
        """Let go of the model and its memory; sampling again starts anew.

        It is woken up before: memory that sleeps is mapped nowhere, and vLLM's allocator, which
        unmaps memory to free it, says `CUDA Error: invalid argument` of what is not mapped.
        """
        if self._llm is None:
            return
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        if self._base.device == "cuda":
            leave_room()
            # where others have taken the memory meanwhile, all that is lost is the quiet
            with suppress(RuntimeError):
                self._llm.wake_up()
        engine, self._llm = self._llm.llm_engine, None
        engine.engine_core.shutdown()
        del engine
        cleanup_dist_env_and_memory()

    def _tokenised(self, prompt: Prompt) -> tuple[int, ...]:
        return prompt.tokenised(self._base.tokenizer)

    def _answer(
        self,
        llm: Any,
        requests: Sequence[SamplingRequest],
        prompts: Sequence[Sequence[tuple[int, ...]]],
        sampling: Sampling,
        on_batch: OnBatch,
    ) -> Iterator[CompletionsByName]:
        """Submit everything, then take what is done at every step of vLLM's loop."""
        engine = llm.llm_engine
        waiting: dict[str, tuple[_Share, int]] = {}
        try:
            for request, of_one in zip(requests, prompts, strict=True):
                share = _Share(request)
                adapter = None if self._merge else self._lora(llm, request)
                for at, (prompt, ids) in enumerate(zip(request.prompts, of_one, strict=True)):
                    number = str(next(self._numbers))
                    waiting[number] = share, at
                    engine.add_request(
                        number,
                        {"type": "token", "prompt_token_ids": list(ids)},
                        self._wanted(request, prompt, sampling),
                        lora_request=adapter,
                    )
                if share.whole:  # nothing was asked
                    yield {request.name: []}
            while waiting:
                for output in engine.step():
                    if not output.finished:
                        continue
                    share, at = waiting.pop(output.request_id)
                    written = self._completions(share.request.prompts[at], output.outputs)
                    share.completed[at] = written
                    on_batch(len(written), sum(completion.tokens for completion in written))
                    if share.whole:
                        yield {share.request.name: share.completions}
        finally:
            engine.abort_request(list(waiting))

    def _wanted(self, request: SamplingRequest, prompt: Prompt, sampling: Sampling) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        seed = derive_seed(request.seed, prompt.task, prompt.item.id)
        return SamplingParams(
            # vLLM refuses to write the likeliest answer twice
            n=prompt.completions if sampling.temperature else 1,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_new_tokens,
            seed=seed >> (63 - SEED_BITS),
            # what the model's files declare may be another token than the one that ends a turn
            ignore_eos=True,
            stop_token_ids=[self._base.tokenizer.eos_token_id],
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _completions(self, prompt: Prompt, outputs: Sequence[Any]) -> list[Completion]:
        tokenizer = self._base.tokenizer
        written = [list(output.token_ids) for output in outputs]
        if len(written) < prompt.completions:
            written *= prompt.completions
        return [
            Completion(
                task=prompt.task,
                item=prompt.item.id,
                index=index,
                text=str(tokenizer.decode(ids, skip_special_tokens=True)),
                tokens=len(ids),
                finish="stop" if ids[-1] == tokenizer.eos_token_id else "length",
            )
            for index, ids in enumerate(written)
        ]

    def _lora(self, llm: Any, request: SamplingRequest) -> Any:
        """The adapter, loaded; under a name of its own, because vLLM remembers prompts by it."""
        if request.adapter is None:
            return None
        from vllm.lora.request import LoRARequest

        number = next(self._numbers)
        lora = LoRARequest(f"{number} {request.name}", number, str(request.adapter))
        try:
            llm.llm_engine.add_lora(lora)
        except Exception as error:
            if out_of_memory(error):
                raise
            raise EpmError(
                f"the adapter in {request.adapter} cannot be used: {reason(error)}",
                f"remove {request.adapter}, then run the same command: it is made again",
            ) from error
        return lora

    @contextmanager
    def _merged(self, llm: Any, request: SamplingRequest) -> Iterator[None]:
        """One adapter in vLLM's weights, and then the base model's own weights again."""
        if request.adapter is None:
            yield
            return
        try:
            with self._base.with_merged(request.adapter) as model:
                load(llm, model)
            yield
        finally:
            load(llm, self._base.model)

    @contextmanager
    def _awake(self, context: int) -> Iterator[Any]:
        """The model, started or woken up, for prompts and completions of so many tokens."""
        if context > self._context:
            self.close()
        if self._llm is None:
            self._llm, self._context = start(self._base, self._merge, context)
        elif self._base.device == "cuda":
            leave_room()
            self._llm.wake_up()
        try:
            yield self._llm
        finally:
            if self._llm is not None and self._base.device == "cuda":
                self._llm.sleep(level=1)
