"""Output in the form of lm-evaluation-harness, with everything in it that trips a reader."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.errors import EpmError
from epm.importing import lm_eval
from epm.results import Count, Mean, Reported

Scores = Mapping[str, Sequence[Any]]
"""By metric and filter ('acc,none'), a value for each document."""

STAMP = "2026-11-28T04-51-43.224660"


def average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def error(values: Sequence[float]) -> float:
    mean = average(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


def write(
    folder: Path,
    tasks: Mapping[str, Scores],
    model: str = "org/base",
    stamp: str = STAMP,
    numbers: Mapping[str, Mapping[str, Any]] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    change: Callable[[dict[str, Any]], None] | None = None,
    samples: bool = True,
    filters_said: bool = True,
    question: str = "item {}",
    date: float = 1795841503.0,
) -> Path:
    """Write results and documents as the harness does.

    Args:
        folder: the output's; that of the model is made in it.
        tasks: scores.
        model: its name.
        stamp: time in the files' names.
        numbers: further entries of `results`, or others.
        groups: groups, and the tasks in them.
        change: of the results, before they are written.
        samples: whether documents were logged.
        filters_said: whether a line says which filter it is of.
        question: what a document asks, by its number.
        date: Unix time.
    """
    own = folder / model.replace("/", "__")
    own.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    for task, scores in tasks.items():
        n = len(next(iter(scores.values())))
        results[task] = {"name": task, "alias": f" - {task}", "sample_len": n}
        for key, values in scores.items():
            metric, _, through = key.partition(",")
            numeric = [float(v) for v in values if isinstance(v, bool | int | float)]
            end = f",{through}" if through else ""
            results[task][key] = average(numeric) if numeric else 0.0
            results[task][f"{metric}_stderr{end}"] = error(numeric) if len(numeric) > 1 else "N/A"
    for task, more in (numbers or {}).items():
        results.setdefault(task, {}).update(more)
    content: dict[str, Any] = {
        "results": results,
        "groups": {name: results[name] for name in groups or {}},
        "group_subtasks": {name: list(inside) for name, inside in (groups or {}).items()},
        "configs": {
            task: {
                "metric_list": [
                    {"metric": key.partition(",")[0], "aggregation": "mean"} for key in scores
                ],
                "repeats": 1,
                "num_fewshot": 0,
            }
            for task, scores in tasks.items()
        },
        "versions": dict.fromkeys(tasks, 1.0),
        "n-shot": dict.fromkeys(tasks, 0),
        "n-samples": {
            task: {
                "original": results[task]["sample_len"],
                "effective": results[task]["sample_len"],
            }
            for task in tasks
        },
        "config": {"model": "HFLM", "model_args": f"pretrained={model},dtype=bfloat16"},
        "git_hash": "0123abc",
        "date": date,
        "transformers_version": "N/A",
        "lm_eval_version": "0.4.13",
        "model_name": model,
    }
    if change:
        change(content)
    path = own / f"results_{stamp}.json"
    path.write_text(json.dumps(content))
    for task, scores in tasks.items() if samples else ():
        lines = list(_lines(scores, filters_said, question))
        (own / f"samples_{task}_{stamp}.jsonl").write_text("".join(lines))
    return path


def _lines(scores: Scores, filters_said: bool, question: str) -> list[str]:
    through = list(dict.fromkeys(key.partition(",")[2] or "none" for key in scores))
    n = len(next(iter(scores.values())))
    lines = []
    for name in through:
        for document in range(n):
            text = question.format(document)
            own = {
                key.partition(",")[0]: values[document]
                for key, values in scores.items()
                if (key.partition(",")[2] or "none") == name
            }
            line = {
                "doc_id": document,
                "doc": {"query": text},
                "target": "1",
                "arguments": {
                    "gen_args_0": {"arg_0": f"Q: {text}", "arg_1": " no"},
                    "gen_args_1": {"arg_0": f"Q: {text}", "arg_1": " yes"},
                },
                "resps": [[["-9.55", "False"]], [["-2.5", "False"]]],
                "filtered_resps": [["-9.55", "False"], ["-2.5", "False"]],
                "filter": name,
                "metrics": list(own),
                "doc_hash": hashlib.sha256(text.encode()).hexdigest(),
                **own,
            }
            if not filters_said:
                del line["filter"]
            lines.append(json.dumps(line) + "\n")
    return lines


FACTS: Mapping[str, Scores] = {
    "facts": {"acc,none": [1.0, 0.0, 1.0, 1.0], "acc_norm,none": [0.0, 0.0, 1.0, 0.0]}
}
SUMS: Mapping[str, Scores] = {
    "sums": {
        "exact_match,strict-match": [1.0, 0.0, 0.0],
        "exact_match,flexible-extract": [1.0, 1.0, 0.0],
    }
}


def test_counts_by_document(tmp_path: Path) -> None:
    write(tmp_path, FACTS)
    write(tmp_path, FACTS, model="org/tuned")
    found = lm_eval.read([tmp_path])
    assert list(found.conditions) == ["org/base", "org/tuned"]
    assert list(found.metrics) == ["acc", "acc_norm"], "neither names nor standard errors"
    measured = found.measurements["org/base"]["facts"]["acc"]["all"]
    assert measured == Count(items={"0": (1, 1), "1": (0, 1), "2": (1, 1), "3": (1, 1)})
    assert found.tasks["facts"].items == ("0", "1", "2", "3")
    assert len(found.inputs) == 4
    for each in found.reported:
        assert each.ours == pytest.approx(each.value, abs=1e-12)
        assert each.why == ""
    assert {each.name for each in found.reported} == {
        *("acc", "acc, stderr", "acc_norm", "acc_norm, stderr")
    }


@pytest.mark.parametrize("said", [True, False], ids=["said", "not-said"])
def test_a_line_for_each_document_and_filter(tmp_path: Path, said: bool) -> None:
    """Before the end of 2024 only the order says which filter a line is of."""
    write(tmp_path, SUMS, filters_said=said)
    found = lm_eval.read([tmp_path])
    measured = found.measurements["org/base"]["sums"]
    assert {
        name: (each["all"].successes, each["all"].trials) for name, each in measured.items()
    } == {
        "exact_match (strict-match)": (1, 3),
        "exact_match (flexible-extract)": (2, 3),
    }
    assert found.samples is not None
    rows = list(found.samples())
    assert len(rows) == 3
    assert rows[1]["scores"] == {
        "exact_match (strict-match)": False,
        "exact_match (flexible-extract)": True,
    }


def test_filters_that_nothing_tells_apart(tmp_path: Path) -> None:
    """Lines in another order than the filters' do not give the reported numbers."""
    path = write(tmp_path, SUMS, filters_said=False)
    documents = path.with_name(f"samples_sums_{STAMP}.jsonl")
    documents.write_text("".join(reversed(documents.read_text().splitlines(keepends=True))))
    found = lm_eval.read([tmp_path])
    measured = found.measurements["org/base"]["sums"]["exact_match (strict-match)"]["all"]
    assert isinstance(measured, Reported)
    assert measured.value == pytest.approx(1 / 3)
    assert any("does not say which filter" in note for note in found.notes)


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.sampled_from(["acc,none", "acc_norm,none", "em,strict", "em,flexible", "f1"]),
        st.lists(st.floats(0, 1), min_size=5, max_size=5),
        min_size=1,
    ),
    st.booleans(),
)
def test_any_scores_come_back(scores: dict[str, list[float]], whole: bool) -> None:
    """By document, through whatever filters, and they give what is reported."""
    given = {
        key: [float(round(v)) for v in each] if whole else each for key, each in scores.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), {"any": given})
        found = lm_eval.read([Path(folder)])
    measured = found.measurements["org/base"]["any"]
    assert len(measured) == len(given)
    for (_, values), each in zip(given.items(), measured.values(), strict=True):
        items = each["all"].items
        assert [items[str(n)][0] for n in range(5)] == values
    assert all(each.why == "" for each in found.reported)


