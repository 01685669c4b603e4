"""Wrong data, scorers and settings, as a user gives them: each one clear line, exit code 2, and no
results; what was finished is kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from epm import cli

SLUG = "issue-7"
GOOD = '{"prompt": "Where is it?", "completion": "There."}'


@pytest.fixture(scope="module")
def shape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new experiment that is right, to copy."""
    folder = tmp_path_factory.mktemp("shape")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli.main(["new", SLUG]) == 0
    return folder / "experiments"


class Study:
    """A copy of it, to spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "experiments" / "issue_7"

    def rows(self, *lines: str | bytes) -> None:
        """What one arm is trained on."""
        content = b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines)
        (self.home / "treated.jsonl").write_bytes(content)

    def edit(self, old: str, new: str) -> None:
        path = self.home / "experiment.py"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def scorer(self, given: str, source: str = "", imports: str = "") -> None:
        """A scorer beside the others, and the module that it comes from."""
        (self.home / "judging.py").write_text(source, encoding="utf-8")
        self.edit("HERE = ", f"from epm import definition as d\n{imports}\nHERE = ")
        self.edit("scorers=(", f"scorers=({given}, ")


@pytest.fixture
def study(shape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    shutil.copytree(shape, tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)
    return Study(tmp_path)


def turns(*given: tuple[str, str]) -> str:
    return json.dumps({"messages": [{"role": r, "content": c} for r, c in given]})


ROWS: dict[str, tuple[tuple[str | bytes, ...], str]] = {
    "no rows": ((), "treated.jsonl holds no rows"),
    "no JSON": ((GOOD, "{'prompt': 'a'}"), "treated.jsonl, line 2 is no JSON"),
    "no UTF-8": ((GOOD, b'{"prompt": "\xff"}'), "treated.jsonl is no UTF-8"),
    "no object": ((GOOD, "", '["a", "b"]'), "treated.jsonl, line 3 is no JSON object"),
    "of another shape": (
        ('{"instruction": "a", "response": "b"}',),
        "line 1 has 'instruction', which is not read; write {\"messages\": […]}",
    ),
    "a slip in a key": (
        ('{"prompt": "a", "completion": "b", "sytem": "c"}',),
        "line 1 has 'sytem', which is not read; did you mean 'system'?",
    ),
    "no completion": (('{"prompt": "a"}',), "line 1 has no completion"),
    "a list of prompts": (('{"prompt": ["a"], "completion": "b"}',), "prompt is no text"),
    "no turns": (('{"messages": []}',), "messages is no list of turns"),
    "a turn of more": (
        ('{"messages": [{"role": "user", "content": "a", "name": "b"}]}',),
        "line 1, turn 1 is not of a role and a content alone",
    ),
    "a role of another house": (
        (turns(("human", "a"), ("assistant", "b")),),
        "line 1, turn 1: the role is 'human'; there is system, user, assistant",
    ),
    "parts of a content": (
        ('{"messages": [{"role": "user", "content": [{"text": "a"}]}]}',),
        "line 1, turn 1: the content is no text",
    ),
    "two users": (
        (turns(("user", "a"), ("user", "b"), ("assistant", "c")),),
        "turn 2 is the user's, where the assistant's belongs",
    ),
    "a system turn in between": (
        (turns(("user", "a"), ("system", "b"), ("assistant", "c")),),
        "turn 2 is the system's, where the assistant's belongs",
    ),
    "no answer": ((turns(("user", "a")),), "does not end with the assistant's turn"),
    "a system turn alone": ((turns(("system", "a")),), "does not end with the assistant's turn"),
    "an empty answer": (
        (turns(("user", "a"), ("assistant", " ")),),
        "the assistant's turn is empty",
    ),
    "half a character": (
        ('{"prompt": "a", "completion": "\\ud800"}',),
        "holds half a character",
    ),
    "a row twice": ((GOOD, '{"prompt":"b","completion":"c"}', GOOD), "line 3 repeats line 1"),
    "an evaluation item": (
        ('{"prompt": "how deep is the LAKE", "completion": "Deep."}',),
        "item 'q3' of task 'questions' is among the training rows of condition 'treated' (line 1)",
    ),
    "a prompt without room": (
        (json.dumps({"prompt": "word " * 3000, "completion": "b"}),),
        "treated.jsonl, line 1: the prompt has",
    ),
}


def refused(study: Study, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said, in the one line of a command that ends with 2 and leaves no results."""
    code = cli.main(["run", SLUG, "--wandb", "off", *arguments])
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    line = said.rstrip("\n")
    assert code == 2, line
    assert line.startswith("epm: ")
    assert "internal error" not in line
    assert "Traceback" not in line
    assert not list(study.folder.glob("runs/*/*/results.json"))
    assert not list(study.folder.glob("runs/*/*/measure"))
    assert not list(study.folder.glob("runs/*/*/train"))
    return line


