from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.data.manifest import Item
from maquette.data.reading import Outcome, name_number, read_item
from maquette.errors import MissingExtraError
from maquette.geometry import Mesh, write_mesh
from tests.data.counting_modality import Counting, write_collection

TETRAHEDRON = Mesh(
    np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
)


def _one(root: Path, text: str, **item: Any) -> Outcome:
    manifest = write_collection(root, [text])
    (outcome,) = read_item(replace(manifest.items[0], **item), {"counting": Counting()}, root=root, seed=0)
    return outcome


def test_name_number_is_fixed_for_good() -> None:
    assert name_number("image") == int.from_bytes(hashlib.sha256(b"image").digest()[:8], "little")
    assert name_number("image") != name_number("mesh")


def test_reads_its_own_file(tmp_path: Path) -> None:
    outcome = _one(tmp_path, "7")
    assert outcome.prepared is not None
    assert outcome.prepared.arrays["values"][0] == 7
    assert outcome.prepared.notes == {"number": 7.0}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bad", "says that it is bad"),
        ("parser", "ValueError: unexpected token"),
        ("nan", "ValueError: 'values' holds values that are not finite"),
        ("shape", "ValueError: the reader gave 'values' as float32 (9,), expected float32 (4,)"),
        ("word", "ValueError: could not convert string to float: 'word'"),
    ],
)
def test_a_bad_file_gives_its_path_and_one_line(tmp_path: Path, text: str, reason: str) -> None:
    assert _one(tmp_path, text) == Outcome("counting", None, "object000.txt", reason)


def test_a_missing_file_and_a_changed_file_are_refused(tmp_path: Path) -> None:
    paths = {"counting": ("none.txt",)}
    assert _one(tmp_path, "7", paths=paths) == Outcome("counting", None, "none.txt", "does not exist")
    right, wrong = hashlib.sha256(b"7").hexdigest(), hashlib.sha256(b"8").hexdigest()
    assert _one(tmp_path, "7", checksums={"object000.txt": right}).prepared is not None
    assert "SHA-256" in _one(tmp_path, "7", checksums={"object000.txt": wrong}).reason


def test_without_own_files_it_is_derived_from_the_mesh_else_absent(tmp_path: Path) -> None:
    write_mesh(TETRAHEDRON, tmp_path / "a.off")
    (tmp_path / "b.off").write_text("OFF\n9 9 9\n")
    (tmp_path / "c.xyz").write_text("0 0 0\n1 0 0\n0 1 1\n")
    counting = {"counting": Counting()}
    paths = [{"mesh": ("a.off",)}, {"mesh": ("b.off",)}, {"pointcloud": ("c.xyz",)}, {"sound": ("d.wav",)}, {}]
    outcomes = [
        outcome
        for files in paths
        for outcome in read_item(Item("x", "train", 0, None, files), counting, root=tmp_path, seed=0)
    ]
    assert outcomes[0].prepared is not None
    assert outcomes[0].prepared.arrays["values"][0] == 4
    assert outcomes[1].path == "b.off"
    assert outcomes[1].reason
    assert outcomes[2:] == [Outcome("counting")] * 3


def test_randomness_is_of_the_seed_the_id_and_the_modality(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path, ["5"])
    item = manifest.items[0]

    def values(item: Item, name: str, seed: int) -> tuple[float, ...]:
        item = replace(item, paths={name: item.paths["counting"]})
        (outcome,) = read_item(item, {name: Counting()}, root=tmp_path, seed=seed)
        assert outcome.prepared is not None
        return tuple(outcome.prepared.arrays["values"].tolist())

    first = values(item, "counting", 0)
    others = [values(item, "counting", 1), values(replace(item, id="other"), "counting", 0), values(item, "n", 0)]
    assert values(item, "counting", 0) == first
    assert len({first, *others}) == 4


def test_an_error_that_no_other_file_would_cure_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object) -> None:
        raise MissingExtraError("p", "extra", "reading")

    monkeypatch.setattr(Counting, "read", lacking)
    with pytest.raises(MissingExtraError):
        _one(tmp_path, "7")
