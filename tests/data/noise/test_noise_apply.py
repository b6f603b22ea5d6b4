from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.data.manifest import FOREIGN, Item, Manifest
from maquette.data.noise import NoisyLabels, apply_noise, mispaired, open_set, symmetric
from maquette.errors import ConfigError

NAMES = ("a", "b", "c")


def _manifest(count: int = 40) -> Manifest:
    items = tuple(
        Item(
            f"{number:03d}",
            "test" if number % 5 == 4 else "train",
            number % 3,
            number % 3,
            {"image": (f"{number:03d}.png",), "mesh": (f"{number:03d}.off",)},
            {f"{number:03d}.png": f"i{number}", f"{number:03d}.off": f"m{number}"},
        )
        for number in range(count)
    )
    return Manifest("m", Path("/data"), NAMES, items, {"seed": 0})


def test_one_split_gets_the_labels_and_the_truth_stays() -> None:
    manifest = _manifest()
    noise = symmetric(manifest.true_labels("train"), NAMES, rate=0.5, seed=0)
    noisy = apply_noise(noise, manifest)
    assert noisy.labels("train").tolist() == noise.labels.tolist()
    assert noisy.labels("test").tolist() == manifest.labels("test").tolist()
    assert noisy.true_labels().tolist() == manifest.true_labels().tolist()
    assert noisy.source["noise"]["realised_rate"] == 0.5
    assert noisy.files_digest == manifest.files_digest
    assert noisy.digest != manifest.digest


def test_exchanged_files_take_their_checksums_along() -> None:
    manifest = _manifest()
    noise = mispaired(manifest.true_labels("train"), NAMES, modality="image", rate=0.5, seed=0)
    noisy = apply_noise(noise, manifest)
    rows = manifest.rows("train")
    assert noisy.labels().tolist() == manifest.labels().tolist()
    for place, row in enumerate(rows):
        item, shown = noisy.items[row], int(rows[noise.partners["image"][place]])
        assert item.paths == {"image": (f"{shown:03d}.png",), "mesh": (f"{row:03d}.off",)}
        assert item.checksums == {f"{shown:03d}.png": f"i{shown}", f"{row:03d}.off": f"m{row}"}
        assert item.metadata == ({"shown_image": f"{shown:03d}"} if shown != row else {})


def test_files_that_do_not_exist_cannot_be_exchanged() -> None:
    manifest = _manifest()
    noise = mispaired(manifest.true_labels("train"), NAMES, modality="image", rate=0.9, seed=0)
    bare = replace(manifest, items=tuple(replace(item, paths={"mesh": item.paths["mesh"]}) for item in manifest.items))
    with pytest.raises(ConfigError, match="has no files of it to exchange"):
        apply_noise(noise, bare)


def test_foreign_objects_replace_known_ones() -> None:
    manifest = _manifest(60)
    noise = open_set(manifest.true_labels("train"), NAMES, known=("c", "a"), rate=0.25, seed=0)
    noisy = apply_noise(noise, manifest)
    assert noisy.class_names == ("c", "a")
    assert noisy.labels("train").tolist() == noise.labels.tolist()
    assert noisy.true_labels("train").tolist() == noise.true_labels.tolist()
    assert (noisy.true_labels("train") == FOREIGN).sum() == 8
    for item in noisy:
        before = manifest.items[int(item.id)]
        if item.true_label == FOREIGN:
            assert (before.label, item.split) == (1, "train")
        else:
            assert item.true_label is not None
            assert noisy.class_names[item.true_label] == NAMES[before.label]
    tested = [item.id for item in noisy if item.split == "test"]
    assert tested == [item.id for item in manifest if item.split == "test" and item.label != 1]


def test_noise_for_something_else_is_refused() -> None:
    manifest = _manifest()
    labels = manifest.true_labels("train")
    with pytest.raises(ConfigError, match="noise for 32 objects, but split 'test' has 8"):
        apply_noise(symmetric(labels, NAMES, rate=0.5, seed=0), manifest, split="test")
    with pytest.raises(ConfigError, match="made for other objects: '000' is 'a'"):
        apply_noise(symmetric((labels + 1) % 3, NAMES, rate=0.5, seed=0), manifest)
    with pytest.raises(ConfigError, match="image, mesh: a manifest holds one"):
        apply_noise(symmetric(labels, NAMES, rate=0.5, seed=0, modalities=("image", "mesh")), manifest)
    far = NoisyLabels(np.array([0]), np.array([0]), NAMES, "open_set", {}, 0, np.array([99]))
    with pytest.raises(ConfigError, match="object 99"):
        apply_noise(far, manifest)