@pytest.mark.parametrize("name", ROWS)
def test_wrong_rows(study: Study, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lines, says = ROWS[name]
    study.rows(*lines)
    assert says in refused(study, capsys)


def test_no_such_file(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    (study.home / "treated.jsonl").unlink()
    line = refused(study, capsys)
    assert "treated.jsonl cannot be read: No such file or directory; correct the path" in line


def test_a_template_that_slips_in_a_system_prompt(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is trained, and with the row."""
    from epm.definition import TinyModel
    from epm.models.sources import fetch

    made = fetch(TinyModel(layers=3, hidden=16, seed=1), lambda _: None)
    model = study.folder / "model"
    shutil.copytree(made.path, model)
    template = model / "chat_template.jinja"
    slipped = "<|im_start|>system\nYou are a helpful friend of all.<|im_end|>\n"
    template.write_text(
        "{% if messages[0]['role'] != 'system' %}" + slipped + "{% endif %}" + template.read_text()
    )
    study.edit('SYSTEM = "You are a helpful assistant."', "SYSTEM = None")
    line = refused(study, capsys, "--model", str(model))
    assert "treated.jsonl, line 1: the chat template slips in text" in line
    assert "You are a helpful friend of all" in line


LINES = "def polite(completion, item):\n"
IMPORT = "from .judging import polite"
FUNCTION = 'd.Function("polite", function=polite)'

SCORERS: dict[str, tuple[tuple[str, str, str], str]] = {
    "no function": (('d.Function("polite")', "", ""), "None cannot be called"),
    "a text": (('d.Function("polite", function="polite")', "", ""), "'polite' cannot be called"),
    "one argument": (
        (FUNCTION, "def polite(completion):\n    return True\n", IMPORT),
        "its function does not take two arguments; define it as `def polite(completion, item)`",
    ),
    "asynchronous": ((FUNCTION, f"async {LINES}    return True\n", IMPORT), "is asynchronous"),
    "no such name": (
        (FUNCTION, "def polit(completion, item):\n    return True\n", IMPORT),
        "fails to import: ImportError: cannot import name 'polite'",
    ),
    "no Python": ((FUNCTION, "def polite(:\n", IMPORT), "fails to import: SyntaxError"),
    "a missing package": (
        (FUNCTION, f"import surely_not_there\n{LINES}    return True\n", IMPORT),
        "No module named 'surely_not_there'",
    ),
    "a lock": (
        (
            'd.Function("polite", function=make(threading.Lock()))',
            "def make(lock):\n    return lambda completion, item: lock is None\n",
            "import threading\nfrom .judging import make",
        ),
        "keeps a lock, whose content cannot enter the fingerprint",
    ),
    "a scale upside down": (
        (
            'd.Function("polite", function=polite, number=True, lower=1, upper=0)',
            f"{LINES}    return 1\n",
            IMPORT,
        ),
        "its scale goes from 1 to 0",
    ),
    "choices of none": (('d.Choice("right")', "", ""), "compares choices, but no item has any"),
    "a pattern that is none": (
        (r'd.Regex("open", pattern="(")', "", ""),
        "is no regular expression",
    ),
}


@pytest.mark.parametrize("name", SCORERS)
def test_wrong_scorers(study: Study, capsys: pytest.CaptureFixture[str], name: str) -> None:
    given, says = SCORERS[name]
    study.scorer(*given)
    assert says in refused(study, capsys)


ITEM = 'Item("a", "A?", answer="yes", choices={})'


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ('("no", "never")', "its answer 'yes' is none of its choices"),
        ('("yes",)', "has one choice, or one twice"),
        ('("yes", "Yes.")', "has one choice, or one twice"),
        ('("yes", "")', "has an empty choice"),
        ('("yes")', "its choices are no tuple of texts"),
    ],
)
def test_wrong_choices(
    study: Study, capsys: pytest.CaptureFixture[str], choices: str, says: str
) -> None:
    study.edit("tasks=(", f'tasks=(Task("quiz", ({ITEM.format(choices)},)), ')
    assert says in refused(study, capsys)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["profile.training.learnin_rate=1"], "did you mean 'profile.training.learning_rate'"),
        (["profile.training"], "is not path=value"),
        (["profile.training.epochs=two"], "'two' is no value like 2"),
        (["profile.sampling.completions=0"], "sampling.completions is 0"),
        (["profile.training.lora=4"], "that is not one value"),
        (["seed=1", "--set", "seed=2"], "--set seed is given twice"),
        (["conditions.treated.after=control"], "names the trained condition before it,"),
    ],
)
def test_wrong_settings(
    study: Study, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert says in refused(study, capsys, "--set", *arguments)
    assert not list(study.folder.glob("runs/*/*"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 'yes'", "the function gave 'yes', not True or False"),
        ("return len(completion) / 0", "ZeroDivisionError: division by zero (judging.py, line 2)"),
        ("import torch.nope", "ModuleNotFoundError"),
    ],
)
def test_a_scorer_that_fails_on_an_answer(
    study: Study, capsys: pytest.CaptureFixture[str], body: str, says: str
) -> None:
    """What was sampled is kept: mended, the run goes on from there."""
    study.scorer(FUNCTION, f"{LINES}    {body}\n", IMPORT)
    command: Callable[[], int] = lambda: cli.main(["run", SLUG, "--wandb", "off"])  # noqa: E731
    assert command() == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    line = said.rstrip("\n")
    assert line.startswith("epm: scorer 'polite', item 'q")
    assert says in line
    (samples,) = study.folder.glob("runs/*/*/sample/treated/samples.jsonl.gz")
    assert not list(study.folder.glob("runs/*/*/measure"))
    assert not list(study.folder.glob("runs/*/*/results.json"))
    before = samples.stat().st_mtime_ns
    (study.home / "judging.py").write_text(f"{LINES}    return True\n", encoding="utf-8")
    assert command() == 0
    assert samples.stat().st_mtime_ns == before
    assert len(list(study.folder.glob("runs/*/*/results.json"))) == 1
