"""Arguments of other tools, as a page may show them."""

from __future__ import annotations

from typing import Any

import pytest

from epm.results.imported import in_words


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("temperature", 0.7, "0.7"),
        ("max_tokens", 64, "64"),
        ("tokenizer", "acme/tokens", "acme/tokens"),
        ("stop", ("Q:", "a, b"), "'Q:', 'a, b'"),
        ("stop", ["\n\n"], r"'\n\n'"),
        ("limit", None, None),
        ("nested", {"a": 1}, None),
        ("empty", [], None),
        ("prompt", "one\ntwo", None),
        ("long", "x" * 81, None),
        ("token", "hidden", None),
        ("use_auth_token", "hidden", None),
        ("token_path", "hidden", None),
        ("api_key", "hidden", None),
        ("Password", "hidden", None),
    ],
)
def test_an_argument_in_a_word(name: str, value: Any, shown: str | None) -> None:
    assert in_words({name: value}) == ({} if shown is None else {name: shown})
