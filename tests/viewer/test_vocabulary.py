"""Texts by the words that they share are the same texts, and no more bytes."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from viewer_runs import HOSTILE, any_text, write_samples

from epm.viewer.data import vocabulary
from epm.viewer.data.completions import Completion
from epm.viewer.data.library import Library
from epm.viewer.data.shards import Shard, packed
from epm.viewer.data.vocabulary import shared
from epm.viewer.exporting import export

characters = st.characters() | st.sampled_from("\ud800\udfff\ud83d\ude00 \u2028\x00<\"\\#'\r\n ")


def as_read(text: str) -> str:
    """Two halves that stand side by side are a pair to every reader."""
    read: str = json.loads(json.dumps(text))
    return read


def spelled(words: list[str], text: str) -> str:
    """As the page does it."""
    return "".join(words[vocabulary._CODES.index(code)] for code in text)


@given(st.lists(st.text(characters, max_size=40), max_size=20))
def test_words_put_together_are_the_text(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(vocabulary, "_FEWEST", 0)
        found = shared(texts * 2)
    if found is None:
        assert sum(map(len, set("".join(texts)))) >= sum(map(len, texts)) / 4
        return
    words, coded = found
    assert [spelled(words, text) for text in coded] == texts * 2
    assert len(set(words)) == len(words)
    "".join(coded).encode()  # which halves of pairs could not be


def rows(texts: list[str]) -> list[Completion]:
    return [
        Completion("c", "t", "i", "seed=1", n, text, {"m": True}) for n, text in enumerate(texts)
    ]


def unpacked(text: str) -> dict[str, Any]:
    given = text[text.index(",") + 1 : text.rindex(")")]
    inner = json.loads(given)
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(inner)))
    return found


def hostile_texts(count: int) -> list[str]:
    """Long enough, and alike enough, to be written by their words."""
    chance = random.Random(1)
    pool = [text for text in HOSTILE.values() if len(text) < 100]
    pool += [any_text(chance) for _ in range(50)] + list(HOSTILE)
    return ["".join(chance.choices(pool, k=60)) for _ in range(count)]


def test_a_shard_holds_the_texts_and_is_no_larger_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = hostile_texts(400)
    shard = Shard(0, "c", ("t",), rows(texts))
    text = packed("r", shard, ["m"])
    held = unpacked(text)
    assert held["words"]
    assert [as_read(spelled(held["words"], one)) for one in held["texts"]] == [
        as_read(one) for one in texts
    ]
    monkeypatch.setattr(vocabulary, "_FEWEST", 10**9)
    plain = packed("r", shard, ["m"])
    assert unpacked(plain)["texts"] == [as_read(one) for one in texts]
    assert len(text) < len(plain)


@pytest.mark.parametrize("texts", [["few words"], ["x" * 50_000], [chr(c) for c in range(60_000)]])
def test_what_would_gain_nothing_stays_as_it_is(texts: list[str]) -> None:
    assert shared(texts) is None


def test_a_browser_puts_them_together(browser: Browser, tmp_path: Path) -> None:
    texts = hostile_texts(90)
    given = {"condition": "c", "task": "t", "item": "i", "seed": 1, "scores": {}}
    write_samples(
        tmp_path / "runs" / "issue-1" / "run",
        [{**given, "index": index, "text": text} for index, text in enumerate(texts)],
    )
    library = Library([], tmp_path)
    run = library.run("issue-1/run")
    assert run is not None
    assert all(unpacked(run.shard(n) or "")["words"] for n in range(len(run.shards)))
    export(library, tmp_path / "pages")
    page = browser.new_page()
    page.goto((tmp_path / "pages" / "r" / "issue-1" / "run" / "samples.html").as_uri())
    page.wait_for_selector("#count[data-count='90']")
    shown = page.evaluate(
        "JSON.stringify([...document.querySelectorAll('.card .text')].map((t) => t.textContent))"
    )
    page.close()
    assert json.loads(shown) == [as_read(text) for text in texts]