def test_means_and_what_is_no_mean(tmp_path: Path) -> None:
    values = [-1.0, -3.0, -2.0]
    tasks = {
        "prose": {
            "f1,none": [0.5, 1.0, 0.25],
            "perplexity,none": values,
            "bleu,none": [["a", "b"], ["c", "d"], ["e", "f"]],
        }
    }

    def change(content: dict[str, Any]) -> None:
        content["results"]["prose"] |= {
            "perplexity,none": math.exp(2.0),
            "perplexity_stderr,none": "N/A",
            "bleu,none": 12.5,
        }
        for each in content["configs"]["prose"]["metric_list"]:
            if each["metric"] != "f1":
                each["aggregation"] = each["metric"]

    write(tmp_path, tasks, change=change)
    found = lm_eval.read([tmp_path])
    measured = found.measurements["org/base"]["prose"]
    assert isinstance(measured["f1"]["all"], Mean)
    assert measured["perplexity"]["all"] == Reported(value=math.exp(2.0), n=3)
    assert measured["bleu"]["all"] == Reported(value=12.5, n=3)
    assert (found.metrics["f1"].upper, found.metrics["perplexity"].upper) == (1.0, None)
    assert any("perplexity, bleu is no mean over documents" in note for note in found.notes)


def test_documents_without_a_score(tmp_path: Path) -> None:
    write(tmp_path, {"facts": {"acc,none": [1.0, math.nan, None, 0.0]}}, change=_half)
    (documents,) = tmp_path.rglob("samples_*.jsonl")
    text = documents.read_text()
    assert '"acc": null' in text
    documents.write_text(text.replace('"acc": null', f'"acc": {10**400}'))
    measured = lm_eval.read([tmp_path]).measurements["org/base"]["facts"]["acc"]["all"]
    assert isinstance(measured, Count)
    assert (measured.successes, measured.trials, measured.excluded) == (1, 2, {"unscored": 2})


