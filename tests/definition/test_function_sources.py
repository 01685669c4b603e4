"""What changes the fingerprint of a Python scorer, and what does not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from epm.definition import Item, sources
from epm.discovery import load
from epm.errors import DefinitionError, EpmError

EXPERIMENT = """
from pathlib import Path
from epm.definition import (
    Condition, Experiment, Function, Item, Profile, Sampling, Task, TinyModel
)
{imports}

EXPERIMENT = Experiment(
    issue=1,
    title="Made up",
    question="Is it?",
    conditions=(Condition("plain"),),
    tasks=(Task("asked", (Item("q1", "Who?"),)),),
    scorers=(Function("polite", function={function}),),
    profiles=(
        Profile("toy", "a toy", TinyModel(2, 8, 1), "toy", "LOW", sampling=Sampling()),
    ),
)
"""
POLITENESS = """
import re
import numpy as np
from functools import lru_cache
from pathlib import Path
from . import helpers
from .tone.words import KIND

LIMIT = 0.5
WORDS = set((Path(__file__).parent / "words.txt").read_text().split())

@lru_cache
def listed():
    return (Path(__file__).parent / "later.txt").read_text().split()

def polite(completion, item):
    return helpers.share(completion, KIND | WORDS) > LIMIT

def over(limit, words=("please",)):
    def judged(completion, item):
        return helpers.share(completion, words) > limit
    return judged
"""
FILES = {
    "politeness.py": POLITENESS,
    "helpers.py": "def share(text, words):\n    return sum(w in text for w in words) / 2\n",
    "tone/words.py": "from .more import MORE\nKIND = {'please', *MORE}\n",
    "tone/more.py": "MORE = ['thanks']\n",
    "unrelated.py": "# a comment\nX = 1\n",
    "words.txt": "kindly\n",
    "later.txt": "sir\n",
    "other.txt": "nothing\n",
    "narrative.md.j2": "{# prose #}",
}
PLAIN = ("from .politeness import polite, over", "polite")
CLOSED = ("from .politeness import polite, over", "over(0.25)")


class Study:
    """An experiment on disk, to change and load."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "experiments" / "issue_1"
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.home / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def fingerprint(self, imports: str = PLAIN[0], function: str = PLAIN[1]) -> tuple[str, str]:
        self.write("experiment.py", EXPERIMENT.format(imports=imports, function=function))
        definition = load("issue-1", self.home.parent).experiment.resolve("toy")
        return definition.fingerprint, definition.data_fingerprint


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


CHANGES: dict[str, tuple[str, str, str]] = {
    "the scorer": ("politeness.py", "> LIMIT", ">= LIMIT"),
    "a constant": ("politeness.py", "LIMIT = 0.5", "LIMIT = 0.6"),
    "a helper": ("helpers.py", "/ 2", "/ 3"),
    "a module of a module": ("tone/more.py", "thanks", "cheers"),
    "a file that is read at import": ("words.txt", "kindly", "gently"),
    "a file that is read when it is called": ("later.txt", "sir", "dame"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_to_what_it_uses(study: Study, what: str) -> None:
    """Also within one second and of the same length, where Python's cache sees no change."""
    before = study.fingerprint()
    study.edit(*CHANGES[what])
    after = study.fingerprint()
    assert after[0] != before[0]
    assert after[1] == before[1]  # the samples are the same
    name, old, new = CHANGES[what]
    study.edit(name, new, old)
    assert study.fingerprint() == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unrelated.py", "# another comment\nX = 1\n"),
        ("other.txt", "something\n"),
        ("narrative.md.j2", "{# better prose #}"),
        ("new.py", "Y = 2\n"),
        ("published/toy/results.json", "{}"),
    ],
)
def test_a_change_to_what_it_does_not_use(study: Study, name: str, text: str) -> None:
    before = study.fingerprint()
    study.write(name, text)
    assert study.fingerprint() == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("over(0.25)", "over(0.35)"),
        ("over(0.25)", "over(0.25, ('please', 'thanks'))"),
        ("partial(judge, 0.25)", "partial(judge, 0.35)"),
        ("Over(0.25)", "Over(0.35)"),
        ("Over(0.25).judge", "Over(0.35).judge"),
        ("over(re.compile('a'))", "over(re.compile('a', re.I))"),
        ("lambda c, i: len(c) > 1", "lambda c, i: len(c) > 2"),
    ],
)
def test_what_it_closes_over(study: Study, one: str, other: str) -> None:
    study.write(
        "judging.py",
        "def judge(limit, completion, item):\n    return len(completion) > limit\n"
        "class Over:\n    def __init__(self, limit):\n        self.limit = limit\n"
        "    def judge(self, completion, item):\n        return len(completion) > self.limit\n"
        "    __call__ = judge\n",
    )
    imports = (
        f"{PLAIN[0]}\nfrom .judging import judge, Over\nfrom functools import partial\nimport re"
    )
    found = {study.fingerprint(imports, function)[0] for function in (one, other, one)}
    assert len(found) == 2


