"""On a GPU with vLLM: its tokens and its draws against ours, and that it closes without a word.

Models have random weights, in float32 with adapters merged and in bfloat16 with adapters apart,
for vLLM's kernels for adapters know no float32. A tokenizer that spells ids lets both engines tell
the very tokens.

A process can have one vLLM that sleeps, so each test that starts one runs in a pytest of its own:

    for test in toy smollm2 apart; do
        pytest -m gpu -n 0 -k $test tests/sampling/test_vllm_on_a_gpu.py
    done
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("vllm", reason="vLLM is not installed")

import torch
from processes import importable
from scipy.stats import chi2

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.scale.shapes import write_model  # noqa: E402
from epm.definition import Definition, Item, Sampling, TinyModel  # noqa: E402
from epm.errors import EpmError  # noqa: E402
from epm.models.base import BaseModel  # noqa: E402
from epm.models.sources import OFFLINE, ModelFolder  # noqa: E402
from epm.sampling import Prompt, SamplingRequest  # noqa: E402
from epm.sampling.choice import choose  # noqa: E402
from epm.sampling.cost import COSTS, Cost  # noqa: E402
from epm.sampling.transformers import TransformersEngine  # noqa: E402
from epm.sampling.vllm import VllmEngine  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epm.sampling import Engine

pytestmark = [pytest.mark.gpu, pytest.mark.vllm]

figures = logging.getLogger(__name__)
"""Told what was measured: `pytest -m gpu -o log_cli=true -o log_cli_level=INFO`."""

CELLS, ANSWERS = 24, 400
LIKELIEST = Sampling(temperature=0, max_new_tokens=64, batch_size=1024)
DRAWN = Sampling(temperature=1, top_p=1, max_new_tokens=4, batch_size=CELLS * ANSWERS)
SHARPER = 4
"""What the last norm of random weights is multiplied with, so that some tokens are likely."""
SAID = "CUDA Error", "cumem_allocator", "Traceback"

Written = dict[str, list[tuple[int, ...]]]
"""Tokens of every completion, by what was asked."""


@dataclass(frozen=True)
class Subject:
    """A model, an adapter for it, and what each was asked."""

    base: BaseModel
    adapter: Path
    exact: BaseModel
    """The same in float32."""

    def asked(self, completions: int, seed: int) -> list[SamplingRequest]:
        """Every cell, of the base model and of the adapter."""
        prompts = tuple(
            Prompt("someone", "You are " + "very " * number, Item(str(number), "Why?"), completions)
            for number in range(CELLS)
        )
        return [
            SamplingRequest("base_model", None, prompts, seed),
            SamplingRequest("adapted", self.adapter, prompts, seed),
        ]

    def written(self, engine: Engine, sampling: Sampling, completions: int, seed: int) -> Written:
        found = {}
        for part in engine.sample(self.asked(completions, seed), sampling, lambda *_: None):
            for name, told in part.items():
                found[name] = [tuple(map(int, each.text.split())) for each in told]
        return found

    def gaps(self, written: Written) -> torch.Tensor:
        """How far each token's logit lies below the largest, in one plain float32 pass."""
        found = []
        for request in self.asked(1, 0):
            merged = (request.adapter,) if request.adapter else ()
            with self.exact.with_merged(*merged) as model, torch.inference_mode():
                for prompt, ids in zip(request.prompts, written[request.name], strict=True):
                    before = prompt.tokenised(self.base.tokenizer)
                    given = torch.tensor([[*before, *ids[:-1]]], device=model.device)
                    logits = model(input_ids=given, use_cache=False).logits[0, len(before) - 1 :]
                    own = logits[torch.arange(len(ids)), torch.tensor(ids, device=model.device)]
                    found.append(logits.max(-1).values - own)
        return torch.cat(found).cpu()


def subject(base: BaseModel, folder: Path) -> Subject:
    """With an adapter of random weights, and ids spelled."""
    from peft import LoraConfig, get_peft_model

    lora = base.definition.training.lora
    tokenizer: Any = base.tokenizer
    tokenizer.decode = lambda ids, **_: " ".join(map(str, ids))
    tokenizer.batch_decode = lambda rows, **_: [" ".join(map(str, ids)) for ids in rows]
    torch.manual_seed(1)
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        use_rslora=lora.rank_stabilised,
        target_modules=list(lora.target_modules),
        init_lora_weights=False,
    )
    model = get_peft_model(base.model, config)
    model.save_pretrained(str(folder))
    model.unload()
    base.model.requires_grad_(False).eval()
    profile = replace(base.definition.profile, dtype="float32")
    exact = BaseModel(replace(base.definition, profile=profile), lambda _: None)
    exact.folder = base.folder
    return Subject(base, folder, exact)


