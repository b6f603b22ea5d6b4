from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.metrics.features import evaluate_features, feature_file, read_features
from maquette.metrics.pairs import evaluate_pairs
from maquette.metrics.protocol import CLEAN, PAPER_CMCL, PAPER_RONO

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


def test_what_is_there_counts(folder: Path) -> None:
    everything = evaluate_features(folder, protocol=CLEAN)["views"]
    (folder / "pt_feat.npy").unlink()
    (folder / "img_feat_2.npy").unlink()
    some = evaluate_features(folder, protocol=CLEAN)["views"]
    assert list(some) == ["1", "4"]
    for count, pairs in some.items():
        assert pairs == {name: scores for name, scores in everything[count].items() if "pointcloud" not in name}
    for count in (1, 4):
        (folder / f"img_feat_{count}.npy").unlink()
    alone = evaluate_features(folder, protocol=CLEAN)["views"]
    assert alone == {"1": {"mesh->mesh": everything["1"]["mesh->mesh"]}}
    (folder / "mesh_feat.npy").rename(folder / "box_feat.npy")
    assert list(read_features(folder).representations) == ["box"]


def test_views_are_those_of_the_protocol_and_all_where_it_has_none_of_them(folder: Path) -> None:
    assert list(evaluate_features(folder, protocol=PAPER_RONO)["views"]) == ["2"]
    (folder / "img_feat_2.npy").unlink()
    assert list(evaluate_features(folder, protocol=PAPER_RONO)["views"]) == ["1", "4"]


def test_without_labels_or_any_representations_it_says_so(folder: Path) -> None:
    for name in FILES:
        (folder / name).unlink()
    with pytest.raises(FileError, match="holds no representations: expected at least one of"):
        read_features(folder)
    (folder / "label.npy").unlink()
    with pytest.raises(FileError, match=r"label\.npy: is missing"):
        read_features(folder)


def test_objects_that_lack_a_modality_do_not_count(folder: Path) -> None:
    lacking = [0, 13, 59]
    (folder / "ids.json").write_text(json.dumps({"lacking": {"mesh": lacking, "smell": [1]}}))
    features = read_features(folder)
    assert list(features.present) == ["mesh"]
    assert np.flatnonzero(~features.present["mesh"]).tolist() == lacking
    values = np.load(folder / "mesh_feat.npy")
    scores = evaluate_features(folder, protocol=CLEAN)["views"]["1"]["mesh->mesh"]
    kept = np.delete(np.arange(60), lacking)
    expected = evaluate_pairs({"mesh": values[kept]}, features.labels[kept], protocol=CLEAN)["mesh", "mesh"]
    assert (scores["queries"], scores["gallery"], scores["map"]) == (57, 57, expected.mean())
    for text in ("{", "{}", '{"lacking": {"mesh": [60]}}', '{"lacking": [1]}', '{"lacking": {"mesh": "all"}}'):
        (folder / "ids.json").write_text(text)
        with pytest.raises(FileError, match="does not say who lacks what"):
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


def test_files_are_named_as_released() -> None:
    names = [feature_file("image", views=count) for count in (1, 2, 4)]
    assert (*names, feature_file("pointcloud"), feature_file("mesh")) == FILES
    assert feature_file("box") == "box_feat.npy"
