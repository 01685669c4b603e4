"""Who does which replicates: workers, and on one machine this process beside them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock

from epm.executors import Attempt, Executor
from epm.executors.attempts import here
from epm.executors.beside import Beside
from epm.executors.local import LocalExecutor
from epm.pipeline.dealing import chains, deal
from epm.pipeline.execution import Execution
from epm.pipeline.shards import Produced, Shard, inputs_of, keep, note, prepare, scratch, work
from epm.pipeline.stage import Tools, units_of
from epm.pipeline.stages import Stages, model_record
from epm.pipeline.worth import Prices, places
from epm.results import Environment


@dataclass(frozen=True)
class Left:
    """What is still to be done replicate by replicate."""

    chains: list[tuple[str, ...]]
    """Names of replicates that cannot be parted."""
    costs: list[float]
    """Seconds that each of these takes, as estimated."""
    ahead: float
    """Seconds of what this process does meanwhile, whoever does them."""


@dataclass(frozen=True)
class Distribution:
    """A run's replicates, dealt to an executor's workers."""

    stages: Stages
    execution: Execution
    executor: Executor
    tools: Tools
    environment: Environment

    def left(self) -> Left:
        """What is still to be done, and its cost."""
        base, definition = self.tools.base, self.stages.definition
        unfinished: dict[str, set[str]] = {}
        for stage in self.stages.by_replicate:
            for unit in self.execution.unfinished(stage.units):
                unfinished.setdefault(unit.subject, set()).add(unit.stage)
        found = chains(definition, list(unfinished))
        if not found:
            return Left([], [], 0.0)
        noted = model_record(self.stages.folder)
        engine = noted["engine"]["name"] if noted else "transformers"
        prices = Prices(definition, base.size, base.device, engine)
        by_name = self.stages.inputs.by_name
        costs = [
            sum(prices.replicate(by_name[name], unfinished[name]) for name in chain)
            for chain in found
        ]
        aside = any(self.execution.unfinished(stage.units) for stage in self.stages.aside)
        return Left(found, costs, prices.covariates() if aside else 0.0)

    def places(self) -> int:
        """Among how many processes of this machine the work is divided; 1 is this one alone."""
        executor = self.executor
        if not isinstance(executor, LocalExecutor) or executor.slots == 1:
            return 1
        left = self.left()
        if not executor.unasked:
            return max(1, min(executor.slots, len(left.chains)))
        count = places(left.costs, executor.slots, left.ahead)
        if count == 1 and len(left.chains) > 1:
            self.tools.progress.say(
                f"1 of {executor.slots} GPUs is used: training and sampling take it some "
                f"{sum(left.costs):.0f} s, and to start more takes longer than they save "
                f"(--workers {executor.slots} takes all)"
            )
        return count

    def started(self, count: int) -> AbstractContextManager[None]:
        """Have all workers but this process load the model, within the block, for work to come."""
        if not isinstance(self.executor, LocalExecutor) or count == 1:
            return nullcontext()
        return self.executor.started(prepare, self.stages.definition, count - 1)

    def complete(self, count: int) -> None:
        """Have all unfinished replicates done; each shard is kept when it comes back.

        Args:
            count: how many processes of this machine share them; a cluster has room of its own.

        Raises:
            EpmError: a shard was lost too often, or its work says so. What came back before is
                kept.
        """
        left = self.left()
        if not left.chains:
            return
        local = isinstance(self.executor, LocalExecutor)
        shares = deal(
            left.costs,
            count if local else min(self.executor.slots, len(left.chains)),
            left.ahead if local else 0.0,
        )
        parts = [tuple(name for index in share for name in left.chains[index]) for share in shares]
        # whoever starts a run on a cluster need not have a GPU
        own = parts.pop(0) if local else ()
        with scratch(self.stages.folder.path) if local else nullcontext() as here:
            shards = [
                Shard(
                    self.stages.definition,
                    part,
                    self.environment,
                    self.tools.engine_for,
                    inputs_of(self.stages, part),
                    here,
                )
                for part in parts
                if part
            ]
            self._together(own, shards)

    def _together(self, own: tuple[str, ...], shards: list[Shard]) -> None:
        arrived: SimpleQueue[int] = SimpleQueue()
        noting = Lock()

        def told(replicates: tuple[str, ...], attempt: Attempt) -> None:
            with noting:
                note(self.stages.folder, self.executor.name, replicates, attempt)

        def take_in(result: tuple[int, Produced, Attempt]) -> None:
            number, produced, attempt = result
            keep(self.stages.folder, produced)
            told(shards[number].replicates, attempt)
            arrived.put(number)

        def look() -> None:
            """Take note of what other processes have finished."""
            while True:
                try:
                    replicates = shards[arrived.get_nowait()].replicates
                except Empty:
                    return
                by_stage = units_of(self.stages.by_replicate, replicates)
                self.execution.take_over([unit for _, units in by_stage for unit in units])

        results = self.executor.run(work, shards, self.tools.progress.say)
        if isinstance(self.executor, LocalExecutor):
            with Beside(results, take_in, self.executor.stop) as beside:

                def between() -> None:
                    beside.check()
                    look()

                began = time.monotonic()
                self._do(own, between)
                if own:
                    told(own, Attempt(here(), 1, time.monotonic() - began))
        else:
            self._do(own, look)
            with closing(results):
                for result in results:
                    take_in(result)
                    look()
        look()

    def _do(self, own: tuple[str, ...], between: Callable[[], None]) -> None:
        """What only measuring needs, and the part that is this process's own."""
        for stage in self.stages.aside:
            self.execution.finish(stage.units, stage.work(self.tools))
        between()
        for stage, units in units_of(self.stages.by_replicate, own):
            self.execution.finish(units, stage.work(self.tools))
            between()
