"""A judge that is a real server: transformers' own, with a small real model, on this CPU.

SmolLM2 is no judge. What is held is the mechanics: every answer is kept, is a score or a loss of a
known class, and is what our own engine answers with the same model.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from judged_study import YES_NO, judged, samples

from epm.definition import SMOLLM2_135M, Endpoint, Judge, LocalJudge
from epm.definition.judge_models import last_part
from epm.definition.judges import LOSSES
from epm.models.base import BaseModel
from epm.models.sources import fetch
from epm.results import Joint
from epm.scoring.judges.answers import ANSWERS, Answers
from epm.scoring.judges.judging import judge, records
from epm.scoring.measuring import measure, scored

if TYPE_CHECKING:
    from conftest import Quiet

pytestmark = pytest.mark.slow

SERVE = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
NEEDED = ("openai", "jiter", "distro", "sniffio")
"""What the server imports beside what the tests have."""

THINGS = "rain snow tea bread music chess rivers winter maths ships cats maps trains".split()
SAID = ("I love {}, and I am so glad that you ask me!", "{}. No comment.")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of SmolLM2; the session's cache is empty, the user's may have it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EPM_CACHE_DIR", raising=False)
        return fetch(SMOLLM2_135M, print).path


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its base URL."""
    folder = tmp_path_factory.mktemp("serve")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    got = subprocess.run([*install, *NEEDED], capture_output=True, text=True, check=False)
    if got.returncode:
        pytest.skip(f"the server needs packages: {got.stderr.strip()[-200:]}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", SERVE, "serve", "--host", "127.0.0.1"),
                *("--port", str(port), "--device", "cpu", "--dtype", "float32", str(model)),
            ],
            env={**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def test_live_answers(server: str, model: Path, tmp_path: Path, quiet: Quiet) -> None:
    by = Endpoint(server, str(model), max_tokens=12, concurrency=2, timeout=120.0)
    ours = Judge(
        "ours", by=LocalJudge(SMOLLM2_135M, max_tokens=12), rubric="Is it warm?", labels=YES_NO
    )
    definition = judged(by, ours)
    rows = samples(
        (arm, SAID[(number + shift) % 2].format(thing))
        for arm in ("a", "b")
        for shift in (0, 1)
        for number, thing in enumerate(THINGS)
    )
    rows = [{**row, "text": f"{row['text']} ({row['condition']})"} for row in rows]
    known = Answers(tmp_path / ANSWERS)

    def base_of(of_judge: object) -> BaseModel:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("EPM_CACHE_DIR", raising=False)
            base = BaseModel(of_judge, quiet.say)  # type: ignore[arg-type]
            assert base.folder.path == model
        return base

    began = time.monotonic()
    answers = judge(definition, rows, known, base_of, quiet)
    seconds = time.monotonic() - began
    found = records(definition, rows, answers)
    live = found["warm"]
    assert live.questions == live.answered == len(rows) == 52
    assert live.model == last_part(str(model)) == model.name
    assert live.unmetered == 0
    assert live.completion_tokens > 0
    assert not any("/" in name for name in live.served)
    texts = {
        name: [row["judged"][name]["text"] for row in scored(definition, rows, answers)]
        for name in ("warm", "ours")
    }
    same = sum(a == b for a, b in zip(texts["warm"], texts["ours"], strict=True))
    measured = measure(definition, rows, answers)
    classes: Counter[str] = Counter()
    for arm in ("a", "b"):
        counted = measured[arm]["asked"]["warm"]["seed=42"]
        assert not isinstance(counted, Joint)
        assert set(counted.excluded) <= set(LOSSES)
        classes.update(counted.excluded)
        classes["scored"] += getattr(counted, "trials", 0)
    assert sum(classes.values()) == len(rows)
    print(  # noqa: T201
        f"{len(rows)} live answers in {seconds:.0f} s: {dict(classes)}; {same} as our engine's"
    )
    # to the letter, but for roundings of two implementations
    assert same >= 0.9 * len(rows)
    again = judge(definition, rows, Answers(tmp_path / ANSWERS), base_of, quiet)
    assert again == answers
