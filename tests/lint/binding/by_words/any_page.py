"""Results files of many shapes, drawn by seed, and pages that cite them rightly and wrongly."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

CONDITIONS = (
    ("baseline", "plus", "minus"),
    ("base", "tuned"),
    ("control", "insecure", "educational"),
    ("full", "no-context", "random-direction"),
    ("gpt-4o-mini", "claude-haiku", "Qwen2.5-7B"),
    ("villain", "librarian", "software_engineer", "police_officer"),
    ("zero_shot", "five_shot", "chain_of_thought"),
    ("sft", "sft_dpo", "sft_ppo"),
    ("lora_r8", "lora_r16", "lora_r64"),
    ("en", "de", "fr"),
)
TASKS = (
    ("mini_facts", "mini_logic", "mini_sums"),
    ("gsm8k", "arc_easy", "hellaswag"),
    ("harmful", "benign"),
    ("in-distribution", "out-of-distribution"),
)
RATES = {
    "accuracy": ("accuracy", "acc"),
    "refusal_rate": ("refusal rate", "refusals"),
    "exact_match": ("exact match", "EM"),
    "misaligned": ("misaligned", "misalignment"),
    "f1": ("F1", "F1"),
    "auc": ("AUC", "AUROC"),
}
MEANS = {
    "coherence": ("coherence", "mean coherence"),
    "judge_score": ("judge score", "mean judge score"),
    "perplexity": ("perplexity", "PPL"),
    "response_length": ("response length", "mean response length"),
}


@dataclass
class Cell:
    """What was measured of one condition at one task."""

    condition: str
    task: str
    metric: str
    value: float
    se: float
    n: int
    is_rate: bool


@dataclass
class Cited:
    """A number of the page: the text, what it should be, and whether it is wrong."""

    line: int
    text: str
    should: str
    way: str = ""


@dataclass
class Drawn:
    """A results file, the page that cites it, and what is known of the page's numbers."""

    shape: str
    values: Any
    page: str = ""
    cited: list[Cited] = field(default_factory=list)
    chance: list[tuple[int, str]] = field(default_factory=list)


def drawn(seed: int, wrong: float = 0.2) -> Drawn:
    """A file and its page; `wrong` is the share of the cited numbers that are wrong."""
    rng = random.Random(seed)
    conditions = rng.choice(CONDITIONS)
    tasks = rng.choice(TASKS) if rng.random() < 0.5 else ("",)
    metrics = [
        *rng.sample(list(RATES), rng.choice((1, 2))),
        *rng.sample(list(MEANS), rng.choice((0, 1))),
    ]
    cells = [
        _cell(rng, condition, task, metric)
        for condition in conditions
        for task in tasks
        for metric in metrics
    ]
    shape, build = rng.choice(list(SHAPES.items()))
    found = Drawn(shape, build(rng, cells))
    _Writer(rng, found, cells, conditions, tasks, metrics, wrong).write()
    return found


def _cell(rng: random.Random, condition: str, task: str, metric: str) -> Cell:
    n = rng.choice((96, 120, 200, 238, 250, 412))
    if metric in RATES:
        k = rng.randrange(4, n - 3)
        value = round(k / n, 6)
        return Cell(
            condition, task, metric, value, round((value * (1 - value) / n) ** 0.5, 6), n, True
        )
    value = round(rng.uniform(20, 90), 3)
    return Cell(condition, task, metric, value, round(rng.uniform(0.4, 3), 4), n, False)


# ---------------------------------------------------------------------- shapes of files


def _nested(rng: random.Random, cells: list[Cell]) -> Any:
    found: dict[str, Any] = {}
    for cell in cells:
        node = found.setdefault(cell.condition, {})
        node = node.setdefault(cell.task, {}) if cell.task else node
        node[cell.metric] = {"mean": cell.value, "sem": cell.se, "n": cell.n}
    return {
        "experiment": "probe",
        "config": {"seed": 17, "lr": 0.0003},
        "arms": found,
        "cost": {"gpu_hours": 6.4},
    }


def _records(rng: random.Random, cells: list[Cell]) -> Any:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in cells:
        row = rows.setdefault((cell.condition, cell.task), {"condition": cell.condition})
        if cell.task:
            row["task"] = cell.task
        row[cell.metric] = cell.value
        row[f"{cell.metric}_stderr"] = cell.se
        row[f"n_{cell.metric}"] = cell.n
    return {"meta": {"seed": 3, "double_rated": 96}, "rows": list(rows.values())}


def _metric_first(rng: random.Random, cells: list[Cell]) -> Any:
    found: dict[str, Any] = {}
    for cell in cells:
        node = found.setdefault(cell.metric, {})
        node = node.setdefault(cell.task, {}) if cell.task else node
        node[cell.condition] = {"value": cell.value, "se": cell.se, "n": cell.n}
    return {"results": found, "wall_clock_hours": 6.4}


