"""The manifest survives its own encoding, and nothing else's."""

import json
import zlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm_lint.binding.manifest import (
    MARK,
    BadManifest,
    Bound,
    BoundPart,
    BoundUnit,
    Manifest,
    decode,
    derive,
    encode,
)
from epm_lint.binding.units import Numeral, Unit, units
from epm_lint.markdown.document import Document

NAMES = ("villain", "data_scientist")
FIGURES = st.builds(
    Numeral, st.text("0123456789.%=-", min_size=1, max_size=8), st.just(0), st.integers(0, 65535),
    st.integers(0, 65535), st.just(0),
)  # fmt: skip
PARTS = st.builds(
    BoundPart, st.integers(0, 3), st.integers(4, 8), st.text(max_size=20), st.text(max_size=9),
    st.integers(-1, 5),
)  # fmt: skip
BOUNDS = st.builds(Bound, FIGURES, st.lists(PARTS, max_size=2).map(tuple))
ENTRIES = st.builds(
    lambda kind, words, bounds, names: BoundUnit(
        Unit(kind, 0, words, tuple(bound.figure for bound in bounds), tuple(names)), tuple(bounds)
    ),
    st.sampled_from(["text", "row", "heading"]),
    st.frozensets(st.integers(1, 65535), max_size=4),
    st.lists(BOUNDS, max_size=3),
    st.lists(st.sampled_from(NAMES), max_size=2),
)


@given(st.lists(ENTRIES, max_size=5).map(tuple), st.text(max_size=64))
def test_round_trip(entries: tuple[BoundUnit, ...], digest: str) -> None:
    manifest = Manifest(digest, NAMES, entries)
    comment = encode(manifest)
    (found,) = Document(comment).comments
    assert decode(found.text) == manifest


def payload(value: object) -> str:
    return f"{MARK} v1 {b64encode(zlib.compress(json.dumps(value).encode())).decode()}"


WHOLE = encode(Manifest("f" * 64, NAMES, ())).removeprefix("<!-- ").removesuffix(" -->")


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        (MARK, "truncated"),
        (WHOLE[:-9], "truncated"),
        (WHOLE.replace(" v1 ", " v2 "), "another version"),
        (f"{MARK} v1 not/base64!", "altered"),
        (payload([]), "altered"),
        (payload({"results": 1, "sources": [], "names": [], "units": []}), "altered"),
        (payload({"results": "", "sources": [], "names": [], "units": [["text"]]}), "altered"),
        (
            payload({"results": "", "sources": [], "names": [], "units": [["row", [], [], [7]]]}),
            "altered",
        ),
        (payload("x" * 5_000_000), "too large"),
    ],
)
def test_what_is_no_manifest(comment: str, why: str) -> None:
    with pytest.raises(BadManifest, match=why):
        decode(comment)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(BadManifest):
        decode(text)


@pytest.mark.parametrize(
    "content",
    [
        b'{"results": "a", "results": "b", "sources": [], "names": [], "units": []}',
        b'{"results": "a", "sources": [], "names": [], "units": [["row", [1e999], [], []]]}',
        b'{"results": "a", "sources": [], "names": [], "units": [["row", [NaN], [], []]]}',
        '{"results": "a", "sources": [], "names": [], "units": []}'.encode("utf-16"),
    ],
)
def test_a_manifest_that_means_two_things(content: bytes) -> None:
    comment = f"{MARK} v1 {b64encode(zlib.compress(content)).decode()}"
    with pytest.raises(BadManifest, match="truncated or was altered"):
        decode(comment)


def test_a_figure_is_derived_from_its_parts() -> None:
    results = {"k": 32, "n": 100, "model": "llm 0.1.2, sha256 b179c95"}
    fraction = Numeral("31/100", 1, 0, 0, 0)
    parts = (BoundPart(0, 2, "/k", "plain"), BoundPart(3, 6, "/n", "plain"))
    assert derive(Bound(fraction, parts), results) == "32/100"
    version = Numeral("0.1.1", 1, 0, 0, 0)
    assert derive(Bound(version, (BoundPart(0, 5, "/model", "plain", 0),)), results) == "0.1.2"
    with pytest.raises(ValueError, match="no such word"):
        derive(Bound(version, (BoundPart(0, 5, "/model", "plain", 9),)), results)
    with pytest.raises(ValueError, match="nothing at /x"):
        derive(Bound(version, (BoundPart(0, 5, "/x", "plain"),)), results)


def test_units_of_a_page() -> None:
    found = units(
        Document("# A 1\n\nOne 2% two\n3.\n\n| x | p |\n|---|---|\n| a | .05 |\n\n```\n4\n```\n"),
        "Title (N=12)",
    )
    assert [(unit.kind, unit.line, [f.text for f in unit.figures]) for unit in found[:-1]] == [
        ("title", 0, ["=12"]),
        ("heading", 1, ["1"]),
        ("text", 3, ["2%", "3"]),
        ("row", 8, [".05"]),
    ]
    assert found[-1].kind == "fence"
    assert [figure.line for figure in found[2].figures] == [3, 4]


def test_what_people_write_is_theirs() -> None:
    body = "<!-- epm:human x -->\nI counted 7.\n<!-- /epm:human -->\n\nWe counted 8.\n"
    (unit,) = units(Document(body))
    assert [figure.text for figure in unit.figures] == ["8"]
