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


LINT = """
from epm.cli import main
assert main(["lint", PAGE]) in (0, 1)
"""
SLOW = {
    *("concurrent", "difflib", "hashlib", "json", "multiprocessing", "subprocess", "zipfile"),
}
"""Modules of the standard library that take long to load, and that few pages need."""


def loaded(code: str) -> set[str]:
    """The top-level modules, not of the standard library, that some code loads."""
    return loaded_of_all(code) - sys.stdlib_module_names


def loaded_of_all(code: str) -> set[str]:
    """The top-level modules that some code loads."""
    measured = f"""import sys
before = set(sys.modules)
{code}
names = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print("loaded:", *names)
"""
    printed = subprocess.check_output([sys.executable, "-c", measured], cwd=ROOT, text=True)
    return set(printed.splitlines()[-1].removeprefix("loaded:").split())


BY_CHANCE = {"linkify_it", "uc_micro"}
"""What markdown_it loads where something else, as inspect_ai does, has brought it."""


def test_the_linter() -> None:
    assert loaded("import epm_lint.engine, epm_lint.output.table") - BY_CHANCE == {
        "epm_lint",
        "markdown_it",
        "mdurl",
    }


def test_a_page_loads_what_it_needs(tmp_path: Path) -> None:
    """Each of these would be a part of what everybody waits for."""
    page = tmp_path / "page.md"
    page.write_text(
        "## Results\n\nThe rate is 31/100 = 31% [22.8%, 40.6%], r=-0.62, p=0.031, N=12.\n"
    )
    names = loaded_of_all(LINT.replace("PAGE", repr(str(page))))
    assert {"epm", "epm_lint", "markdown_it"} <= names
    assert not names & (HEAVY | SLOW)
    needed = {"epm", "epm_lint", "markdown_it", "mdurl"}
    assert not names - sys.stdlib_module_names - needed - BY_CHANCE


@pytest.mark.parametrize("name", ["list", "show", "run", "analyse"])
def test_other_commands_do_not_load_the_linter(name: str) -> None:
    code = f"from epm.cli import _parser; _parser(['--help'])\nimport epm.commands.{name}"
    measured = f"{code}\nimport sys; print('epm_lint.engine' in sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", measured], cwd=ROOT, text=True)
    assert printed.split()[-1] == "False"


@pytest.mark.parametrize(
    "code", ["import epm.definition", DEFINITIONS, HELP], ids=["spec", "definitions", "help"]
)
def test_the_application(code: str) -> None:
    names = loaded(code)
    assert "epm" in names
    assert not names & HEAVY
