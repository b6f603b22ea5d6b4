"""Objaverse-N200: listed shapes with features, given labels that nobody vouches for, and lists that would do harm."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.datasets import objaverse
from maquette.errors import ConfigError, FileError
from tests.data.datasets.packed_cases import write_objaverse


def test_features_and_clouds_of_the_listed_shapes(tmp_path: Path) -> None:
    write_objaverse(tmp_path / "n200")
    (tmp_path / "n200" / "features" / "000-001" / "a3.npz").unlink()
    manifest = objaverse(tmp_path / "set", source=tmp_path / "n200", points=16)
    assert (len(manifest), manifest.source["missing"], manifest.class_names) == (7, 1, ("kind 0", "kind 1"))
    by_id = {item.id: item for item in manifest}
    assert [by_id[uid].true_label for uid in ("a1", "b1")] == [None, 1]
    with np.load(tmp_path / "n200" / "features" / "000-001" / "a1.npz") as archive:
        image = np.load(manifest.files(by_id["a1"], "image")[0])
        np.testing.assert_allclose(image, archive["image_feat"].mean(axis=0), rtol=1e-5)
        cloud = np.load(manifest.files(by_id["a1"], "pointcloud")[0])
        kept = {tuple(point) for point in archive["xyz"].astype(np.float32).tolist()}
    assert cloud.shape == (16, 3) and {tuple(point) for point in cloud.tolist()} <= kept
    thumbs = objaverse(tmp_path / "thumbs", source=tmp_path / "n200", images="thumbnail", validation_fraction=0.5)
    assert np.load(thumbs.files(by_id["a1"], "image")[0]).shape == (5,)
    assert len(thumbs.rows("validation")) == 1, "a class of one keeps it to train on"


def test_what_is_refused(tmp_path: Path) -> None:
    write_objaverse(tmp_path / "n200")
    with pytest.raises(ConfigError, match="images 'all'"):
        objaverse(tmp_path / "set", source=tmp_path / "n200", images="all")
    path = tmp_path / "n200" / "train_200.json"
    entry = {"uid": "a0", "group": "000-000", "category": "x"}
    for entries, reason in (
        ([{"uid": "a0"}], "no list of entries with uid, group and category"),
        ([{**entry, "group": "../.."}], "expected letters, digits"),
        ([entry, entry], "2 entries of 1 shapes"),
        ([{**entry, "uid": "b0"}], "lists 1 shapes in both splits, first 'b0'"),
    ):
        path.write_text(json.dumps(entries))
        with pytest.raises(FileError, match=reason):
            objaverse(tmp_path / "set", source=tmp_path / "n200")
    path.write_text(json.dumps([entry]))
    (tmp_path / "n200" / "features").rename(tmp_path / "n200" / "elsewhere")
    with pytest.raises(FileError, match="holds no <group>/<uid>"):
        objaverse(tmp_path / "set", source=tmp_path / "n200")


def test_openshapes_own_files_are_converted_by_the_command_that_the_error_names(tmp_path: Path) -> None:
    write_objaverse(tmp_path / "n200")
    expected = objaverse(tmp_path / "set", source=tmp_path / "n200", points=16)
    for path in sorted((tmp_path / "n200" / "features").rglob("*.npz")):
        with np.load(path) as archive:
            content: Any = {
                **{key: archive[key] for key in archive.files},
                "rgb": np.zeros((40, 3)),
                "text": ["a name"],
            }
        np.save(path.with_suffix(".npy"), content, allow_pickle=True)
        path.unlink()
    with pytest.raises(FileError, match=r"a0\.npy: is a pickled dict, .* if you trust the files, convert") as refused:
        objaverse(tmp_path / "other", source=tmp_path / "n200", points=16)
    program, option, code = shlex.split(refused.value.reason.split("convert them once with: ")[1])
    assert (program, option) == ("python", "-c")
    subprocess.run([sys.executable, option, code], check=True)
    manifest = objaverse(tmp_path / "other", source=tmp_path / "n200", points=16)
    assert manifest.files_digest == expected.files_digest