def _flat_metric_first(rng: random.Random, cells: list[Cell]) -> Any:
    found: dict[str, Any] = {}
    for cell in cells:
        for name, value in ((cell.metric, cell.value), (f"{cell.metric}_se", cell.se)):
            node = found.setdefault(name, {})
            node = node.setdefault(cell.task, {}) if cell.task else node
            node[cell.condition] = value
    return found


def _deep(rng: random.Random, cells: list[Cell]) -> Any:
    found: dict[str, Any] = {}
    for cell in cells:
        model = found.setdefault(cell.condition, {"evals": {}})
        scores = model["evals"].setdefault(
            cell.task or "all", {"scores": {}, "config": {"batch_size": 8}}
        )["scores"]
        scores[cell.metric] = {"point": cell.value, "std_err": cell.se, "num_samples": cell.n}
    return {"run": {"id": "r-17", "models": found}}


def _columns(rng: random.Random, cells: list[Cell]) -> Any:
    rows = [[c.condition, c.task, c.metric, c.value, c.se, c.n] for c in cells]
    return {"table": {"columns": ["condition", "task", "metric", "mean", "se", "n"], "data": rows}}


def _long_records(rng: random.Random, cells: list[Cell]) -> Any:
    return [
        {
            "arm": cell.condition,
            **({"dataset": cell.task} if cell.task else {}),
            "metric": cell.metric,
            "value": cell.value,
            "stderr": cell.se,
            "n": cell.n,
        }
        for cell in cells
    ]


def _percents(rng: random.Random, cells: list[Cell]) -> Any:
    found: dict[str, Any] = {}
    for cell in cells:
        node = found.setdefault(cell.condition, {})
        node = node.setdefault(cell.task, {}) if cell.task else node
        by = 100 if cell.is_rate else 1
        name = f"{cell.metric}_percent" if cell.is_rate else cell.metric
        node[name] = round(cell.value * by, 4)
        node[f"{name}_se"] = round(cell.se * by, 4)
        node[f"{cell.metric}_n"] = cell.n
    return {"summary": found}


def _camel(rng: random.Random, cells: list[Cell]) -> Any:
    def camel(name: str) -> str:
        first, *rest = name.replace("-", "_").split("_")
        return first + "".join(word.title() for word in rest)

    found: dict[str, Any] = {}
    for cell in cells:
        node = found.setdefault(
            camel(cell.condition) if cell.condition.islower() else cell.condition, {}
        )
        node = node.setdefault(camel(cell.task), {}) if cell.task else node
        node[camel(cell.metric)] = cell.value
        node[f"{camel(cell.metric)}StdErr"] = cell.se
        node[f"{camel(cell.metric)}Count"] = cell.n
    return {"byCondition": found}


SHAPES: dict[str, Callable[[random.Random, list[Cell]], Any]] = {
    "nested": _nested,
    "records": _records,
    "metric first": _metric_first,
    "metric first, flat": _flat_metric_first,
    "deep": _deep,
    "columns": _columns,
    "long records": _long_records,
    "percents": _percents,
    "camel case": _camel,
}

# ---------------------------------------------------------------------- pages


