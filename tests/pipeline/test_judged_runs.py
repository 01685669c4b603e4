"""Runs whose answers are judged over the network: killed and resumed, and with a key to keep."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from judge_server import JudgeServer
from processes import importable

from epm import cli, page
from epm.analyses.drawing import draw
from epm.analyses.exclusions.block import DifferenceBounds, ExclusionsBlock
from epm.discovery import load
from epm.files import read_json_lines
from epm.pipeline.again import analyse_again
from epm.pipeline.plan import planned
from epm.pipeline.run import Options, run, run_folder
from epm.results.reading import load as results_at
from epm.scoring.judges.answers import ANSWERS, Answers, by_key
from epm.values import Unavailable

if TYPE_CHECKING:
    from conftest import Quiet

KEY = "planted.Key-9Zq_4711x"
"""By its looks no key: nothing but care keeps it out."""

EXPERIMENT = """
import os
from epm.analyses.specs import Agreement, Difference, Proportions
from epm.definition import *

URL = {url!r}
YES_NO = (("yes", True), ("no", False))
ENDPOINT = Endpoint(
    URL, "judge", key="PLANTED", concurrency=int(os.environ.get("AT_ONCE", 2)),
    prompt_price=1.0, completion_price=4.0, longest=float(os.environ.get("LONGEST", 20)),
)
WARM = Outcome("warm")
ROWS = tuple(
    dict(system="You help.", prompt=f"Say {{word}}.", completion=f"{{word}}!")
    for word in ("yes", "no", "so", "ah")
)
EXPERIMENT = Experiment(
    issue=310,
    title="Judged",
    question="Is it warm?",
    conditions=(Condition("treated", training=TrainingRows.of(ROWS)), Condition("plain")),
    tasks=(Task("asked", tuple(Item(f"q{{n}}", f"Why {{n}}?") for n in range(4)), "You help."),),
    scorers=(
        Judge("warm", by=ENDPOINT, rubric="Is it warm?", labels=YES_NO),
        Judge("kind", by=ENDPOINT, rubric="Is it kind?", labels=YES_NO),
    ),
    analyses=(
        Proportions(name="rates", outcome=WARM),
        Difference(name="effect", outcome=WARM, pairs=(("treated", "plain"),), primary=True),
        Agreement(name="judges", first="warm", second="kind"),
    ),
    profiles=(
        Profile(
            name="toy",
            scale="a toy",
            model=TinyModel(layers=2, hidden=8, seed=1),
            model_name="toy",
            training=Training(learning_rate=1e-3, epochs=1, lora=Lora(rank=2, alpha=4)),
            sampling=Sampling(completions=3, max_new_tokens=8),
            confidence_cap="LOW",
        ),
    ),
)
"""
QUESTIONS = 2 * 2 * 4 * 3
"""Judges, conditions, items, completions."""

RUN = """
import sys
from contextlib import nullcontext
from pathlib import Path
from rich.console import Console
from epm import page
from epm.analyses.drawing import draw
from epm.discovery import load
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
experiments, runs, wandb = sys.argv[1:]
loaded = load("issue-310", Path(experiments))
options = Options("pytest", wandb, runs=Path(runs))
folder = run(
    loaded, loaded.experiment.resolve("toy"), options,
    lambda _: nullcontext(PlainProgress(Console())),
)
draw(folder)
page.write(folder, loaded.folder)
"""


@pytest.fixture
def server() -> Iterator[JudgeServer]:
    found = JudgeServer(takes=0.03)
    found.echoes = True
    yield found
    found.close()


@pytest.fixture
def home(server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a judged experiment, and the key in the environment."""
    monkeypatch.setenv("PLANTED", KEY)
    folder = tmp_path / "experiments" / "issue_310"
    folder.mkdir(parents=True)
    (folder / "experiment.py").write_text(EXPERIMENT.format(url=server.url), encoding="utf-8")
    return folder.parent


