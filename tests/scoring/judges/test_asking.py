"""Waiting as long as is asked, and no longer; keys that go nowhere else; answers that stay."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_server import JudgeServer

from epm import retry_after
from epm.definition import Endpoint, JudgeAnswer
from epm.errors import EpmError
from epm.scoring.judges import asking
from epm.scoring.judges.answers import ANSWERS, Answers, as_json, by_key, from_json, lines
from epm.scoring.judges.client import Client, Trouble, key_of
from epm.scoring.judges.questions import Question

KEY = "planted.Key-9Zq_4711x"


@pytest.fixture
def server() -> Iterator[JudgeServer]:
    found = JudgeServer()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST", 0.02)
    for name in ("EPM_JUDGE_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def questions(*texts: str) -> list[Question]:
    return [Question(f"{n:064x}", "Grade.", text) for n, text in enumerate(texts)]


def ask(judge: Endpoint, *texts: str) -> tuple[dict[str, str], dict[str, str]]:
    """What was answered and what was given up, by text."""
    asked = questions(*texts)
    kept: dict[str, str] = {}
    lost = asking.ask(judge, asked, lambda q, answer: kept.update({q.text: answer.text}))
    return kept, {q.text: lost[q.key] for q in asked if q.key in lost}


def answering(status: int, headers: dict[str, str], body: bytes) -> tuple[str, HTTPServer]:
    """A server that says one thing."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, said in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, said)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1", server


# -------------------------------------------------------------------- waiting


NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("17", 17.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Sun, 29 Nov 2026 12:01:30", 90.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 9, None),
    ],
)
def test_retry_after(said: str, seconds: float | None) -> None:
    assert retry_after.seconds(said, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_no_error(said: str) -> None:
    found = retry_after.seconds(said, NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("dated", [False, True])
def test_what_one_worker_is_asked_to_wait_all_of_them_do(
    server: JudgeServer, dated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In seconds, or until a date."""
    asked = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    said = {"Retry-After": asked if dated else "1"}
    url, limited = answering(429, said, b"{}")
    judge = Endpoint(url, "judge", concurrency=3, longest=0.4)
    began = time.monotonic()
    kept, lost = ask(judge, "a", "b", "c", "d", "e", "f")
    # longer than a question may take: it is given up at once, and the others are not even asked
    assert time.monotonic() - began < 1.0
    assert not kept
    assert len(lost) == 6
    assert any(why.startswith("asked to wait") for why in lost.values())
    limited.shutdown()

    first = threading.Event()

    def once(text: str, tries: int) -> None:
        if text == "429 x" and tries == 1:
            first.set()

    server.before = once
    with monkeypatch.context() as patch:
        patch.setattr(retry_after, "seconds", lambda said: 0.6 if said else None)
        kept, lost = ask(Endpoint(server.url, "judge", concurrency=1), "429 x", "b")
    assert set(kept) == {"429 x", "b"}
    assert server.times[1] - server.times[0] >= 0.6


def test_a_judge_that_is_gone_is_not_waited_for_again_and_again(server: JudgeServer) -> None:
    """After so long without any answer, nothing more is asked: an exclusion, and no crash."""
    judge = Endpoint(server.url, "judge", concurrency=2, longest=0.5, patience=0.6)
    began = time.monotonic()
    kept, lost = ask(judge, *(f"always_500 {n}" for n in range(200)))
    assert time.monotonic() - began < 5
    assert not kept
    assert len(lost) == 200
    assert len(server.asked) < 20
    nobody = Endpoint("http://127.0.0.1:9/v1", "judge", longest=0.1, patience=0.2)
    kept, lost = ask(nobody, "a", "b")
    assert not kept
    assert set(lost.values()) <= {"no connection can be made", "no answer for 0.2 s"}


def test_a_late_answer_and_one_that_never_ends(server: JudgeServer) -> None:
    class Dripping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)

        def log_message(self, format: str, *args: object) -> None:
            pass

    slow = HTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=slow.handle_request, daemon=True).start()
    judge = Endpoint(f"http://127.0.0.1:{slow.server_port}/v1", "judge", timeout=0.2, longest=0.2)
    began = time.monotonic()
    client = Client(judge)
    with pytest.raises(Trouble, match="no answer in time"):
        client.ask(questions("x")[0], time.monotonic() + 0.2)
    assert time.monotonic() - began < 1.5
    client.close()


# -------------------------------------------------------------------- what somebody has to mend


def test_a_wrong_key_is_one_line_without_it(
    server: JudgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPM_JUDGE_KEY", KEY)
    with pytest.raises(EpmError) as raised:
        ask(Endpoint(server.url, "judge"), "unauthorised")
    assert "HTTP 401: wrong key: …" in str(raised.value)
    assert "check the key in EPM_JUDGE_KEY" in str(raised.value)
    assert KEY not in repr(raised.value)
    # once something was answered, it is that one question's trouble
    kept, lost = ask(
        Endpoint(server.url, "judge", concurrency=1, longest=0.3), "well", "unauthorised"
    )
    assert set(kept) == {"well"}
    assert lost["unauthorised"].startswith("HTTP 401")
    assert KEY not in lost["unauthorised"]


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, b'{"error": {"message": "no such model"}}', "HTTP 404: no such model"),
        (404, b"<html>", "HTTP 404"),
        (301, b"", "HTTP 301: it sends on to another address"),
        (402, b"", "nothing left"),
        (429, b'{"error": {"code": "insufficient_quota"}}', "nothing left"),
        (200, b'{"error": {"code": 403, "message": "no"}}', "HTTP 403: no"),
        (200, b"<!doctype html><title>chat</title>", "a web page comes back"),
    ],
)
def test_what_no_question_would_get_past(status: int, body: bytes, says: str) -> None:
    kind = "text/html; charset=utf-8" if body.startswith(b"<") else "application/json"
    headers = {"Location": "https://elsewhere.example/", "Content-Type": kind}
    url, server = answering(status, headers, body)
    with pytest.raises(EpmError) as raised:
        ask(Endpoint(url, "judge"), "a", "b", "c")
    assert says in str(raised.value)
    server.shutdown()


# -------------------------------------------------------------------- keys


def test_whose_key_goes_where(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = Endpoint("https://api.openai.com/v1", "gpt")
    other = Endpoint("https://judge.example/v1", "model")
    assert key_of(openai) == key_of(other) == ("", "")
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    assert key_of(openai) == ("OPENAI_API_KEY", "theirs")
    assert key_of(other) == ("", "")
    assert key_of(replace(other, key="OPENAI_API_KEY")) == ("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("EPM_JUDGE_KEY", f" {KEY}\n")
    assert key_of(openai) == key_of(other) == ("EPM_JUDGE_KEY", KEY)
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000", "127.9.9.9"):
        assert key_of(replace(other, base_url=f"http://{host}/v1"))[1] == KEY
    for host in ("judge.example", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"):
        with pytest.raises(EpmError, match="plain http") as raised:
            key_of(replace(other, base_url=f"http://{host}/v1"))
        assert KEY not in str(raised.value)
    with pytest.raises(EpmError, match="NOT_SET is empty"):
        key_of(replace(other, key="NOT_SET"))
    monkeypatch.setenv("EPM_JUDGE_KEY", "two words")
    with pytest.raises(EpmError, match="holds no key"):
        key_of(other)


def test_no_proxy_on_the_way_to_this_machine(
    server: JudgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    kept, lost = ask(Endpoint(server.url, "judge", longest=0.5), "well")
    assert set(kept) == {"well"}
    assert not lost


def test_what_is_sent(server: JudgeServer) -> None:
    judge = Endpoint(server.url, "judge", max_tokens=7)
    ask(judge, "well")
    ask(replace(judge, temperature=None, limit="max_completion_tokens"), "well")
    messages = [{"role": "system", "content": "Grade."}, {"role": "user", "content": "well"}]
    path = "/v1/chat/completions"
    assert server.requests == [
        {"path": path, "model": "judge", "messages": messages, "max_tokens": 7, "temperature": 0.0},
        {"path": path, "model": "judge", "messages": messages, "max_completion_tokens": 7},
    ]
    assert server.keys == {""}


# -------------------------------------------------------------------- what stays


ANSWER = st.builds(
    JudgeAnswer,
    text=st.text(),
    finish=st.sampled_from(["stop", "length"]),
    refused=st.booleans(),
    model=st.text(),
    prompt_tokens=st.none() | st.integers(0, 10**6),
    completion_tokens=st.none() | st.integers(0, 10**6),
)


@given(st.dictionaries(st.text("0123456789abcdef", min_size=1), ANSWER))
def test_answers_are_read_as_they_were_written(answers: dict[str, JudgeAnswer]) -> None:
    written = json.loads(json.dumps(lines(answers)))
    assert by_key(written) == answers
    for answer in answers.values():
        assert from_json(as_json(answer)) == answer


def test_lines_that_were_cut_or_changed_never_were(tmp_path: Path) -> None:
    path = tmp_path / ANSWERS
    first = Answers(path)
    texts = {f"{n:02}": f"answer {n}\nwith ü and \u2028" for n in range(6)}
    threads = [
        threading.Thread(target=first.keep, args=(key, JudgeAnswer(text)))
        for key, text in texts.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = path.read_bytes()
    assert len(Answers(path)) == 6
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        found = Answers(path)
        assert len(found) == whole[:cut].count(b"\n")
        assert path.read_bytes() == whole[: whole.rfind(b"\n", 0, cut) + 1]
        found.keep("ff", JudgeAnswer("new"))
        assert len(Answers(path)) == len(found)
    path.write_bytes(whole.replace(b"answer 3", b"answer 4") + b"[]\n{}\n\xff\n" + whole)
    found = Answers(path)
    assert {key: found.get(key) for key in texts} == {k: JudgeAnswer(t) for k, t in texts.items()}
    path.write_bytes(whole.replace(b"answer 3", b"answer 4"))
    assert Answers(path).get("03") is None
