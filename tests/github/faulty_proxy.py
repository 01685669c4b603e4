"""A loopback proxy in front of the emulator: faults on demand, and what the emulator lacks.

It also answers as GitHub does where the emulator is too kind: 422 for a text that is too long,
401 for a token that nobody was given.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

LONGEST = 65_536
_KEPT = ("content-type", "link", "location")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    kind: Literal["answer", "cut", "half", "slow", "meanwhile", "stale", "kept"]
    when: Literal["before", "after"] = "before"
    """Whether GitHub has done its work by then."""
    status: int = 0
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    act: Callable[[], object] | None = None
    """What somebody else does meanwhile."""
    data: object = None
    """An old answer."""
    raw: bytes = b""
    """No JSON: the page of something on the way."""


@dataclass(frozen=True)
class Reply:
    """What goes back to the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Request:
    """What came from the client."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


def answer(
    status: int,
    message: str = "",
    when: Literal["before", "after"] = "before",
    raw: bytes = b"",
    **headers: str,
) -> Fault:
    """An error of GitHub, before or after the effect; `Retry_After="1"` for headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("answer", when, status, message, named, raw=raw)


def cut(when: Literal["before", "after"]) -> Fault:
    """The connection breaks, no answer."""
    return Fault("cut", when)


HALF = Fault("half", "after")
"""The answer breaks off in the middle."""


KEPT = Fault("kept")
"""GitHub answers 200 with the new text, and keeps the old one."""


def slow(seconds: float, when: Literal["before", "after"]) -> Fault:
    """The answer comes late; with `before`, so does the effect."""
    return Fault("slow", when, seconds=seconds)


def meanwhile(act: Callable[[], object]) -> Fault:
    """Somebody else does something just before this request arrives."""
    return Fault("meanwhile", act=act)


