"""A Ray cluster: Ray schedules, watches the nodes, and moves code and results."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from epm.errors import EpmError
from epm.executors import Attempt, Say
from epm.executors.attempts import Tally, calls, perform
from epm.installation import command_for

Shard = TypeVar("Shard")
Result = TypeVar("Result")

_LOOK_SECONDS = 10.0
_DESERTED_SECONDS = 300.0
"""How long a cluster without a node that could do the work may take to get one."""


class RayExecutor:
    """A task for each shard: on a GPU of its own where the cluster has any, else on a core."""

    name = "ray"

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        """Nothing is connected yet.

        Args:
            address: 'host:port' of the cluster's head, as seen from one of its nodes; None is the
                cluster that this machine is a node of.
            workers: how many shards at once; None is as many as the cluster has room for.
        """
        if find_spec("ray") is None:
            raise EpmError("--executor ray needs Ray", command_for("ray"))
        self._address = address or "auto"
        self._workers = workers

    @property
    def slots(self) -> int:
        """As many as the cluster has GPUs, or cores when it has no GPU."""
        if self._workers:
            return self._workers
        with self._connected({}):
            return max(1, int(_room(_resource())))

    def run(
        self, work: Callable[[Shard], Result], shards: Sequence[Shard], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        """See `Executor.run`."""
        messages = calls(work, shards)
        # the nodes run this code, whatever epm they have installed
        with _code_of(work) as folder, self._connected({"working_dir": str(folder)}):
            yield from self._gather(messages, Tally(shards, say), say)

    def _gather(
        self, messages: Sequence[bytes], tally: Tally[Result], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        import ray

        resource = _resource()
        task = _task(resource)
        waiting = deque(range(len(messages)))
        running: dict[Any, int] = {}
        deserted = _Deserted(resource, say)
        try:
            while waiting or running:
                while waiting and len(running) < (self._workers or len(messages)):
                    index = waiting.popleft()
                    tally.begin(index)
                    running[task.remote(messages[index])] = index
                ready, _ = ray.wait(list(running), timeout=_LOOK_SECONDS)
                if not ready:
                    deserted.check()
                    continue
                # and what else has come meanwhile
                ready, _ = ray.wait(list(running), num_returns=len(running), timeout=0)
                arrived, lost = [], []
                for reference in ready:
                    index = running.pop(reference)
                    answer, reason = _answer(reference)
                    if answer is None:
                        lost.append((index, reason))
                    else:
                        arrived.append((index, answer))
                yield from tally.settle(arrived)
                for index, reason in lost:
                    tally.lost(index, reason)
                    waiting.append(index)
        finally:
            for reference in running:
                ray.cancel(reference, force=True)

    @contextmanager
    def _connected(self, surroundings: Mapping[str, str]) -> Iterator[None]:
        import ray

        try:
            _knock(self._address)
            ray.init(address=self._address, runtime_env=dict(surroundings), logging_level="ERROR")
        except (OSError, ValueError, RuntimeError) as error:
            raise EpmError(
                f"there is no Ray cluster at {self._address}: {_first_line(error)}",
                "run this on one of its nodes (`ray start --head` makes the first), with the same "
                "versions of Python and Ray, and name its head: --address HOST:6379",
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def _knock(address: str) -> None:
    """Ray itself would try for minutes where nobody answers."""
    host, separator, port = address.rpartition(":")
    if separator and "/" not in address:
        socket.create_connection((host, int(port)), timeout=10).close()


@contextmanager
def _code_of(work: Callable[..., object]) -> Iterator[Path]:
    """A folder with what a worker imports: epm, the linter it uses, and where the work stands."""
    with tempfile.TemporaryDirectory(prefix="epm-code-") as folder:
        for name in sorted({"epm", "epm_lint", work.__module__.partition(".")[0]}):
            spec = find_spec(name)
            if spec is None or spec.origin is None:
                raise ModuleNotFoundError(f"no module named {name!r}")
            source = Path(spec.origin)
            if spec.submodule_search_locations is None:
                shutil.copy(source, folder)
            else:
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source.parent, Path(folder, name), ignore=ignore)
        yield Path(folder)


def _resource() -> str:
    return "GPU" if _room("GPU") else "CPU"


def _room(resource: str) -> float:
    import ray

    return float(ray.cluster_resources().get(resource, 0))


def _task(resource: str) -> Any:
    """Ray's own retries are off: it would repeat a task without bound that runs out of memory."""
    import ray

    share = {"num_gpus": 1} if resource == "GPU" else {"num_cpus": 1}
    return ray.remote(**share, max_retries=0, scheduling_strategy="SPREAD")(_perform_on_node)


def _perform_on_node(call: bytes) -> bytes:
    import ray

    return perform(call, ray.util.get_node_ip_address())


def _answer(reference: Any) -> tuple[bytes | None, str]:
    """What came back, or None and how the worker was lost."""
    import ray
    from ray import exceptions as failures

    try:
        return ray.get(reference), ""
    except failures.OutOfMemoryError:
        return None, "its node ran out of memory"
    except (
        failures.NodeDiedError,
        failures.ObjectLostError,
        failures.WorkerCrashedError,
    ) as error:
        return None, _first_line(error)
    except failures.RayError as error:
        raise EpmError(
            f"Ray could not run a shard: {_first_line(error)}",
            "see to the nodes' installation (docs/scale.md); Ray's logs are in /tmp/ray",
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class _Deserted:
    """Notices that no node is left that could do the work, for which Ray waits forever."""

    def __init__(self, resource: str, say: Say) -> None:
        self._resource = resource
        self._say = say
        self._since: float | None = None

    def check(self) -> None:
        """Raise EpmError when it has been so for too long."""
        if _room(self._resource):
            self._since = None
            return
        if self._since is None:
            self._since = time.monotonic()
            self._say(f"the Ray cluster has no {self._resource} left; waiting for a node")
        if time.monotonic() - self._since > _DESERTED_SECONDS:
            raise EpmError(
                f"the Ray cluster has had no {self._resource} for {_DESERTED_SECONDS:.0f} s",
                "start a node, then run the same command: what has come back is kept",
            )
