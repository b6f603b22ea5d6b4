"""Where a result came from: version, commit, Python, libraries, machine, threads, compiled kernels or not."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import maquette
from maquette.encoders.compiled import has_kernels

__all__ = ["machine_words", "provenance"]

_LIBRARIES = ("torch", "numpy", "embreex", "pillow")


def provenance() -> dict[str, Any]:
    """Facts that stand beside every result, as JSON values.

    `commit` is None outside a git checkout of Maquette, where the environment variable MAQUETTE_COMMIT does not say it
    (for a copy of the files on a cluster or in a container). `compiled_kernels`: whether they were there to be used;
    with and without them equal scores rank differently, so results are those of one installation.
    """
    return {
        "maquette": maquette.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "compiled_kernels": has_kernels(),
    }


def machine_words(facts: Mapping[str, Any]) -> str:
    """Machine, device and kernels of a result's provenance, in words; older results do not say which kernels.

    >>> machine_words({"machine": "Linux x86_64, 2 cores", "device": "cpu", "compiled_kernels": False})
    'Linux x86_64, 2 cores, cpu, no compiled kernels'
    """
    words = f"{facts['machine']}, {facts['device']}"
    if "compiled_kernels" in facts:
        words += ", compiled kernels" if facts["compiled_kernels"] else ", no compiled kernels"
    return words


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
