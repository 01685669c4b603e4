"""A figure drawn again from its sidecar, as SVG whose points are links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from epm.viewer.drawing.dots import dots
from epm.viewer.drawing.scatter import panels, scatter

Link = Callable[[str], str]
"""From the name of what is drawn to where it leads; '' for nowhere."""


def drawn(data: Mapping[str, Any], link: Link) -> str:
    """The chart in a sidecar (`epm.figures.charts`) as SVG.

    Raises:
        ValueError: it is none that is known.
    """
    try:
        if "dots" in data:
            return dots(data, link)
        if "points" in data:
            return scatter(data, link)
        if "panels" in data:
            return panels(data, link)
    except (KeyError, TypeError, AttributeError, IndexError, ZeroDivisionError) as error:
        raise ValueError(f"the sidecar holds no chart that epm draws: {error!r}") from None
    raise ValueError("the sidecar holds no chart that epm draws")
