from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maquette.bench.speed.child import ask_child


def test_the_peak_is_that_of_the_call() -> None:
    # In a fresh process: this one's allocator may hold pages that other tests have left, which no call then adds.
    code = (
        "import numpy as np; from maquette.bench.speed.child import peak_bytes\n"
        "for megabytes in (400, 50): print(peak_bytes(lambda: np.ones(megabytes * 125_000)) / 1e6)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    high, low = map(float, done.stdout.split())
    assert 360 < high < 500
    # Again, after a higher peak: it is measured anew.
    assert low < 200


def test_a_child_measures_a_side(tmp_path: Path) -> None:
    question = {"part": "rdc_loss", "size": 600, "smallest": 6, "largest": 600, "scratch": str(tmp_path), "threads": 1}
    ours, textbook = (ask_child({**question, "side": side})["bytes"] for side in ("ours", "textbook"))
    # The textbook's cosines alone go through 600 x 40 x 512 numbers of four bytes, 49 MB.
    assert ours < 49e6 < textbook


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"nothing: the measuring process left with 1"):
        ask_child({"part": "nothing", "threads": 1, "scratch": str(tmp_path)})