def _half(content: dict[str, Any]) -> None:
    content["results"]["facts"] |= {"acc,none": 0.5, "acc_stderr,none": "N/A"}


def test_without_documents_a_number_is_reported(tmp_path: Path) -> None:
    write(tmp_path, FACTS, samples=False)
    found = lm_eval.read([tmp_path])
    measured = found.measurements["org/base"]["facts"]["acc"]["all"]
    assert measured == Reported(value=0.75, stderr=0.25, n=4)
    assert found.samples is None
    assert any("without its samples" in note for note in found.notes)


def test_groups_are_reported_and_not_measured(tmp_path: Path) -> None:
    tasks = {"a": {"acc,none": [1.0, 0.0]}, "b": {"acc,none": [1.0, 1.0, 1.0, 1.0]}}
    suite = {"acc,none": 5 / 6, "acc_stderr,none": "N/A", "alias": "suite", "sample_len": 6}
    plain = {"acc,none": 0.75, "acc_stderr,none": 0.25, "alias": "plain"}
    write(
        tmp_path,
        tasks,
        numbers={"suite": suite, "plain": plain},
        groups={"suite": ["a", "b"], "plain": ["a", "b"], "a": []} | {},
        change=lambda content: content["groups"].pop("a"),
    )
    found = lm_eval.read([tmp_path])
    assert set(found.tasks) == {"a", "b"}
    whys = {(each.task, each.name): each.why for each in found.reported if "group" in each.name}
    assert set(whys) == {
        ("suite", "acc of the group"),
        ("plain", "acc of the group"),
        ("plain", "acc of the group, stderr"),
    }
    assert "weighted by documents" in whys["suite", "acc of the group"]
    assert "not weighted" in whys["plain", "acc of the group"]


