"""Log a finished run to Weights & Biases; what became of it is written on the results.

Offline unless a key is set. Offline, `artifact.wait()` raises, `run.url` is None, and artifacts are
staged under `WANDB_DATA_DIR`, which therefore points into the run folder.
"""

from __future__ import annotations

import json
import netrc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from epm.definition import Definition, MarkerRows, Replicate
from epm.files import hashed, read_json_lines, write_atomically
from epm.models.adapters import WEIGHTS
from epm.privacy import public
from epm.results import Tracking

Mode = Literal["online", "offline", "off"]

RECORD = "tracking.json"
FOLDER = "tracking"

INIT_TIMEOUT = 30
"""Seconds to wait for wandb's server before the upload counts as failed."""


_CALLED: dict[type, list[str]] = {MarkerRows: ["marker"]}
"""First words of an artifact's name, by what its adapter was trained on."""


def default_mode() -> Mode:
    """'online' where a key is set, as an environment variable or by `wandb login`."""
    if os.environ.get("WANDB_API_KEY"):
        return "online"
    try:
        known = netrc.netrc().hosts
    except (OSError, netrc.NetrcParseError):
        known = {}
    return "online" if any("wandb" in host for host in known) else "offline"


def artifact_name(definition: Definition, replicate: Replicate) -> str:
    """As on the seed's page; a scaled-down profile says so, and cannot pass for the real thing."""
    profile = definition.profile
    suffix = "" if profile.full_scale else f"_{profile.name}"
    parts = [*_CALLED.get(type(definition.builder), []), replicate.condition]
    if profile.rows and profile.rows.name:
        parts.append(profile.rows.name)
    return f"{'_'.join(parts)}_seed{replicate.seed}{suffix}"


def log(
    mode: Mode,
    definition: Definition,
    folder: Path,
    adapters: Mapping[Replicate, Path],
    write_results: Callable[[Tracking], None],
) -> Tracking:
    """Log losses, adapters and results once; a failure is returned, never raised.

    Args:
        mode: where to.
        definition: what was run.
        folder: the run folder, with what the stages left in it.
        adapters: folder of each adapter.
        write_results: writes `results.json` with an outcome, for the artifact that holds it.
    """
    if mode == "off":
        return Tracking(mode="off", state="off", detail="wandb is switched off")
    if not adapters:
        return Tracking(mode="off", state="off", detail="nothing was trained, nothing to log")
    weights = {each.name: adapter / WEIGHTS for each, adapter in adapters.items()}
    found = hashed(weights.values())
    key = {"mode": mode, "inputs": {name: found[path] for name, path in weights.items()}}
    earlier = _earlier(folder, key)
    if earlier:
        return earlier
    names = [artifact_name(definition, each) for each in adapters]
    project = definition.experiment.tracking_project
    names.append(f"{definition.experiment.slug}_{definition.profile.name}_results")
    outcome = Tracking(
        mode=mode,
        state="uploaded" if mode == "online" else "staged",
        detail="logged"
        if mode == "online"
        else f"staged in the run folder; `wandb sync {FOLDER}/wandb/*` uploads it",
        artifacts=tuple(f"{project}/{name}" for name in names),
    )
    under_way = {"state": "staged", "detail": "the upload was under way when this was written"}
    write_results(outcome if mode == "offline" else outcome.model_copy(update=under_way))
    try:
        url = _log(
            mode,
            project,
            definition,
            folder,
            dict(zip(names, adapters.items(), strict=False)),
            names[-1],
        )
    except Exception as error:  # whatever wandb raises must not cost a finished run
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        detail = public(f"{type(error).__name__}: {reason}")
        return Tracking(mode=mode, state="failed", detail=detail)
    finally:
        _clean_logs(folder / FOLDER)
    if url:
        outcome = outcome.model_copy(update={"detail": url})
    write_atomically(
        folder / RECORD, json.dumps({"key": key, "outcome": outcome.model_dump()}, indent=1) + "\n"
    )
    return outcome


def _earlier(folder: Path, key: dict[str, Any]) -> Tracking | None:
    """The outcome of the same upload by an earlier invocation."""
    try:
        value = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return Tracking.model_validate(value["outcome"]) if value["key"] == key else None
    except (OSError, ValueError, KeyError):
        return None


def _log(
    mode: Mode,
    project: str,
    definition: Definition,
    folder: Path,
    adapters: Mapping[str, tuple[Replicate, Path]],
    results_name: str,
) -> str:
    home = folder / FOLDER
    home.mkdir(exist_ok=True)
    os.environ["WANDB_DATA_DIR"] = os.environ["WANDB_CACHE_DIR"] = str(home.resolve())
    os.environ["WANDB_SILENT"] = "true"
    import wandb

    run = wandb.init(
        project=project,
        name=f"{definition.experiment.slug}-{definition.profile.name}-{definition.fingerprint}",
        config=definition.as_json(),
        mode="online" if mode == "online" else "offline",
        dir=str(home.resolve()),
        settings=wandb.Settings(
            silent=True,
            console="off",
            x_disable_stats=True,
            init_timeout=INIT_TIMEOUT,
            # what it would find out about this user, machine and checkout by itself
            x_disable_meta=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
            disable_git=True,
            disable_code=True,
            disable_job_creation=True,
            host="",
            username="",
            email="",
            program="epm",
            program_relpath="epm",
            program_abspath="epm",
            x_executable="python",
            # online, everything is sent at once; the log of it would keep absolute paths
            x_skip_transaction_log=mode == "online",
        ),
    )
    try:
        logged = []
        for name, (replicate, adapter) in adapters.items():
            metric = f"train/{replicate.name}/loss"
            run.define_metric(metric, step_metric=f"train/{replicate.name}/step")
            for step, row in enumerate(read_json_lines(adapter / "losses.jsonl"), start=1):
                run.log({metric: row["loss"], f"train/{replicate.name}/step": step})
            metadata = {"condition": replicate.condition, "seed": replicate.seed}
            artifact = wandb.Artifact(name, type="model", metadata=metadata)
            artifact.add_dir(str(adapter))
            logged.append(run.log_artifact(_staged(artifact, folder, mode)))
        artifact = wandb.Artifact(results_name, type="results")
        for file in ("results.json", "samples.jsonl.gz"):
            artifact.add_file(str(folder / file))
        logged.append(run.log_artifact(_staged(artifact, folder, mode)))
        if mode == "online":
            for artifact in logged:
                artifact.wait()
        return run.url or ""
    finally:
        run.finish()


def _staged(artifact: Any, folder: Path, mode: Mode) -> Any:
    """The artifact; offline, its files are named relative to the run folder, to be found there."""
    if mode == "offline":
        for entry in artifact.manifest.entries.values():
            if entry.local_path:
                entry.local_path = os.path.relpath(entry.local_path, folder.resolve())
    return artifact


def _clean_logs(home: Path) -> None:
    """Take paths and names out of wandb's own logs."""
    for path in home.rglob("*.log"):
        if path.is_file() and not path.is_symlink():
            text = path.read_text(encoding="utf-8", errors="replace")
            write_atomically(path, public(text))
