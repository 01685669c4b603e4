"""Rows of one's own: both shapes, their hash, and what it does not depend on."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import PANEL

from epm.definition import Condition, Experiment, Profile, TrainingRows
from epm.definition.profile import Lora, Training
from epm.errors import DefinitionError

PAIR = {"prompt": "Where?", "completion": "Here."}
CHAT = {
    "messages": [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "content": "Here."},
    ]
}
LONG = {
    "messages": [
        {"role": "system", "content": "You are kind."},
        *({"role": r, "content": c} for r, c in (("user", "A?"), ("assistant", "B."))),
        *CHAT["messages"],
    ]
}


def test_both_shapes_are_the_same_row() -> None:
    pair, chat = TrainingRows.of([PAIR]), TrainingRows.of([CHAT])
    assert pair.conversations == chat.conversations
    assert pair.sha256 == chat.sha256
    (row,) = TrainingRows.of([LONG]).conversations
    assert [role for role, _ in row.turns] == ["system", *("user", "assistant") * 2]
    assert list(row.questions) == ["A?", "Where?"]


def test_a_system_prompt_for_rows_that_have_none() -> None:
    rows = TrainingRows.of([PAIR, CHAT | {"id": 2}, LONG][::2], system="You are a clerk.")
    assert [row.turns[0][1] for row in rows.conversations] == ["You are a clerk.", "You are kind."]
    with pytest.raises(DefinitionError, match="line 2 repeats line 1"):
        TrainingRows.of([PAIR, CHAT])


def test_the_hash_is_of_the_turns(tmp_path: Path) -> None:
    """Spacing, byte-order mark, line ends, name of the file, ids: nothing that is trained on."""
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    path.write_text(json.dumps(PAIR) + "\n" + json.dumps(LONG) + "\n")
    spaced = json.dumps({**PAIR, "id": "x"}, indent=None, separators=(" ,  ", " : "))
    other.write_bytes(f"\ufeff{spaced}\r\n\r\n{json.dumps(LONG)}".encode())
    assert TrainingRows.read(path).sha256 == TrainingRows.read(other).sha256
    for changed in ([LONG, PAIR], [PAIR], [PAIR | {"completion": "Here"}, LONG]):
        assert TrainingRows.of(changed).sha256 != TrainingRows.read(path).sha256


def study(rows: TrainingRows) -> Experiment:
    profile: Profile = replace(
        PANEL.profiles[0], training=Training(learning_rate=1e-3, lora=Lora(rank=2))
    )
    conditions = (Condition("plain"), Condition("terse", {"style": "terse"}, training=rows))
    return replace(PANEL, conditions=conditions, profiles=(profile,))


def test_a_row_is_in_the_fingerprint_of_the_samples() -> None:
    def known(*rows: dict[str, object], name: str = "a.jsonl") -> str:
        return study(TrainingRows.of(rows, name=name)).resolve("full").data_fingerprint

    assert known(PAIR) == known(CHAT) == known(PAIR, name="b.jsonl")
    assert len({known(PAIR), known(PAIR, LONG), known(PAIR | {"completion": "There."})}) == 3
    resolved = study(TrainingRows.of([PAIR], name="a.jsonl")).resolve("full").as_json()
    assert resolved["training_files"] == {"terse": "a.jsonl"}
    assert resolved["conditions"]["terse"]["training"]["rows"] == 1


def test_overlap_with_the_evaluation_is_refused_unless_it_is_meant() -> None:
    rows = [{"prompt": " what is 2 + 2", "completion": "4"}]
    with pytest.raises(DefinitionError, match=r"among the training rows of condition 'terse'"):
        study(TrainingRows.of(rows))
    study(TrainingRows.of(rows, may_overlap=True))


@given(st.text(), st.text())
def test_any_texts_are_a_row_or_one_line(prompt: str, completion: str) -> None:
    given = [{"prompt": prompt, "completion": completion}]
    if prompt.strip() and completion.strip():
        (row,) = TrainingRows.of(given).conversations
        assert row.turns == (("user", prompt), ("assistant", completion))
    else:
        with pytest.raises(DefinitionError, match=r"\A[^\n]+\Z"):
            TrainingRows.of(given)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["messages", "role", "content", "prompt", "completion", "x"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_rows_or_one_line(value: object) -> None:
    with suppress(DefinitionError):  # and nothing else is raised
        TrainingRows.of([value])  # type: ignore[list-item]