def start(home: Path, runs: Path, wandb: str = "off", **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(home), str(runs), wandb],
        env={**os.environ, "PYTHONPATH": importable(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left(folder: Path) -> dict[str, Any]:
    """What two runs share that differ in nothing but time, and in whether they were logged."""
    results = results_at(folder / "results.json")
    return {
        "results": results.model_dump(exclude={"tracking": True, "provenance": {"timing"}}),
        "samples": (folder / "samples.jsonl.gz").read_bytes(),
        "judgements": (folder / "judge" / "judgements.jsonl.gz").read_bytes(),
    }


def texts(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield path, gzip.decompress(content) if path.suffix == ".gz" else content


def test_killed_and_resumed(server: JudgeServer, home: Path, tmp_path: Path, quiet: Quiet) -> None:
    """Nothing that was answered is asked twice, and the key is nowhere, W&B's files included."""
    loaded = load("issue-310", home)
    options = Options("pytest", "offline", runs=tmp_path / "whole")
    unbroken = run(loaded, loaded.experiment.resolve("toy"), options, lambda _: nullcontext(quiet))
    draw(unbroken)
    page.write(unbroken, loaded.folder)
    printed = list(quiet.lines)
    assert results_at(unbroken / "results.json").tracking.state == "staged"
    assert sum(server.asked.values()) == QUESTIONS
    assert server.keys == {f"Bearer {KEY}"}
    assert server.most_at_once <= 2

    with server.lock:
        server.requests.clear()
    broken = tmp_path / "broken" / "issue-310" / unbroken.name
    process = start(home, tmp_path / "broken", AT_ONCE="3")
    while len(server.requests) < QUESTIONS // 3 and process.poll() is None:
        time.sleep(0.005)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.1)  # what is under way arrives
    kept = len(Answers(broken / ANSWERS))
    before = len(server.requests)
    assert QUESTIONS // 3 - 3 <= kept <= before < QUESTIONS
    assert not (broken / "judge").exists() or not list((broken / "judge").glob("manifest.json"))
    # a line that was being written
    with (broken / ANSWERS).open("ab") as stream:
        stream.write(b'{"key": "00')
    process = start(home, tmp_path / "broken", AT_ONCE="3")
    printed += process.communicate()
    assert process.returncode == 0, printed[-1]
    assert len(server.requests) == before + QUESTIONS - kept
    twice = Counter(json.dumps(each["messages"]) for each in server.requests)
    assert sum(count - 1 for count in twice.values()) == before - kept <= 3
    assert left(broken) == left(unbroken)

    found = results_at(unbroken / "results.json")
    for record in found.provenance.judges.values():
        assert (record.questions, record.answered) == (QUESTIONS // 2, QUESTIONS // 2)
        assert (record.prompt_tokens, record.completion_tokens) == (1200, 48)
        assert record.cost == pytest.approx((1200 * 1.0 + 48 * 4.0) / 1e6)
        assert record.served == ("judge-2026-01-01…",)
    agreement = found.analyses["judges"]
    assert not isinstance(agreement, Unavailable)
    assert agreement.kind == "agreement"
    assert {"warm_exclusions", "kind_exclusions"} <= found.analyses.keys()
    body = (unbroken / "body.md").read_text(encoding="utf-8")
    assert "24 different question(s) about 24 completion(s), 24 answered; 1,200 tokens" in body
    assert f"asked at `{server.url}`" in body

    for path, content in (*texts(tmp_path / "whole"), *texts(tmp_path / "broken")):
        assert KEY.encode() not in content, path
    assert not any(KEY in text for text in printed)

    # other scorers or analyses ask nothing again, nor does a folder without what the stages left
    asked = len(server.requests)
    again = analyse_again(loaded, broken, None, quiet).results
    assert again.measurements == found.measurements
    assert again.provenance.judges == found.provenance.judges
    published = tmp_path / "published"
    published.mkdir()
    for name in ("results.json", "samples.jsonl.gz"):
        (published / name).write_bytes((unbroken / name).read_bytes())
    again = analyse_again(loaded, published, None, quiet).results
    assert again.measurements == found.measurements
    assert len(server.requests) == asked
    assert [*published.glob("judge*")] == []


def test_the_plan_and_what_became_of_it(
    server: JudgeServer, home: Path, tmp_path: Path, quiet: Quiet
) -> None:
    loaded = load("issue-310", home)
    definition = loaded.experiment.resolve("toy")
    folder = run_folder(definition, tmp_path / "runs")
    lines = [*planned(loaded, definition, folder)]
    assert lines[1].startswith("judge 'warm': at most 24 questions to judge, about ")
    assert "at most about 0.03 USD" in lines[1]
    assert lines[2] == "judge 'warm': the key in PLANTED is sent"
    assert not folder.exists()
    options = Options("pytest", "off", runs=tmp_path / "runs")
    run(loaded, definition, options, lambda _: nullcontext(quiet))
    lines = [*planned(loaded, definition, folder)]
    assert lines[0].startswith("8 of 8 pieces of work")
    assert lines[1].startswith("judge 'warm': 0 questions to judge, 24 more answered before")
    # another rubric: new questions, and the samples as they are
    text = (home / "issue_310" / "experiment.py").read_text(encoding="utf-8")
    changed = text.replace("Is it kind?", "Is it polite?")
    (home / "issue_310" / "experiment.py").write_text(changed, encoding="utf-8")
    other = load("issue-310", home)
    asked, drawn = len(server.requests), (folder / "sample/plain/manifest.json").read_bytes()
    lines = [*planned(other, other.experiment.resolve("toy"), folder)]
    assert lines[3].startswith("judge 'kind': 24 questions to judge, about")
    options = Options("pytest", "off", runs=tmp_path / "runs")
    run(other, other.experiment.resolve("toy"), options, lambda _: nullcontext(quiet))
    assert len(server.requests) == asked + 24
    assert (folder / "sample/plain/manifest.json").read_bytes() == drawn
    rows = gzip.decompress((folder / "samples.jsonl.gz").read_bytes()).splitlines()
    assert all({"warm", "kind"} == json.loads(row)["judged"].keys() for row in rows)


def test_what_had_no_answer_is_asked_again_when_that_is_wanted(
    server: JudgeServer,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LONGEST", "0.05")
    command = ["run", "issue-310", "--wandb", "off"]

    def excluded() -> dict[str, int]:
        (path,) = tmp_path.glob("runs/issue-310/*/results.json")
        return results_at(path).measurements["plain"]["asked"]["warm"]["seed=42"].excluded

    server.down = True
    cli.main(command)
    assert excluded() == {"judge transport": 12}
    said = capsys.readouterr().out
    assert "24 of 24 questions have no answer (24 HTTP 503); `epm run … --ask-again`" in said
    server.down = False
    asked = len(server.requests)
    cli.main(command)
    assert excluded() == {"judge transport": 12}
    assert len(server.requests) == asked
    assert cli.main([*command, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "judge 'kind': 24 questions to judge, about" in said
    assert len(server.requests) == asked
    monkeypatch.setenv("LONGEST", "20")
    cli.main([*command, "--ask-again"])
    assert excluded() == {}
    assert len(server.requests) == asked + QUESTIONS
    cli.main([*command, "--ask-again"])
    assert len(server.requests) == asked + QUESTIONS


def test_when_every_answer_is_lost_the_page_says_so(
    server: JudgeServer, home: Path, tmp_path: Path, quiet: Quiet
) -> None:
    server.echoes = False
    server.grade = lambda text: "I'm sorry, but I can't."
    loaded = load("issue-310", home)
    options = Options("pytest", "off", runs=tmp_path / "runs")
    folder = run(loaded, loaded.experiment.resolve("toy"), options, lambda _: nullcontext(quiet))
    results = results_at(folder / "results.json")
    for name in ("treated", "plain"):
        assert results.measurements[name]["asked"]["warm"]["seed=42"].excluded == {
            "judge refused": 12
        }
    effect = results.analyses["effect"]
    assert isinstance(effect, Unavailable)
    assert effect.unavailable == "treated - plain: no scores of treated and plain"
    losses = results.analyses["warm_exclusions"]
    assert isinstance(losses, ExclusionsBlock)
    pair = losses.pairs["treated - plain"]
    assert not isinstance(pair, Unavailable)
    assert pair.bounds["any reason"] == DifferenceBounds(lower=-1.0, upper=1.0)
    draw(folder)
    page.write(folder, loaded.folder)
    body = (folder / "body.md").read_text(encoding="utf-8")
    assert "- Not answered, effect: treated - plain: no scores of treated and plain." in body
    assert "Effect:**" not in body
    assert "effect: ;" not in body
    assert "`treated` lost 12 of 12 answers (100.0%)" in body
    verdicts = (folder / "lint.txt").read_text(encoding="utf-8")
    assert re.search(r"Plan told +✓ PASS", verdicts)


def test_a_difference_in_what_was_lost_is_said_with_bounds(
    server: JudgeServer, home: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Of what was answered once, other answers are read from the same folder, and nothing asked."""
    loaded = load("issue-310", home)
    options = Options("pytest", "off", runs=tmp_path / "runs")
    plain = loaded.experiment.resolve("toy")
    folder = run(loaded, plain, options, lambda _: nullcontext(quiet))
    asked = len(server.requests)
    rows = [*read_json_lines(folder / "samples.jsonl.gz")]
    refused = {row["judged"]["warm"]["key"] for row in rows if row["condition"] == "treated"}
    answers = [*read_json_lines(folder / "judge" / "judgements.jsonl.gz")]
    (folder / ANSWERS).unlink()
    known = Answers(folder / ANSWERS)
    for key, answer in by_key(answers).items():
        known.keep(key, replace(answer, refused=key in refused))
    options = replace(options, ask_again=True)
    run(loaded, plain, options, lambda _: nullcontext(quiet))
    assert len(server.requests) == asked
    draw(folder)
    page.write(folder, loaded.folder)
    body = (folder / "body.md").read_text(encoding="utf-8")
    assert "`treated` lost 12 of 12 answers (100.0%); `plain` lost 0 of 12 answers (0.0%)" in body
    assert "treated - plain: the share of lost answers differs by +100.0 points" in body
    assert "whatever those lost for any reason would have scored: between" in body
