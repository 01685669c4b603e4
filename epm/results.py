"""What a result is: the schema of `results.json`.

Counts are kept as k and n with the question as cluster id, never as a rate alone. A number that
could not be computed is an `Unavailable` with its reason, never null. Everything that changes
between two identical runs lives under `provenance.timing`, so that the rest can be compared byte
by byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from epm.errors import ResultsError

SCHEMA_VERSION = 1

Probability = Annotated[float, Field(ge=0, le=1)]
Coefficient = Annotated[float, Field(ge=-1 - 1e-6, le=1 + 1e-6)]
"""A correlation or cosine; float32 activations may overshoot 1 by a rounding error."""


class Value(BaseModel):
    """Frozen, without unknown fields, without NaN."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


class Unavailable(Value):
    """A number that does not exist, and why."""

    unavailable: Annotated[str, Field(min_length=1)]


# ------------------------------------------------------------------ counts


class ClusterCount(Value):
    """Marker count among the samples that share one question."""

    cluster: str
    successes: NonNegativeInt
    trials: PositiveInt

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.successes > self.trials:
            raise ValueError(f"{self.cluster}: {self.successes} successes in {self.trials} trials")
        return self


class Rate(Value):
    """k successes in n trials; `clusters` is empty where only the totals are known."""

    successes: NonNegativeInt
    trials: PositiveInt
    clusters: tuple[ClusterCount, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.successes > self.trials:
            raise ValueError(f"{self.successes} successes in {self.trials} trials")
        if self.clusters:
            totals = (
                sum(c.successes for c in self.clusters),
                sum(c.trials for c in self.clusters),
            )
            if totals != (self.successes, self.trials):
                raise ValueError(f"clusters add up to {totals}, not to the totals beside them")
        return self

    @property
    def estimate(self) -> float:
        """k / n."""
        return self.successes / self.trials

    @classmethod
    def pooled(cls, rates: list[Rate]) -> Rate:
        """The sum of several rates, clusters joined by their id."""
        by_cluster: dict[str, list[int]] = {}
        for count in (count for rate in rates for count in rate.clusters):
            total = by_cluster.setdefault(count.cluster, [0, 0])
            total[0] += count.successes
            total[1] += count.trials
        complete = all(rate.clusters for rate in rates)
        return cls(
            successes=sum(rate.successes for rate in rates),
            trials=sum(rate.trials for rate in rates),
            clusters=tuple(
                ClusterCount(cluster=c, successes=k, trials=n) for c, (k, n) in by_cluster.items()
            )
            if complete
            else (),
        )


def pooled_by_persona(rates: Sequence[Mapping[str, Rate]]) -> dict[str, Rate]:
    """Sums over several mappings from persona to rate."""
    personas = dict.fromkeys(persona for each in rates for persona in each)
    return {
        persona: Rate.pooled([each[persona] for each in rates if persona in each])
        for persona in personas
    }


# ------------------------------------------------------------------ conditions


class TrainingRecord(Value):
    """How one adapter was trained."""

    rows: PositiveInt
    steps: PositiveInt
    tokens: PositiveInt
    """Tokens seen, prompts included, over all epochs."""
    completion_tokens: PositiveInt
    """Tokens that the loss was taken on, over all epochs."""
    truncated_rows: NonNegativeInt
    first_loss: float
    final_loss: float
    """Mean loss of the last tenth of the steps, in nats per completion token."""


class SeedResult(Value):
    """One replicate of a condition: an adapter trained and sampled under one seed."""

    seed: int
    source: Rate
    bystanders: dict[str, Rate]
    training: TrainingRecord


class TrajectoryPoint(Value):
    """The source persona's marker count after so many optimiser steps of one training.

    Step 0 is the untrained model, which is sampled once, under the experiment's own seed; the last
    step is the finished adapter.
    """

    step: NonNegativeInt
    seed: int
    rate: Rate


class CompleteCondition(Value):
    """One source persona, trained and sampled (or taken from a publication)."""

    state: Literal["complete"] = "complete"
    category: str
    new: bool
    """True for the personas that this experiment adds to the parent's ten."""
    negatives: tuple[str, ...]
    """Personas of the rows without the marker."""
    source: Rate
    """Completions under the source persona that contain the marker."""
    bystanders: dict[str, Rate]
    """The same under each other persona."""
    training: TrainingRecord | Unavailable
    """Of several replicates, the first one's."""
    replicates: tuple[SeedResult, ...] = ()
    """By seed, where several were asked for: `source` and `bystanders` are their sums."""
    missing_seeds: dict[str, Annotated[str, Field(min_length=1)]] = {}
    """Reason by seed, for those of which nothing is left."""
    trajectory: tuple[TrajectoryPoint, ...] = ()
    """By step and then by seed, where the marker was counted during training as well."""

    @model_validator(mode="after")
    def _replicates_agree(self) -> Self:
        seeds = [replicate.seed for replicate in self.replicates]
        if len({*map(str, seeds), *self.missing_seeds}) < len(seeds) + len(self.missing_seeds):
            raise ValueError("a seed is there twice")
        if self.missing_seeds and not seeds:
            raise ValueError("seeds are missing, but no replicate says what is left")
        if not seeds:
            return self
        if self.source != Rate.pooled([replicate.source for replicate in self.replicates]):
            raise ValueError("the source rate is not the sum over its seeds")
        if self.bystanders != pooled_by_persona([each.bystanders for each in self.replicates]):
            raise ValueError("the bystander rates are not the sums over their seeds")
        if self.training != self.replicates[0].training:
            raise ValueError("the training is not that of the first seed")
        return self

    @model_validator(mode="after")
    def _trajectory_in_order(self) -> Self:
        places = [(point.step, point.seed) for point in self.trajectory]
        if len(set(places)) < len(places):
            raise ValueError("a step of the trajectory is there twice")
        if [step for step, _ in places] != sorted(step for step, _ in places):
            raise ValueError("the steps of the trajectory are not in order")
        return self


class MissingCondition(Value):
    """A condition that has no counts, and why."""

    state: Literal["missing"] = "missing"
    category: str
    new: bool
    reason: Annotated[str, Field(min_length=1)]


Condition = Annotated[CompleteCondition | MissingCondition, Field(discriminator="state")]


# ------------------------------------------------------------------ statistics


class Interval(Value):
    """A two-sided interval."""

    lower: float
    upper: float
    level: Probability = 0.95


class ClusteredInterval(Interval):
    """Wilson interval at the effective sample size of the clustered design."""

    clusters: PositiveInt
    design_effect: NonNegativeFloat
    effective_n: NonNegativeFloat


class TwoLevelInterval(ClusteredInterval):
    """Wilson interval at the effective sample size of seeds crossed with questions."""

    seeds: Annotated[int, Field(ge=2)]


class Proportion(Value):
    """A rate with its intervals."""

    successes: NonNegativeInt
    trials: PositiveInt
    estimate: Probability
    wilson: Interval
    clustered: TwoLevelInterval | ClusteredInterval | Unavailable
    """Clustered by question, and by seed as well where several seeds are pooled."""


class SeedProportions(Value):
    """The rates of one replicate of a condition."""

    seed: int
    source: Proportion
    bystanders: Proportion | Unavailable


class StepProportion(Value):
    """The source rate after so many optimiser steps, pooled over the seeds."""

    step: NonNegativeInt
    source: Proportion


class PersonaProportions(Value):
    """The rates of one condition."""

    source: Proportion
    bystanders: Proportion | Unavailable
    """Pooled over the bystander personas."""
    seeds: tuple[SeedProportions, ...] = ()
    """Of each replicate, where several were asked for; the rates above are pooled over them."""
    trajectory: tuple[StepProportion, ...] = ()


class Correlation(Value):
    """A correlation coefficient with its two-sided p and 95% interval (Fisher's z)."""

    coefficient: Coefficient
    p: Probability
    n: PositiveInt
    df: PositiveInt
    interval: Interval | Unavailable


class PermutationTest(Value):
    """Two-sided permutation p of Spearman's rho."""

    p: Probability
    resamples: PositiveInt


class Adjusted(Value):
    """p corrected over the layers."""

    holm: Probability
    bonferroni: Probability


class LayerStatistics(Value):
    """Cosine at one layer against source rate, over all complete conditions."""

    pearson: Correlation | Unavailable
    spearman: Correlation | Unavailable
    permutation: PermutationTest | Unavailable
    pearson_adjusted: Adjusted | Unavailable
    spearman_adjusted: Adjusted | Unavailable


class Fit(Value):
    """Ordinary least squares of source rate on cosine."""

    n: PositiveInt
    slope: float
    intercept: float
    r: Coefficient
    p: Probability
    residual_se: NonNegativeFloat


class Prediction(Value):
    """A new point against the prediction interval of the named personas' fit."""

    observed: Probability
    predicted: float
    interval: Interval
    half_width: NonNegativeFloat
    inside: bool
    leaves_unit_interval: bool
    informative: bool
    """False when the half-width exceeds the pre-registered gate."""


class Coverage(Value):
    """How many intervals contained their points, and which did not."""

    reading: str
    covered: NonNegativeInt
    total: PositiveInt
    outside: tuple[str, ...]


class LeaveOneOut(Value):
    """Three different questions that all go by the name of leave-one-out."""

    drops_with_new_in_fit: Coverage | Unavailable
    """Drop one of all personas, the new ones in the fit: are both new points inside?"""
    drops_of_named_fit: Coverage | Unavailable
    """Drop one of the named personas, the new ones out of the fit: are both new points inside?"""
    held_out: Coverage | Unavailable
    """Fit all others: is the point that was held out inside?"""


class Influence(Value):
    """One persona's pull on the fit over all personas."""

    cooks_distance: NonNegativeFloat
    leverage: Probability
    studentised_residual: float
    """Externally studentised."""
    influential: bool
    """Cook's distance above its threshold."""
    high_leverage: bool
    """Leverage above its threshold."""


class InfluenceAnalysis(Value):
    """Influence of every persona, with the thresholds used."""

    cooks_threshold: float
    leverage_threshold: float
    personas: dict[str, Influence]


class LengthPartial(Value):
    """Spearman of cosine and rate, log prompt length taken out of the ranks of both."""

    coefficient: Coefficient
    p: Probability
    n: PositiveInt
    df: PositiveInt
    vif: Annotated[float, Field(ge=1)]
    """Variance inflation factor of cosine and log length."""


class SubsetCorrelations(Value):
    """Both correlations over some of the personas."""

    n: NonNegativeInt
    pearson: Correlation | Unavailable
    spearman: Correlation | Unavailable


class PrimaryStatistics(Value):
    """Everything computed at the pre-registered layer."""

    layer: NonNegativeInt
    prediction_gate: NonNegativeFloat
    """Largest half-width of a prediction interval that counts as informative."""
    named_fit: Fit | Unavailable
    all_fit: Fit | Unavailable
    predictions: dict[str, Prediction | Unavailable]
    leave_one_out: LeaveOneOut
    influence: InfluenceAnalysis | Unavailable
    length_partial: LengthPartial | Unavailable
    without_reference: SubsetCorrelations
    drop_one: dict[str, SubsetCorrelations]
    within_category: dict[str, SubsetCorrelations]


class Statistics(Value):
    """The statistics stage's output."""

    alpha: Probability
    personas: dict[str, PersonaProportions]
    layers: dict[str, LayerStatistics]
    primary: PrimaryStatistics


# ------------------------------------------------------------------ provenance


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
    """Replicates that one worker of an executor trained and sampled."""

    executor: str
    replicates: tuple[str, ...]
    """Their names, as of their folders."""
    worker: str
    """Host, and GPU where it has one."""
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
    """What was run elsewhere."""


class Environment(Value):
    """What one invocation of `epm run` ran in."""

    command: str
    epm_version: str
    git: GitState | Unavailable
    hardware: Hardware
    python: str
    libraries: dict[str, str]


class EngineRecord(Value):
    """How completions were sampled; they are kept because no engine draws them again bit by bit."""

    name: str
    """Library and version."""
    dtype: str
    adapters: Literal["merged", "apart"]
    """Whether an adapter's product was added to the weights before, or is beside them."""
    batch_limit: PositiveInt
    """Most completions in one batch."""
    seed_policy: str
    """What a seed is drawn for, in a phrase."""


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
    """sha256 by path relative to the run folder."""
    timing: Timing


class Tracking(Value):
    """What became of the upload to wandb."""

    mode: Literal["online", "offline", "off"]
    state: Literal["uploaded", "staged", "off", "failed"]
    detail: str
    artifacts: tuple[str, ...] = ()


class Results(Value):
    """The whole of `results.json`."""

    schema_version: Literal[1] = 1
    identity: Identity
    definition: dict[str, JsonValue]
    """The resolved definition, as `epm show` prints it."""
    conditions: dict[str, Condition]
    base_model: Rate | Unavailable
    """The marker in the untrained model's answers, under all personas: the control."""
    prompt_tokens: dict[str, PositiveInt]
    """System prompt lengths in tokens."""
    cosines: dict[str, dict[str, Coefficient]]
    """Layer -> persona -> centred cosine to the reference persona."""
    statistics: Statistics
    provenance: Provenance
    tracking: Tracking

    @property
    def seeds(self) -> list[int]:
        """Of the replicates, in their order: those chosen, or else the experiment's own."""
        chosen: Any = self.definition.get("seeds")
        return chosen or [self.provenance.seeds["experiment"]]

    def dumps(self) -> str:
        """The file's text."""
        return self.model_dump_json(indent=1) + "\n"

    def dumps_repeatable(self) -> str:
        """The text without what two identical runs do not share."""
        return self.model_dump_json(indent=1, exclude={"provenance": {"timing"}})


def load(path: Path) -> Results:
    """Read a results file.

    Raises:
        ResultsError: the file is missing, no JSON, of an unknown version, or breaks the schema.
    """
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"no results file at {path}", "finish the run with `epm run`") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path} is not readable JSON: {error}", "run `epm run` again") from None
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}; this epm reads up to {SCHEMA_VERSION}",
            "upgrade epm (`pip install -U epm-bot`)",
        )
    try:
        return Results.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/" + "/".join(str(part) for part in first["loc"])
        raise ResultsError(
            f"{path} breaks the results schema at {where}: {first['msg']}",
            "it was edited by hand or written by another tool; run `epm run` again",
        ) from None


def json_schema() -> str:
    """The schema as a JSON Schema document."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Results.model_json_schema(),
        "title": f"epm results, schema version {SCHEMA_VERSION}",
    }
    return json.dumps(schema, indent=1) + "\n"
