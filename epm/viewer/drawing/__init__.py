"""A figure drawn again from its sidecar, as SVG whose points are links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from epm.viewer.drawing.dots import dots
from epm.viewer.drawing.scatter import panels, scatter
from epm.viewer.drawing.svg import Link


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
