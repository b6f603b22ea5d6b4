"""Image-text features: the same pairs out of a .npz and out of a .mat with its lists, and what does not pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from maquette.data.datasets import wikipedia
from maquette.data.datasets.image_text import find_pairs, pairs_manifest, read_pairs
from maquette.data.manifest import Manifest
from maquette.errors import FileError
from tests.data.datasets.packed_cases import make_pairs, write_pairs

NAMES = ("art", "biology", "history")


def _mat(folder: Path, arrays: dict[str, Any], *, lists: bool) -> Path:
    content = {"I_tr": arrays["train_image_sift"], "T_tr": arrays["train_text_lda"]}
    content |= {"I_te": arrays["test_image_sift"], "T_te": arrays["test_text_lda"]}
    for split, short, word in (("train", "tr", "trainset"), ("test", "te", "testset")):
        label = arrays[f"{split}_label"] + 1
        if lists:
            lines = [f"text{row}\timage{row}\t{number}" for row, number in enumerate(label)]
            (folder / f"{word}_txt_img_cat.list").write_text("\n".join(lines) + "\n")
        else:
            content[f"L_{short}"] = label
    savemat(folder / "raw_features.mat", content)
    return folder / "raw_features.mat"


def _manifest(root: Path, source: Path) -> Manifest:
    return pairs_manifest(
        root,
        source,
        name="pairs",
        class_names=NAMES,
        validation_fraction=0.0,
        seed=0,
        workers=0,
        on_progress=None,
    )


@pytest.mark.parametrize("lists", [True, False])
def test_both_formats_hold_the_same_pairs(tmp_path: Path, lists: bool) -> None:
    arrays = make_pairs(classes=3)
    (tmp_path / "mat").mkdir()
    one = read_pairs(write_pairs(tmp_path / "npz", classes=3))
    other = read_pairs(_mat(tmp_path / "mat", arrays, lists=lists))
    for split in ("train", "test"):
        np.testing.assert_allclose(one[split].image, other[split].image, rtol=1e-6)
        np.testing.assert_allclose(one[split].text, other[split].text, rtol=1e-6)
        np.testing.assert_array_equal(one[split].labels, other[split].labels)
        np.testing.assert_array_equal(one[split].labels, arrays[f"{split}_label"])
    assert other["test"].names == (
        tuple(f"image{r} text{r}" for r in range(len(other["test"].labels))) if lists else ()
    )


def test_each_object_has_its_two_vectors_and_its_class(tmp_path: Path) -> None:
    arrays = make_pairs(classes=3)
    manifest = _manifest(tmp_path / "set", write_pairs(tmp_path / "npz", classes=3))
    # The file names its classes, out of order: labels follow the sorted names.
    assert manifest.class_names == ("class0", "class1", "class2")
    for item in manifest:
        split, row = item.id.split("_")
        number = int(arrays[f"{split}_label"][int(row)])
        assert manifest.class_names[item.label] == arrays["class_names"][number]
        for modality, key in (("image", f"{split}_image_sift"), ("text", f"{split}_text_lda")):
            np.testing.assert_allclose(np.load(manifest.files(item, modality)[0]), arrays[key][int(row)], rtol=1e-6)


def test_a_folder_with_one_such_file_will_do(tmp_path: Path) -> None:
    path = write_pairs(tmp_path, classes=2)
    np.savez(tmp_path / "other.npz", points=np.zeros(3))
    assert find_pairs(tmp_path) == path
    with pytest.raises(FileError, match="holds 0 files of image-text features"):
        (tmp_path / "empty").mkdir()
        find_pairs(tmp_path / "empty")
    with pytest.raises(FileError, match="is neither a folder nor a file"):
        find_pairs(tmp_path / "none")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"train_label": None}, "has no labels of train"),
        ({"train_label": np.array([0, 1])}, "2 labels: expected as many"),
        ({"test_text_lda": None}, "has 0 arrays test_text or T_te"),
        ({"test_image_sift": np.full((6, 4), np.nan)}, "features that are not finite"),
        ({"test_label": np.full(6, -1)}, "class number -1"),
    ],
)
def test_what_does_not_pair_is_refused(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    arrays = {**make_pairs(classes=3), **change}
    np.savez(tmp_path / "a.npz", **{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(FileError, match=reason):
        read_pairs(tmp_path / "a.npz")


def test_more_classes_than_names_are_refused(tmp_path: Path) -> None:
    arrays = make_pairs(classes=5)
    del arrays["class_names"]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(FileError, match="has class number 4, counted from 0: expected at most 2"):
        _manifest(tmp_path / "set", tmp_path / "a.npz")


def test_without_a_source_there_is_a_stand_in_whose_pairs_share_classes(tmp_path: Path) -> None:
    made = [wikipedia(tmp_path / place) for place in ("one", "two")]
    assert made[0].digest == made[1].digest
    assert [len(made[0].rows(split)) for split in ("train", "test")] == [120, 40]
    vectors = np.stack([np.load(made[0].files(item, "image")[0]) for item in made[0].items])
    labels = made[0].labels()
    means = np.stack([vectors[labels == label].mean(axis=0) for label in range(10)])
    nearest = ((vectors[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.6
