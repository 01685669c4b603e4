"""A pointer, a format and a formula in words, for somebody who has not read the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from epm_lint.binding.pointers import resolve

_NAMED = {
    "conditions": "condition",
    "tasks": "task",
    "seeds": "seed",
    "steps": "step",
    "items": "item",
    "pairs": "pair",
    "terms": "term",
    "predictors": "predictor",
    "covariates": "covariate",
    "runs": "run",
    "without": "without",
    "without_group": "without group",
    "predictions": "prediction of",
    "reasons": "reason",
    "files": "file",
    "doses": "dose",
    "comparisons": "comparison",
}
"""Objects whose next step is a name."""

_FORMS = {
    "number": "with {d}",
    "signed": "with its sign and {d}",
    "percent": "as a percentage with {d}",
    "points": "in percentage points with {d}",
    "signed_points": "in percentage points with its sign and {d}",
    "significant": "to {d}",
    "signed_significant": "with its sign, to {d}",
    "pvalue": "three decimals, four below 0.01; below 0.0001 only that it is",
    "setting": "as people write a setting",
    "thousands": "whole, with separators",
    "plain": "as it stands",
    "seconds": "seconds, a decimal below ten",
    "minutes": "in minutes, one decimal",
}
_DEFAULT_DIGITS = {"number": "2", "signed": "3", "percent": "0", "points": "0"} | {
    "signed_points": "1",
    "significant": "3",
    "signed_significant": "3",
}

_FORMULAS = {
    "wilson": "Wilson's score interval for k of n, as if all answers were independent",
    "clustered": "Wilson's interval at the effective sample size n / design effect",
    "permutation": "share of reassignments of runs that give as large a difference",
    "detectable": "smallest true effect that 80% of such experiments would find",
    "holm": "Holm's correction over the family of tests",
    "bonferroni": "p times the number of tests, at most 1",
    "bh": "Benjamini and Hochberg's correction",
    "hc3": "heteroscedasticity-consistent errors (HC3)",
    "ordinary": "ordinary least-squares errors",
    "vif": "variance inflation factor, 1 / (1 - R²)",
    "r2": "1 - residual sum of squares / total sum of squares",
    "cook": "Cook's distance",
    "leverage": "diagonal of the hat matrix",
    "studentised": "externally studentised residual",
    "dffits": "DFFITS",
    "pearson": "Pearson's correlation",
    "spearman": "Spearman's rank correlation",
    "reliability": "1 - variance within / variance between",
    "ceiling": "square root of the reliability",
    "half_width": "half of the width of the prediction interval",
    "difference": "difference of two effects, as of independent experiments",
}


_COUNTED = frozenset({"successes", "trials", "total", "n", "scored", "asked", "lost"})
_SIDES = {"a": "first of the pair", "b": "second of the pair"}
"""What its conditions are called."""
_SUM = "k, or the sum"


def pointer(text: str) -> str:
    """'measured: condition villain, task librarian, metric marker, seed=42, item q3, k'."""
    if not text.startswith("/"):
        operation, *operands = text.split(" ")
        if operation == "count" and len(operands) == 3:
            return f"how many of {pointer(operands[0])} have {operands[1]} = {operands[2]}"
        word = {"length": "how many there are of", "sum": "the sum of"}.get(operation, operation)
        return f"{word} {'; '.join(pointer(each) for each in operands)}"
    steps = [
        s.replace("~2", " ").replace("~1", "/").replace("~0", "~") for s in text.split("/")[1:]
    ]
    if steps[0] == "measurements":
        return _measured(steps[1:])
    if steps[0] == "analyses" and len(steps) > 1:
        return ", ".join([f"analysis {steps[1]}", *_walked(steps[2:])])
    return ", ".join(_walked(steps))


def _measured(steps: Sequence[str]) -> str:
    names = ("condition", "task", "metric", "replicate")
    said = [f"{name} {step}" for name, step in zip(names, steps, strict=False)]
    rest = list(steps[4:])
    if rest[:1] == ["items"] and len(rest) > 1:
        said.append(f"item {rest[1]}")
        rest = [{"0": _SUM, "1": "n"}.get(rest[2], rest[2])] if rest[2:] else []
    elif rest[:1] == ["total"]:
        rest = [{"0": _SUM, "1": "n"}.get(step, step) for step in rest[1:]]
    return f"measured: {', '.join([*said, *rest])}"


def _walked(steps: Sequence[str]) -> list[str]:
    said, at = [], 0
    while at < len(steps):
        step = steps[at]
        if step in _NAMED and at + 1 < len(steps):
            said.append(f"{_NAMED[step]} {steps[at + 1]}")
            at += 1
        elif step in _SIDES and "pairs" in steps[:at]:
            said.append(_SIDES[step])
        elif step == "total" and steps[at - 1] in _SIDES:
            said.append(_SUM)
        else:
            said.append(step.replace("_", " "))
        at += 1
    return said


def form(name: str) -> str:
    """How a number was written, in words."""
    kind, _, digits = name.partition(":")
    known = digits or _DEFAULT_DIGITS.get(kind, "")
    thing = "significant digit" if kind.endswith("significant") else "decimal"
    count = "no" if known == "0" else known
    said = f"{count} {thing}{'' if known == '1' else 's'}"
    return _FORMS.get(kind, kind).format(d=said)


def formula(raw: Mapping[str, Any], text: str) -> str:
    """How a number was computed; '' where it was not, or where that is not said."""
    steps = text.split("/")[1:] if text.startswith("/analyses/") else []
    if steps[-1:] and steps[-1] in _COUNTED:
        return ""
    for depth in range(len(steps) - 1, 2, -1):
        if steps[depth] in _SIDES:  # what stands above is about both sides
            break
        try:
            node = resolve(raw, "/" + "/".join(steps[:depth]))
        except ValueError:
            continue
        method = node.get("method") if isinstance(node, Mapping) else None
        if isinstance(method, str):
            return method
    named = [_FORMULAS[step] for step in steps[2:] if step in _FORMULAS]
    if named:
        return named[-1]
    if steps[-1:] == ["estimate"]:
        try:
            node = resolve(raw, "/" + "/".join(steps[:-1]))
        except ValueError:
            return ""
        if "trials" in node:
            return "k / n"
        if "total" in node:
            return "sum of the scores / n"
    return ""
