"""Pointers into results."""

import pytest

from epm_lint.binding.pointers import escape, resolve

RESULTS = {
    "a b": {"c/d": [1, {"e~f": 2}]},
    "conditions": {"x": {"state": "complete", "t": 3}, "y": {"state": "missing"}},
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/a~2b/c~1d/0", 1),
        ("/a~2b/c~1d/1/e~0f", 2),
        ("length /conditions", 2),
        ("length /a~2b/c~1d", 2),
        ("count /conditions state complete", 1),
        ("sum /a~2b/c~1d/0 /conditions/x/t", 4),
    ],
)
def test_resolved(pointer: str, value: object) -> None:
    assert resolve(RESULTS, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    [
        "", "a", "/nothing", "/a~2b/c~1d/2", "/a~2b/c~1d/-1", "/a~2b/c~1d/0/0", "length /a",
        "length", "len /a", "length /conditions/x/t", "sum /conditions/x/state",
        "count /conditions", "/a~2b/c~1d/" + "9" * 5000,
    ],
)  # fmt: skip
def test_refused(pointer: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        resolve(RESULTS, pointer)


def test_escaped_steps_come_back() -> None:
    for key in ("a/b", "a b", "~1", "~ /", "ü"):
        assert resolve({key: 7}, f"/{escape(key)}") == 7
