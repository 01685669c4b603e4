"""One invocation's way through its stages: what it did itself, and what others bring it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_run_folder import ENVIRONMENT

from epm.errors import StageFailed
from epm.pipeline.execution import Execution
from epm.pipeline.run_folder import RunFolder, WorkUnit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from conftest import Quiet

    from epm.pipeline.run_folder import Done

UNIT = WorkUnit("train", "baker", ())


def writing(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
    """Writes a file for each."""
    for unit, out in folders.items():
        (out / "weights").write_text("made")
        yield {unit: 7}


def test_what_it_did_itself_is_not_looked_at_again(tmp_path: Path, quiet: Quiet) -> None:
    """Unlike what was there before it: a file that was changed since is made again."""
    damaged: list[str] = []
    folder = RunFolder(tmp_path, ENVIRONMENT, damaged.append)
    first = Execution(folder, quiet)
    first.finish([UNIT], writing)
    (tmp_path / "train/baker/weights").write_text("changed")
    assert first.unfinished([UNIT]) == []
    assert not damaged

    assert Execution(folder, quiet).unfinished([UNIT]) == [UNIT]
    assert damaged == ["train/baker/weights"]


def test_what_another_process_brought_is_looked_at_once(tmp_path: Path, quiet: Quiet) -> None:
    """Whole, it counts as done; damaged or absent, it is still to be done."""
    damaged: list[str] = []
    folder = RunFolder(tmp_path, ENVIRONMENT, damaged.append)
    here = Execution(folder, quiet)
    here.take_over([UNIT])
    assert here.unfinished([UNIT]) == [UNIT]

    Execution(folder, quiet).finish([UNIT], writing)
    weights = tmp_path / "train/baker/weights"
    weights.write_text("changed")
    here.take_over([UNIT])
    assert damaged == ["train/baker/weights"]
    assert here.unfinished([UNIT]) == [UNIT]

    weights.write_text("made")
    here.take_over([UNIT])
    weights.write_text("changed")
    assert here.unfinished([UNIT]) == []
    assert here.finished[UNIT.name].tokens == 7


def test_a_failed_replicate_has_no_later_units(tmp_path: Path, quiet: Quiet) -> None:
    """Also where another process gave it up."""

    def failing(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        yield dict.fromkeys(folders, StageFailed("it diverged"))

    folder = RunFolder(tmp_path, ENVIRONMENT)
    Execution(folder, quiet).finish([UNIT], failing)
    here = Execution(folder, quiet)
    samples = WorkUnit("sample", "baker", (tmp_path / "train/baker/weights",))
    here.take_over([UNIT, samples])
    assert here.failures == {"baker": "it diverged"}
    assert here.unfinished([UNIT, samples]) == []
    assert list(here.finished) == [UNIT.name]
