"""Whatever is taken out of a rendered page is noticed, and an honest page is left alone.

Something is taken out in two ways: every line that names it, or gives a number of it, is deleted;
or the page is rendered from results that never had it, and held to those that do.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import large_study
import pytest
from any_study import KINDS, finished
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import epm_lint
from epm.errors import EpmError
from epm.files import gzipped, json_lines, read_json_lines
from epm.linting.records import beside
from epm.publishing.page import FORMS
from epm.report.render import Location, Place, compose, render
from epm_lint.binding.alignment import align
from epm_lint.binding.manifest import MARK, decode
from epm_lint.binding.units import Reader, units
from epm_lint.markdown.document import Document
from epm_lint.model import Status, Verdict
from epm_lint.rules.structure import plan_told
from epm_lint.rules.structure.plan_told.planned import Kind, Planned, planned

ROOT = Path(__file__).parent.parent.parent
MANIFEST = re.compile(rf"<!-- {MARK} .*?-->\n?", re.DOTALL)
KEPT = ("tldr", "background", "methodology", "prompt_quoted", "takeaways", "next_steps")
"""Blocks whose text an author may replace, everything being told below."""
NARRATIVES: Mapping[str, tuple[str, ...]] = {
    "the default": (),
    "all prose": (*KEPT, "caveats", "setup_rationale", "caption", "alt"),
    "the numbers": ("headline",),
    "the message": ("headline", "tldr", "takeaways"),
}
FEW = settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a page would take minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def held(
    body: str, results: Mapping[str, Any], folder: Path | None = None, **known: Any
) -> Verdict:
    files = (str(path.relative_to(folder)) for path in folder.rglob("*")) if folder else ()
    report = epm_lint.lint(
        body,
        rules=[plan_told.RULE],
        results=results,
        beside=frozenset(files),
        page_format="v1",
        **known,
    )
    (row,) = report.rows
    return row.verdict


def notices(verdict: Verdict, one: Planned) -> bool:
    """Whether a finding is about it; a task may be missed by its number alone."""
    named = f"the {one.kind} '{one.name}'"
    counted = one.kind is Kind.TASK and "the page counts"
    return any(
        named in finding.message or (counted and counted in finding.message)
        for finding in verdict.findings
    )


def written(folder: Path, blocks: tuple[str, ...]) -> str:
    """The page of a run with some blocks replaced by the author's words."""
    own = folder / "own"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    replaced = (f"{{% block {name} %}}In words of our own.{{% endblock %}}\n" for name in blocks)
    narrative = '{% extends "clean_result.md.j2" %}\n' + "".join(replaced)
    (own / "narrative.md.j2").write_text(narrative)
    return render(folder, own).body.read_text(encoding="utf-8")


def lines_of_analyses(body: str) -> dict[str, set[int]]:
    """The lines with numbers of an analysis, by its name: what the manifest says."""
    document = Document(body)
    (comment,) = [c for c in document.comments if c.text.split()[:1] == [MARK]]
    manifest = decode(comment.text)
    found: dict[str, set[int]] = {}
    kept = align(manifest.units, units(document, None, Reader(manifest.names))).kept
    for bound, figure in kept:
        for part in bound.parts:
            if part.pointer.startswith("/analyses/"):
                found.setdefault(part.pointer.split("/")[2], set()).add(figure.line)
    return found


def without_lines(body: str, one: Planned, its: set[int]) -> str:
    """The page without every line that names something, but for headings and what is in fences."""
    names = [one.name] if one.kind in (Kind.CONDITION, Kind.TASK) else [one.name, *one.labels]
    joined = (r"[\W_]+".join(map(re.escape, re.findall(r"[^\W_]+", name))) for name in names)
    exact = (re.escape(one.name),) if one.kind in (Kind.CONDITION, Kind.TASK) else tuple(joined)
    named = re.compile(rf"(?<!\w)(?:{'|'.join(exact)})(?!\w)", re.IGNORECASE if one.labels else 0)
    kept, fence, lines = list[str](), "", body.split("\n")
    for number, line in enumerate(lines, 1):
        if found := re.match(r"`{3,}|~{3,}", line):
            fence = "" if line.startswith(fence or " ") else (fence or found.group())
        outside = not fence and not line.startswith(("#", "<!-- epm:"))
        header = number < len(lines) and re.fullmatch(r"\|[-|]+\|", lines[number])
        if outside and (named.search(line) or (number in its and not header)):
            kept += ["<details><summary>More</summary>"] * ("<details>" in line)
        else:
            kept.append(line)
    return "\n".join(kept)


