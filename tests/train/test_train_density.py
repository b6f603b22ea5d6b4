"""Cosines to noisy and clean centers are right, are those of the batches, survive an interruption, change nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from maquette.data.store import Store
from maquette.errors import ConfigError, FileError, InputError
from maquette.methods import METHODS
from maquette.train.density import DensityLog, centers_of, read_densities
from maquette.train.experiment import train
from maquette.types import Representations
from tests.train.tiny import tiny_config, tiny_store

RONO = {"name": "rono", "options": {"warm_up": 2}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("density"))


def log_of(true: list[int], given: list[int]) -> DensityLog:
    return DensityLog(
        torch.tensor(true), torch.tensor(given), modalities=("image", "mesh"), rng=np.random.default_rng(0)
    )


def test_by_hand(tmp_path: Path) -> None:
    # Objects 1 and 3 are wrongly labelled; 0 and 2 are all that can stand beside them; 4 is of a foreign class.
    log = log_of([0, 0, 1, 1, -1], [0, 1, 1, 0, 0])
    centers = torch.tensor([[3.0, 0.0], [0.0, 0.5]])
    values = torch.tensor([[[1.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, -2.0]], [[1.0, 1.0], [1.0, 1.0]]])
    present = torch.tensor([[True, False], [True, True], [True, True]])
    log.add(torch.tensor([3, 1, 4]), Representations(values, present, ("image", "mesh")), centers=centers)
    log.finish(tmp_path, epoch=7)
    assert [path.name for path in (tmp_path / "density").iterdir()] == ["epoch_0007.npz"]
    (entry,) = read_densities(tmp_path)
    assert (entry.epoch, entry.modalities, entry.index.tolist()) == (7, ("image", "mesh"), [0, 1, 2, 3])
    assert entry.wrong.tolist() == [False, True, False, True]
    assert entry.to_noisy.dtype == np.float16
    nan = np.nan
    np.testing.assert_allclose(entry.to_noisy, [[nan, nan], [0.8, -1.0], [nan, nan], [1.0, nan]], atol=1e-3)
    np.testing.assert_allclose(entry.to_clean, [[nan, nan], [0.6, 0.0], [nan, nan], [0.0, nan]], atol=1e-3)
    noisy, clean = entry.wrongly_labelled()
    np.testing.assert_allclose(noisy, [0.8, -1.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(clean, [0.6, 0.0, 0.0], atol=1e-3)


def test_of_a_rightly_labelled_object_both_are_the_same_and_as_many_are_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(0, 3, 60)
    given = np.where(np.arange(60) % 5 == 0, (true + 1) % 3, true)
    log = log_of(true.tolist(), given.tolist())
    values = torch.randn(60, 2, 4, generator=torch.Generator().manual_seed(0))
    reps = Representations(values, torch.ones(60, 2, dtype=torch.bool), ("image", "mesh"))
    centers = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    log.add(torch.arange(60), reps, centers=centers)
    log.finish(tmp_path, epoch=0)
    (entry,) = read_densities(tmp_path)
    assert entry.wrong.sum() == (~entry.wrong).sum() == 12
    np.testing.assert_array_equal(entry.wrong, (true != given)[entry.index])
    np.testing.assert_array_equal(entry.to_noisy[~entry.wrong], entry.to_clean[~entry.wrong])
    for row, noisy, clean in zip(entry.index, entry.to_noisy, entry.to_clean, strict=True):
        for cosines, label in ((noisy, given[row]), (clean, true[row])):
            expected = torch.cosine_similarity(values[row], centers[label].expand(2, 4), dim=1)
            np.testing.assert_allclose(cosines, expected.numpy(), atol=1e-3)


def test_a_new_epoch_begins_with_a_clean_slate(tmp_path: Path) -> None:
    log = log_of([0, 1], [1, 1])
    reps = Representations(torch.ones(2, 2, 2), torch.ones(2, 2, dtype=torch.bool), ("image", "mesh"))
    log.add(torch.tensor([0, 1]), reps, centers=torch.eye(2))
    log.finish(tmp_path, epoch=0)
    log.finish(tmp_path, epoch=1)
    first, second = read_densities(tmp_path)
    assert not np.isnan(first.to_noisy).any()
    assert np.isnan(second.to_noisy).all()


def test_where_there_is_nothing_to_measure_it_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no training object has a wrong label"):
        log_of([0, 1, -1], [0, 1, 1])
    with pytest.raises(ConfigError, match="has no class centers"):
        centers_of(METHODS.build("cross_entropy", classes=3, dimensions=4, modalities=("image", "mesh")))
    with pytest.raises(InputError, match=r"train under label noise with --set train\.density=true"):
        read_densities(tmp_path)
    with pytest.raises(ConfigError, match="no training object has a wrong label"):
        train(tiny_config(method=RONO, train__density=True), store, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    (tmp_path / "density").mkdir()
    (tmp_path / "density" / "epoch_0000.npz").write_bytes(b"no archive")
    with pytest.raises(FileError, match=r"epoch_0000\.npz"):
        read_densities(tmp_path)


@pytest.mark.parametrize("name", ["rono", "cmcl", "dac", "mrl"])
def test_methods_with_centers(name: str) -> None:
    method = METHODS.build(name, classes=3, dimensions=4, modalities=("image", "mesh"))
    assert centers_of(method).shape == (3, 4)


class _StoppedError(Exception):
    pass


def test_a_resumed_run_ends_with_the_same_files_and_the_model_is_that_of_a_run_without(
    store: Store, tmp_path: Path
) -> None:
    config = tiny_config(noise={"rate": 0.4}, method=RONO, train__density=True)
    whole = train(config, store, out=tmp_path / "whole")
    plain = train(tiny_config(noise={"rate": 0.4}, method=RONO), store, out=tmp_path / "plain")
    assert not (plain.folder / "density").exists()
    assert whole.identity == plain.identity
    assert (whole.model / "model.safetensors").read_bytes() == (plain.model / "model.safetensors").read_bytes()

    seen: list[object] = []

    def stop(progress: object, terms: object) -> None:
        seen.append(progress)
        if len(seen) == 9:  # within the second epoch, and past a checkpoint within it
            raise _StoppedError

    with pytest.raises(_StoppedError):
        train(config, store, out=tmp_path / "broken", on_step=stop)
    train(config, store, out=tmp_path / "broken", resume=True)
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / name / "density").iterdir()}
        for name in ("whole", "broken")
    ]
    assert sorted(files[0]) == ["epoch_0000.npz", "epoch_0001.npz", "epoch_0002.npz"]
    assert files[0] == files[1]
    entries = read_densities(tmp_path / "whole")
    assert [entry.epoch for entry in entries] == [0, 1, 2]
    # Absent is what the store says, and nothing else: every object has been in a batch of every epoch.
    rows = store.rows("train")[entries[0].index]
    for place, modality in enumerate(entries[0].modalities):
        for entry in entries:
            np.testing.assert_array_equal(np.isnan(entry.to_noisy[:, place]), ~store.present(modality)[rows])
    assert not np.array_equal(entries[0].to_noisy, entries[2].to_noisy, equal_nan=True)


def test_runs_of_other_seeds_keep_the_same_objects(store: Store, tmp_path: Path) -> None:
    indexes = []
    for seed in (0, 1):
        config = tiny_config(noise={"rate": 0.3}, method=RONO, train__density=True, train__seed=seed, train__epochs=1)
        indexes.append(read_densities(train(config, store, out=tmp_path / str(seed)).folder)[0].index)
    np.testing.assert_array_equal(indexes[0], indexes[1])
