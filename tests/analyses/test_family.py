"""Corrected p, and the verdicts of a family."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from epm.analyses.block import Verdict
from epm.analyses.inference.family import (
    Inference,
    adjusted,
    corrected,
    from_error,
    from_interval,
    holm_levels,
    judged,
)
from epm.analyses.inference.score_intervals import tango
from epm.definition.analysis import AnalysisSpec, Expected
from epm.values import Unavailable

SPEC = AnalysisSpec(name="a", primary=True, relevant=0.2)
ps = st.lists(st.floats(1e-6, 1), min_size=1, max_size=8)


def verdicts(
    spec: AnalysisSpec, primary: str | None = None, /, **findings: Inference
) -> tuple[dict[str, str], str | None]:
    """What is said of each, and which one decides."""
    found, by = judged(spec, findings, named=primary, unit="", scale="plain", expected={})
    return {n: each.says for n, each in found.items() if isinstance(each, Verdict)}, by


def test_corrections_as_r_has_them() -> None:
    """R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"), and so on."""
    found = adjusted([0.01, 0.02, 0.03, 0.04])
    assert [each.holm for each in found] == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert [each.bonferroni for each in found] == pytest.approx([0.04, 0.08, 0.12, 0.16])
    assert [each.bh for each in found] == pytest.approx([0.04, 0.04, 0.04, 0.04])


@settings(max_examples=10)
@given(ps)
def test_corrections_as_statsmodels_has_them(ps: list[float]) -> None:
    found = adjusted(ps)
    for method, name in (("holm", "holm"), ("bonferroni", "bonferroni"), ("fdr_bh", "bh")):
        expected = multipletests(ps, method=method)[1]
        assert [getattr(each, name) for each in found] == pytest.approx(list(expected))


def test_what_has_no_p_does_not_count() -> None:
    none = Unavailable(unavailable="no variation")
    assert corrected({"a": 0.01, "b": none}) == {}
    assert corrected({"a": 0.01, "b": none, "c": 0.5})["a"].bonferroni == 0.02


@given(ps)
def test_intervals_leave_zero_out_just_where_holm_rejects(ps: list[float]) -> None:
    for p, level, each in zip(ps, holm_levels(ps), adjusted(ps), strict=True):
        if abs(each.holm - 0.05) > 1e-9:
            z = stats.norm.isf(p / 2)
            outside = z > stats.norm.ppf((1 + level) / 2)
            assert outside == (each.holm < 0.05)


def test_a_lone_effect_is_judged_by_its_own_interval() -> None:
    assert verdicts(SPEC, only=from_error(1.0, 0.4, None)) == ({"only": "supported"}, "only")


def test_a_family_is_judged_by_corrected_intervals() -> None:
    findings = {
        "strong": from_error(1.0, 0.2, None),  # p < 1e-6
        "weak": from_error(0.5, 0.24, None),  # p = 0.037, Holm 0.074
        "none": from_error(0.0, 0.05, None),
    }
    says, by = verdicts(SPEC, **findings)
    assert says == {"strong": "supported", "weak": "cannot tell", "none": "excluded"}
    assert by == "strong"
    says, by = verdicts(SPEC, "weak", **findings)
    assert (says["weak"], by) == ("supported", "weak")


def test_a_family_is_excluded_only_as_a_whole() -> None:
    none, unclear = from_error(0.0, 0.05, None), from_error(0.1, 0.3, None)
    assert verdicts(SPEC, a=none, b=none)[1] == "a"
    assert verdicts(SPEC, a=none, b=unclear)[1] == "b"
    assert verdicts(SPEC)[1] is None


def test_what_was_expected_of_one_is_not_expected_of_the_others() -> None:
    spec = replace(SPEC, relevant=None, expected=Expected(3.0, 2.0, 4.0, "#1"))
    findings = {"named": from_error(0.0, 0.5, None), "other": from_error(0.0, 0.5, None)}
    assert verdicts(spec, "named", **findings)[0] == {
        "named": "excluded",
        "other": "cannot tell",
    }


def test_the_smallest_detectable_effect_follows_the_level() -> None:
    found, _ = judged(
        SPEC,
        {"a": from_error(1.0, 0.1, 10.0), "b": from_error(0.0, 0.1, 10.0)},
        named=None,
        unit="",
        scale="plain",
        expected={},
    )
    first = found["a"]
    assert isinstance(first, Verdict)
    assert first.level == 0.975
    # R: (qt(1 - 0.0125, 10) + qt(0.8, 10)) * 0.1
    assert first.detectable == pytest.approx(0.3512824744, rel=1e-8)


def test_a_finding_without_an_error_is_judged_by_its_interval() -> None:
    flat = from_interval(0.0, lambda level: tango(0, 100, level), 1.0)
    assert verdicts(SPEC, flat=flat) == ({"flat": "excluded"}, "flat")
    assert isinstance(flat.effect.se, Unavailable)
    assert flat.detectable(0.95) == pytest.approx(0.0529, abs=1e-3)
