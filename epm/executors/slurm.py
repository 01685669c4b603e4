"""Slurm: a job for each shard, submitted through submitit, over a shared file system."""

from __future__ import annotations

import pickle
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from epm.errors import EpmError
from epm.executors import Attempt, Say
from epm.executors.attempts import Tally, calls, perform
from epm.installation import command_for

Shard = TypeVar("Shard")
Result = TypeVar("Result")

DEFAULTS = {"timeout_min": "240", "gpus_per_node": "1"}
"""What `--slurm` need not say."""

_JOBS = 8
_LOOK_SECONDS = 5.0
"""Between two questions to Slurm's controller, which all users of the cluster share."""
_LATE_SECONDS = 60.0
"""How long a file of a finished job may take to show here."""
_LOST = frozenset(
    {"BOOT_FAIL", "CANCELLED", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED"}
)
_OUT_OF_TIME = frozenset({"TIMEOUT", "DEADLINE"})


class SlurmExecutor:
    """Jobs of one array; what they return and print is in a folder that all nodes see."""

    name = "slurm"

    def __init__(
        self, parameters: Mapping[str, str], log_folder: Path, workers: int | None = None
    ) -> None:
        """Nothing is submitted yet.

        Args:
            parameters: timeout_min, gpus_per_node, mem_gb, and any option of sbatch by its long
                name (partition, account, cpus-per-task); 'true' for one that takes no value.
            log_folder: on the shared file system; made when it is missing.
            workers: how many jobs at the same time.
        """
        try:
            import submitit  # noqa: F401
        except ModuleNotFoundError as error:
            raise EpmError("--executor slurm needs submitit", command_for("slurm")) from error
        self._options = _sbatch_options({**DEFAULTS, **parameters})
        self._folder = log_folder.resolve()
        self._jobs = workers or _JOBS

    @property
    def slots(self) -> int:
        """As many jobs as are wanted; how many of them run is for Slurm to say."""
        return self._jobs

    def run(
        self, work: Callable[[Shard], Result], shards: Sequence[Shard], say: Say
    ) -> Generator[tuple[int, Result, Attempt], None, None]:
        """See `Executor.run`."""
        messages = calls(work, shards)
        tally: Tally[Result] = Tally(shards, say)
        name = f"epm-{uuid.uuid4().hex[:8]}"
        waiting = list(range(len(shards)))
        running: dict[int, _Job] = {}
        try:
            while waiting or running:
                if waiting:
                    jobs = self._submit(name, [messages[index] for index in waiting])
                    for index, job in zip(waiting, jobs, strict=True):
                        tally.begin(index)
                        running[index] = _Job(job)
                        say(f"{tally.title(index)} is Slurm's job {job.job_id}")
                    waiting = []
                time.sleep(_LOOK_SECONDS)
                arrived, lost, failed = _look(running)
                yield from tally.settle(arrived)
                for index, why in failed:
                    raise EpmError(f"{tally.title(index)} {why.what}", why.remedy)
                for index, reason in lost:
                    tally.lost(index, f"{reason}; its log is in {self._folder}")
                    waiting.append(index)
        finally:
            if running:
                # by name: Ctrl-C may have come between the submission and its answer
                subprocess.run(["scancel", f"--name={name}"], check=False)
            for job in running.values():
                job.tidy()

    def _submit(self, name: str, messages: Sequence[bytes]) -> Sequence[Any]:
        import submitit
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        try:
            executor = submitit.SlurmExecutor(self._folder)
            executor.update_parameters(
                job_name=name,
                array_parallelism=self._jobs,
                # what Slurm repeats by itself would not be counted here
                additional_parameters={**self._options, "no-requeue": True},
            )
            jobs: Sequence[Any] = executor.map_array(_perform_in_job, messages)
        except (FailedJobError, FailedSubmissionError, RuntimeError, OSError) as error:
            raise EpmError(
                f"Slurm did not take the jobs: {error}",
                "`sinfo` shows what there is; --slurm KEY=VALUE asks for it",
            ) from error
        return jobs


def _sbatch_options(parameters: Mapping[str, str]) -> dict[str, str | bool]:
    options: dict[str, str | bool] = {}
    for key, value in parameters.items():
        if key == "timeout_min":
            options["time"] = value
        elif key == "mem_gb":
            options["mem"] = f"{value}G"
        elif (key, value) != ("gpus_per_node", "0"):  # which a cluster without GPUs refuses
            options[key.replace("_", "-")] = True if value == "true" else value
    return options


def _perform_in_job(call: bytes) -> bytes:
    """In the job; without submitit's answers to signals, which would submit the job again."""
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    return perform(call)


def _leave(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


@dataclass(frozen=True)
class _State:
    word: str
    nodes: str


class _Job:
    """A job of submitit's; what Slurm says of it is asked elsewhere, for all jobs at once.

    submitit itself asks `sacct`, which answers only where accounting is set up.
    """

    def __init__(self, job: Any) -> None:
        self.id: str = job.job_id
        self._job = job
        self._over_since: float | None = None

    def answer(self) -> bytes | None:
        """What came back; None when nothing has.

        Raises:
            EpmError: the job could not even begin.
        """
        list(self._job.paths.folder.iterdir())  # a network file system looks anew only then
        try:
            written = self._job.paths.result_pickle.read_bytes()
        except FileNotFoundError:
            return None
        outcome, content = pickle.loads(written)  # noqa: S301 - made by our own job
        if outcome == "error":
            raise EpmError(
                f"could not begin in Slurm's job {self.id}: {content.strip().splitlines()[-1]}",
                "the nodes need this environment at the same path; the job's log is "
                f"{self._job.paths.stderr}",
            )
        answer: bytes = content
        return answer

    def loss(self, state: _State | None) -> str | None:
        """Why there will be no answer; None while there may be one.

        Raises:
            EpmError: it took longer than it was given.
        """
        if state and state.word in _OUT_OF_TIME:
            raise EpmError(
                f"was stopped by Slurm for its time ({state.word}, job {self.id})",
                "give it more, as in --slurm timeout_min=600, then run the same command",
            )
        if state and state.word in _LOST:
            place = f" on {state.nodes}" if state.nodes else ""
            return f"Slurm's job {self.id}{place} ended as {state.word}"
        if state and state.word != "COMPLETED":
            self._over_since = None
            return None
        self._over_since = self._over_since or time.monotonic()
        if time.monotonic() - self._over_since < _LATE_SECONDS:
            return None
        return f"Slurm's job {self.id} is over, and left no result"

    def tidy(self) -> None:
        """Remove what was sent and returned, tens of megabytes; the logs stay."""
        self._job.paths.result_pickle.unlink(missing_ok=True)
        self._job.paths.submitted_pickle.unlink(missing_ok=True)


def _look(
    running: dict[int, _Job],
) -> tuple[list[tuple[int, bytes]], list[tuple[int, str]], list[tuple[int, EpmError]]]:
    """Take out what is over: shards with their answers, those that are lost, and those in vain."""
    # asked before the files are looked at: a job writes its answer, then it is over
    states = _states([job.id for job in running.values()])
    arrived, lost, failed = [], [], []
    for index, job in list(running.items()):
        try:
            answer = job.answer()
            reason = None
            if answer is None and states is not None:
                reason = job.loss(states.get(job.id))
        except EpmError as error:
            failed.append((index, error))
            continue
        if answer is not None:
            arrived.append((index, answer))
        elif reason is not None:
            lost.append((index, reason))
        else:
            continue
        running.pop(index).tidy()
    return arrived, lost, failed


def _states(ids: Sequence[str]) -> dict[str, _State] | None:
    """What Slurm says of jobs; those that it has forgotten are missing. None: it said nothing."""
    done = subprocess.run(
        [
            "squeue",
            "--noheader",
            "--array",
            "--states=all",
            "--format=%i|%T|%N",
            "-j",
            ",".join(ids),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "Invalid job id" not in done.stderr:
        return None
    fields = (line.split("|") for line in done.stdout.splitlines())
    return {job: _State(word, nodes) for job, word, nodes in fields}
