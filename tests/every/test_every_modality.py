"""One contract for every modality that registers: its arrays are what it says, and nothing depends on hidden state."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from maquette.errors import FileError
from maquette.geometry.mesh import Cloud, Mesh
from maquette.modalities import MODALITIES, Modality, Prepared

SHAPES: dict[str, Mesh | Cloud] = {
    "mesh": Mesh(
        np.array([[0.6, 0.0, 0.0], [-0.6, 0.8, 0.0], [-0.6, -0.8, 0.0], [0.0, 0.0, 0.9]]),
        np.array([[0, 1, 3], [1, 2, 3], [2, 0, 3], [0, 2, 1]]),
        notes={"format": "made up"},
    ),
    "cloud": Cloud(np.random.default_rng(0).uniform(-0.5, 0.5, (300, 3))),
}

NOT_OF_SHAPES = {"features"}
"""What another network made of an object: no shape leads there, and nothing alters it in training."""


@pytest.fixture(params=MODALITIES.names())
def modality(request: pytest.FixtureRequest) -> Modality:
    return MODALITIES.build(str(request.param))


def derived(modality: Modality, shape: Mesh | Cloud, seed: int = 0) -> Prepared | None:
    return modality.derive(shape, np.random.default_rng(seed))


def batch_of(modality: Modality) -> dict[str, np.ndarray[Any, Any]]:
    if modality.name in NOT_OF_SHAPES:
        rng = np.random.default_rng(0)
        return {n: rng.normal(size=(3, *f.shape)).astype(f.dtype) for n, f in modality.fields().items()}
    parts = [derived(modality, SHAPES["mesh"], seed) for seed in range(3)]
    return {name: np.stack([part.arrays[name] for part in parts if part]) for name in modality.fields()}


def test_name_and_suffixes(modality: Modality) -> None:
    assert MODALITIES.get(modality.name) is type(modality)
    assert modality.suffixes
    assert all(re.fullmatch(r"\.[a-z0-9]+", suffix) for suffix in modality.suffixes)


def test_settings_round_trip(modality: Modality) -> None:
    settings = modality.settings()
    again = MODALITIES.build(modality.name, **json.loads(json.dumps(settings)))
    assert again.settings() == settings
    assert again.fields() == modality.fields()


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_derived_arrays_are_the_fields(modality: Modality, kind: str) -> None:
    prepared = derived(modality, SHAPES[kind])
    if prepared is None:
        assert kind != "mesh" or modality.name in NOT_OF_SHAPES, "every modality of shapes can be made from a mesh"
        return
    assert {name: (array.shape, array.dtype.name) for name, array in prepared.arrays.items()} == {
        name: (field.shape, field.dtype) for name, field in modality.fields().items()
    }
    assert all(np.isfinite(array).all() for array in prepared.arrays.values())
    assert json.loads(json.dumps(dict(prepared.notes))) == dict(prepared.notes)


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_derive_depends_on_shape_and_seed_alone(modality: Modality, kind: str) -> None:
    first, again = (derived(modality, SHAPES[kind], seed=7) for _ in range(2))
    assert (first is None) == (again is None)
    if first and again:
        assert {name: array.tobytes() for name, array in first.arrays.items()} == {
            name: array.tobytes() for name, array in again.arrays.items()
        }


def test_augment_follows_its_generator_and_leaves_its_arguments(modality: Modality) -> None:
    batch = batch_of(modality)
    before = {name: array.copy() for name, array in batch.items()}
    for array in batch.values():
        array.flags.writeable = False
    results = [modality.augment(batch, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    for name, array in batch.items():
        np.testing.assert_array_equal(array, before[name])
        np.testing.assert_array_equal(results[0][name], results[1][name])
        assert results[0][name].dtype == array.dtype
        assert len(results[0][name]) == len(array)
    altered = any((results[0][name] != results[2][name]).any() for name in batch)
    assert altered or modality.name in NOT_OF_SHAPES


def test_collate_is_deterministic_and_owns_its_memory(modality: Modality) -> None:
    batch = batch_of(modality)
    for array in batch.values():
        # As the store hands them out: mapped from a file, read-only.
        array.flags.writeable = False
    first, again = modality.collate(batch), modality.collate(batch)
    assert first.keys() == again.keys()
    for name, tensor in first.items():
        assert len(tensor) == 3
        assert tensor.dtype in (torch.float32, torch.int64)
        torch.testing.assert_close(tensor, again[name], rtol=0, atol=0)
        tensor.zero_()
        again[name].add_(1)
    torch.testing.assert_close(modality.collate(batch), modality.collate(batch), rtol=0, atol=0)
    # Objects do not see each other.
    alone = modality.collate({name: array[1:2] for name, array in batch.items()})
    for name, tensor in modality.collate(batch).items():
        torch.testing.assert_close(tensor[1:2], alone[name], rtol=0, atol=0)


def test_augmented_batches_collate(modality: Modality) -> None:
    batch = batch_of(modality)
    plain, altered = modality.collate(batch), modality.collate(modality.augment(batch, np.random.default_rng(0)))
    assert plain.keys() == altered.keys()
    for name, tensor in altered.items():
        assert tensor.dtype == plain[name].dtype
        assert torch.isfinite(tensor).all()


def test_missing_and_damaged_files_are_file_errors(modality: Modality, tmp_path: Any) -> None:
    for suffix in sorted(modality.suffixes):
        damaged = tmp_path / f"damaged{suffix}"
        damaged.write_bytes(b"\x00\x01 not what the ending says \xff")
        for path in (damaged, tmp_path / f"missing{suffix}"):
            with pytest.raises(FileError) as caught:
                modality.read([path], np.random.default_rng(0))
            assert "\n" not in caught.value.reason


def test_a_batch_of_none(modality: Modality) -> None:
    # Objects may lack a modality, and so may all of a batch.
    empty = {name: np.zeros((0, *field.shape), dtype=field.dtype) for name, field in modality.fields().items()}
    for arrays in (empty, modality.augment(empty, np.random.default_rng(0))):
        assert all(len(tensor) == 0 for tensor in modality.collate(arrays).values())
