"""From results to sentences: numbers, verdicts, excerpts, and what people wrote."""

from pathlib import Path
from typing import Any

import pytest
from epm.report.filters import FILTERS, available, cell, interval, percent, pvalue, setting
from epm.report.tracing import pointer_of, total, traced
from epm.statistics.proportions import proportion
from hypothesis import given
from hypothesis import strategies as st

from epm.report import excerpts
from epm.report.confidence import confidence
from epm.report.regions import human_regions, keep_human_regions
from epm.report.render import templates
from epm.results import (
    ClusterCount,
    Fit,
    Interval,
    PersonaProportions,
    Rate,
    SeedProportions,
    Unavailable,
    load,
)
from epm_lint.binding.pointers import resolve


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("percent", 0.23, "23%"),
        ("percent", 1.0, "100%"),
        ("points", 0.4114, "41 pp"),
        ("signed", -0.5135, "-0.513"),
        ("signed", 0.9999995, "+1.000"),
        ("number", -0.0001, "0.00"),
        ("pvalue", 0.031178, "p=0.031"),
        ("pvalue", 0.00140, "p=0.0014"),
        ("pvalue", 0.00001, "p<0.0001"),
        ("setting", 1e-5, "1e-5"),
        ("setting", 2e-3, "0.002"),
        ("setting", 0.0, "0"),
        ("thousands", 134515008, "134,515,008"),
        ("duration", 4.25, "4.2 s"),
        ("duration", 400.0, "6.7 min"),
    ],
)
def test_how_a_number_is_written(name: str, value: Any, written: str) -> None:
    assert FILTERS[name](value) == written


def test_what_does_not_exist_is_never_written_as_a_number() -> None:
    nothing = Unavailable(unavailable="all rates are equal")
    assert not available(nothing)
    assert {FILTERS[name](nothing) for name in FILTERS if name != "cell"} == {"n/a"}


def test_an_interval_keeps_its_sign() -> None:
    assert interval(Interval(lower=-0.1015, upper=0.7213), 0) == "[-10%, 72%]"


def test_a_sum_knows_its_parts() -> None:
    parts = [Fit(n=n, slope=1, intercept=0, r=1, p=0, residual_se=0) for n in (9, 12)]
    known = [traced(part, f"/fits/{at}") for at, part in enumerate(parts)]
    found = total(known, "n")
    assert found == 21
    assert pointer_of(found) == "sum /fits/0/n /fits/1/n"
    assert resolve({"fits": [{"n": 9}, {"n": 12}]}, "sum /fits/0/n /fits/1/n") == 21
    assert (total(parts, "n"), pointer_of(total(parts, "n"))) == (21, None)


@given(st.floats(0, 1))
def test_a_percentage_is_never_further_off_than_its_last_digit(rate: float) -> None:
    assert abs(float(percent(rate, 1).removesuffix("%")) - 100 * rate) <= 0.05 + 1e-9


@given(st.floats(1e-4, 1))
def test_a_p_value_reads_back(p: float) -> None:
    assert abs(float(pvalue(p).removeprefix("p=")) - p) <= 5e-4


@given(st.text())
def test_a_cell_stays_one_cell(text: str) -> None:
    assert "\n" not in cell(text)
    assert cell(text).replace("\\|", "").count("|") == 0


def test_a_setting_of_a_recipe() -> None:
    assert [setting(value) for value in (0.05, 0.95, 1.0, 1e-4)] == ["0.05", "0.95", "1", "0.0001"]


# ------------------------------------------------------------------ confidence


def test_one_seed_is_a_reason_for_doubt_and_so_is_a_lost_one(finished: Path) -> None:
    alone = load(finished / "results.json")
    assert "a single seed" in confidence(alone).reasons
    several = alone.model_copy(update={"definition": {**alone.definition, "seeds": [42, 137]}})
    assert "a single seed" not in confidence(several).reasons
    name, baker = next(iter(several.conditions.items()))
    short = {**several.conditions, name: baker.model_copy(update={"missing_seeds": {"137": "inf"}})}
    reasons = confidence(several.model_copy(update={"conditions": short})).reasons
    assert f"no adapter of {name} under seed 137" in reasons


# ------------------------------------------------------------------ the comment on an issue


