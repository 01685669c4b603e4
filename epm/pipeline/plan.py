"""What a run would do, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from epm.definition import Definition, Endpoint
from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.pipeline.measured import drawn
from epm.pipeline.run_folder import MANIFEST, RunFolder
from epm.pipeline.stages import Stages
from epm.results import Environment, Hardware, Unavailable
from epm.sampling.samples import SAMPLES
from epm.scoring.judges.accounting import Estimate, estimate
from epm.scoring.judges.answers import ANSWERS, Answers
from epm.scoring.judges.client import key_of


def planned(loaded: LoadedExperiment, definition: Definition, path: Path) -> Iterator[str]:
    """A line for each thing that is left to do, and for each judge what it would be asked.

    Nothing is loaded, asked or written. Whether finished stages are still whole is not looked at.

    Args:
        loaded: the experiment.
        definition: what would be run.
        path: the run folder; it need not be there.
    """
    nothing = Environment(
        command="",
        epm_version="",
        git=Unavailable(unavailable="nothing is run"),
        hardware=Hardware(cpu="", cores=1, memory_gib=0, gpu="none"),
        python="",
        libraries={},
    )
    folder = RunFolder(path, nothing)
    stages = Stages(definition, folder, loaded.folder)
    left = [
        unit.name
        for stage in stages
        for unit in stage.units
        if not (folder.of(unit.stage, unit.subject) / MANIFEST).exists()
    ]
    total = sum(len(stage.units) for stage in stages)
    yield f"{total - len(left)} of {total} pieces of work were done before; nothing is done now"
    if not definition.judges:
        yield "no judge is asked"
        return
    names = [each.name for each in (*definition.untrained, *definition.trained)]
    there = not any(name.startswith(("train", "sample", "trajectory")) for name in left)
    rows = list(drawn(folder, names)) if there and _any_samples(folder, names) else None
    known = Answers(path / ANSWERS)
    for judge in definition.judges:
        yield told(estimate(judge, definition, rows, known))
        if isinstance(judge.by, Endpoint):
            try:
                name, _ = key_of(judge.by)
            except EpmError as error:
                yield f"judge '{judge.name}': {error}"
            else:
                yield f"judge '{judge.name}': {f'the key in {name}' if name else 'no key'} is sent"


def _any_samples(folder: RunFolder, names: list[str]) -> bool:
    return any((folder.of("sample", name) / SAMPLES).exists() for name in names)


def told(found: Estimate) -> str:
    """What a judge would be asked, in a line."""
    judge = found.judge
    left = found.questions - found.known
    most = "" if found.drawn else "at most "
    parts = [
        f"judge '{judge.name}': {most}{left:,} question{'s' if left != 1 else ''} to "
        f"{judge.by.shown_model if judge.by else 'nobody'}"
    ]
    if found.known:
        parts.append(f"{found.known:,} more answered before")
    parts.append(
        f"about {found.prompt_tokens:,} tokens to read and at most {found.completion_tokens:,} "
        "to write"
    )
    if found.cost is not None and isinstance(judge.by, Endpoint):
        parts.append(f"at most about {found.cost:.2f} {judge.by.currency}")
    return ", ".join(parts)
