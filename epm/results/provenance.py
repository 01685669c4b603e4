"""What ran, on what, and where it was logged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from epm.results.evaluated import EvaluationRecord
from epm.results.imported import ImportRecord
from epm.results.judges import JudgeRecord
from epm.values import Unavailable, Value


class Identity(Value):
    """Which experiment, at which scale."""

    slug: str
    issue: PositiveInt
    title: str
    profile: str
    scale: str
    """The profile in one phrase, as it is printed on the body."""
    full_scale: bool
    fingerprint: str


class GitState(Value):
    """The code that ran."""

    commit: str
    dirty: bool
    remote: str
    afterwards: bool | None = None
    """True where the commit was made after the run, of exactly the content that had run."""


class ModelRecord(Value):
    """The model that ran."""

    name: str
    source: str
    revision: str
    sha256: str
    parameters: PositiveInt
    layers: PositiveInt
    dtype: str


class Hardware(Value):
    """The machine that ran it."""

    cpu: str
    cores: PositiveInt
    memory_gib: NonNegativeFloat
    gpu: str
    """Name of the GPU, or 'none'."""


class StageTiming(Value):
    """Seconds of one stage of one condition ('' where the stage has none)."""

    stage: str
    condition: str
    seconds: NonNegativeFloat
    tokens: NonNegativeInt
    """Tokens trained on, generated or read."""


class ShardRecord(Value):
    """Replicates that one of the processes which shared a run trained and sampled."""

    executor: str
    replicates: tuple[str, ...]
    """Their names, as of their folders."""
    worker: str
    """Number of the machine, and GPU where it has one."""
    seconds: NonNegativeFloat
    """Of the attempt that succeeded."""
    attempts: PositiveInt


class Timing(Value):
    """What two identical runs do not share."""

    finished_at: str
    total_seconds: NonNegativeFloat
    """Sum over the stages, so that a resumed run counts its earlier part."""
    stages: tuple[StageTiming, ...]
    shards: tuple[ShardRecord, ...] = ()
    """Who did what, where several processes shared it."""
    logs: dict[str, str] = Field({})
    """sha256 of Inspect's logs, which hold times and chance names, by path in the run folder."""


class Environment(Value):
    """What one invocation of `epm run` ran in."""

    command: str
    epm_version: str
    git: GitState | Unavailable
    content: str | None = None
    """sha256 over what was run: names and contents of the experiment's files, and of epm's where
    they are in the same repository; None where it was not recorded."""
    installed: str | None = None
    """Which epm ran, where its code is not in the experiment's repository."""
    hardware: Hardware
    python: str
    libraries: dict[str, str]


class EngineRecord(Value):
    """How completions were sampled; they are kept because another machine rounds otherwise."""

    name: str
    """Library and version."""
    dtype: str
    adapters: Literal["merged", "apart"]
    """Whether an adapter's product was added to the weights before, or is beside them."""
    batch_limit: PositiveInt
    """Most completions in one batch."""
    seed_policy: str
    """What a seed is drawn for, in a phrase."""
    batch_invariant: bool | None = None
    """Whether a row is computed alike in any batch, in training and in sampling.

    If so, the same processor and libraries give the same bits however the work is grouped. None
    where it was not recorded.
    """


class Provenance(Value):
    """Recorded by the run, never typed by hand."""

    environments: Annotated[tuple[Environment, ...], Field(min_length=1)]
    """Distinct ones, in the order of first use: one, unless the run was resumed somewhere else."""
    model: ModelRecord | Unavailable
    engine: EngineRecord | Unavailable
    """What sampled the completions."""
    seeds: dict[str, int]
    """The experiment's own, and 'replicate 1', 'replicate 2', … where seeds were chosen."""
    files: dict[str, str]
    """sha256 by path relative to the run folder; of inputs that were imported, by name."""
    imported: ImportRecord | None = None
    """Where the measurements come from, if they were made elsewhere."""
    judges: dict[str, JudgeRecord] = Field({})
    """By metric: who judged the answers, and what that took."""
    evaluated: EvaluationRecord | None = None
    """Where tasks were Inspect's."""
    timing: Timing


class Tracking(Value):
    """What became of the upload to wandb."""

    mode: Literal["online", "offline", "off"]
    state: Literal["uploaded", "staged", "off", "failed"]
    detail: str
    artifacts: tuple[str, ...] = ()