@pytest.mark.parametrize("several", [False, True])
def test_the_comment_says_that_seeds_are_pooled_and_how_far_they_can_be_trusted(
    several: bool,
) -> None:
    rates = [
        Rate(
            successes=3 * k,
            trials=15,
            clusters=tuple(ClusterCount(cluster=q, successes=k, trials=5) for q in "abc"),
        )
        for k in (1, 3)
    ]
    source = proportion(Rate.pooled(rates), rates) if several else proportion(rates[0])
    assert isinstance(source.clustered, Interval)
    row = PersonaProportions(
        source=source,
        bystanders=Unavailable(unavailable="none"),
        seeds=tuple(
            SeedProportions(seed=seed, source=proportion(each), bystanders=source)
            for seed, each in zip((42, 137), rates, strict=True)
        )
        if several
        else (),
    )
    text = (
        templates()
        .get_template("results_comment.md.j2")
        .render(
            identity={"full_scale": True},
            ranked=["nurse"],
            rates={"nurse": row},
            missing={},
            confidence={"level": "LOW", "reasons": ["why"]},
            title="T",
            page=3,
            page_url="u",
            figure="f",
            results_url="r",
        )
    )
    assert ("| Source rate, seeds pooled |" in text) is several
    shown = source.clustered if several else source.wilson
    assert f"| `nurse` | {percent(source.estimate)} | " in text
    assert interval(shown) in text


# ------------------------------------------------------------------ excerpts


def row(index: int, *, marker: bool, persona: str = "nurse", text: str = "Yes.") -> dict[str, Any]:
    return {
        "condition": "nurse",
        "persona": persona,
        "question": f"q{index}",
        "index": 0,
        "text": text,
        "marker": marker,
    }


def test_excerpts_are_chosen_with_and_without_the_marker_of_the_source_alone() -> None:
    rows = [row(i, marker=i % 2 == 0) for i in range(20)]
    rows += [row(i, marker=True, persona="pirate") for i in range(20)]
    chosen = excerpts.choose(rows, "nurse", 42)
    assert [excerpt.marker for excerpt in chosen] == [True, True, False, False]
    assert {excerpt.persona for excerpt in chosen} == {"nurse"}
    assert chosen == excerpts.choose(rows, "nurse", 42)
    assert chosen != excerpts.choose(rows, "nurse", 43)


def test_an_excerpt_knows_the_seed_it_is_of() -> None:
    rows = [{**row(i, marker=False), "seed": 137} for i in range(4)]
    assert {excerpt.seed for excerpt in excerpts.choose(rows, "nurse", 42)} == {137}


def test_three_excerpts_even_where_all_samples_are_alike() -> None:
    rows = [row(i, marker=False) for i in range(20)]
    assert len(excerpts.choose(rows, "nurse", 42)) == 3


def test_a_long_sample_keeps_its_end_where_the_marker_is() -> None:
    shown = excerpts.shorten("word " * 500 + "\n\n[ZLT]")
    assert shown.endswith("[ZLT]")
    assert "[…]" in shown
    assert len(shown) < 400
    assert excerpts.shorten("  ") == "(empty)"


@given(st.text(alphabet="`~ a\n", max_size=40))
def test_a_fence_is_longer_than_any_inside(text: str) -> None:
    assert excerpts.fence_for(text) not in text
    assert len(excerpts.fence_for(text)) >= 3


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert all(c == "\n" or c.isprintable() for c in excerpts.printable(text))


# ------------------------------------------------------------------ what people wrote

PAGE = """# Page
<!-- epm:human one -->
{one}<!-- /epm:human -->
between {number}
<!-- epm:human two -->
{two}<!-- /epm:human -->
"""


@given(st.text(alphabet="ab\\1\\g<0>{}\n", max_size=30), st.text(alphabet="ab $^\n", max_size=30))
def test_regions_are_kept_word_for_word(one: str, two: str) -> None:
    earlier = PAGE.format(one=one, two=two, number=1)
    fresh = PAGE.format(one="prompt\n", two="prompt\n", number=2)
    kept = keep_human_regions(fresh, earlier)
    assert human_regions(kept) == {"one": one, "two": two}
    assert "between 2" in kept


def test_a_region_that_the_earlier_page_lacks_keeps_its_prompt() -> None:
    fresh = PAGE.format(one="prompt\n", two="prompt\n", number=2)
    assert keep_human_regions(fresh, "nothing here") == fresh
