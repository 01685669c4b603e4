"""The stage that has samples judged, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epm.definition import Definition, Endpoint, canonical_json
from epm.files import dump_json, gzipped, json_lines, write_atomically
from epm.pipeline.measured import drawn
from epm.pipeline.run_folder import RunFolder
from epm.progress import Progress
from epm.results import JudgeRecord
from epm.scoring.judges.answers import ANSWERS, JUDGEMENTS, Answers, lines
from epm.scoring.judges.judging import BaseOf, judge, records

STAGE = "judge"

JUDGES = "judges.json"
"""What was asked of each judge, and what it took."""


def settings(definition: Definition) -> dict[str, Any]:
    """What judging depends on, beside the samples; how answers are read is no part of it."""
    whole = definition.as_json()
    return {
        "judges": {
            each.name: [
                each.key(canonical_json([each.template, each.rubric, each.form])),
                each.by.settings() if isinstance(each.by, Endpoint) else None,
            ]
            for each in definition.judges
        },
        **{name: whole[name] for name in ("tasks", "datasets")},
    }


def have_judged(
    definition: Definition,
    folder: RunFolder,
    replicates: Sequence[str],
    out: Path,
    base_of: BaseOf,
    progress: Progress,
) -> int:
    """Have the samples of some replicates judged; return the tokens that judges wrote.

    Answers are kept in the run folder itself, where they outlast a stage that breaks off.
    """
    rows = list(drawn(folder, replicates))
    judged = judge(definition, rows, Answers(folder.path / ANSWERS), base_of, progress)
    write_atomically(out / JUDGEMENTS, gzipped(json_lines(lines(judged))))
    found = records(definition, rows, judged)
    value = {name: record.model_dump(mode="json") for name, record in found.items()}
    write_atomically(out / JUDGES, dump_json(value))
    return sum(record.completion_tokens for record in found.values())


def judge_records(folder: RunFolder) -> dict[str, JudgeRecord]:
    """What the stage noted of each judge."""
    found = json.loads((folder.of(STAGE) / JUDGES).read_text(encoding="utf-8"))
    return {name: JudgeRecord.model_validate(value) for name, value in found.items()}
