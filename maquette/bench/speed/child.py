"""Peak memory of one side of a part, which needs a process of its own.

`python -m maquette.bench.speed.child` reads one JSON object on standard input and writes one on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["ask_child", "peak_bytes"]


def ask_child(question: dict[str, Any]) -> dict[str, Any]:
    """The answer of a fresh process; RuntimeError with its last line if it fails.

    A question holds `part`, `side` ("ours" or "textbook"), `size`, `smallest`, `largest`, `scratch` and `threads`; the
    answer `bytes`.
    """
    done = subprocess.run(
        [sys.executable, "-m", "maquette.bench.speed.child"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
        # The tree that this process runs from, whatever folder it was started in.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(f"{question['part']}: the measuring process left with {done.returncode}: {lines[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def peak_bytes(call: Callable[[], object]) -> int:
    """How far resident memory rose during `call` above what it was before."""
    try:
        # Linux: sets the process's high-water mark back to what is resident now.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _status("VmRSS")
        call()
        return _status("VmHWM") - before
    except OSError:
        before = _ever()
        call()
        return _ever() - before


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def _ever() -> int:
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    import torch
    from threadpoolctl import threadpool_limits

    from maquette.bench.speed.part import Task
    from maquette.bench.speed.parts import PARTS

    torch.set_num_threads(question["threads"])
    threadpool_limits(question["threads"])
    scratch = Path(question["scratch"])
    part = next(part for part in PARTS if part.name == question["part"])
    # A small call first: libraries load what they need at their first use, which is nobody's peak.
    getattr(part.build(Task(question["smallest"], question["largest"], scratch)), question["side"])()
    contest = part.build(Task(question["size"], question["largest"], scratch))
    return {"bytes": peak_bytes(getattr(contest, question["side"]))}


if __name__ == "__main__":
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)
