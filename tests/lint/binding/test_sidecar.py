"""A picture that a page pins to a commit is the one that was rendered, and shows the results."""

import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from epm.analyses.drawing import draw
from epm.discovery import LoadedExperiment
from epm.linting.records import beside
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.report.render import render
from epm_lint.binding.manifest import MARK, decode
from epm_lint.engine import lint
from epm_lint.markdown.document import Document
from epm_lint.model import Status, Verdict
from epm_lint.rules.numbers import numbers_match_results

COMMIT = "43a303c" + "0" * 33
URL = f"https://raw.githubusercontent.com/acme/lab/{COMMIT}/runs/figures/slope.png"


class Files:
    """A history of one commit."""

    name = "acme/lab"
    is_shallow = False

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def has_commit(self, commit: str) -> bool:
        return COMMIT.startswith(commit)

    def read(self, commit: str, path: str) -> bytes | None:
        return self.files.get(path) if self.has_commit(commit) else None

    def last_commit(self, path: str) -> str | None:
        return COMMIT if path in self.files else None


@pytest.fixture(scope="module")
def folder(issue_246: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `published` run, with its figure."""
    options = Options("pytest", "off", runs=tmp_path_factory.mktemp("drawn"))
    definition = issue_246.experiment.resolve("published")
    made = run(issue_246, definition, options, lambda _: nullcontext(PlainProgress(Console())))
    draw(made)
    render(made, issue_246.folder)
    return made


def committed(folder: Path) -> dict[str, bytes]:
    return {
        f"runs/figures/{name}": (folder / "figures" / name).read_bytes()
        for name in ("slope.png", "slope.json")
    }


def judged(folder: Path, files: dict[str, bytes], results: Any = None) -> Verdict:
    body = (folder / "body.md").read_text(encoding="utf-8").replace("figures/slope.png)", f"{URL})")
    results = results or json.loads((folder / "results.json").read_text(encoding="utf-8"))
    record = beside(folder)
    assert record is not None
    record = replace(record, body=record.body.replace("figures/slope.png)", f"{URL})"))
    rules, files_ = [numbers_match_results.RULE], Files(files)
    report = lint(body, rules=rules, results=results, record=record, repository=files_)
    return report.rows[0].verdict


def altered(sidecar: bytes, *, hashed: bool) -> bytes:
    whole = json.loads(sidecar)
    whole["data"]["points"][0]["value"] += 0.01
    if hashed:
        text = json.dumps(whole["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        whole["data_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(whole).encode()


def test_the_manifest_keeps_the_hashes_of_the_figure(folder: Path) -> None:
    document = Document((folder / "body.md").read_text(encoding="utf-8"))
    manifest = decode(next(c.text for c in document.comments if c.text.split()[:1] == [MARK]))
    sidecar = json.loads((folder / "figures" / "slope.json").read_text(encoding="utf-8"))
    drawn = ("slope.png", sidecar["data_sha256"], sidecar["png_sha256"])
    assert drawn in manifest.figures


def test_the_figure_that_was_rendered(folder: Path) -> None:
    assert judged(folder, committed(folder)).status is Status.PASS
    assert judged(folder, {}).status is Status.PASS


def test_another_picture(folder: Path) -> None:
    verdict = judged(folder, committed(folder) | {"runs/figures/slope.png": b"another"})
    assert verdict.status is Status.FAIL
    assert "is not the figure that was rendered" in verdict.findings[0].message
    assert "is that of another picture" in verdict.findings[1].message


@pytest.mark.parametrize(
    ("hashed", "said"),
    [(False, "was altered after it was drawn"), (True, "is not what was rendered")],
)
def test_altered_data(folder: Path, hashed: bool, said: str) -> None:
    files = committed(folder)
    files["runs/figures/slope.json"] = altered(files["runs/figures/slope.json"], hashed=hashed)
    verdict = judged(folder, files)
    assert verdict.status is Status.FAIL
    assert any(said in finding.message for finding in verdict.findings)
    shows = "shows 'value' 0.33 for 'software_engineer'; the results hold no such value"
    assert any(shows in finding.message for finding in verdict.findings)


def test_a_sidecar_that_is_none(folder: Path) -> None:
    files = committed(folder)
    for content in (b"", b"[]", b"{", b'{"data": [1]}', b'{"data": {"points": [1, {}]}}', b"\xff"):
        assert judged(folder, files | {"runs/figures/slope.json": content}).status is Status.PASS
