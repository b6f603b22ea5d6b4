"""Where a result came from: version, commit, Python, libraries, machine, threads."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import maquette

__all__ = ["provenance"]

_LIBRARIES = ("torch", "numpy", "embreex", "pillow")


def provenance() -> dict[str, Any]:
    """Facts that stand beside every result, as JSON values.

    `commit` is None outside a git checkout of Maquette, where the environment variable MAQUETTE_COMMIT does not say it
    (for a copy of the files on a cluster or in a container).
    """
    return {
        "maquette": maquette.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
    }


def _commit() -> str | None:
    """The checkout's commit, with `+changes` where files differ from it."""
    root = Path(maquette.__file__).parents[1]
    if not (root / ".git").exists():
        return os.environ.get("MAQUETTE_COMMIT") or None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return f"{commit}+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit
    except (OSError, subprocess.CalledProcessError):
        # No git program, or a checkout it refuses to read: the result is still worth having.
        return None


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()  # noqa: S603 (fixed words)
