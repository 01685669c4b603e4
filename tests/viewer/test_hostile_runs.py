"""Runs with anything for a name, a number or a file are shown, and every count is right."""

from __future__ import annotations

import base64
import errno
import gzip
import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from viewer_runs import hostile_rows, measured, write_samples

from epm.viewer.data.behind import behind
from epm.viewer.data.candidates import paired
from epm.viewer.data.completions import completions_of
from epm.viewer.data.issues import exported
from epm.viewer.data.library import Library
from epm.viewer.data.run import Run
from epm.viewer.data.tally import Tally
from epm.viewer.exporting import export
from epm.viewer.markdown import render
from epm.viewer.routes import addresses, content
from epm.viewer.screens import compare, figures, files, lint, page, samples
from epm.viewer.serving import serve

PLACE = {"condition": "c", "task": "t", "item": "i", "seed": 1, "index": 0}
ROW = PLACE | {"text": "hello", "tokens": 1, "finish": "stop", "scores": {"m": True}}
NUMBERS = (float("nan"), float("inf"), -0.0, 10**30, 10**400, 1e308, "1" * 5_000)
ODD: tuple[Any, ...] = (
    None,
    True,
    "",
    "\ud800",
    "a,b",
    "3,step=x",
    [],
    {},
    [[1]],
    {"m": [1]},
    {"m": None},
)
LEFT_OUT = "samples.jsonl.gz: a line that is no completion was left out"


def a_run(top: Path, *rows: dict[str, Any]) -> Path:
    folder = top / "runs" / "issue-1" / "run"
    write_samples(folder, list(rows))
    return folder


