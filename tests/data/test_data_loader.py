from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maquette.data.loader import Loader
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.errors import ConfigError
from maquette.types import Batch, SamplePlan
from tests.data.counting_modality import Counting, write_collection

ONE = {"counting": Counting()}
BOTH = {"counting": Counting(), "more": Counting(width=3)}


def _store(folder: Path, has: Iterable[str]) -> Store:
    """A store of two modalities; an object has those whose initial stands in its entry of `has`."""
    has = list(has)
    manifest = write_collection(folder / "data", [str(number) for number in range(len(has))])
    items = []
    for item, initials in zip(manifest.items, has, strict=True):
        files = item.paths["counting"]
        paths = {name: files for name in BOTH if name[0] in initials}
        items.append(replace(item, split="train", paths=paths))
    prepare(replace(manifest, items=tuple(items)), BOTH, folder / "store")
    return Store.open(folder / "store")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return _store(tmp_path, ["cm"] * 11)


def _loader(store: Store, **options: Any) -> Loader:
    settings: dict[str, Any] = {"split": "train", "modalities": BOTH, "batch_size": 4, "seed": 3, **options}
    return Loader(store, **settings)


def _same(one: Batch, other: Batch) -> bool:
    return (
        torch.equal(one.index, other.index)
        and torch.equal(one.labels, other.labels)
        and one.inputs.keys() == other.inputs.keys()
        and all(torch.equal(one.inputs[m][k], other.inputs[m][k]) for m in one.inputs for k in one.inputs[m])
        and all(torch.equal(one.present[m], other.present[m]) for m in one.present)
    )


def _all_same(ones: Iterable[Batch], others: Iterable[Batch]) -> bool:
    return all(_same(one, other) for one, other in zip(ones, others, strict=True))


def test_every_object_comes_once_with_its_own_label_and_arrays(store: Store) -> None:
    batches = list(_loader(store, augment=False).epoch(0))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    index = torch.cat([batch.index for batch in batches])
    assert sorted(index.tolist()) == list(range(11))
    for batch in batches:
        assert batch.labels.tolist() == [row % 3 for row in batch.index.tolist()]
        for name in BOTH:
            assert batch.inputs[name]["values"][:, 0].tolist() == batch.index.tolist()


def test_batches_do_not_depend_on_threads_or_on_where_one_starts(store: Store) -> None:
    whole = list(_loader(store).epoch(5))
    for workers in (0, 1, 3):
        assert _all_same(_loader(store, workers=workers).epoch(5), whole)
        assert _all_same(_loader(store, workers=workers).epoch(5, start_step=1), whole[1:])
    loader = _loader(store, workers=2)
    list(loader.epoch(0))
    assert _all_same(loader.epoch(5, start_step=2), whole[2:])


def test_epochs_and_seeds_differ_in_order_and_augmentation(store: Store) -> None:
    def mark(loader: Loader, epoch: int) -> tuple[tuple[int, ...], float]:
        first = next(iter(loader.epoch(epoch)))
        return tuple(first.index.tolist()), float(first.inputs["counting"]["values"].sum())

    marks = [mark(_loader(store), 0), mark(_loader(store), 1), mark(_loader(store, seed=4), 0)]
    assert len({order for order, _ in marks}) == 3
    still = _loader(store, shuffle=False)
    sums = {mark(still, epoch) for epoch in range(3)}
    assert len(sums) == 3
    assert {order for order, _ in sums} == {(0, 1, 2, 3)}


def test_a_modalitys_augmentation_does_not_depend_on_the_others(store: Store) -> None:
    both, alone = _loader(store).epoch(2), _loader(store, modalities=ONE).epoch(2)
    for one, other in zip(both, alone, strict=True):
        assert torch.equal(one.inputs["counting"]["values"], other.inputs["counting"]["values"])
        assert not torch.equal(one.inputs["counting"]["values"][:, 1:3], one.inputs["more"]["values"][:, 1:])


def test_a_scan_is_plain_and_in_manifest_order(store: Store) -> None:
    for workers in (0, 2):
        batches = list(_loader(store, workers=workers).scan(5))
        assert [batch.index.tolist() for batch in batches] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10]]
        values = torch.cat([batch.inputs["counting"]["values"] for batch in batches]).numpy()
        np.testing.assert_array_equal(values, store.arrays("counting", np.arange(11))["values"])


def test_missing_modalities_leave_rows_out_of_the_inputs(tmp_path: Path) -> None:
    store = _store(tmp_path, ["cm", "c", "m", "", "cm", "m"])
    loader = _loader(store)
    assert loader.left_out == ("object003",)
    assert loader.rows.tolist() == [0, 1, 2, 4, 5]
    (batch,) = loader.scan(10)
    assert batch.index.tolist() == [0, 1, 2, 3, 4]
    assert batch.labels.tolist() == [0, 1, 2, 1, 2]
    assert batch.present["counting"].tolist() == [True, True, False, True, False]
    assert batch.present["more"].tolist() == [True, False, True, True, True]
    assert batch.inputs["counting"]["values"][:, 0].tolist() == [0, 1, 4]
    assert batch.inputs["more"]["values"][:, 0].tolist() == [0, 2, 4, 5]
    only = Loader(store, split="train", modalities=ONE, batch_size=2, seed=0)
    assert only.rows.tolist() == [0, 1, 4]
    assert [list(batch.inputs) for batch in only.scan()] == [["counting"]] * 2


