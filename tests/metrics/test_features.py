from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.metrics.features import evaluate_features, read_features
from maquette.metrics.pairs import evaluate_pairs
from maquette.metrics.protocol import CLEAN, PAPER_CMCL

FILES = ("img_feat_1.npy", "img_feat_2.npy", "img_feat_4.npy", "pt_feat.npy", "mesh_feat.npy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Like the released files, smaller: everything float64, rectified, labels too."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(5), 12)
    centers = rng.standard_normal((5, 32))
    for name in FILES:
        values = np.maximum(centers[labels] + rng.standard_normal((60, 32)), 0)
        values[11] = 0
        np.save(tmp_path / name, values)
    np.save(tmp_path / "label.npy", labels.astype(np.float64))
    return tmp_path


def test_all_pairs_at_all_views_in_json(folder: Path) -> None:
    values = evaluate_features(folder, protocol=PAPER_CMCL)
    assert json.loads(json.dumps(values)) == values
    assert values["protocol"]["name"] == "paper_cmcl"
    assert list(values["views"]) == ["1", "2", "4"]
    for count in (1, 2, 4):
        everything = {
            "image": np.load(folder / f"img_feat_{count}.npy"),
            "pointcloud": np.load(folder / "pt_feat.npy"),
            "mesh": np.load(folder / "mesh_feat.npy"),
        }
        expected = evaluate_pairs(everything, np.repeat(np.arange(5), 12), protocol=PAPER_CMCL)
        pairs = values["views"][str(count)]
        assert {name: scores["map"] for name, scores in pairs.items()} == {
            f"{a}->{b}": scores.mean() for (a, b), scores in expected.items()
        }


def test_without_the_query_itself_only_pairs_within_a_modality_fall(folder: Path) -> None:
    protocols = (PAPER_CMCL, replace(CLEAN, ties="gallery_order"))
    paper, clean = (evaluate_features(folder, protocol=protocol)["views"]["4"] for protocol in protocols)
    for pair in paper:
        query, gallery = pair.split("->")
        assert (clean[pair]["map"] < paper[pair]["map"] - 1e-3) == (query == gallery)


def test_labels_may_be_a_column_of_integers(folder: Path) -> None:
    before = read_features(folder).labels
    np.save(folder / "label.npy", before[:, None].astype(np.uint8))
    np.testing.assert_array_equal(read_features(folder).labels, before)


@pytest.mark.parametrize("name", [*FILES, "label.npy"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileError, match=f"{name}: is missing"):
        read_features(folder)


@pytest.mark.parametrize("name", FILES)
def test_rows_that_do_not_match_are_named(folder: Path, name: str) -> None:
    np.save(folder / name, np.load(folder / name)[:-1])
    with pytest.raises(FileError, match=rf"{name}: has shape \(59, 32\), expected \(60, 32\)"):
        read_features(folder)


def test_damaged_files_are_named(folder: Path) -> None:
    (folder / "pt_feat.npy").write_bytes(b"\x93NUMPY\x01\x00garbage")
    with pytest.raises(FileError, match=r"pt_feat.npy: cannot be read"):
        read_features(folder)
    (folder / "pt_feat.npy").write_bytes(b"")
    with pytest.raises(FileError, match=r"pt_feat.npy: cannot be read"):
        read_features(folder)
    np.save(folder / "pt_feat.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(FileError, match=r"pt_feat.npy: cannot be read"):
        read_features(folder)
    np.save(folder / "pt_feat.npy", np.zeros((60, 4, 8)))
    with pytest.raises(FileError, match="expected floats"):
        read_features(folder)
    np.save(folder / "pt_feat.npy", np.full((60, 32), np.nan))
    with pytest.raises(FileError, match="row 0 is not finite"):
        read_features(folder)


@pytest.mark.parametrize("labels", [np.full(60, 0.5), np.full(60, np.nan), np.zeros((60, 2)), np.array(["a"] * 60)])
def test_labels_that_are_none_are_refused(folder: Path, labels: np.ndarray) -> None:
    np.save(folder / "label.npy", labels)
    with pytest.raises(FileError, match=r"label.npy: holds"):
        read_features(folder)
