"""One run of a shape's recipe, as a command of its own: `benchmarks.scale.several` starts it.

Nothing heavy is imported here: workers read this module again before they are told their GPU.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path


def main(order: str) -> None:
    """Run.

    Args:
        order: shape, the model's folder and its hash, arguments of `work.experiment`, GPUs, and
            the folder for the run, as JSON.
    """
    from rich.console import Console

    from benchmarks.scale import work
    from epm.definition import FolderModel
    from epm.executors.local import LocalExecutor
    from epm.pipeline.run import Options, run
    from epm.progress import PlainProgress

    shape, model, sha256, given, gpus, runs = json.loads(order)
    loaded, definition = work.experiment(shape, FolderModel(model, sha256), **given)
    options = Options("benchmark", "off", runs=Path(runs), executor=LocalExecutor(gpus))
    run(loaded, definition, options, lambda _: nullcontext(PlainProgress(Console(width=120))))


if __name__ == "__main__":
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as epm's own command does
    main(sys.argv[1])
