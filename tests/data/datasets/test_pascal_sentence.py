"""Pascal Sentence: twenty classes, whose names the set itself knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from maquette.data.datasets import pascal_sentence
from tests.data.datasets.packed_cases import make_pairs


def test_classes_get_their_names(tmp_path: Path) -> None:
    arrays = make_pairs(classes=20)
    del arrays["class_names"]
    np.savez(tmp_path / "pascal.npz", **arrays)
    manifest = pascal_sentence(tmp_path / "set", source=tmp_path / "pascal.npz")
    assert (manifest.name, len(manifest)) == ("pascal_sentence", 20 * 14)
    assert manifest.class_names[:3] == ("aeroplane", "bicycle", "bird") and manifest.class_names[-1] == "tvmonitor"
    by_id = {item.id: item for item in manifest}
    assert by_id["train_00007"].label == 7
