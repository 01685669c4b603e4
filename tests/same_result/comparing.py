"""What two runs of one command must share to the last bit, and ways to damage one."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from epm.errors import EpmError
from epm.files import file_sha256, held, text_sha256
from epm.pipeline.run_folder import MANIFEST, guarded
from epm.results.reading import load

RESULTS = "results.json"
TIMED = frozenset({MANIFEST, RESULTS, "shards.jsonl", "inventory.json", "tracking.json"})
"""Files that hold when and where something ran."""

MADE_OF_RESULTS = frozenset({"body.md", "lint.txt", "rendered.md"})
"""Which also say how long it took, and by which command."""

NOT_SHARED = {"provenance": {"timing", "environments"}}
"""Of the results: when and where they were made, and by which command lines."""


def shared(folder: Path) -> dict[str, str]:
    """Hashes of all files of a run but those that tell of time, and of the repeatable results."""
    found = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in TIMED | MADE_OF_RESULTS
    }
    repeatable = load(folder / RESULTS).model_dump_json(exclude=NOT_SHARED)
    return {**found, RESULTS: text_sha256(repeatable)}


def at_work(folder: Path) -> bool:
    """Whether a run is at work in the folder, past its imports."""
    try:
        with held(folder):
            return False
    except EpmError:
        return True


def finished_units(folder: Path) -> int:
    """How many units of work are finished; whatever moment it is, each is whole."""
    # os.walk passes over a folder that a process clears meanwhile; rglob raises
    manifests = [Path(root) / MANIFEST for root, _, files in os.walk(folder) if MANIFEST in files]
    for path in manifests:
        value = json.loads(path.read_text(encoding="utf-8"))
        assert guarded(value) == value
        for name, sha256 in value["outputs"].items():
            assert file_sha256(path.parent / name) == sha256
    return len(manifests)


def flip(path: Path, chance: random.Random) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
