"""One question to an OpenAI-compatible endpoint: an answer, or what went wrong."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from epm import retry_after
from epm.definition import Endpoint, JudgeAnswer
from epm.definition.checks.judges import is_loopback
from epm.definition.judge_models import last_part
from epm.errors import EpmError
from epm.privacy import GONE, public
from epm.scoring.judges.questions import Question

if TYPE_CHECKING:
    import httpx

OPENAI = "api.openai.com"

LARGEST = 8 * 2**20
"""Bytes of an answer that are read."""

_WAITED_FOR = frozenset({408, 409, 425, 429})
"""Beside 5xx: what may be otherwise in a while."""

_OF_THE_QUESTION = frozenset({400, 413, 422})
"""What another try would meet again, and another question need not."""


class Trouble(Exception):
    """There is no answer to this question.

    Attributes:
        what: went wrong, in a phrase.
        again: whether another try may help.
        wait: seconds that the service asks for before it.
        always: whether every question would meet it, until somebody mends it.
    """

    def __init__(
        self, what: str, *, again: bool = True, wait: float | None = None, always: bool = False
    ) -> None:
        super().__init__(what)
        self.what = what
        self.again = again
        self.wait = wait
        self.always = always


def key_of(judge: Endpoint) -> tuple[str, str]:
    """The name of the variable that holds the key, and the key; '' where there is none.

    OPENAI_API_KEY is OpenAI's: no other host is sent it, unless the definition names it.

    Raises:
        EpmError: the definition names a variable that is not set, or the key would go over the
            network for anybody to read.
    """
    parts = urlsplit(judge.base_url)
    host = parts.hostname or ""
    usual = ("EPM_JUDGE_KEY", *(("OPENAI_API_KEY",) if host == OPENAI else ()))
    names = (judge.key,) if judge.key else usual
    name = next((name for name in names if os.environ.get(name, "").strip()), "")
    if not name:
        if judge.key:
            raise EpmError(
                f"the judge's key is not set: {judge.key} is empty", f"export {judge.key}=…"
            )
        return "", ""
    key = os.environ[name].strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise EpmError(f"{name} holds no key: it has characters that no header takes", "set it")
    if parts.scheme != "https" and not is_loopback(host):
        raise EpmError(
            f"{name} is set, and would go to {host} over plain http, for anybody to read",
            "give the judge a base_url of https, or unset the key",
        )
    return name, key


class Client:
    """Speaks to one endpoint, from any number of threads. The key leaves it in a header alone."""

    def __init__(self, judge: Endpoint) -> None:
        """Nothing is sent yet.

        Raises:
            EpmError: as `key_of` does, or the base URL is none.
        """
        import httpx

        self._judge = judge
        self._name, self._key = key_of(judge)
        self._url = f"{judge.base_url.rstrip('/')}/chat/completions"
        try:
            httpx.URL(self._url)
        except httpx.InvalidURL as error:
            raise EpmError(f"the judge's base_url is no address: {error}", "mend it") from None
        local = is_loopback(urlsplit(judge.base_url).hostname or "")
        self._client: httpx.Client = httpx.Client(
            # no proxy on the way to this very machine
            trust_env=not local,
            follow_redirects=False,
            limits=httpx.Limits(
                max_connections=judge.concurrency, max_keepalive_connections=judge.concurrency
            ),
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def ask(self, question: Question, deadline: float) -> JudgeAnswer:
        """Ask once.

        Args:
            question: what is asked.
            deadline: by `time.monotonic()`, to be done.

        Raises:
            Trouble: there is no answer.
            EpmError: no question will be answered until somebody mends the key or the definition.
        """
        status, headers, content = self._exchange(question, deadline)
        data = _object(content)
        error = data.get("error") if isinstance(data, dict) else None
        if status == 200 and isinstance(error, dict) and isinstance(error.get("code"), int):
            status = error["code"]  # as some say it that ask others in their turn
        if status != 200:
            return self._refusal(status, headers, error if isinstance(error, dict) else {})
        if not isinstance(data, dict):
            if headers.get("content-type", "").startswith("text/html"):
                what = "a web page comes back (does base_url lack its /v1?)"
                raise Trouble(what, again=False, always=True)
            raise Trouble("an answer that is not JSON")
        return self._answer(data)

    def _exchange(
        self, question: Question, deadline: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        judge = self._judge
        body: dict[str, Any] = {
            "model": judge.model,
            "messages": [
                *([{"role": "system", "content": question.system}] if question.system else []),
                {"role": "user", "content": question.text},
            ],
            judge.limit: judge.max_tokens,
        }
        if judge.temperature is not None:
            body["temperature"] = judge.temperature
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        left = max(0.01, deadline - time.monotonic())
        try:
            with self._client.stream(
                "POST", self._url, json=body, headers=headers, timeout=httpx.Timeout(left)
            ) as response:
                content = b""
                for part in response.iter_bytes():
                    content += part
                    if len(content) > LARGEST:
                        raise Trouble("an answer of more than 8 MiB", again=False)
                    # which a drop a second would never reach
                    if time.monotonic() > deadline:
                        raise Trouble("no answer in time")
                return response.status_code, response.headers, content
        except httpx.TimeoutException:
            raise Trouble("no answer in time") from None
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                what = "its certificate is not trusted by this machine (SSL_CERT_FILE names others)"
                raise Trouble(what, again=False, always=True) from None
            raise Trouble("no connection can be made") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError):
            # whose words may hold addresses, and headers
            raise Trouble("the connection was cut") from None

    def _refusal(
        self, status: int, headers: Mapping[str, str], error: Mapping[str, Any]
    ) -> JudgeAnswer:
        """What a status other than 200 means."""
        code = str(error.get("code") or error.get("type") or "")
        if status in _OF_THE_QUESTION:
            # as Azure says that its filter stopped a prompt
            if "content" in code and ("filter" in code or "policy" in code):
                return JudgeAnswer(finish="content_filter", refused=True)
            raise Trouble(f"HTTP {status}{self._said(error)}", again=False)
        if status == 402 or code == "insufficient_quota":
            raise EpmError(
                f"the judge's account has nothing left (HTTP {status})",
                "top it up, then run the same command: what was answered is kept",
            )
        wait = retry_after.seconds(headers.get("retry-after", ""))
        if status in _WAITED_FOR or status >= 500:
            raise Trouble(f"HTTP {status}", wait=wait)
        if 300 <= status < 400:
            what = f"HTTP {status}: it sends on to another address, which is not followed"
            raise Trouble(what, again=False, always=True)
        raise Trouble(f"HTTP {status}{self._said(error)}", again=False, always=True)

    def _said(self, error: Mapping[str, Any]) -> str:
        """The service's own words, without what is private in them."""
        message = error.get("message")
        return f": {public(self._clean(message))[:200]}" if isinstance(message, str) else ""

    def remedy(self) -> str:
        """What to do where no question will be answered."""
        key = f"the key in {self._name}" if self._key else "whether it wants a key (EPM_JUDGE_KEY)"
        return (
            f"check {key}, the judge's base_url and its model, then run the same command: what was "
            "answered is kept"
        )

    def _answer(self, data: Mapping[str, Any]) -> JudgeAnswer:
        try:
            choice = data["choices"][0]
            message = choice["message"]
            content, refusal = message.get("content"), message.get("refusal")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Trouble("an answer without a choice") from None
        if isinstance(content, list):
            parts = [part.get("text") for part in content if isinstance(part, dict)]
            content = "".join(part for part in parts if isinstance(part, str))
        if not isinstance(content, str | None):
            raise Trouble("an answer that is no text")
        usage = data.get("usage")
        model = data.get("model")
        return JudgeAnswer(
            text=self._clean(content or ""),
            finish=self._clean(str(choice.get("finish_reason") or "stop")),
            refused=isinstance(refusal, str) and bool(refusal.strip()),
            model=last_part(self._clean(model)) if isinstance(model, str) else "",
            prompt_tokens=_count(usage, "prompt_tokens"),
            completion_tokens=_count(usage, "completion_tokens"),
        )

    def _clean(self, text: str) -> str:
        """Without the key, should the service repeat it; without halves of characters."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        return text.replace(self._key, GONE) if self._key else text


def _object(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name) if isinstance(usage, dict) else None
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12
    return value if whole else None