class _Writer:
    def __init__(
        self,
        rng: random.Random,
        found: Drawn,
        cells: list[Cell],
        conditions: tuple[str, ...],
        tasks: tuple[str, ...],
        metrics: list[str],
        wrong: float,
    ) -> None:
        self.rng, self.found, self.wrong = rng, found, wrong
        self.conditions, self.tasks, self.metrics = conditions, tasks, metrics
        self.at = {(c.condition, c.task, c.metric): c for c in cells}
        self.lines: list[str] = []

    def write(self) -> None:
        rng = self.rng
        self.lines += [
            "# What the intervention does",
            "",
            "*Posted 2026-10-05, code at v0.4.2.*",
            "",
        ]
        for n in rng.sample((17, 96, 246, 6.4, 3), 2):
            self.lines += [
                f"Answers are cut at {n} tokens, and we looked at them over a week."
                if n != 6.4
                else f"The activations fill {n} disks.",
                "",
            ]
            self.found.chance.append((len(self.lines) - 1, str(n)))
        self.lines += ["## Results", ""]
        if len(self.tasks) > 1:
            for metric in self.metrics:
                self._by_task(metric)
        else:
            self._by_condition(self.metrics)
        self._sentences()
        self.lines += [
            "## What comes next",
            "",
            "Next we want 250 fresh prompts and a second model.",
        ]
        self.found.page = "\n".join(self.lines) + "\n"

    def _label(self, name: str) -> str:
        return self.rng.choice((name, name.replace("_", " "), f"`{name}`"))

    def _by_task(self, metric: str) -> None:
        said = self.rng.choice({**RATES, **MEANS}[metric])
        names = [self._label(c) for c in self.conditions]
        self.lines += [
            f"### {said[:1].upper()}{said[1:]}",
            "",
            f"| task | {' | '.join(names)} |",
            "|---" * (len(names) + 1) + "|",
        ]
        percent = self.rng.random() < 0.5
        with_se = self.rng.random() < 0.4
        for task in self.tasks:
            cells = [self.at[c, task, metric] for c in self.conditions]
            self._row(
                self._label(task), [lambda c=c: self._value(c, percent, with_se) for c in cells]
            )
        self.lines.append("")

    def _by_condition(self, metrics: list[str]) -> None:
        said = [self.rng.choice({**RATES, **MEANS}[m]) for m in metrics]
        with_n = (
            len(metrics) == 1
            and self.rng.random() < 0.6
            and self.found.shape != "metric first, flat"
        )
        with_se = self.rng.random() < 0.4
        percent = self.rng.random() < 0.5
        heads = ["arm", *(["n"] if with_n else []), *said]
        self.lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for condition in self.conditions:
            cells = [self.at[condition, "", m] for m in metrics]
            size = str(cells[0].n)
            writers = [lambda n=size: self._cite(n)] if with_n else []
            writers += [lambda c=c: self._value(c, percent, with_se) for c in cells]
            self._row(self._label(condition), writers)
        self.lines.append("")

    def _row(self, label: str, writers: list[Callable[[], str]]) -> None:
        self.lines.append("")
        self.lines[-1] = f"| {label} | {' | '.join(write() for write in writers)} |"

    def _value(self, cell: Cell, percent: bool, with_se: bool = False) -> str:
        text = self._cite(_written(cell, cell.value, percent), cell, percent)
        if with_se:
            text += f" ± {self._cite(_written(cell, cell.se, percent).rstrip('%'))}"
        return text

    def _sentences(self) -> None:
        rng = self.rng
        for _ in range(4):
            metric, task = rng.choice(self.metrics), rng.choice(self.tasks)
            one, other = rng.sample(self.conditions, 2)
            a, b = self.at[one, task, metric], self.at[other, task, metric]
            said = rng.choice({**RATES, **MEANS}[metric])
            where = f" on {self._label(task)}" if task else ""
            self.lines.append("")
            x, y = self._label(one), self._label(other)
            form = rng.randrange(5)
            percent = rng.random() < 0.6
            v, w = partial(self._value, a, percent), partial(self._value, b, percent)
            if form == 0:
                text = f"With {x} the {said}{where} is {v()}."
            elif form == 1:
                text = f"The {said}{where} is {v()} for {x} and {w()} for {y}."
            elif form == 2:
                text = f"{x} reaches a {said} of {v()}{where}; {y} reaches {w()}."
            elif form == 3:
                arms = f"In the {x} arm, {said}{where} comes to"
                text = f"{arms} {v()}, against {w()} in the {y} arm."
            else:
                text = f"{said[:1].upper()}{said[1:]}{where}: {x} {v()}, {y} {w()}."
            self.lines[-1] = text
            self.lines.append("")

    def _cite(self, right: str, cell: Cell | None = None, percent: bool = False) -> str:
        text, way = right, ""
        if self.rng.random() < self.wrong:
            text, way = self._slip(right, cell, percent)
            if cell and way and _is_rounding(text, cell, percent):
                text, way = right, ""
        self.found.cited.append(Cited(len(self.lines), text, right, way))
        return text

    def _slip(self, right: str, cell: Cell | None, percent: bool) -> tuple[str, str]:
        rng = self.rng
        digits = [at for at, mark in enumerate(right) if mark.isdigit()]
        ways = ["digit", "transposed", "other row"] if cell else ["digit", "transposed"]
        way = rng.choice(ways)
        if way == "other row" and cell:
            others = [c for c in self.conditions if c != cell.condition]
            other = self.at[rng.choice(others), cell.task, cell.metric]
            text = _written(cell, other.value, percent)
            return (text, way) if text != right else (right, "")
        if way == "transposed":
            pairs = [
                (a, b)
                for a, b in pairwise(digits)
                if right[a] != right[b] and b == a + 1 and right[b] + right[a] != "0"
            ]
            pairs = [
                (a, b)
                for a, b in pairs
                if not (a == digits[0] and (right[b] == "0" or right[a] == "0"))
            ]
            if pairs:
                a, b = rng.choice(pairs)
                return right[:a] + right[b] + right[a] + right[b + 1 :], way
        at = rng.choice(digits[1:] or digits)
        new = rng.choice([d for d in "123456789" if d != right[at]])
        return right[:at] + new + right[at + 1 :], "digit"


def _is_rounding(text: str, cell: Cell, percent: bool) -> bool:
    """Whether a slip came out as another rounding of the same value: 0.9375 is 0.937 and 0.938."""
    value = cell.value * 100 if percent and cell.is_rate else cell.value
    digits = text.rstrip("%")
    return abs(float(digits) - value) <= 0.51 * 10.0 ** -len(digits.partition(".")[2])


def _written(cell: Cell, value: float, percent: bool) -> str:
    if cell.is_rate:
        return f"{value * 100:.1f}%" if percent else f"{value:.3f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
