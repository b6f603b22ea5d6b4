from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.bench.speed.child import ask_child, peak_bytes


def test_the_peak_is_that_of_the_call() -> None:
    megabytes = 400

    def call() -> None:
        np.ones(megabytes * 125_000)

    found = peak_bytes(call) / 1e6
    assert 0.9 * megabytes < found < 1.5 * megabytes
    # Again, after a high peak: it is measured anew.
    assert peak_bytes(lambda: np.ones(50 * 125_000)) / 1e6 < 0.5 * megabytes


def test_a_child_measures_a_side(tmp_path: Path) -> None:
    question = {"part": "rdc_loss", "size": 600, "smallest": 6, "largest": 600, "scratch": str(tmp_path), "threads": 1}
    ours, textbook = (ask_child({**question, "side": side})["bytes"] for side in ("ours", "textbook"))
    # The textbook's cosines alone go through 600 x 40 x 512 numbers of four bytes, 49 MB.
    assert ours < 49e6 < textbook


def test_a_child_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"nothing: the measuring process left with 1"):
        ask_child({"part": "nothing", "threads": 1, "scratch": str(tmp_path)})
