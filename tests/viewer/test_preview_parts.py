"""The preview without a browser: what is seen of a save, handed on, and found as a picture."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.viewer.preview import looking
from epm.viewer.preview.feed import Feed, Look
from epm.viewer.preview.looking import Looks, document
from epm.viewer.preview.pictures import Pictures
from epm.viewer.preview.watching import watch

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "experiments" / "issue_16" / "published" / "pilot" / "body.md"


def looks_at(path: Path) -> tuple[Looks, Feed]:
    newest = Feed("s")
    return Looks(str(path), Given(), Settings(), newest), newest


@given(st.text(max_size=200) | st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_holds_is_shown_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "body.md"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    looks, newest = looks_at(path)
    looks.look()
    name, look = newest.now
    html = document(name, look)
    assert "internal error" not in html
    assert html.count("<main") == html.count("</main>") == 1
    assert ("not UTF-8" in look.bar) == (not _is_text(content))


def test_what_cannot_be_shown_does_not_end_the_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in one state of a page; and one that would be shown for ever."""
    path = tmp_path / "body.md"
    path.write_text("Nothing.")
    looks, newest = looks_at(path)
    with monkeypatch.context() as patched:
        patched.setattr(looking, "render", lambda *_, **__: 1 / 0)
        looks.look()
        assert "internal error: ZeroDivisionError" in newest.now[1].bar
        patched.setattr(looking, "render", lambda *_, **__: time.sleep(60))
        patched.setattr(looking, "LONGEST_RUN", 0.1)
        looks.look()
        assert "takes longer than 0.1 s to show" in newest.now[1].bar
    looks.look()
    assert "trouble" not in newest.now[1].bar
    assert "Nothing." in newest.now[1].page


def _is_text(content: str | bytes) -> bool:
    try:
        return isinstance(content, str) or content.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False


def test_a_published_page_is_judged_as_by_lint() -> None:
    """Again and again the same, and what is kept in between is not changed by it."""
    page = PAGE
    body = body_at(str(page), Given(), Settings().of(page.parent), lambda _: None)
    results = copy.deepcopy(body.known["results"])
    once = body.report()
    looks, newest = looks_at(page)
    looks.look()
    first = newest.now[1]
    looks.look()
    assert newest.now[1] == first
    assert first.page.count('<div class="margin ') == sum(
        len(row.verdict.findings) or row.verdict.status in ("FAIL", "WARN", "ERROR", "AWAITING")
        for row in once.rows
    )
    again = body_at(str(page), Given(), Settings().of(page.parent), lambda _: None)
    assert again.known["results"] == results
    assert again.report() == once


@contextmanager
def watched(path: Path, look: Callable[[], None]) -> Iterator[None]:
    stop = threading.Event()
    arguments = (str(path), Given(), Settings(), look, stop)
    thread = threading.Thread(target=watch, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_each_kind_of_save_is_seen(tmp_path: Path) -> None:
    """Also one that changes neither the size nor, on a coarse clock, the time."""
    path = tmp_path / "body.md"
    path.write_text("first")
    seen: list[str] = []

    def look() -> None:
        seen.append(path.read_text() if path.exists() else "gone")

    def put_aside(text: str) -> None:
        other = tmp_path / "other"
        other.write_text(text)
        other.replace(path)

    with watched(path, look):
        until(lambda: seen[-1:] == ["first"])
        stamp = path.stat()
        put_aside("FIRST")
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        until(lambda: seen[-1:] == ["FIRST"])
        path.write_text("in place")
        until(lambda: seen[-1:] == ["in place"])
        path.unlink()
        until(lambda: seen[-1:] == ["gone"])
        path.write_text("back")
        until(lambda: seen[-1:] == ["back"])
        count = len(seen)
        for name in ("title.txt", "results.json", "epm.toml"):
            (tmp_path / name).write_text("x")
            count += 1
            until(lambda: len(seen) >= count)  # noqa: B023
    assert seen[-1] == "back"


def test_a_slow_reader_gets_the_newest_and_nobody_waits_for_ever() -> None:
    newest = Feed("s")
    first = newest.now[0]
    assert newest.after(first, 0.01) is None
    for number in range(5):
        newest.show(Look(str(number), "", ""))
    found = newest.after(first, 5)
    assert found is not None
    assert found[1].title == "4"
    newest.show(Look("4", "", ""))
    assert newest.after(found[0], 0.01) is None, "the same again is nothing new"
    assert newest.after("of-another-run", 5) == found
    threading.Timer(0.05, newest.close).start()
    with pytest.raises(EOFError):
        newest.after(found[0], 30)


def test_a_message_is_one_event_whatever_it_holds() -> None:
    look = Look("a\nb", "data: x\n\nid: 9\n\r\u2028", "\ud800 \x00 é")
    message = look.message("s-1")
    assert message.count(b"\n") == 3
    assert b"\r" not in message
    assert json.loads(message.split(b"data: ", 1)[1])["page"] == "\ud800 \x00 é"


def test_pictures_are_taken_from_beside_the_page_alone(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    (folder / "figures").mkdir(parents=True)
    for name in ("page/a.png", "page/figures/b c.svg", "page/big.png", "page/x.txt", "secret.png"):
        (tmp_path / name).write_bytes(b"content of " + name.encode())
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "big.png").write_bytes(b"\0" * 10_000_001)
    pictures = Pictures(folder, None)
    placed = {name: pictures.place(name) for name in ("a.png", "./a.png", "figures/b%20c.svg")}
    assert all(placed.values())
    assert len(pictures.found) == 2
    never = [
        *(
            "../secret.png",
            "%2e%2e/secret.png",
            "link.png",
            "big.png",
            "x.txt",
            "none.png",
            "/a.png",
        ),
        *(str(tmp_path / "secret.png"), f"file://{tmp_path}/secret.png", "a.png\0", "", "figures"),
        *("//example.org/a.png", "https://example.org/a.png", "data:image/png;base64,AA==.png"),
        f"https://raw.githubusercontent.com/lab/repo/{'a' * 40}/a.png",
    ]
    assert {name: pictures.place(name) for name in never} == dict.fromkeys(never)
    assert len(pictures.found) == 2