def test_a_modality_without_objects_has_no_input(tmp_path: Path) -> None:
    first, second = _loader(_store(tmp_path, ["c", "c", "m", "m"])).scan(2)
    assert (list(first.inputs), list(second.inputs)) == (["counting"], ["more"])
    assert first.present["more"].tolist() == [False, False]


def test_no_batch_of_one_and_no_modality_of_one(tmp_path: Path) -> None:
    store = _store(tmp_path / "nine", ["cm"] * 9)
    assert [len(batch) for batch in _loader(store).epoch(0)] == [4, 5]
    assert _loader(store).steps == 2
    assert [len(batch) for batch in _loader(store, drop_last=True).epoch(0)] == [4, 4]
    assert [len(batch) for batch in _loader(store, batch_size=1).epoch(0)] == [1] * 9
    assert [len(batch) for batch in _loader(store, batch_size=50, drop_last=True).epoch(0)] == [9]

    lone = _loader(_store(tmp_path / "lone", ["cm", "c", "c", "m"]), shuffle=False, augment=False)
    (batch,) = lone.epoch(0)
    assert batch.present["more"].tolist() == [True, False, False, True]
    lone = _loader(_store(tmp_path / "lone2", ["cm", "c", "c", "c"]), shuffle=False, augment=False)
    (batch,) = lone.epoch(0)
    assert batch.present["more"].tolist() == [False] * 4
    assert list(batch.inputs) == ["counting"]
    lone = _loader(_store(tmp_path / "lone3", ["c", "c", "c", "m"]), shuffle=False, augment=False)
    (batch,) = lone.epoch(0)
    assert batch.index.tolist() == [0, 1, 2]
    (batch,) = _loader(_store(tmp_path / "pair", ["c", "m"]), shuffle=False).epoch(0)
    assert batch.index.tolist() == [0, 1]


def test_a_plan_is_followed(store: Store) -> None:
    plan = SamplePlan((torch.tensor([7, 7, 1]), torch.tensor([2, 10, 5])))
    batches = list(_loader(store, augment=False).epoch(0, plan=plan))
    assert [batch.index.tolist() for batch in batches] == [[7, 7, 1], [2, 10, 5]]
    assert batches[0].inputs["counting"]["values"][:, 0].tolist() == [7, 7, 1]
    with pytest.raises(ConfigError, match="row 11: expected rows from 0 to 10"):
        _loader(store).epoch(0, plan=SamplePlan((torch.tensor([3, 11]),)))


def test_given_labels_can_be_replaced(store: Store) -> None:
    (batch,) = _loader(store, labels=np.arange(11)).scan(11)
    assert batch.labels.tolist() == list(range(11))
    assert batch.labels.dtype == torch.int64
    with pytest.raises(ConfigError, match="3 labels for the 11 objects"):
        _loader(store, labels=np.arange(3))


def test_each_modality_may_have_its_own_given_label(store: Store) -> None:
    """Columns are sorted by name, whatever the order of the modalities."""
    numbers = np.arange(11)
    noisy = replace(store, modality_labels={"more": numbers + 100, "counting": numbers})
    backwards = dict(reversed(BOTH.items()))
    for loader in (_loader(noisy, modalities=backwards), _loader(store, labels=np.stack([numbers, numbers + 100], 1))):
        for batch in [*loader.epoch(0), *loader.scan()]:
            assert batch.labels.tolist() == [[row, row + 100] for row in batch.index.tolist()]
    with pytest.raises(
        ConfigError, match="11 labels for the 11 objects of split 'train': expected one each, or 2 each"
    ):
        _loader(store, labels=np.zeros((11, 3), dtype=np.int64))


def test_settings_that_do_not_fit_the_store_are_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match=r"'more' as .* use the settings of preparation"):
        _loader(store, modalities={"more": Counting(width=4)})
    with pytest.raises(ConfigError, match="no modality 'sound'"):
        _loader(store, modalities={"sound": Counting()})
    with pytest.raises(ConfigError, match="at least one modality"):
        _loader(store, modalities={})
    with pytest.raises(ConfigError, match="batch size 0"):
        _loader(store, batch_size=0)
    with pytest.raises(ConfigError, match="has no object with counting or more"):
        _loader(store, split="test")


def test_waiting_is_measured_and_an_epoch_can_be_left(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    collate = Counting.collate

    def slow(self: Counting, arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
        made.append(len(arrays["values"]))
        time.sleep(0.01)
        return collate(self, arrays)

    monkeypatch.setattr(Counting, "collate", slow)
    loader = _loader(store, modalities=ONE)
    list(loader.epoch(0))
    assert loader.waited_seconds >= 0.03
    many = _loader(store, modalities=ONE, batch_size=1, workers=1)
    made.clear()
    epoch = many.epoch(0)
    next(epoch)
    assert isinstance(epoch, Generator)
    epoch.close()
    assert len(made) < 11
