"""The files of a figure; the same input and library versions give the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from epm.definition import canonical_json
from epm.figures.charts import Chart
from epm.figures.style import DPI, styled
from epm.files import dump_json, write_atomically


def write(folder: Path, name: str, figure: Figure, chart: Chart) -> list[Path]:
    """Write `NAME.png` (200 dpi), `NAME.pdf` and, last, their sidecar `NAME.json`.

    The sidecar holds the chart, the sha256 of its canonical JSON (sorted keys, no blanks, UTF-8)
    and the sha256 of the PNG. Each file appears whole or not at all.

    Args:
        folder: made if it is not there.
        name: without suffix.
        figure: drawn from the chart.
        chart: everything that is shown.

    Raises:
        OSError: the folder cannot be written.
    """
    png, pdf = BytesIO(), BytesIO()
    with styled():
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
        undated = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        figure.savefig(pdf, format="pdf", metadata=undated)
    shown = asdict(chart)
    sidecar = {
        "data": shown,
        "data_sha256": hashlib.sha256(canonical_json(shown).encode()).hexdigest(),
        "png_sha256": hashlib.sha256(png.getvalue()).hexdigest(),
    }
    contents: dict[Path, str | bytes] = {
        folder / f"{name}.png": png.getvalue(),
        folder / f"{name}.pdf": pdf.getvalue(),
        folder / f"{name}.json": dump_json(sidecar),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        write_atomically(path, content)
    return list(contents)
