"""Results that were made elsewhere are published as those of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import Lab, git

from epm import cli

DEFINITION = """
from epm.analyses.specs import Difference
from epm.definition import ImportedExperiment, Outcome

EXPERIMENT = ImportedExperiment(
    issue=1,
    title="Steered answers",
    question="Are steered answers refused more often?",
    analyses=(
        Difference(
            name="steering",
            question="Are steered answers refused more often?",
            outcome=Outcome("refused"),
            pairs=(("steered", "plain"),),
            primary=True,
        ),
    ),
)
"""
MAP = """
[[measure]]
metric = "refused"
condition = "{arm}"
item = "{prompt}"
score = "refused"
"""
ROWS = "arm,prompt,refused\n" + "".join(
    f"{arm},p{prompt},{int(prompt % 5 < often)}\n"
    for arm, often in (("plain", 1), ("steered", 4))
    for prompt in range(40)
)


def test_an_import_is_published(lab: Lab) -> None:
    home = lab.checkout / "experiments" / "issue_1"
    shutil.rmtree(home)
    shutil.rmtree(lab.checkout / "runs" / "issue-1")
    home.mkdir()
    for name, text in (("experiment.py", DEFINITION), ("map.toml", MAP), ("rows.csv", ROWS)):
        (home / name).write_text(text, encoding="utf-8")
    git(lab.checkout, "add", "--all")
    git(lab.checkout, "commit", "--quiet", "--message=Results from elsewhere")
    git(lab.checkout, "push", "--quiet", "origin", "main")
    assert "nothing was imported" in lab.publish("--dry-run").error
    files = [str(Path("experiments/issue_1") / name) for name in ("rows.csv", "map.toml")]
    command = ["import", "table", files[0], "--map", files[1], "--experiment", "issue-1"]
    assert cli.main(command) == 0
    lab.remember()
    said = lab.publish()
    assert said.code == 0, said.error + said.out
    page = lab.page()["body"]
    assert "Are steered answers refused more often?" in page
    assert "rows.csv" in page
    lab.check_untouched()
