"""The stage that has samples judged, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from epm.definition import Definition, Endpoint, canonical_json
from epm.files import dump_json, gzipped, json_lines, write_atomically
from epm.pipeline.measured import drawn
from epm.pipeline.run_folder import RunFolder
from epm.pipeline.stage import Stage, Tools, alone
from epm.results import JudgeRecord
from epm.scoring.judges.answers import ANSWERS, JUDGEMENTS, Answers, lines
from epm.scoring.judges.judging import judge, records

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


def judging(definition: Definition, folder: RunFolder, samples: tuple[Path, ...]) -> Stage:
    """Judging.

    Answers are kept in the run folder itself, where they outlast a stage that breaks off.

    Args:
        definition: with judges.
        folder: where samples are, and answers are kept.
        samples: the files of them.
    """

    def do(tools: Tools, out: Path) -> int:
        replicates = (*definition.untrained, *definition.trained)
        names = [each.name for each in replicates if each.name not in tools.failures()]
        rows = list(drawn(folder, names))
        answers = Answers(folder.path / ANSWERS)
        judged = judge(definition, rows, answers, tools.base_of, tools.progress)
        write_atomically(out / JUDGEMENTS, gzipped(json_lines(lines(judged))))
        found = records(definition, rows, judged)
        value = {name: record.model_dump(mode="json") for name, record in found.items()}
        write_atomically(out / JUDGES, dump_json(value))
        return sum(record.completion_tokens for record in found.values())

    return alone(STAGE, do, samples, settings(definition))


def judge_records(folder: RunFolder) -> dict[str, JudgeRecord]:
    """What the stage noted of each judge."""
    found = json.loads((folder.of(STAGE) / JUDGES).read_text(encoding="utf-8"))
    return {name: JudgeRecord.model_validate(value) for name, value in found.items()}
