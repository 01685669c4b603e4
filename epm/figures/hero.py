"""The files of the figure; the same input and library versions give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

from epm.figures.drawing import draw
from epm.figures.plotted import plotted
from epm.figures.style import DPI, styled
from epm.files import dump_json, write_atomically
from epm.results import CompleteCondition, MissingCondition, Statistics
from epm.spec import canonical_json


def hero(
    folder: Path,
    *,
    conditions: Mapping[str, CompleteCondition | MissingCondition],
    cosines: Mapping[str, Mapping[str, float]],
    statistics: Statistics,
    reference: str,
    subtitle: str,
) -> list[Path]:
    """Write `hero.png` (200 dpi), `hero.pdf` and, last, their sidecar `hero.json`.

    The sidecar holds the plotted data, the sha256 of that data's canonical JSON (sorted keys, no
    blanks, UTF-8) and the sha256 of the PNG. Each file appears whole or not at all.

    Args:
        folder: made if it is not there.
        conditions: by persona; missing ones are named below the panel.
        cosines: layer -> persona -> centred cosine to the reference persona.
        statistics: of the same conditions and cosines.
        reference: the persona that the cosines point at.
        subtitle: profile, model and scale in one line.

    Raises:
        OSError: the folder cannot be written.
    """
    data = plotted(conditions, cosines, statistics, reference=reference, subtitle=subtitle)
    figure = draw(data)
    png, pdf = BytesIO(), BytesIO()
    with styled():
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
        undated = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        figure.savefig(pdf, format="pdf", metadata=undated)
    shown = asdict(data)
    sidecar = {
        "data": shown,
        "data_sha256": hashlib.sha256(canonical_json(shown).encode()).hexdigest(),
        "png_sha256": hashlib.sha256(png.getvalue()).hexdigest(),
    }
    contents: dict[Path, str | bytes] = {
        folder / "hero.png": png.getvalue(),
        folder / "hero.pdf": pdf.getvalue(),
        folder / "hero.json": dump_json(sidecar),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        write_atomically(path, content)
    return list(contents)
