"""Frozen vectors come through unaltered, and files that hold something else are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.errors import ConfigError, FileError, InputError
from maquette.modalities import FeaturesModality

RNG = np.random.default_rng(0)


def test_a_vector_is_read_and_collated_as_it_is(tmp_path: Path) -> None:
    vector = RNG.normal(size=6)
    np.save(tmp_path / "a.npy", vector[None])
    modality = FeaturesModality(size=6)
    read = modality.read([tmp_path / "a.npy"], RNG).arrays["features"]
    np.testing.assert_array_equal(read, vector.astype(np.float32))
    batch = modality.augment({"features": np.stack([read, 2 * read])}, RNG)
    collated = modality.collate(batch)["features"].numpy()
    np.testing.assert_array_equal(collated, np.stack([read, 2 * read]))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros(5), r"shape \(5,\), expected a vector of 6"),
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (np.array(["a"] * 6), "expected a vector of 6 numbers"),
        (np.array([1, 2, np.inf, 4, 5, 6]), "not finite"),
    ],
)
def test_other_arrays_are_refused(values: np.ndarray, reason: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(FileError, match=reason):
        FeaturesModality(size=6).read([tmp_path / "a.npy"], RNG)


def test_one_file_an_object_and_a_size_above_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 feature files"):
        FeaturesModality().read([tmp_path, tmp_path], RNG)
    with pytest.raises(ConfigError, match="size 0"):
        FeaturesModality(size=0)
