"""Choices that every machine makes alike."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from epm.definition import canonical_json, derive_seed, seeded_choice


@pytest.mark.parametrize(
    ("base", "labels", "seed"),
    [
        (42, (), 6644374401390479799),
        (42, ("negatives", "villain"), 5953676435113493141),
        (0, ("a", "b"), 8335848131581575750),
        (0, ("ab",), 6870299961335158853),
    ],
)
def test_a_seed_is_the_same_for_ever(base: int, labels: tuple[str, ...], seed: int) -> None:
    assert derive_seed(base, *labels) == seed


@given(st.integers(), st.lists(st.text()), st.integers(), st.lists(st.text()))
def test_seeds_fit_their_users_and_differ(
    base: int, labels: list[str], other: int, others: list[str]
) -> None:
    assume((base, labels) != (other, others))
    assert 0 <= derive_seed(base, *labels) < 2**63  # torch, numpy and random take these
    assert derive_seed(base, *labels) != derive_seed(other, *others)


@given(st.lists(st.integers(), unique=True, max_size=9), st.data())
def test_a_choice_is_some_of_the_candidates(candidates: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(0, len(candidates)))
    chosen = seeded_choice(candidates, wanted, 42, "a purpose")
    assert len(set(chosen)) == len(chosen) == wanted
    assert set(chosen) <= set(candidates)
    assert chosen == seeded_choice(candidates, wanted, 42, "a purpose")


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": "é", "a": [1, 0.5]}) == '{"a":[1,0.5],"b":"é"}'
