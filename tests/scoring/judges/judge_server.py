"""A judge on loopback that remembers what it was asked, and does as it is told.

What it does with a question is decided by the question itself: the completion that is to be graded
begins with the name of what goes wrong. It speaks HTTP by itself, so that it can also break it.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GRADED = re.compile(r"<answer>\n(.*?)\n</answer>", re.DOTALL)

REFUSALS = ("refusal_field", "refusal_words", "content_filter", "filtered_prompt")
LASTING = ("always_500", "always_429", "always_cut", "always_late", "bad_request", "no_json")
PASSING = ("429", "429_dated", "500", "503_slow_down", "cut", "half", "no_choice", "late")
"""What goes wrong once, and is well at the second try."""


class JudgeServer:
    """Runs in threads of the test's process."""

    def __init__(self, late: float = 0.5, takes: float = 0.0) -> None:
        """Listen.

        Args:
            late: seconds that late answers take.
            takes: seconds that every other answer takes.
        """
        self.late = late
        self.takes = takes
        self.lock = threading.Lock()
        self.asked: Counter[str] = Counter()
        """Requests by what was to be graded."""
        self.answered: Counter[str] = Counter()
        """Whole chat completions that were sent, by what was to be graded."""
        self.at_once = self.most_at_once = 0
        self.keys: set[str] = set()
        """What came as a key."""
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.echoes = False
        """Whether answers repeat the key that came with the question."""
        self.down = False
        """Whether every question meets a 503."""
        self.grade: Callable[[str], str] = lambda text: (
            "yes" if hashlib.sha256(text.encode()).digest()[0] % 2 else "no"
        )
        self.before: Callable[[str, int], None] = lambda _text, _tries: None
        server = self

        class Handler(_Handler):
            pass

        Handler.judge = server
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def completion(self, text: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "judge-2026-01-01",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish,
                    "message": {"role": "assistant", "content": text, **message},
                }
            ],
            "usage": {"prompt_tokens": 50, "completion_tokens": 2, "total_tokens": 52},
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    judge: JudgeServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        judge = self.judge
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length))
        graded = GRADED.search(body["messages"][-1]["content"])
        text = graded[1] if graded else body["messages"][-1]["content"]
        with judge.lock:
            judge.asked[text] += 1
            tries = judge.asked[text]
            judge.at_once += 1
            judge.most_at_once = max(judge.most_at_once, judge.at_once)
            judge.keys.add(self.headers.get("Authorization", ""))
            judge.requests.append({"path": self.path, **body})
            judge.times.append(time.monotonic())
        try:
            judge.before(text, tries)
            self._do(text, tries)
        finally:
            with judge.lock:
                judge.at_once -= 1

    def _do(self, text: str, tries: int) -> None:
        judge, fault = self.judge, text.split(maxsplit=1)[0] if text.strip() else ""
        if fault in PASSING and tries > 1:
            fault = "well"
        if judge.down:
            self._send(503, b"")
            return
        reply = judge.completion
        match fault:
            case "429" | "always_429":
                self._send(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
            case "429_dated":
                self._send(429, {"error": {}}, {"Retry-After": formatdate(0, usegmt=True)})
            case "500" | "always_500":
                self._send(500, {"error": {"message": "oops"}})
            case "503_slow_down":
                self._send(503, b"<html>busy</html>")
            case "cut" | "always_cut":
                self._hang_up()
            case "half":
                self._send(200, reply("yes"), half=True)
            case "no_choice":
                self._send(200, {"choices": []})
            case "late" | "always_late":
                time.sleep(judge.late)
                self._send(200, reply("yes"))
            case "bad_request":
                self._send(400, {"error": {"message": "too long", "code": "context_length"}})
            case "no_json":
                self._send(200, b"<html>welcome</html>")
            case "refusal_field":
                self._whole(text, reply(None, refusal="I can't help with that."))
            case "refusal_words":
                self._whole(text, reply("I'm sorry, but I cannot grade this."))
            case "content_filter":
                self._whole(text, reply("", "content_filter"))
            case "filtered_prompt":
                self._whole(text, {"error": {"code": "content_filter", "message": "no"}}, 400)
            case "empty":
                self._whole(text, reply("  \n"))
            case "unparsable":
                self._whole(text, reply("It has something of both, yes and no."))
            case "truncated":
                self._whole(text, reply("yes, becau", "length"))
            case "unauthorised":
                self._send(401, {"error": {"message": f"wrong key: {self._key}"}})
            case _:
                time.sleep(judge.takes)
                found = reply(judge.grade(text))
                if judge.echoes:
                    found["model"] += self._key
                    found["choices"][0]["message"]["content"] += f"\nfor {self._key}"
                self._whole(text, found)

    @property
    def _key(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _whole(self, text: str, value: object, status: int = 200) -> None:
        self._send(status, value)
        with self.judge.lock:
            self.judge.answered[text] += 1

    def _send(
        self,
        status: int,
        value: object,
        headers: dict[str, str] | None = None,
        half: bool = False,
    ) -> None:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, said in (headers or {}).items():
            self.send_header(name, said)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if half:
            self.wfile.write(content[: len(content) // 2])
            self._hang_up()
        else:
            self.wfile.write(content)

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        # a reset, as when a machine on the way goes down
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
