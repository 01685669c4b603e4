"""Which files of a run are published, and whether the run may be."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.definition.overrides import MARK
from epm.errors import EpmError
from epm.files import file_sha256, read_own
from epm.models.steering import DIRECTION
from epm.pipeline import inventory
from epm.report.render import RESULTS, SAMPLES, figures
from epm.report.steering import steered_alike
from epm.results import GitState, Results
from epm.results.reading import load

LARGEST_SAMPLES = 10 * 2**20
"""Bytes of compressed samples; a repository keeps for ever what was committed once."""


@dataclass(frozen=True)
class Artifacts:
    """A finished run, as it will be published."""

    run: Path
    results: Results
    files: Mapping[str, bytes]
    """Content by path relative to the run folder."""
    instead: Mapping[str, str]
    """For a file that is too large: where else it is, in words."""

    @property
    def profile(self) -> str:
        """The run's scale."""
        return self.results.identity.profile

    @property
    def commit(self) -> str:
        """The code that finished the run."""
        return _states(self.results)[-1].commit


def collect(run: Path, slug: str, allow_pilot: bool) -> Artifacts:
    """Read a run, or refuse it; nothing but its folder is looked at.

    Raises:
        EpmError: with the command that mends it.
    """
    results = load(run / RESULTS)
    identity = results.identity
    again = _command(results)
    if identity.slug != slug:
        raise EpmError(f"{run} is a run of {identity.slug}, not of {slug}", "correct --run")
    inventory.check(run, f"{again} makes it again")
    _check_code(results, again)
    if _is_pilot(results) and not allow_pilot:
        raise EpmError(
            f"the profile {identity.profile} is a pilot ({identity.scale})",
            "publish a larger one, or add --allow-pilot",
        )
    instead: dict[str, str] = {}
    if (run / SAMPLES).is_file() and (run / SAMPLES).stat().st_size > LARGEST_SAMPLES:
        instead[SAMPLES] = _elsewhere(results, (run / SAMPLES).stat().st_size, again)
    names = [RESULTS, SAMPLES]
    for figure in sorted({path.stem for path in (run / "figures").glob("*.*")}):
        for suffix in (".png", ".pdf", ".json"):
            name = f"figures/{figure}{suffix}"
            if not (run / name).is_file():
                raise EpmError(f"there is no {run / name}", f"{again} draws it")
            names.append(name)
    first = next((n for n, c in results.conditions.items() if c.training), "")
    names.append(f"rows/{first}.jsonl")
    names += [f"direction/{alike[0]}/{DIRECTION}" for alike in steered_alike(results)]
    files = {
        name: read_own(run / name, within=run)
        for name in names
        if name not in instead and os.path.lexists(run / name)
    }
    for name, digest in results.provenance.files.items():
        wanted = name in files or name in instead
        if wanted and file_sha256(run / name) != digest:
            raise EpmError(f"{run / name} is not the file that the results are from", again)
    return Artifacts(run, results, files, instead)


def _command(results: Results) -> str:
    """What makes the run again."""
    identity, definition = results.identity, results.definition or {}
    overrides: Any = definition.get("overrides") or {}
    profile = identity.profile.rpartition(MARK)[0] if overrides else identity.profile
    said = "".join(
        f" --set {shlex.quote(f'{path}={value if isinstance(value, str) else json.dumps(value)}')}"
        for path, value in overrides.items()
    )
    return f"`epm run {identity.slug} --profile {profile}{said}`"


def _check_code(results: Results, again: str) -> None:
    """The page says what code made it; that has to be true.

    What a run recorded the content of is looked for among the commits (`publishing.committed`).
    """
    for environment in results.provenance.environments:
        git = environment.git
        if environment.content:
            continue
        if not isinstance(git, GitState):
            raise EpmError(
                f"the results do not say which code made them ({git.unavailable})",
                f"{again} --fresh in a git checkout",
            )
        if git.dirty:
            raise EpmError(
                f"the tree had uncommitted changes when the results were made (at "
                f"{git.commit[:12]}), and what they were was not recorded",
                f"commit them, then {again.removesuffix('`')} --fresh`",
            )


def _states(results: Results) -> list[GitState]:
    return [e.git for e in results.provenance.environments if isinstance(e.git, GitState)]


def commits(results: Results) -> list[str]:
    """The code that made the results; several commits where the run was resumed at another."""
    return list(dict.fromkeys(state.commit for state in _states(results)))


def _is_pilot(results: Results) -> bool:
    """Whether the profile is one that nothing but LOW confidence may come of."""
    definition: Any = results.definition or {}
    return bool(definition.get("profile", {}).get("confidence_cap") == "LOW")


def leading_figure(artifacts: Artifacts) -> str:
    """The figure that the page opens with; '' where it has none."""
    return next(iter(figures(artifacts.run, artifacts.results).values()), "")


def _elsewhere(results: Results, size: int, again: str) -> str:
    tracking = results.tracking
    megabytes = f"{size / 2**20:.0f} MiB"
    if tracking.state != "uploaded" or not tracking.artifacts:
        raise EpmError(
            f"the samples have {megabytes}, more than the {LARGEST_SAMPLES // 2**20} MiB that are "
            "committed, and are on no server",
            f"set WANDB_API_KEY, then {again.removesuffix('`')} --wandb online`",
        )
    # the last one holds the results and the samples
    return f"{megabytes}, in the wandb artifact `{tracking.artifacts[-1]}`"
