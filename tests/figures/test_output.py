"""The files of a figure."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from sample_charts import CHARTS, dot_chart

from epm.figures import write
from epm.figures.charts import DotChart

KINDS = ("12 dots", "61 dots", "hostile points", "5 panels", "49 panels", "no points")


@pytest.mark.parametrize("name", KINDS)
def test_same_chart_same_bytes(name: str, tmp_path: Path) -> None:
    first = write(tmp_path / "a", "rates", CHARTS[name])
    second = write(tmp_path / "b", "rates", CHARTS[name])
    assert [path.name for path in first] == ["rates.png", "rates.pdf", "rates.json"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(list((tmp_path / "a").iterdir())) == 3


def test_the_sidecar_holds_the_chart_and_both_hashes(tmp_path: Path) -> None:
    chart = CHARTS["12 dots"]
    assert isinstance(chart, DotChart)
    png, pdf, sidecar = write(tmp_path, "rates", chart)
    told = json.loads(sidecar.read_text("utf-8"))
    assert list(told) == ["data", "data_sha256", "png_sha256"]
    assert told["png_sha256"] == hashlib.sha256(png.read_bytes()).hexdigest()
    canonical = json.dumps(
        told["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert told["data_sha256"] == hashlib.sha256(canonical).hexdigest()
    assert told["data"]["title"] == chart.title
    assert [dot["value"] for dot in told["data"]["dots"]] == [dot.value for dot in chart.dots]
    assert told["data"]["expected"]["name"] == "#122, on a larger model"
    assert b"/CreationDate" not in pdf.read_bytes()


def test_pictures_are_as_wide_as_a_page_shows_them_at_two_dots_a_pixel(tmp_path: Path) -> None:
    png, *_ = write(tmp_path, "rates", dot_chart(3))
    assert int.from_bytes(png.read_bytes()[16:20], "big") == 2 * 880


DRAWING = """
import hashlib, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sample_charts import CHARTS
from epm.figures import write
assert "matplotlib.pyplot" not in sys.modules
png, pdf, _ = write(Path(sys.argv[2]), "rates", CHARTS["3 dots"])
print(hashlib.sha256(png.read_bytes() + pdf.read_bytes()).hexdigest())
"""


def test_no_style_of_the_users_is_read(tmp_path: Path) -> None:
    style = "font.size: 30\nfigure.facecolor: red\nlines.linewidth: 9\nsavefig.bbox: tight\n"
    (tmp_path / "matplotlibrc").write_text(f"{style}text.usetex: True\naxes.grid: True\n")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "matplotlibrc").write_text("")
    here = str(Path(__file__).parent)
    sums = {
        subprocess.run(
            [sys.executable, "-c", DRAWING, here, str(tmp_path / "out")],
            env={"MATPLOTLIBRC": str(folder), "MPLCONFIGDIR": matplotlib.get_configdir()},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for folder in (tmp_path, tmp_path / "plain")
    }
    assert len(sums) == 1


def test_charts_are_light() -> None:
    """An analysis chooses a chart without matplotlib."""
    code = "import sys, epm.figures.charts, epm.figures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
