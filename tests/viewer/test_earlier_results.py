"""Results of schema 1: every count leads to its completions, or says why there are none."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from epm.viewer.data.behind import behind
from epm.viewer.data.run import Run

DATA = Path(__file__).parents[1] / "data" / "schema_1"


def run_of(folder: Path, name: str) -> Run:
    """A run with stored results, and the completions behind them if we have them."""
    unzipped = gzip.decompress((DATA / f"{name}.json.gz").read_bytes())
    (folder / "results.json").write_bytes(unzipped)
    samples = DATA / f"{name}_samples.jsonl.gz"
    if samples.exists():
        (folder / "samples.jsonl.gz").write_bytes(samples.read_bytes())
    return Run("issue-246/old", folder)


def counts(value: Any, pointer: str = "") -> Iterator[str]:
    """Every pointer to a k or an n."""
    if isinstance(value, dict):
        yield from (f"{pointer}/{name}" for name in ("successes", "trials") if name in value)
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(member, dict | list):
            yield from counts(member, f"{pointer}/{name}")


def test_every_count_with_completions_is_found_again(tmp_path: Path) -> None:
    run = run_of(tmp_path, "checkpoints")
    kinds: dict[str, int] = {}
    for pointer in counts(run.raw):
        found = behind(run, pointer)
        if pointer.startswith("/statistics"):
            assert "several conditions" in found.why
            continue
        kind = re.sub(r"/(\d+|(?<=conditions/)\w+|(?<=bystanders/)\w+)(?=/)", "", pointer)
        if found.found is None:
            assert "checkpoints are kept in the run folder" in found.why, pointer
            assert "/trajectory/" in pointer
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        assert found.agrees, (pointer, found)
        assert found.of == {"successes": "k", "trials": "n"}[pointer.rpartition("/")[2]]
    for part in ("base_model", "source", "bystanders", "replicates", "clusters"):
        assert [kind for kind in kinds if part in kind], part


@pytest.mark.parametrize("name", ["three_seeds", "published"])
def test_counts_without_completions_say_why(tmp_path: Path, name: str) -> None:
    run = run_of(tmp_path, name)
    pointers = [*counts(run.raw)]
    assert len(pointers) > 20
    for pointer in pointers:
        found = behind(run, pointer)
        assert found.found is None
        assert found.why, pointer


@pytest.mark.parametrize(
    ("pointer", "why"),
    [
        ("/cosines/11/villain/librarian", "predictor"),
        ("/prompt_tokens/villain", "prompt"),
        ("/definition/version", "setting"),
        ("/conditions/villain/training/rows", "of the condition itself"),
        ("/conditions/nobody/source/trials", "no such value"),
        ("/conditions/villain/replicates/x/source", "no such value"),
        ("/anything", "no count of completions"),
    ],
)
def test_what_is_no_count_says_what_it_is(tmp_path: Path, pointer: str, why: str) -> None:
    assert why in behind(run_of(tmp_path, "three_seeds"), pointer).why
