"""Image-text rows load, take the sizes of the features that are there, and the smoke test runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from maquette.bench.cmcl_image_text import METHODS, SETS, cmcl_image_text
from maquette.bench.reproduce import reproduce
from maquette.bench.selection import Selection
from maquette.config import load_config
from tests.bench.test_rows import stage

CONFIGS = Path(__file__).parents[2] / "configs"


def test_rows_load_and_find_their_file(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {
        f"{split}_{key}": values
        for split in ("train", "test")
        for key, values in (("image_a", np.ones((4, 7))), ("text_b", np.ones((4, 5))), ("label", np.arange(4)))
    }
    np.savez(tmp_path / "pascal_features.npz", allow_pickle=False, **arrays)
    table = cmcl_image_text(size="small", configs=CONFIGS, data=tmp_path)
    assert len(table.rows) == len(SETS) * len(METHODS) * 3
    for row in table.rows[: len(SETS) * len(METHODS)]:
        config = load_config(row.config, row.changes)
        assert (config.data.name, config.method.name, config.noise.rate) == (row.data, row.method, 0.0)
        sizes = [config.modalities[name].options["inputs"] for name in ("image", "text")]
        assert sizes == ([7, 5] if row.data == "pascal_sentence" else [128, 10])


def test_full_has_the_papers_epochs_and_constants() -> None:
    paper = load_config(CONFIGS / "modelnet40" / "paper_cmcl.toml")
    table = cmcl_image_text(size="full", configs=CONFIGS, data=Path("FOLDER"))
    assert {row.place for row in table.rows} == {"wikipedia-full", "pascal_sentence-full"}
    for row in table.rows[: len(SETS) * len(METHODS)]:
        config = load_config(row.config, row.changes)
        assert (config.method.name, config.method.options) == (row.method, {})
        shared = (
            "epochs",
            "batch_size",
            "optimizer",
            "lr",
            "momentum",
            "weight_decay",
            "schedule",
            "lr_step",
            "lr_gamma",
        )
        assert [getattr(config.train, name) for name in shared] == [getattr(paper.train, name) for name in shared]


def test_the_smoke_test_runs_without_data(tmp_path: Path) -> None:
    whole = cmcl_image_text(size="smoke", configs=CONFIGS)
    part = cmcl_image_text(size="smoke", configs=CONFIGS, selection=Selection(only=["cmcl"]))
    path = reproduce(part, whole=whole, out=tmp_path / "out", scratch=tmp_path / "scratch", stage=stage)
    (line,) = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| text → image")][:1]
    assert line.split("|")[2].strip()[0].isdigit()
    assert line.split("|")[3].strip() == "not run"
