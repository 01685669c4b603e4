"""What must start at once loads nothing heavy; import-linter holds the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "github",
    "matplotlib",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "torch",
    "transformers",
    "wandb",
}
DEFINITIONS = """
from pathlib import Path
from epm.discovery import experiments_folder, load, slugs
folder = experiments_folder(Path.cwd())
assert [load(slug, folder) for slug in slugs(folder)]
"""
HELP = """
import runpy
sys.argv = ["epm", "--help"]
try:
    runpy.run_module("epm", run_name="__main__", alter_sys=True)
except SystemExit as exited:
    assert not exited.code
"""


def loaded(code: str) -> set[str]:
    """The top-level modules, not of the standard library, that some code loads."""
    measured = f"""import sys
before = set(sys.modules)
{code}
names = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print("loaded:", *(names - sys.stdlib_module_names))
"""
    printed = subprocess.check_output([sys.executable, "-c", measured], cwd=ROOT, text=True)
    return set(printed.splitlines()[-1].removeprefix("loaded:").split())


def test_the_linter() -> None:
    assert loaded("import epm_lint.engine, epm_lint.output.table") == {
        "epm_lint",
        "markdown_it",
        "mdurl",
    }


@pytest.mark.parametrize(
    "code", ["import epm.definition", DEFINITIONS, HELP], ids=["spec", "definitions", "help"]
)
def test_the_application(code: str) -> None:
    names = loaded(code)
    assert "epm" in names
    assert not names & HEAVY