def test_keys_before_filters(tmp_path: Path) -> None:
    """Before 0.4 a metric is 'acc', and the model is among the arguments alone."""

    def change(content: dict[str, Any]) -> None:
        for name in ("configs", "n-samples", "n-shot", "groups", "group_subtasks", "model_name"):
            del content[name]
        del content["results"]["facts"]["sample_len"]

    write(tmp_path, {"facts": {"acc": [1.0, 0.0]}}, samples=False, change=change)
    found = lm_eval.read([tmp_path])
    assert found.measurements["org/base"]["facts"]["acc"]["all"] == Reported(value=0.5, stderr=0.5)


def test_the_newest_of_two_runs(tmp_path: Path) -> None:
    """By date, task by task: results of another task are no later run."""
    write(tmp_path, FACTS, stamp="2026-11-29T00-00-00", date=2.0)
    write(tmp_path, {"facts": {"acc,none": [0.0] * 4}}, stamp="2026-11-28T00-00-00", date=3.0)
    write(tmp_path, SUMS, stamp="2026-11-30T00-00-00", date=1.0)
    found = lm_eval.read([tmp_path])
    assert found.measurements["org/base"]["facts"]["acc"]["all"].successes == 0
    assert set(found.measurements["org/base"]) == {"facts", "sums"}
    (note,) = found.notes
    assert "results_2026-11-29T00-00-00.json" in note
    assert "results_2026-11-28T00-00-00.json is a later run" in note


def test_a_dummy_model_is_called_that(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["config"]["model"] = "dummy"

    write(tmp_path, FACTS, model="org/dummy", change=change)
    write(tmp_path, FACTS)
    (note,) = (note for note in lm_eval.read([tmp_path]).notes if "dummy model" in note)
    assert note.startswith("org/dummy: lm-eval's dummy model, no real system")


def test_a_limit_and_versions(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["n-samples"]["facts"]["original"] = 40
        content["config"]["limit"] = 0.1
        content["versions"]["facts"] = "2.0"

    write(tmp_path, FACTS, change=change)
    write(tmp_path, FACTS, model="org/tuned")
    found = lm_eval.read([tmp_path])
    assert "org/base on facts: 4 of 40 documents were run." in found.notes
    assert "facts: the version of org/tuned is not that of org/base (1.0 and 2.0)." in found.notes
    base = found.evaluations[0]
    assert (base.items_in_dataset, base.items_run, base.settings["limit"]) == (40, 4, "0.1")
    assert (base.version, base.commit, base.created) == (
        *("2.0", "0123abc", "2026-11-28T04:51:43+00:00"),
    )
    assert found.models["org/base"].arguments == {
        "class": "HFLM",
        "pretrained": "org/base",
        "dtype": "bfloat16",
    }
    assert found.packages == {"lm_eval": "0.4.13"}


def test_a_model_from_a_folder(tmp_path: Path) -> None:
    """Its name is the folder's own, without the way to it."""

    def change(content: dict[str, Any]) -> None:
        content["model_name"] = "/home/ada/models/ckpt-3"

    write(tmp_path, FACTS, change=change)
    found = lm_eval.read([tmp_path])
    assert list(found.conditions) == ["ckpt-3"]
    assert "/home" not in found.models["ckpt-3"].name


def test_rows_of_samples(tmp_path: Path) -> None:
    write(tmp_path, FACTS)
    found = lm_eval.read([tmp_path])
    assert found.samples is not None
    assert next(found.samples()) == {
        "condition": "org/base",
        "task": "facts",
        "item": "0",
        "index": 0,
        "prompt": "Q: item 0",
        "text": "yes",
        "scores": {"acc": True, "acc_norm": False},
    }


def _cut(folder: Path) -> None:
    path = write(folder, FACTS)
    path.write_bytes(path.read_bytes()[:-20])


def _documents(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = write(folder, FACTS).with_name(f"samples_facts_{STAMP}.jsonl")
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))

    return make


def _other(folder: Path) -> None:
    (folder / "results_mine.json").write_text('{"results": [1, 2]}')


def _shots(folder: Path) -> None:
    write(folder, FACTS, stamp="1", date=1.0)
    write(folder, FACTS, stamp="2", change=lambda content: content["n-shot"].update(facts=5))


def _questions(folder: Path) -> None:
    write(folder, FACTS)
    write(folder, FACTS, model="org/tuned", question="other {}")


def _nothing(content: dict[str, Any]) -> None:
    content["results"] = {"facts": {"alias": "facts", "acc,none": "N/A"}}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: None, "holds no results"),
        (_cut, r"results_.*\.json is no JSON"),
        (_other, r"results_mine\.json is no results file of lm-evaluation-harness"),
        (lambda folder: write(folder, FACTS, change=_nothing), "no task with a number"),
        (_documents(lambda lines: lines[:-1]), "has 3 documents, but results_.* says that 4"),
        (_documents(lambda lines: [*lines, lines[0]]), "line 5: document 0 stands twice"),
        (_documents(lambda lines: [*lines[:-1], lines[-1][:40]]), "line 4 is no JSON"),
        (_documents(lambda lines: [*lines[:-1], "[1]\n"]), "line 4: no object"),
        (_documents(lambda lines: [*lines[:-1], "{}\n"]), "line 4: no doc_id"),
        (_shots, r"both of org/base on facts, but differ in few-shot examples \(0 and 5\)"),
        (_questions, "document 0 of facts is another"),
    ],
    ids=[
        *("empty", "cut", "other", "no-number", "cut-documents", "twice", "half-a-line", "list"),
        *("no-id", "settings", "questions"),
    ],
)
def test_one_clear_line(tmp_path: Path, make: Callable[[Path], Any], says: str) -> None:
    make(tmp_path)
    with pytest.raises(EpmError, match=says) as raised:
        lm_eval.read([tmp_path])
    assert raised.value.remedy
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("said", [-1, 0, None, "all", 0.5, True])
def test_a_number_of_documents_that_is_none(tmp_path: Path, said: Any) -> None:
    def change(content: dict[str, Any]) -> None:
        content["n-samples"]["facts"] = {"original": said, "effective": 4}

    write(tmp_path, FACTS, change=change)
    (evaluation,) = lm_eval.read([tmp_path]).evaluations
    assert evaluation.items_in_dataset == (1 if said is True else None)
    assert evaluation.items_run == 4