class Proxy:
    """Runs in threads of the test's process."""

    def __init__(self, tokens: set[str]) -> None:
        self.tokens = tokens
        self.emulator = 0
        self.seen: list[tuple[str, str, int]] = []
        """Verb, path and the status that the client got; 0 for no answer."""
        self.requests: list[Request] = []
        """All that the client sent."""
        self._planned: list[tuple[str, Fault]] = []
        self._chaos: Callable[[Request], Fault | None] | None = None
        self._recorded: list[tuple[str, re.Pattern[str], int, object]] = []
        self._lock = threading.Lock()
        self._uses = 0
        self.takes: int | None = None
        """Bytes of a body; a longer update is agreed to and dropped, a longer new text is cut."""
        proxy = self

        class Handler(_Handler):
            pass

        Handler.proxy = proxy
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def plan(self, verb: str, *faults: Fault) -> None:
        """The next requests of this verb go wrong, one after another."""
        self._planned += [(verb, fault) for fault in faults]

    def record(self, verb: str, pattern: str, status: int, data: object) -> None:
        """Answer as GitHub does what the emulator does not know."""
        self._recorded.append((verb, re.compile(pattern), status, data))

    @contextlib.contextmanager
    def chaos(self, draw: Callable[[Request], Fault | None]) -> Iterator[None]:
        """Let `draw` decide for each request."""
        self._chaos = draw
        try:
            yield
        finally:
            self._chaos = None

    def reset(self) -> None:
        """For the next test."""
        self.seen.clear()
        self.requests.clear()
        self._planned.clear()
        self._recorded.clear()
        self.takes = None

    def count(self, verb: str, part: str = "") -> int:
        """Requests that the client sent."""
        return sum(1 for seen, path, _ in self.seen if seen == verb and part in path)

    @property
    def pending(self) -> int:
        """Planned faults that no request has met."""
        return len(self._planned)

    def fault(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            for place, (verb, fault) in enumerate(self._planned):
                if verb == request.verb:
                    del self._planned[place]
                    return fault
            return self._chaos(request) if self._chaos else None

    def alias(self, token: str) -> str:
        """A token for the emulator, which takes some 5,000 requests of each."""
        if token not in self.tokens:
            return token
        with self._lock:
            self._uses += 1
            return f"{token}-{self._uses // 4_000}"

    def forward(self, request: Request) -> Reply:
        """GitHub's own answer."""
        if strict := self._strict(request):
            return strict
        body = (request.json or {}).get("body") if request.verb in ("POST", "PATCH") else None
        if self.takes is not None and len((body or "").encode()) > self.takes:
            return self._agree(request, body)
        for verb, pattern, status, data in self._recorded:
            if verb == request.verb and pattern.search(request.path):
                return _reply(status, data)
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator, timeout=20)
        try:
            dropped = ("connection", "accept-encoding", "content-length")
            headers = {k: v for k, v in request.headers.items() if k.lower() not in dropped}
            scheme, _, token = headers.get("Authorization", "").partition(" ")
            headers["Authorization"] = f"{scheme} {self.alias(token)}"
            connection.request(request.verb, request.path, request.body or None, headers)
            got = connection.getresponse()
            kept = {k.lower(): v for k, v in got.getheaders() if k.lower() in _KEPT}
            return Reply(got.status, kept, got.read())
        finally:
            connection.close()

    def _agree(self, request: Request, body: str) -> Reply:
        """Say yes to a text that is too long, as users report of GitHub."""
        if request.verb == "PATCH":
            return self.keep(request)
        cut = body.encode()[: self.takes].decode("utf-8", "ignore")
        made = self.forward(
            replace(request, body=json.dumps({**request.json, "body": cut}).encode())
        )
        return Reply(made.status, made.headers, _with(made.body, {"body": body}))

    def keep(self, request: Request) -> Reply:
        """Agree to an update, and do nothing."""
        old = self.forward(Request("GET", request.path, request.headers, b""))
        told = {name: value for name, value in request.json.items() if name in ("title", "body")}
        return Reply(
            old.status, old.headers, _with(old.body, told) if old.status == 200 else old.body
        )

    def _strict(self, request: Request) -> Reply | None:
        authorization = request.headers.get("Authorization", "")
        scheme, _, token = authorization.partition(" ")
        issued = token in self.tokens or token.startswith("ghs_") or token.count(".") == 2
        if scheme and not issued:
            return _reply(401, {"message": "Bad credentials", "status": "401"})
        fields = request.json if request.verb in ("POST", "PATCH") else None
        too_long = isinstance(fields, dict) and len(fields.get("body") or "") > LONGEST
        if too_long and self.takes is None:
            detail = f"body is too long (maximum is {LONGEST} characters)"
            error = {
                "resource": "IssueComment",
                "code": "custom",
                "field": "body",
                "message": detail,
            }
            return _reply(422, {"message": "Validation Failed", "errors": [error]})
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, format: str, *args: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        # headers and body are two writes: without this, the second waits for the first's receipt
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command, self.path, dict(self.headers.items()), self.rfile.read(length)
        )
        fault = self.proxy.fault(request)
        if fault is None:
            return self._send(request, self.proxy.forward(request))
        if fault.act:
            fault.act()
        if fault.kind == "slow" and fault.when == "before":
            time.sleep(fault.seconds)
        reply = None
        if fault.when == "after" or fault.kind in ("slow", "meanwhile"):
            reply = self.proxy.forward(request)
        if fault.kind == "slow" and fault.when == "after":
            time.sleep(fault.seconds)
        if fault.kind == "answer":
            reply = _reply(fault.status, {"message": fault.message}, fault.headers)
            if fault.raw:
                reply = Reply(fault.status, {"content-type": "text/html"}, fault.raw)
        if fault.kind == "kept":
            reply = self.proxy.keep(request)
        if fault.kind == "stale":
            reply = _reply(200, fault.data)
        if fault.kind == "cut" or reply is None:
            return self._hang_up(request)
        return self._send(request, reply, half=fault.kind == "half")

    def _send(self, request: Request, reply: Reply, half: bool = False) -> None:
        self.proxy.seen.append((request.verb, request.path, 0 if half else reply.status))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if half and reply.body:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self._close()
        else:
            self.wfile.write(reply.body)

    def _hang_up(self, request: Request) -> None:
        self.proxy.seen.append((request.verb, request.path, 0))
        self._close()

    def _close(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        # a reset, as when a machine on the way goes down
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815


def _with(body: bytes, fields: Mapping[str, object]) -> bytes:
    return json.dumps({**json.loads(body), **fields}).encode()


def _reply(status: int, data: object, headers: Mapping[str, str] | None = None) -> Reply:
    named = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Reply(status, named, json.dumps(data).encode())
