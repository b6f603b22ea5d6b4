from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.data.prepare import prepare
from maquette.data.store import Refusal, Store, read_refusals
from maquette.errors import ConfigError, FileError
from tests.data.counting_modality import Counting, write_collection


@pytest.fixture
def store(tmp_path: Path) -> Store:
    manifest = write_collection(tmp_path / "data", ["0", "10", "bad", "30", "40"])
    prepare(manifest, {"counting": Counting()}, tmp_path / "store")
    return Store.open(tmp_path / "store")


def test_rows_labels_and_names_are_the_manifests(store: Store) -> None:
    assert len(store) == 5
    assert store.ids == tuple(f"object00{number}" for number in range(5))
    assert store.class_names == ("a", "b", "c")
    assert store.rows("train").tolist() == [0, 1, 2, 4]
    assert store.labels("train").tolist() == [0, 1, 2, 1]
    assert store.true_labels("test").tolist() == [0]
    assert store.settings["counting"] == {"width": 4, "delay": 0.0, "log": ""}
    assert store.fields["counting"] == Counting().fields()


def test_each_modality_may_have_its_own_given_labels(store: Store) -> None:
    names = store.modalities
    np.testing.assert_array_equal(store.given_labels("train", modalities=names), store.labels("train"))
    columns = {name: (store.labels() + place) % 2 for place, name in enumerate(names)}
    noisy = replace(store, modality_labels=columns)
    backwards = tuple(reversed(names))
    given = noisy.given_labels("train", modalities=backwards)
    assert given.shape == (len(store.rows("train")), len(names))
    for place, name in enumerate(backwards):
        np.testing.assert_array_equal(given[:, place], columns[name][store.rows("train")])
    np.testing.assert_array_equal(noisy.labels(), store.labels())


def test_arrays_come_in_the_order_asked_for_and_are_copies(store: Store) -> None:
    rows = np.array([4, 0, 3, 4])
    arrays = store.arrays("counting", rows)
    assert arrays["values"][:, 0].tolist() == [40, 0, 30, 40]
    whole = np.load(store.folder / "counting" / "bytes.npy")
    np.testing.assert_array_equal(arrays["bytes"], whole[rows])
    arrays["values"][:] = -1
    assert store.arrays("counting", rows)["values"][0, 0] == 40
    assert store.arrays("counting", np.array([], np.int64))["bytes"].shape == (0, 2, 2)


def test_what_is_not_there_is_said(store: Store) -> None:
    assert store.present("counting").tolist() == [True, True, False, True, True]
    assert store.refused == (Refusal("object002", "counting", "object002.txt", "says that it is bad"),)
    assert store.notes["object003", "counting"] == {"number": 30.0}
    with pytest.raises(ConfigError, match="'object002' has no 'counting'"):
        store.arrays("counting", np.array([1, 2]))
    with pytest.raises(ConfigError, match="no modality 'sound': it has counting"):
        store.present("sound")


def test_only_a_store_is_opened(tmp_path: Path, store: Store) -> None:
    with pytest.raises(FileError, match="is no folder: expected one that `maquette data prepare CONFIG` made"):
        Store.open(tmp_path / "nowhere")
    store.manifest.save(tmp_path / "data" / "manifest.json")
    with pytest.raises(FileError, match=r"data: is not prepared: run `maquette data prepare CONFIG`"):
        Store.open(tmp_path / "data")
    (store.folder / "counting" / "state.npy").unlink()
    with pytest.raises(FileError, match="run prepare again"):
        Store.open(store.folder)
    (store.folder / "store.json").write_text("[]")
    with pytest.raises(FileError, match="not the header of a store"):
        Store.open(store.folder)
    (store.folder / "store.json").write_text("{")
    with pytest.raises(FileError, match="not JSON"):
        Store.open(store.folder)


def test_a_damaged_store_names_the_file(store: Store) -> None:
    values, state, header = (
        store.folder / name for name in ("counting/values.npy", "counting/state.npy", "store.json")
    )
    whole = {path: path.read_bytes() for path in (values, state, header)}
    other = store.folder / "other.npy"
    np.save(other, np.zeros((4, 4), np.float32))
    for path, content, reason in (
        (values, whole[values][:-1], "is damaged or cut short"),
        (values, b"", "is damaged or cut short"),
        (values, other.read_bytes(), r"holds float32 \(4, 4\), expected float32 \(5, 4\)"),
        (values, None, "is damaged or cut short .*No such file"),
        (state, whole[state][:-2], "is damaged or cut short"),
        (header, b'{"format": "maquette-store-1"}', "lacks modalities with fields and settings"),
        (header, None, "does not exist, though arrays beside it were prepared"),
    ):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(
            FileError, match=f"{path.name}: {reason}.*: remove the store's folder and run prepare again"
        ):
            Store.open(store.folder)
        path.write_bytes(whole[path])
    assert len(Store.open(store.folder)) == 5


def test_of_two_refusals_of_one_object_the_later_counts(tmp_path: Path) -> None:
    line = '{"id": "a", "modality": "m", "path": "p", "reason": "%s"}\n'
    (tmp_path / "refused.jsonl").write_text(line % "z" + line % "b")
    assert read_refusals(tmp_path) == (Refusal("a", "m", "p", "b"),)