def test_scores_too_large(tmp_path: Path) -> None:
    write(tmp_path, {"facts": {"perplexity,none": [1e200]}})
    with pytest.raises(EpmError, match="facts, perplexity has scores too large to be squared"):
        lm_eval.read([tmp_path])


@settings(max_examples=60)
@given(
    st.sampled_from(["results", "configs", "versions", "n-shot", "n-samples", "config", "groups"]),
    st.sampled_from(["facts", "acc,none", "acc_stderr,none", "metric_list", "model_args", "date"]),
    st.sampled_from([None, "", "N/A", -1, 1e308, True, [], {}, ["a"], {"a": 1}, "a\nb", math.nan]),
    st.booleans(),
)
def test_any_damage_is_read_or_said_in_a_line(
    part: str, name: str, value: Any, inside: bool
) -> None:
    def change(content: dict[str, Any]) -> None:
        place = content[part]
        if inside and isinstance(place.get("facts"), dict):
            place = place["facts"]
        place[name] = value

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), FACTS, change=change)
        said = ""
        try:
            found = lm_eval.read([Path(folder)])
            assert found.samples is not None
            assert list(found.samples()) or found.notes
        except EpmError as error:
            said = str(error)
    assert "\n" not in said


def test_scores_that_do_not_give_the_reported_number(tmp_path: Path) -> None:
    write(
        tmp_path,
        FACTS,
        change=lambda content: content["results"]["facts"].update({"acc,none": 0.5}),
    )
    (acc,) = (each for each in lm_eval.read([tmp_path]).reported if each.name == "acc")
    assert (acc.value, acc.ours) == (0.5, 0.75)
    assert "one of the files was changed" in acc.why