@pytest.mark.parametrize("field", ROW)
def test_whatever_a_line_holds_it_is_shown_or_said_to_be_left_out(
    tmp_path: Path, field: str
) -> None:
    for value in (*NUMBERS, *ODD, *({"m": number} for number in NUMBERS)):
        folder = a_run(tmp_path, ROW, {**ROW, field: value})
        found = completions_of(folder, None)
        assert len(found.rows) == 2 or found.problems in (
            [LEFT_OUT],
            ["samples.jsonl.gz has a broken line after 1 completions; the rest is left"],
        )
        Tally(found.rows)
        run = Run("issue-1/run", folder)
        for shard in range(len(run.shards)):
            text = run.shard(shard) or ""
            inner = json.loads(text[text.index(",") + 1 : text.rindex(")")])
            plain = gzip.decompress(base64.b64decode(inner))
            json.loads(plain, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


NAMES = st.sampled_from(["__proto__", "constructor", "\ud800", "a/b", "..", "%", "#", "\x00", ""])


@given(st.lists(NAMES | st.text(max_size=5), min_size=1, max_size=4))
def test_names_can_stand_in_an_address(names: list[str]) -> None:
    from epm.viewer.data.completions import _name

    for name in names:
        kept = _name(name)
        assert kept.encode() == _name(kept).encode()
        assert len(kept) == len(name)


def test_names_that_mean_something_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    names = ["__proto__", "constructor", "\ud800", "a/b %#&=", '"__proto__":']
    rows = [
        {**ROW, "condition": name, "task": name, "item": name, "scores": {name: True}}
        for name in names
    ]
    rows.append({**ROW, "text": r"a \d and 1"})
    a_run(tmp_path, *rows)
    export(Library([], tmp_path), tmp_path / "pages")
    start = (tmp_path / "pages" / "r" / "issue-1" / "run" / "samples.html").as_uri()
    tab = browser.new_page()
    tab.goto(start)
    tab.wait_for_selector("#count[data-count='6']")
    offered = tab.locator("[name=t] option").all_text_contents()
    assert set(offered[1:]) == {*names[:2], "\ufffd", *names[3:], "t"}
    for address in tab.locator(".card footer a").evaluate_all("(all) => all.map((a) => a.href)"):
        tab.goto("about:blank")
        tab.goto(address)
        tab.wait_for_selector("#count[data-count='1']")
    tab.goto(f"{start}#q=%5Cd")
    tab.wait_for_selector("#count[data-count='1']")
    assert tab.locator(".card mark").all_text_contents() == [r"\d"]
    tab.close()


def test_no_path_of_the_machine_is_told(tmp_path: Path) -> None:
    folder = a_run(tmp_path, ROW)
    (folder / "body.md").write_text("## AI Summary\n\nA page.\n")
    for name in ("samples.jsonl.gz", "results.json", "epm.toml"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("[")
    (tmp_path / "runs" / "github").mkdir()
    (tmp_path / "runs" / "github" / "issues.json").mkdir()
    library = Library([str(folder)], tmp_path)
    for path in addresses(library):
        found = content(library, path)
        assert found is None or str(tmp_path).encode() not in found.body, path


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = a_run(tmp_path, ROW)
    os.mkfifo(folder / "inventory.json")
    assert "samples.jsonl.gz" in files.screen(Run("a/b", folder), "r/a/b/files.html")


@pytest.mark.parametrize("address", ["http://[a.png", f"{'a' * 300}.png", "a\x00.png"])
def test_a_picture_that_is_no_file_is_none(tmp_path: Path, address: str) -> None:
    assert page.picture(Run("a/b", tmp_path), address) is None


def test_figures_are_linked_by_any_name(tmp_path: Path) -> None:
    folder = a_run(tmp_path, ROW)
    (folder / "figures").mkdir()
    for name in ("a#b%3F.png", "c\nd.png", os.fsdecode(b"e\xff.png")):
        (folder / "figures" / name).write_bytes(b"")
    pages = tmp_path / "pages"
    export(Library([str(folder)], tmp_path), pages)
    assert (pages / "r" / "issue-1" / "run" / "figures" / "a#b%3F.png").is_file()
    shown = (pages / "r" / "issue-1" / "run" / "figures.html").read_text()
    assert 'src="figures/a%23b%253F.png"' in shown
    assert page.picture(Run("a/b", folder), "a%23b%253F.png") == "figures/a%23b%253F.png"
    # a list of another making removes nothing else, and stops nothing
    (pages / "files.txt").write_bytes(b"0  a\xff\0\n0  r\n0  ../x\n")
    export(Library([str(folder)], tmp_path), pages)


def test_titles_of_issues_are_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "github"
    folder.mkdir(parents=True)
    titles = ["[draft] [v2] a", 'a "quoted"] [ b', "]\\", "] ["]
    one, *others = [{"number": n, "title": title} for n, title in enumerate(titles, start=1)]
    (folder / "issues.json").write_text(f"{json.dumps([one])} {json.dumps(others)}")
    found = exported(tmp_path)
    assert found is not None
    assert [card.title for card in found.cards] == titles


def test_two_pages_whose_names_are_alike_are_two(tmp_path: Path) -> None:
    for name in ("a b.md", "a-b.md", "a-b.txt"):
        (tmp_path / name).write_text(name)
    library = Library(["a b.md", "a-b.md", "a-b.txt"], tmp_path)
    assert sorted(run.body or "" for run in library.runs()) == ["a b.md", "a-b.md", "a-b.txt"]


ANYTHING = (None, True, 3, "x", [], [1], {"outcome": 3}, {"outcome": {"metric": "marker"}})


@pytest.mark.parametrize("part", ["analyses", "tasks", "datasets", "scorers", "conditions"])
def test_a_definition_may_be_anything(tmp_path: Path, part: str) -> None:
    rows = hostile_rows(0)[:2]
    folder = a_run(tmp_path, *rows)
    (folder / "figures").mkdir()
    marks = [{"name": name, "value": 1.0} for name in ("villain", "villain - villain", "a - b, c")]
    (folder / "figures" / "effect.json").write_text(json.dumps({"data": {"dots": marks}}))
    results = json.loads(measured(rows, 1).dumps())
    inner = [{"effect": {"outcome": {"metric": "marker", "tasks": each}}} for each in ANYTHING]
    for value in (*ANYTHING, {"effect": 3, "questions": True}, *inner):
        results["definition"] = {part: value}
        (folder / "results.json").write_text(json.dumps(results))
        run = Run("issue-1/run", folder)
        assert run.results is not None
        figures.screen(run, "r/issue-1/run/figures.html")
        compare.summary(run)
        samples.index(run)
        behind(run, "/analyses/effect/estimate")


def test_pairs_are_found_by_their_names() -> None:
    rows = [{**ROW, "condition": name} for name in ("a", "b", "a - b", "b, t", "c")]
    results = measured(rows, 1)
    assert list(paired(results, "a - b")) == [("a", "b", "")]
    assert list(paired(results, "a - b, t")) == [("a", "b", "t"), ("a", "b, t", "")]
    assert list(paired(results, "a - b - c, u")) == [("a - b", "c", "u")]
    assert list(paired(results, "a - ")) == []


def test_the_lines_of_a_finding_are_the_linter_s(tmp_path: Path) -> None:
    odd = "a\x0cb\u2028c\x85d\x1ce\x0bf"
    text = f"## AI Summary\r\n\r\n{odd}\r\rThe rate is 3/4 (80%).\n\nEnd.\n"
    (tmp_path / "body.md").write_text(text, newline="")
    shown = lint.screen(Run("a/b", tmp_path), "r/a/b/lint.html")
    assert "The rate is 3/4 (80%)." in shown


TAGS = ("meta", "marquee", "map", "main", "menu", "mark", "maction", "img", "mglyph", "mi")
PARTS = st.sampled_from(
    [
        *("<", ">", "</", "/>", '"', "'", " ", "\t", "/", "=", "<!--", "<![CDATA[", "&#x202e;"),
        *("&lt;", r"\text{", r"\mathrm{", r"\operatorname{", "}", r"\frac{a}{b}", "onclick=x"),
        *("http-equiv=refresh", "content=0;url=https://example.org", r"\href{javascript:x}{y}"),
        *TAGS,
    ]
)


@given(st.lists(PARTS, min_size=1, max_size=12).map("".join))
@example('\\text{<meta/http-equiv="refresh"/content="0;url=https://example.org">}')
@example('\\text{<meta/http-equiv="refresh"/content="0"/>}')
@example("\\text{<mark/onclick='x'>y</mark>}")
def test_a_formula_is_nothing_but_a_formula(tex: str) -> None:
    made = render(f"${tex}$\n\n```math\n{tex}\n```\n").html
    found: list[tuple[str, set[str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name for name, _ in attrs}))

    Reader().feed(made)
    assert not {tag.partition("&")[0] for tag, _ in found} & {*TAGS[:-1], "a"}
    asked = {name for _, names in found for name in names}
    assert not asked & {"onclick", "http-equiv", "content", "href", "src"}
    assert "&#x202e;" not in made


def test_formulas_are_still_set() -> None:
    for tex in (r"\frac{a}{b} < \sqrt{x^2}", r"\begin{matrix} a & b \\ c & d \end{matrix}"):
        assert "<math" in render(f"${tex}$").html


def test_an_export_that_broke_off_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library([str(a_run(tmp_path, ROW))], tmp_path)
    pages = tmp_path / "pages"
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _full_once_there_are(3))
        with pytest.raises(OSError, match="No space left"):
            export(library, pages)
    assert export(library, pages)
    assert not list(pages.rglob(".*"))


def _full_once_there_are(most: int) -> Callable[[int], None]:
    written = iter(range(most))

    def fsync(_: int) -> None:
        if next(written, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync


def test_a_screen_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library([str(a_run(tmp_path, ROW))], tmp_path)
    monkeypatch.setattr(Library, "places", lambda _: {}["/home/someone/run"])
    with serving_of(library) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for path, status, says in (
            ("/", 500, b"this screen could not be made (KeyError)"),
            ("http://[/", 404, b"no address"),
        ):
            connection.putrequest("GET", path, skip_host=True)
            connection.putheader("Host", f"127.0.0.1:{port}")
            connection.endheaders()
            answer = connection.getresponse()
            said = answer.read()
            assert (answer.status, says in said, b"someone" in said) == (status, True, False)


@contextmanager
def serving_of(library: Library) -> Iterator[int]:
    with serve(library, 0) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()
