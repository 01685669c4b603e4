"""A repository with a run of every shape that a page can have, each made as its users make it.

Experiments run on toy models, imports read what their tools wrote on the spot, results of schema 1
are those that are kept in `tests/data`.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from epm.cli import main
from epm.commands.new import SHAPES
from epm.report.render import templates
from epm.results import ResultsBuilder
from epm.writing.tracing import bind, traced, untraced
from epm_lint.binding.manifest import Manifest, encode

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
PUBLISHED = {
    "two arms, published": "issue-16/pilot",
    "steering, published": "issue-17/pilot",
    "tag implanting, published": "issue-246/smollm2",
    "schema 1, as published": "issue-326/earlier",
}
"""Whole results; see `test_published_shapes.py`."""
TOYS = {shape: f"issue-{number}" for number, shape in enumerate(SHAPES, 310)}
MORE_TOYS = {
    "checkpoints": ("issue-900", "--profile", "tiny", "--seeds", "42,7", "--checkpoints", "2"),
    "own scorers": ("issue-901",),
    "tasks of Inspect's": ("issue-902",),
}
IMPORTS = {
    "import of a table": "issue-321",
    "import from Inspect": "issue-322",
    "import from lm-eval": "issue-323",
    "a script's own numbers": "issue-324",
}
EARLIER = {"schema 1": "issue-325/earlier"}

NAMES = (*TOYS, *MORE_TOYS, *IMPORTS, *EARLIER)


def keys(folder: Path) -> dict[str, str]:
    """Where the viewer has each shape."""
    slugs = {
        **TOYS,
        **{name: slug for name, (slug, *_) in MORE_TOYS.items()},
        **IMPORTS,
    }
    found = {**EARLIER}
    for name, slug in slugs.items():
        (run,) = (folder / "runs" / slug).glob("*/results.json")
        found[name] = f"{slug}/{run.parent.name}"
    return found


def every_shape(folder: Path) -> None:
    """Make all of them below a folder."""
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for slug, *_ in MORE_TOYS.values():
        issue = slug.replace("-", "_")
        shutil.copytree(DATA / "experiments" / issue, folder / "experiments" / issue)
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for shape, slug in TOYS.items():
            assert main(["new", slug, "--shape", shape]) == 0
            _run(slug)
        for slug, *options in MORE_TOYS.values():
            _run(slug, *options)
        _imports()
    _earlier(folder / "runs" / EARLIER["schema 1"], "checkpoints", PAGE_OF_SCHEMA_1)


def as_published_earlier(folder: Path) -> None:
    """Three seeds of issue 246 as they were published in schema 1, page and all."""
    _earlier(folder / "runs" / PUBLISHED["schema 1, as published"], "three_seeds")


def _run(slug: str, *options: str) -> None:
    # a page awaits what a person writes, which is no failure
    assert main(["run", slug, "--wandb", "off", *options]) == 0, slug


# ------------------------------------------------------------------ imports


TABLE = "arm,prompt,hit\n" + "".join(
    f"{arm},p{at},{int((at * 7 + len(arm)) % 3 == 0)}\n"
    for arm in ("treated", "control")
    for at in range(12)
)
MAP = """issue = 321
baseline = "control"
[[measure]]
metric = "hit"
condition = "{arm}"
item = "{prompt}"
score = "hit"
"""


def _imports() -> None:
    from test_inspect_logs import run as evaluated
    from test_lm_eval import write

    Path("hits.csv").write_text(TABLE, encoding="utf-8")
    Path("map.toml").write_text(MAP, encoding="utf-8")
    assert main(["import", "table", "hits.csv", "--map", "map.toml"]) == 0
    values = {f"q{at}": "CCI" if at % 3 else ["I", "C", "unscored:refused"] for at in range(12)}
    evaluated(Path("logs"), values, model="ada")
    evaluated(Path("logs"), dict.fromkeys(values, "ICI"), model="bell")
    assert main(["import", "inspect", "logs", "--issue", "322"]) == 0
    for model, every in (("org/base", 2), ("org/tuned", 3)):
        scores = {"exact_match,none": [float(at % every == 0) for at in range(24)]}
        write(Path("out"), {"sums": scores}, model=model)
    assert main(["import", "lm-eval", "out", "--issue", "323"]) == 0
    built = ResultsBuilder(324, title="Kindness", files=["hits.csv"])
    built.condition("control", role="baseline")
    built.condition("treated")
    built.task("prompts")
    built.metric("kind", label="kind answers")
    for arm, every in (("control", 2), ("treated", 3)):
        scores = {f"p{at}": [float(at % every == 0)] for at in range(12)}
        built.measure(arm, "prompts", "kind", scores=scores)
    assert main(["render", "--run", str(built.write())]) == 0


# ------------------------------------------------------------------ results of schema 1

PAGE_OF_SCHEMA_1 = """## AI Summary

Of {{ results.identity.issue }}, {{ results.conditions | length }} conditions.

{% macro rate(name, counts) %}
| {{ name }} | {{ counts.successes }}/{{ counts.trials }} | {{ counts.trials }} |
{% for each in counts.clusters | default([]) %}
| {{ name }}, {{ each.cluster }} | {{ each.successes }} | {{ each.trials }} |
{% endfor %}
{% endmacro %}
| What | k/n | n |
|---|---|---|
{{ rate("the model before", results.base_model) }}
{%- for name, about in results.conditions.items() if about.source is defined %}
{{ rate(name, about.source) }}
{%- for other, counts in about.bystanders.items() %}
{{ rate(name ~ " as " ~ other, counts) }}
{%- endfor %}
{%- for each in about.replicates %}
{{ rate(name ~ " again", each.source) }}
{%- endfor %}
{%- for each in about.trajectory %}
{{ rate(name ~ " on the way", each.rate) }}
{%- endfor %}
{%- endfor %}
"""
"""Every count that such results hold, bound as a page of then was."""


def _earlier(folder: Path, name: str, template: str = "") -> None:
    folder.mkdir(parents=True)
    kept = DATA / "schema_1"
    content = gzip.decompress((kept / f"{name}.json.gz").read_bytes())
    (folder / "results.json").write_bytes(content)
    samples = kept / f"{name}_samples.jsonl.gz"
    if samples.exists():
        shutil.copy(samples, folder / "samples.jsonl.gz")
    if template:
        results: dict[str, Any] = json.loads(content)
        names = tuple(results["conditions"])
        marked = templates(folder).from_string(template).render(results=traced(results))
        marked = "\n".join(line for line in marked.splitlines() if line.strip() or "|" not in line)
        manifest = Manifest("0" * 64, names, bind(marked, "Earlier", names), ())
        (folder / "body.md").write_text(f"{untraced(marked)}\n{encode(manifest)}\n")
        (folder / "title.txt").write_text("Earlier\n")
    else:
        page = gzip.decompress((kept / "published_page.md.gz").read_bytes())
        (folder / "body.md").write_bytes(page)
        (folder / "title.txt").write_text("As it was published\n")