def test_the_versions_of_its_packages(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    before = study.fingerprint()
    usual: Callable[[str], str] = sources.metadata.version
    for package, matters in (("numpy", True), ("pandas", False)):
        with monkeypatch.context() as patch:

            def version(name: str, package: str = package) -> str:
                return "99.0" if name == package else usual(name)

            patch.setattr(sources.metadata, "version", version)
            assert (study.fingerprint() != before) is matters


@pytest.mark.parametrize(
    "imports",
    [
        "from .politeness import polite",
        "from politeness import polite",
        "from experiments.issue_1.politeness import polite",
    ],
)
def test_ways_to_import_a_module_beside_it(study: Study, imports: str) -> None:
    if imports.startswith("from politeness"):
        study.edit("politeness.py", "from . import helpers", "import helpers")
        study.edit("politeness.py", "from .tone.words", "from tone.words")
    before = study.fingerprint(imports)
    study.edit("helpers.py", "/ 2", "/ 4")
    assert study.fingerprint(imports)[0] != before[0]


def test_a_value_that_cannot_be_hashed(study: Study) -> None:
    with pytest.raises(DefinitionError) as caught:
        study.fingerprint(f"{PLAIN[0]}\nimport threading", "over(threading.Lock())")
    assert "scorer 'polite' keeps a lock, whose content cannot enter the fingerprint" in str(
        caught.value
    )


def test_a_class_of_ones_own(study: Study) -> None:
    """Its code is in the fingerprint, and it does without being imported in a worker."""
    own = """
from dataclasses import dataclass
from epm.definition import Scorer
from . import helpers

@dataclass(frozen=True)
class Own(Scorer):
    limit: float = 0.5

    def score(self, completion, item):
        return helpers.share(completion, ["please"]) > self.limit
"""
    study.write("own.py", own)
    place = ("from .own import Own", 'polite), Own("own"')
    before = study.fingerprint(f"{PLAIN[0]}\n{place[0]}", place[1])
    study.edit("helpers.py", "/ 2", "/ 5")
    middle = study.fingerprint(f"{PLAIN[0]}\n{place[0]}", place[1])
    study.edit("own.py", "> self.limit", ">= self.limit")
    after = study.fingerprint(f"{PLAIN[0]}\n{place[0]}", place[1])
    assert len({before[0], middle[0], after[0]}) == 3
    scorer = load("issue-1", study.home.parent).experiment.scorers[1]
    assert scorer.score("please", Item("i", "?")) is False
    there = pickle.loads(pickle.dumps(scorer))  # noqa: S301
    assert there.name == "own"
    with pytest.raises(EpmError, match="is not at hand"):
        there.score("please", Item("i", "?"))


def test_two_experiments_with_modules_of_one_name(tmp_path: Path) -> None:
    """Each has its own."""
    found: dict[str, Any] = {}
    for number in (1, 2):
        home = tmp_path / "experiments" / f"issue_{number}"
        home.mkdir(parents=True)
        (home / "shared.py").write_text(f"def polite(completion, item):\n    return {number} > 1\n")
        text = EXPERIMENT.format(imports="from shared import polite", function="polite")
        (home / "experiment.py").write_text(text.replace("issue=1", f"issue={number}"))
    for number in (1, 2, 1):
        experiment = load(f"issue-{number}", tmp_path / "experiments").experiment
        scorer = experiment.scorers[0]
        found[str(number)] = scorer.score("", experiment.tasks[0].items[0])
    assert found == {"1": False, "2": True}