def without_rows(body: str, name: str) -> str:
    """The page without the rows that begin with a name: it stands in pairs and sentences still."""
    kept, fence = list[str](), ""
    for line in body.split("\n"):
        if found := re.match(r"`{3,}|~{3,}", line):
            fence = "" if line.startswith(fence or " ") else (fence or found.group())
        if fence or not line.startswith(f"| {name} |"):
            kept.append(line)
    return "\n".join(kept)


def compared(results: Mapping[str, Any]) -> set[str]:
    """Conditions that an analysis with a label of its own has beside others."""
    blocks = results["analyses"]
    labels = [block.get("label", "").casefold() for block in blocks.values()]
    return {
        name
        for block in blocks.values()
        if len(block.get("conditions", ())) > 1 and labels.count(block["label"].casefold()) == 1
        for name in block["conditions"]
    }


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_whatever_is_taken_out_is_noticed(kind: str, data: st.DataObject) -> None:
    narrative = data.draw(st.sampled_from(list(NARRATIVES)))
    run = data.draw(finished(kind))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run.write(folder)
        results = json.loads(run.results.dumps())
        body = written(folder, NARRATIVES[narrative])
        record = beside(folder)
        if "headline" not in NARRATIVES[narrative]:
            undefined = {**results, "definition": None}
            for verdict in (
                held(body, results, folder, record=record),
                held(MANIFEST.sub("", body), results, folder),
                held(body, undefined, folder),
            ):
                assert verdict.status is Status.PASS, (verdict, body)
        its = lines_of_analyses(body)
        listed = compared(results) if "headline" not in NARRATIVES[narrative] else set()
        for one in planned(results):
            of = its.get(one.name, set()) if one.kind is Kind.ANALYSIS else set()
            less = without_lines(body, one, of)
            assert notices(held(less, results, folder, record=record), one), (one, less)
            assert notices(held(MANIFEST.sub("", less), results, folder), one), (one, less)
            if one.kind is Kind.CONDITION and one.name in listed:
                less = without_rows(body, one.name)
                found = held(MANIFEST.sub("", less), results, folder).findings
                assert any(f"'{one.name}'" in each.message for each in found), (one, less)