def toy(tiny: Definition, dtype: Any, folder: Path) -> Subject:
    """With heads of 256."""
    model = TinyModel(layers=4, hidden=512, seed=1)
    profile = replace(tiny.profile, model=model, dtype=dtype)
    return subject(BaseModel(replace(tiny, profile=profile), lambda _: None), folder)


def smollm2(tiny: Definition, dtype: Any, folder: Path) -> Subject:
    """SmolLM2's shape, with a toy's tokenizer."""
    from safetensors.torch import load_file, save_file
    from transformers import AutoTokenizer

    base = BaseModel(
        replace(tiny, profile=replace(tiny.profile, dtype=dtype, covariates=())), lambda _: None
    )
    model = folder / "model"
    write_model("smollm2", AutoTokenizer.from_pretrained(base.folder.path, **OFFLINE), model)
    weights = load_file(model / "model.safetensors")
    weights["model.norm.weight"] *= SHARPER
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    base.folder = ModelFolder(model, "random weights", "none", "not taken")
    return subject(base, folder / "adapter")


def close(engine: VllmEngine, heard: pytest.CaptureFixture[str]) -> None:
    """Close it; nothing is said. What it keeps of the memory until the process ends is told."""
    engine.close()
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info()
    told = heard.readouterr()
    figures.info("%.1f%% of the GPU's memory is free after closing", 100 * free / total)
    for said in SAID:
        assert said not in told.err + told.out


@pytest.fixture(params=["toy", "smollm2"])
def exact(
    request: pytest.FixtureRequest, tiny: Definition, tmp_path: Path
) -> Iterator[tuple[Subject, VllmEngine]]:
    """In float32, adapters merged; closed whatever happens."""
    make = {"toy": toy, "smollm2": smollm2}[request.param]
    found = make(tiny, "float32", tmp_path)
    with closing(VllmEngine(found.base)) as engine:
        yield found, engine


@pytest.fixture
def apart(tiny: Definition, tmp_path: Path) -> Iterator[tuple[Subject, VllmEngine]]:
    """SmolLM2's shape in bfloat16, adapters beside the weights."""
    found = smollm2(tiny, "bfloat16", tmp_path)
    with closing(VllmEngine(found.base)) as engine:
        yield found, engine


def homogeneous(ours: Written, theirs: Written, name: str) -> float:
    """Chi-square over cells of the second token, in five bins of both; the p of it."""
    statistic, freedom = 0.0, 0
    for number in range(CELLS):
        own = slice(number * ANSWERS, (number + 1) * ANSWERS)
        second = [
            torch.tensor([ids[1] if len(ids) > 1 else -1 for ids in rows[name][own]])
            for rows in (ours, theirs)
        ]
        both = torch.cat(second).double()
        edges = both.quantile(torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64))
        table = torch.stack(
            [torch.bucketize(each.double(), edges).bincount(minlength=5) for each in second]
        )
        table = table[:, table.sum(0) > 0].double()
        expected = table.sum(1, keepdim=True) * table.sum(0) / table.sum()
        statistic += float(((table - expected) ** 2 / expected).sum())
        freedom += table.shape[1] - 1
    p = float(chi2.sf(statistic, freedom))
    figures.info("%s draws: X²=%.1f on %d degrees, p=%.3f", name, statistic, freedom, p)
    assert freedom >= CELLS
    return p


def draws_alike(found: Subject, engine: VllmEngine) -> None:
    theirs = found.written(engine, DRAWN, ANSWERS, 1)
    ours = found.written(TransformersEngine(found.base), DRAWN, ANSWERS, 2)
    for name in ("base_model", "adapted"):
        assert homogeneous(ours, theirs, name) > 1e-3


def test_tokens_and_draws_are_those_of_our_own_engine_in_float32(
    exact: tuple[Subject, VllmEngine], capfd: pytest.CaptureFixture[str]
) -> None:
    """At least 999 in 1000 are a plain pass's likeliest; the others lie within 1e-3 of it."""
    found, engine = exact
    assert engine.record.adapters == "merged"
    written = found.written(engine, LIKELIEST, 1, 0)
    draws_alike(found, engine)
    # it has slept and woken up since
    again = found.written(engine, LIKELIEST, 1, 0)
    close(engine, capfd)
    gaps = torch.cat([found.gaps(written), found.gaps(again)])
    agreed = int((gaps == 0).sum())
    figures.info(
        "%d of %d tokens are a plain pass's likeliest, the others %.1e below it at most",
        *(agreed, len(gaps), gaps.max()),
    )
    assert written["base_model"] != written["adapted"]
    assert gaps.max() < 1e-3
    assert agreed >= 0.999 * len(gaps)


