"""A run's figures: the picture that was published, and the data that it was drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from epm.definition import canonical_json
from epm.errors import EpmError
from epm.files import read_own
from epm.viewer.data.run import Run
from epm_lint import strict_json

_LARGEST = 5_000_000


@dataclass
class Figure:
    """One figure, as far as it is there."""

    name: str
    picture: bool
    data: Mapping[str, Any] | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The finding, else the figure's name."""
        return str((self.data or {}).get("title") or self.name)


def figures_of(run: Run) -> list[Figure]:
    """All figures of a run, in the order of their names; those of analyses first."""
    folder = run.folder / "figures"
    found = {path.stem for suffix in ("png", "json") for path in folder.glob(f"*.{suffix}")}
    names = sorted(name for name in found if name.isprintable())  # others cannot be listed
    order = list(run.results.analyses if run.results else ())
    names.sort(key=lambda name: order.index(name) if name in order else len(order))
    return [_figure(run, name) for name in names]


def _figure(run: Run, name: str) -> Figure:
    png, sidecar = (_bytes(run, f"{name}{suffix}") for suffix in (".png", ".json"))
    figure = Figure(name, png is not None)
    if png is None:
        figure.problems.append(
            f"there is no figures/{name}.png: what is drawn here is all there is"
        )
    if sidecar is None:
        figure.problems.append(
            f"there is no figures/{name}.json: the picture cannot be held against its data"
        )
        return figure
    try:
        whole = strict_json.loads(sidecar)
        figure.data = whole["data"]
        if not isinstance(figure.data, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        figure.data = None
        figure.problems.append(f"figures/{name}.json is no sidecar of epm's")
        return figure
    digest = hashlib.sha256(canonical_json(figure.data).encode("utf-8", "replace")).hexdigest()
    if digest != whole.get("data_sha256"):
        figure.problems.append("its data were altered after it was drawn: their hash is another")
    if png is not None and hashlib.sha256(png).hexdigest() != whole.get("png_sha256"):
        figure.problems.append("the picture is not the one that these data were drawn as")
    return figure


def _bytes(run: Run, name: str) -> bytes | None:
    try:
        return read_own(run.folder / "figures" / name, _LARGEST, within=run.folder)
    except (OSError, EpmError, ValueError):
        return None
