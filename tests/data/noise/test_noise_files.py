from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.data.noise.files import labels_from_file
from maquette.errors import ConfigError, FileError

NAMES = ("a", "b", "c")
TRUE = np.array([0, 0, 1, 2, 1])


def _write(path: Path, values: object) -> Path:
    np.save(path, np.asarray(values))
    return path


def test_whole_numbers_stored_as_floats_are_read(tmp_path: Path) -> None:
    given = _write(tmp_path / "train_label_40.npy", np.array([[0.0], [2], [1], [2], [0]]))
    true = _write(tmp_path / "ori.npy", TRUE.astype(np.float64))
    noise = labels_from_file(TRUE, NAMES, path=given, true_path=true)
    assert noise.labels.tolist() == [0, 2, 1, 2, 0]
    assert noise.labels.dtype == np.int64
    assert noise.rate == 0.4
    assert noise.parameters == {"file": "train_label_40.npy", "order_checked": True, "reordered": False}
    assert noise.seed is None


def test_rows_in_another_order_are_found_and_can_be_put_right(tmp_path: Path) -> None:
    order = [3, 4, 0, 1, 2]
    given = _write(tmp_path / "given.npy", np.array([0, 2, 1, 2, 0])[order])
    true = _write(tmp_path / "true.npy", TRUE[order])
    with pytest.raises(FileError, match=r"row 0 says 'c', our object there is 'a' \(4 of 5 rows differ\)") as caught:
        labels_from_file(TRUE, NAMES, path=given, true_path=true)
    assert caught.value.path == str(true)
    noise = labels_from_file(TRUE, NAMES, path=given, true_path=true, order=order)
    assert noise.labels.tolist() == [0, 2, 1, 2, 0]
    unchecked = labels_from_file(TRUE, NAMES, path=given)
    assert unchecked.parameters["order_checked"] is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 1], "holds 2 labels, expected 5"),
        ([0, 1, 1, 2, 3], "row 4 has label 3, expected 0 to 2"),
        ([0, -1, 1, 2, 1], "row 1 has label -1"),
        ([0, 0.5, 1, 2, 1], "not whole numbers"),
        ([0, float("nan"), 1, 2, 1], "not whole numbers"),
        (list("abcab"), "not whole numbers"),
    ],
)
def test_what_is_no_list_of_labels_is_refused(tmp_path: Path, values: list[object], message: str) -> None:
    with pytest.raises(FileError, match=message):
        labels_from_file(TRUE, NAMES, path=_write(tmp_path / "given.npy", values))


def test_it_refuses(tmp_path: Path) -> None:
    good = _write(tmp_path / "given.npy", TRUE)
    with pytest.raises(ConfigError, match="expected each of 5 objects once"):
        labels_from_file(TRUE, NAMES, path=good, order=[0, 1, 2, 3, 3])
    with pytest.raises(ConfigError, match="seed 1"):
        labels_from_file(TRUE, NAMES, path=good, seed=1)
    (tmp_path / "text.npy").write_text("0 1 2")
    for name in ("text.npy", "none.npy"):
        with pytest.raises(FileError, match=r"no \.npy array"):
            labels_from_file(TRUE, NAMES, path=tmp_path / name)
