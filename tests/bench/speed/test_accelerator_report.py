"""The page of a run on an accelerator says what the report holds."""

from __future__ import annotations

from typing import Any

from maquette.bench.speed.accelerator_report import write_accelerator


def side(milliseconds: float, **more: float) -> dict[str, Any]:
    return {"milliseconds": {"median": milliseconds}, **more}


def report(**compiled: Any) -> dict[str, Any]:
    shares = {"share_of_gemm": 0.25, "share_of_copy": 0.5, "peak_megabytes": 1234.0}
    found = {
        "ours": side(10.0, **shares),
        "textbook": side(25.0),
        "ratio": {"median": 2.5, "low": 2.4, "high": 2.6},
        **compiled,
    }
    row = {"name": "dgcnn_step", "precisions": {"bfloat16": found}, "hottest": {"topk": 0.4}, "difference": 3e-13}
    ceilings = {"copy_gigabytes": 4000.0, "gemm_float32_gigaflops": 50_000.0, "gemm_bfloat16_gigaflops": 700_000.0}
    facts = {"device": "A card", "libraries": {"torch": "2.13.0"}, "commit": "abc"}
    return {"objects": 96, "ceilings": ceilings, "rows": [row], "provenance": facts}


def test_a_line_has_both_times_their_ratio_and_the_shares() -> None:
    text = write_accelerator(report(), command="maquette bench --device cuda")
    assert "| dgcnn_step | bfloat16 | 25 ms | 10 ms | 2.50 | 2.40-2.60 | 1,234 MB vs ? | 25 % | 50 % |  |" in text
    assert "A card, torch 2.13.0, commit abc" in text and "4,000 GB/s" in text and "bfloat16 700 TF/s" in text
    assert "* dgcnn_step: differs by 3e-13 in float64; topk 40 %" in text


def test_what_compiling_gave_stands_last() -> None:
    assert "| 50 % | 8 ms |" in write_accelerator(report(compiled=side(8.0)), command="x")
    assert "| 50 % | BackendCompilerFailed |" in write_accelerator(
        report(compiled={"error": "BackendCompilerFailed"}), command="x"
    )
