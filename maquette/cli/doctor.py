"""`maquette doctor`: what is installed, what it runs on, what is missing and how to get it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from maquette.cli.app import JsonOption, answer, app

_LEAST_FREE_BYTES = 2 * 1024**3


def _packages() -> list[dict[str, Any]]:
    """Every package Maquette names: installed version (or None), whether it fits, and the extra that wants it."""
    rows = []
    for line in importlib.metadata.requires("maquette") or []:
        requirement = Requirement(line)
        extra = next((name for name in _extras() if _wanted_only_by(requirement, name)), None)
        try:
            installed: str | None = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            installed = None
        rows.append(
            {
                "name": requirement.name,
                "wanted": str(requirement.specifier) or "any",
                "installed": installed,
                "fits": installed is not None and requirement.specifier.contains(installed, prereleases=True),
                "extra": extra,
            }
        )
    return sorted(rows, key=lambda row: (row["extra"] or "", row["name"]))


def _extras() -> list[str]:
    return sorted(importlib.metadata.metadata("maquette").get_all("Provides-Extra") or [])


def _wanted_only_by(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is not None and not marker.evaluate({"extra": ""}) and marker.evaluate({"extra": extra})


def _devices() -> list[str]:
    import torch

    devices = [f"cuda:{number} {torch.cuda.get_device_name(number)}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps (Apple)")
    return [*devices, f"cpu {platform.machine()}"]


def _sandbox() -> dict[str, str]:
    """What holds each limit on the processes that read files, in words; empty where there are no such processes."""
    from maquette.errors import MaquetteError
    from maquette.search.reading import make_sandbox

    sandbox = make_sandbox()
    if sandbox is None:
        return {}
    with sandbox:
        try:
            return sandbox.enforced()
        except MaquetteError as error:
            return {"readers": f"not enforced: {error}"}


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, which device and how many threads are used, what confines readers, and what is missing."""
    import torch

    from maquette import __version__
    from maquette.encoders.compiled import has_kernels

    packages = _packages()
    free = shutil.disk_usage(Path.cwd()).free
    problems = [
        f"{row['name']} {row['installed'] or 'is not installed'}, wanted {row['wanted']}: pip install 'maquette"
        + (f"[{row['extra']}]'" if row["extra"] else "'")
        for row in packages
        if not row["fits"] and row["extra"] is None
    ]
    if free < _LEAST_FREE_BYTES:
        problems.append(f"only {free / 1024**3:.1f} GiB free here: prepared data and checkpoints want at least 2 GiB")
    devices = _devices()
    sandbox = _sandbox()
    report = {
        "maquette": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "devices": devices,
        "device_used": devices[0].split()[0],
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "compiled_kernels": has_kernels(),
        "free_disk_gib": round(free / 1024**3, 1),
        "sandbox": sandbox,
        "packages": packages,
        "problems": problems,
    }
    lines = [
        f"maquette {__version__}, Python {report['python']}, {report['platform']}",
        f"devices: {', '.join(devices)} (used: {report['device_used']})",
        f"threads: {report['threads']} on {report['cores']} cores",
        f"compiled kernels: {'yes' if report['compiled_kernels'] else 'no (a C compiler makes them at installation)'}",
        f"free disk here: {report['free_disk_gib']} GiB",
        "files are read in confined processes:" if sandbox else "files are read without confinement on this system",
        *(f"  {name:<22} {words}" for name, words in sandbox.items()),
        "packages:",
    ]
    for row in packages:
        state = "ok" if row["fits"] else ("MISSING" if row["extra"] is None else "not installed (optional)")
        extra = f"  extra '{row['extra']}'" if row["extra"] else ""
        lines.append(f"  {row['name']:<22} {row['installed'] or '-':<14} wanted {row['wanted']:<12} {state}{extra}")
    lines.append("\n".join(f"problem: {problem}" for problem in problems) or "nothing is missing")
    answer(report, as_json=as_json, text="\n".join(lines))
    if problems:
        raise SystemExit(1)
