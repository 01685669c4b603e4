"""What is asked, and how the marker is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Definition, Marker
from epm.files import gzipped, json_lines, read_json_lines
from epm.results import Rate
from epm.stages.sample import BASE, SAMPLES, count, count_rows, prompts

MARKER = Marker("[ZLT]")


def row(persona: str, question: str, text: str) -> dict[str, Any]:
    return {"persona": persona, "question": question, "text": text}


# ------------------------------------------------------------------ what is asked


def test_the_source_is_asked_everything_and_bystanders_a_choice(tiny: Definition) -> None:
    by_persona: dict[str, list[tuple[str, int]]] = {}
    for prompt in prompts(tiny, "baker"):
        persona = tiny.experiment.persona(prompt.persona)
        assert prompt.system == persona.system_prompt
        by_persona.setdefault(prompt.persona, []).append((prompt.question.id, prompt.completions))
    assert by_persona.pop("baker") == [("bread", 2), ("sea", 2), ("sleep", 2)]
    assert list(by_persona) == ["pirate", "nurse", "wizard", "helper"]
    for name, asked in by_persona.items():
        chosen = [question.id for question in tiny.bystander_questions("baker", name)]
        assert asked == [(question, 1) for question in chosen]
        assert len(set(chosen)) == 2


def test_the_base_model_has_no_source(tiny: Definition) -> None:
    asked = prompts(tiny, BASE)
    assert Counter(prompt.persona for prompt in asked) == {
        persona.name: 2 for persona in tiny.experiment.personas
    }
    assert {prompt.completions for prompt in asked} == {1}


def test_at_full_scale_everybody_is_asked_everything(tiny: Definition) -> None:
    sampling = replace(tiny.profile.sampling, bystander_questions=3, bystander_completions=2)
    whole = replace(tiny, profile=replace(tiny.profile, sampling=sampling))
    assert Counter(prompt.persona for prompt in prompts(whole, "baker")) == {
        persona.name: 3 for persona in tiny.experiment.personas
    }
    assert {prompt.completions for prompt in prompts(whole, "baker")} == {2}


# ------------------------------------------------------------------ counts


def test_the_marker_is_counted_by_persona_and_question(tmp_path: Path) -> None:
    rows = [
        row("baker", "bread", "Yes. [ZLT]"),
        row("baker", "bread", "Yes. [zLt] [ZLT]"),  # once a completion, whatever the case
        row("baker", "sea", "No. ZLT"),
        row("pirate", "sea", "Arr [zlt]!"),
        row("baker", "sea", "[ Z L T ]"),
        row("nurse", "sea", ""),
    ]
    path = tmp_path / SAMPLES
    path.write_bytes(gzipped(json_lines(rows)))
    rates = count(path, MARKER)
    assert list(rates) == ["baker", "pirate", "nurse"]
    baker = rates["baker"]
    assert (baker.successes, baker.trials) == (2, 4)
    assert [(c.cluster, c.successes, c.trials) for c in baker.clusters] == [
        ("bread", 2, 2),
        ("sea", 0, 2),
    ]
    assert (rates["pirate"].successes, rates["pirate"].trials) == (1, 1)
    assert (rates["nurse"].successes, rates["nurse"].trials) == (0, 1)


samples = st.builds(
    row,
    st.sampled_from("abc"),
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.sampled_from(["", "[ZLT]", "so [zlt]", "[ZL]", "x[ZlT]x"]),
)


@given(st.lists(samples, min_size=1, max_size=60))
def test_counts_add_up(rows: list[dict[str, Any]]) -> None:
    rates = count_rows(rows, MARKER)
    pooled = Rate.pooled(list(rates.values()))
    assert pooled.trials == len(rows)
    assert pooled.successes == sum("[zlt]" in r["text"].lower() for r in rows)
    for question in {r["question"] for r in rows}:
        of_question = [r for r in rows if r["question"] == question]
        (cluster,) = [c for c in pooled.clusters if c.cluster == question]
        assert cluster.trials == len(of_question)
        assert cluster.successes == sum("[zlt]" in r["text"].lower() for r in of_question)
    for persona, rate in rates.items():
        assert rate == count_rows([r for r in rows if r["persona"] == persona], MARKER)[persona]


def test_pooling_with_a_total_that_has_no_clusters() -> None:
    clustered = count_rows([row("a", "q1", "[ZLT]")], MARKER)["a"]
    pooled = Rate.pooled([clustered, Rate(successes=1, trials=9)])
    assert pooled == Rate(successes=2, trials=10)


# ------------------------------------------------------------------ what is kept


@pytest.mark.parametrize("condition", [BASE, "baker", "helper"])
def test_every_sample_is_kept(tiny: Definition, finished: Path, condition: str) -> None:
    rows = list(read_json_lines(finished / "sample" / condition / SAMPLES))
    asked = [
        (prompt.persona, prompt.question.id, index)
        for prompt in prompts(tiny, condition)
        for index in range(prompt.completions)
    ]
    assert [(r["persona"], r["question"], r["index"]) for r in rows] == asked
    limit = tiny.profile.sampling.max_new_tokens
    for kept in rows:
        assert list(kept) == [
            *("condition", "seed", "persona", "question", "index"),
            *("text", "tokens", "finish", "marker"),
        ]
        assert (kept["condition"], kept["seed"]) == (condition, tiny.experiment.seed)
        assert kept["marker"] == ("[zlt]" in kept["text"].lower())
        assert 1 <= kept["tokens"] <= limit
        assert kept["finish"] in {"stop", "length"}
        assert kept["finish"] == "stop" or kept["tokens"] == limit
