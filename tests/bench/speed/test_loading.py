"""The loading parts and the collection they read: both sides see the same items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import maquette.bench.speed.loading as loading
from maquette.bench.speed.part import Task
from maquette.bench.speed.textbook import load_textbook
from maquette.modalities import MODALITIES, Modality


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_CLASSES", ("chair", "cup"))
    monkeypatch.setattr(loading, "_OBJECTS_PER_CLASS", 3)
    monkeypatch.setattr(loading, "_FILE_PIXELS", 48)

    def modalities() -> dict[str, Modality]:
        return {
            "image": MODALITIES.build("image", views=2, resolution=24, train_views=1, augmentation="code"),
            "pointcloud": MODALITIES.build("pointcloud", points_prepared=64, points=32),
            "mesh": MODALITIES.build("mesh", faces=2000, augmentation="code"),
        }

    monkeypatch.setattr(loading, "_modalities", modalities)
    monkeypatch.setattr(loading, "_POINTS_PREPARED", 64)


def test_both_sides_read_the_same_items(tmp_path: Path) -> None:
    for part in loading.LOADING_PARTS:
        contest = part.build(Task(5, 5, tmp_path))
        # Images are normalised by other roundings; numbers of a mesh or cloud are the same bytes.
        assert contest.difference() <= (2e-6 if part.name == "data_image" else 0)
        ours, textbook = contest.ours(), contest.textbook()
        assert isinstance(ours, dict) and isinstance(textbook, dict)
        assert {key: value.shape for key, value in ours.items()} == {key: v.shape for key, v in textbook.items()}
        for key, value in ours.items():
            if key != "neighbours":
                # Altered at random: not the same numbers, the same distribution.
                assert not torch.equal(value, textbook[key])
                assert float((value.std() - textbook[key].std()).abs()) < 0.5 * float(value.std())


def test_the_textbook_pads_jitters_and_turns(tmp_path: Path) -> None:
    path = tmp_path / "mesh.npz"
    rows = np.zeros((4, 15), np.float32)
    rows[:, 14] = 1
    rows[:, 0] = np.arange(4)
    np.savez(path, faces=rows, neighbours=np.arange(12).reshape(4, 3) % 4)
    book = load_textbook("loading")
    plain = book.read_mesh(path, faces=6)
    assert plain["centers"][0].tolist() == [0, 1, 2, 3, 0, 1]
    assert plain["neighbours"].tolist()[4:] == plain["neighbours"].tolist()[:2]
    assert plain["corners"][0].tolist() == [0, -1, -2, -3, 0, -1]
    moved = book.read_mesh(path, faces=4, rng=np.random.default_rng(0))
    assert 0 < float((moved["centers"] - plain["centers"][:, :4]).abs().max()) <= 0.05
    assert torch.equal(moved["normals"], plain["normals"][:, :4])
    padded = book.read_mesh(path, faces=40, rng=np.random.default_rng(0))
    # A repeated face is one of the four, as jittered as it is, beside its own neighbours.
    repeated = padded["centers"][0].round().long()[4:]
    assert set(repeated.tolist()) == {0, 1, 2, 3}
    for name in ("centers", "corners", "normals"):
        assert torch.equal(padded[name][:, 4:], padded[name][:, repeated])
    assert torch.equal(padded["neighbours"][4:], padded["neighbours"][repeated])
    turned = book.read_mesh(path, faces=4, rng=np.random.default_rng(0), turn=True)
    radius = turned["centers"][:2].norm(dim=0)
    torch.testing.assert_close(radius, torch.arange(4.0), rtol=0, atol=0.1)
