"""Which model judges: one behind an address, or one that epm loads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, ClassVar, Literal

from epm.definition.model import FolderModel, HubModel, TinyModel, WheelModel


@dataclass(frozen=True)
class Endpoint:
    """A service that answers `POST {base_url}/chat/completions` as OpenAI's does.

    How it is asked, from `key` to `patience`, is no part of the fingerprint.
    """

    base_url: str
    """Up to the version, as in https://api.openai.com/v1."""
    model: str
    temperature: float | None = 0.0
    """None leaves it out, for models that refuse it."""
    max_tokens: int = 256
    """Of an answer; one that is cut there is no score."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the service calls that."""
    prompt_price: float | None = None
    """Of a million tokens that it reads."""
    completion_price: float | None = None
    """Of a million tokens that it writes."""
    currency: str = "USD"
    key: str = ""
    """Name of the environment variable with the key. Without one it is EPM_JUDGE_KEY, and for
    api.openai.com also OPENAI_API_KEY."""
    concurrency: int = 4
    """Most questions under way at once."""
    timeout: float = 60.0
    """Seconds that one answer may take."""
    longest: float = 600.0
    """Seconds that one question may take with all its tries."""
    patience: float = 1800.0
    """Seconds without any answer after which nothing more is asked."""

    HOW: ClassVar[frozenset[str]] = frozenset(
        {"key", "concurrency", "timeout", "longest", "patience"}
    )

    @property
    def shown_model(self) -> str:
        """Its name; of a served folder the last part of its path."""
        return last_part(self.model)

    def settings(self) -> dict[str, Any]:
        """What the definition says of it."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.HOW}
        own |= {"model": self.shown_model, "base_url": self.base_url.rstrip("/")}
        priced = self.prompt_price is not None or self.completion_price is not None
        if not priced:
            own = {name: part for name, part in own.items() if name != "currency"}
        return {name: part for name, part in own.items() if part is not None}

    def identity(self) -> dict[str, Any]:
        """What its answers depend on, beside the question."""
        return {
            "base_url": self.base_url.rstrip("/"),
            "model": self.model,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }


@dataclass(frozen=True)
class LocalJudge:
    """A model that epm loads itself; it answers at temperature 0."""

    model: HubModel | FolderModel | WheelModel | TinyModel
    max_tokens: int = 32
    batch_size: int = 32
    """Most questions at once."""
    likeliest: bool = False
    """Whether its answer is the label that it finds likeliest, by the log-probability of all of its
    tokens, in place of what it writes."""

    @property
    def shown_model(self) -> str:
        """As on the command line."""
        return str(self.model)

    def settings(self) -> dict[str, Any]:
        """What the definition says of it."""
        return {"model": self.model, **self._how()}

    def _how(self) -> dict[str, Any]:
        return {"likeliest": True} if self.likeliest else {"max_tokens": self.max_tokens}

    def identity(self) -> dict[str, Any]:
        """What its answers depend on, beside the question; where a folder lies is no part of it."""
        model = {name: part for name, part in asdict(self.model).items() if name != "path"}
        return {"model": model, **self._how()}


def last_part(model: str) -> str:
    """A model's name without the folders that it is served from."""
    if PurePosixPath(model).is_absolute() or PureWindowsPath(model).drive or model[:1] == "~":
        return PureWindowsPath(model).name
    return model