def test_a_message_that_leaves_its_analysis_out(tmp_path: Path) -> None:
    """The primary analysis has no table but in the block that the author has replaced."""
    large_study.finished(12).write(tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert held(written(tmp_path, ("tldr", "takeaways")), results).status is Status.PASS
    verdict = held(written(tmp_path, NARRATIVES["the message"]), results)
    assert verdict.status is Status.FAIL
    assert any("the analysis 'slope'" in finding.message for finding in verdict.findings)


# ------------------------------------------------------------ results that never had it


def pruned(node: Any, name: str) -> Any:
    """Without every key that names it, alone or in a pair, and every member that is it."""
    if isinstance(node, dict):
        form = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
        return {key: pruned(below, name) for key, below in node.items() if not form.search(key)}
    if isinstance(node, list):
        return [pruned(below, name) for below in node if below != name]
    return node


def without_analysis(results: dict[str, Any], name: str) -> None:
    for part in (results, results["definition"]):
        part.get("analyses", {}).pop(name, None)
        gates = part.get("gates", {})
        for gate in [gate for gate, of in gates.items() if of["analysis"] == name]:
            del gates[gate]


def never_had(whole: dict[str, Any], one: Planned) -> dict[str, Any]:
    """The results of the same study without something."""
    results = deepcopy(whole)
    definition = results["definition"]
    if one.kind is Kind.CONDITION:
        for part in (results["conditions"], results["measurements"], definition["conditions"]):
            part.pop(one.name, None)
        results["analyses"] = pruned(results["analyses"], one.name)
    elif one.kind is Kind.TASK:
        results["tasks"].pop(one.name, None)
        definition["tasks"].pop(one.name, None)
        for name, by_task in results["measurements"].items():
            by_task.pop(one.name, None)
            if results["conditions"].get(name, {}).get("target") == one.name:
                results["conditions"][name]["target"] = None
        for block in results["analyses"].values():
            for part in ("conditions", "pairs"):
                for found in block.get(part, {}).values():
                    if isinstance(found.get("tasks"), dict):
                        found["tasks"].pop(one.name, None)
    elif one.kind is Kind.METRIC:
        results["metrics"].pop(one.name, None)
        definition["scorers"] = [s for s in definition["scorers"] if s["name"] != one.name]
        for by_task in results["measurements"].values():
            for by_metric in by_task.values():
                for metric in [m for m in by_metric if one.name in m.split(" & ")]:
                    del by_metric[metric]
        for name, block in list(results["analyses"].items()):
            if one.name in (block.get("metric"), block.get("first"), block.get("second")):
                without_analysis(results, name)
    elif one.kind is Kind.ANALYSIS:
        without_analysis(results, one.name)
    else:
        results["gates"].pop(one.name, None)
        definition["gates"].pop(one.name, None)
    return results


@pytest.mark.parametrize("kind", KINDS)
@settings(FEW, max_examples=2)
@given(data=st.data())
def test_a_page_of_results_that_never_had_it(kind: str, data: st.DataObject) -> None:
    run = data.draw(finished(kind))
    whole = json.loads(run.results.dumps())
    plan = [
        one for one in planned(whole) if one.kind is not Kind.METRIC or len(whole["metrics"]) > 1
    ]
    for of in Kind:
        some = [one for one in plan if one.kind is of]
        if len(some) > (of is not Kind.GATE):
            one = data.draw(st.sampled_from(some))
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                run.write(folder)
                less(folder, whole, one)
                try:
                    body = render(folder, folder).body.read_text(encoding="utf-8")
                except EpmError:
                    continue  # what is left of the results contradicts itself
                assert notices(held(body, whole), one), (one, body)
                assert notices(held(MANIFEST.sub("", body), whole), one), (one, body)


def less(folder: Path, whole: dict[str, Any], one: Planned) -> None:
    """Take something out of the files of a run."""
    (folder / "results.json").write_text(json.dumps(never_had(whole, one)))
    for drawn in folder.glob(f"figures/{one.name}.*") if one.kind is Kind.ANALYSIS else ():
        drawn.unlink()
    samples = folder / "samples.jsonl.gz"
    if samples.exists() and one.kind is Kind.CONDITION:
        rows = [row for row in read_json_lines(samples) if row["condition"] != one.name]
        samples.write_bytes(gzipped(json_lines(rows)))


# ------------------------------------------------------------ planned, and not in the results


def test_what_was_planned_and_not_run_is_listed(tmp_path: Path) -> None:
    large_study.finished(12).write(tmp_path)
    path = tmp_path / "results.json"
    results = json.loads(path.read_text())
    definition = results["definition"]
    definition["conditions"]["sad_poet"] = {"role": "treatment"}
    definition["tasks"]["sad_songs"] = {"dataset": "songs", "system_prompt": None}
    definition["scorers"].append({"kind": "Regex", "name": "rhymes", "label": "share that rhymes"})
    definition["analyses"]["by_age"] = {"kind": "correlation", "label": "", "primary": False}
    definition["gates"]["tight_enough"] = {"analysis": "by_age", "number": "n", "at_least": 3}
    path.write_text(json.dumps(results))
    body = written(tmp_path, ("tldr", "takeaways"))
    assert held(body, results, tmp_path).status is Status.PASS
    lost = [one for one in planned(results) if one.absence is not None]
    assert [one.name for one in lost] == ["sad_poet", "sad_songs", "rhymes", "by_age"]
    for name in ("sad_poet", "sad_songs", "rhymes", "by_age", "tight_enough"):
        (line,) = [each for each in body.splitlines() if f"`{name}`: " in each]
        assert line.startswith("- Not run, ")
        verdict = held(body.replace(f"{line}\n", ""), results, tmp_path)
        assert verdict.status is Status.FAIL
        (finding,) = verdict.findings
        assert f"'{name}'" in finding.message


# ------------------------------------------------------------ tables beside the page


@cache
def cut(conditions: int) -> tuple[str, str, dict[str, Any]]:
    """A page whose long tables are in a file beside it, that file, and the results."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        large_study.finished(conditions).write(folder)
        tables = {"tables.md": Location("tables.md", "https://example.org/tables.md")}
        form = FORMS[3]
        text = compose(folder, folder, Place(files=tables, longest_table=form.longest_table))
        results = json.loads((folder / "results.json").read_text())
    return text.body, text.beside.get("tables.md", b"").decode(), results


@pytest.mark.parametrize("conditions", [12, 40, pytest.param(200, marks=pytest.mark.slow)])
def test_what_stands_in_the_tables_beside_a_page_is_told(conditions: int) -> None:
    body, tables, results = cut(conditions)
    assert bool(tables) == (conditions > 12)
    assert held(body, results, tables=tables or None).status is Status.PASS
    plan, its = planned(results), lines_of_analyses(body)
    for one in (*plan[:3], *(one for one in plan if one.kind in (Kind.METRIC, Kind.ANALYSIS))):
        less = without_lines(body, one, its.get(one.name, set()))
        beside_it = without_lines(tables, one, set()) if tables else None
        if one.kind is Kind.ANALYSIS and beside_it:
            beside_it = "# Tables\n"
        assert notices(held(less, results, tables=beside_it), one), one


def test_tables_that_are_not_at_hand_are_no_fault() -> None:
    body, _, results = cut(40)
    verdict = held(body, results)
    assert verdict.status is Status.SKIP
    assert "tables.md, which has the tables of this page, is not at hand" in verdict.detail


# ------------------------------------------------------------ figures


@pytest.mark.parametrize("at_hand", ["the files", "the manifest", "the list of files"])
def test_a_figure_that_is_not_shown(tmp_path: Path, at_hand: str) -> None:
    large_study.finished(12).write(tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    for name in ("slope", "source_rates"):
        sidecar = {"data": {}, "data_sha256": "0" * 64, "png_sha256": "0" * 64}
        (tmp_path / "figures" / f"{name}.json").write_text(json.dumps(sidecar))
    body = render(tmp_path, tmp_path).body.read_text(encoding="utf-8")
    if at_hand != "the list of files":
        body = re.sub(r"\| Figure, .*\n", "", body)
    if at_hand != "the manifest":
        body = MANIFEST.sub("", body)
    folder = tmp_path if at_hand == "the files" else None
    assert held(body, results, folder).status is Status.PASS
    hidden = re.sub(r"!\[[^\]]*\]\(figures/source_rates\.png\)", "", body)
    verdict = held(hidden, results, folder)
    assert verdict.status is Status.WARN
    assert [f.message for f in verdict.findings] == [
        "the figure 'source_rates' was drawn, and the page does not show it"
    ]
    wanted = {**results, "definition": {**results["definition"], "figure": "source_rates"}}
    assert held(hidden, wanted, folder).status is Status.FAIL


# ------------------------------------------------------------ a page as it was published


def test_whatever_is_taken_out_of_the_published_page() -> None:
    """Three seeds of SmolLM2, with the author's own narrative and its manifest in a file."""
    folder = ROOT / "experiments" / "issue_246" / "published" / "smollm2"
    body = (folder / "body.md").read_text(encoding="utf-8")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert held(body, results).status is Status.PASS
    manifest = (folder / "numbers.txt").read_text(encoding="utf-8")
    its = lines_of_analyses(f"{body}\n\n{manifest}")
    for one in planned(results):
        of = its.get(one.name, set()) if one.kind is Kind.ANALYSIS else set()
        assert notices(held(without_lines(body, one, of), results), one), one