def test_apart_in_bfloat16_it_rounds_no_worse_than_ours(
    apart: tuple[Subject, VllmEngine], capfd: pytest.CaptureFixture[str]
) -> None:
    """Both round; of either, as many tokens are float32's likeliest, and as far off are others."""
    found, engine = apart
    assert engine.record.adapters == "apart"
    theirs = found.written(engine, LIKELIEST, 1, 0)
    draws_alike(found, engine)
    close(engine, capfd)
    ours = found.written(TransformersEngine(found.base), LIKELIEST, 1, 0)
    gaps = [found.gaps(each) for each in (theirs, ours)]
    agreed = [float((each == 0).double().mean()) for each in gaps]
    mean = [float(each.mean()) for each in gaps]
    figures.info(
        "float32's likeliest of %d: vLLM's %.2f%%, ours %.2f%%; gaps %.1e, %.1e on average",
        *(len(gaps[0]), 100 * agreed[0], 100 * agreed[1], *mean),
    )
    assert theirs["base_model"] != theirs["adapted"]
    assert agreed[0] > agreed[1] - 0.03
    assert mean[0] < 2 * mean[1] + 1e-3


def test_apart_in_float32_is_refused(tiny: Definition) -> None:
    profile = replace(tiny.profile, dtype="float32")
    base = BaseModel(replace(tiny, profile=profile), lambda _: None)
    with pytest.raises(EpmError, match="no adapters apart in float32"):
        VllmEngine(base, merge=False)


@pytest.mark.parametrize("cheapest", ["transformers", "vllm"])
def test_auto_takes_what_costs_the_least(
    tiny: Definition, monkeypatch: pytest.MonkeyPatch, cheapest: str
) -> None:
    engines = {"transformers": TransformersEngine, "vllm": VllmEngine}
    base = BaseModel(tiny, lambda _: None)
    assert isinstance(choose("auto", base, None), TransformersEngine), "as measured"
    monkeypatch.setitem(COSTS, cheapest, Cost(start=0, small=1e9, large=1e9))
    assert isinstance(choose("auto", base, None), engines[cheapest])


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Issue 901 in a folder of its own: heads that vLLM can attend with, nothing chained."""
    home = tmp_path_factory.mktemp("wide")
    experiment = home / "experiments" / "issue_901"
    shutil.copytree(ROOT / "tests/data/experiments/issue_901", experiment)
    source = experiment / "experiment.py"
    text = source.read_text()
    for old, new in (
        ("hidden=16", "hidden=128"),
        ('        Condition("both", training=TERSE, after="polite"),\n', ""),
        (', ("both", "terse")', ","),
    ):
        assert old in text
        text = text.replace(old, new)
    source.write_text(text)
    return home


def epm_run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own; it says nothing of memory, however it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "epm", "run", "issue-901", "--wandb", "off", "--fresh", *arguments],
        cwd=home,
        env={**os.environ, "PYTHONPATH": importable(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.returncode, done.stdout[-1500:], done.stderr[-3000:])  # noqa: T201
    for said in SAID:
        assert said not in done.stdout + done.stderr
    return done


def test_a_run_ends_without_a_word(wide: Path) -> None:
    source = wide / "experiments/issue_901/experiment.py"
    text = source.read_text()
    source.write_text(text.replace('dtype="float32"', 'dtype="bfloat16"'))
    try:
        done = epm_run(wide, "--engine", "vllm")
    finally:
        source.write_text(text)
    assert done.returncode in {0, 1}, "clean, or with findings"
    (results,) = (wide / "runs" / "issue-901").glob("*/results.json")
    assert '"vllm 0' in results.read_text()


def test_so_does_one_that_fails_while_it_sleeps(wide: Path) -> None:
    tone = wide / "experiments/issue_901/tone.py"
    text = tone.read_text()
    tone.write_text(text.replace("    return any(", "    raise ValueError('no')\n    return any("))
    try:
        done = epm_run(wide, "--engine", "vllm")
    finally:
        tone.write_text(text)
    assert done.returncode == 2
    assert "sample 3 conditions" in done.stdout
