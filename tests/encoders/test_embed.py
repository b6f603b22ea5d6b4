from __future__ import annotations

import numpy as np
import pytest
import torch

from maquette.encoders import CrossModalModel, ModalitySpec, embed, move_batch
from maquette.errors import InputError, UnknownNameError
from maquette.types import Batch

SPECS = {
    "pointcloud": ModalitySpec("pointnet", {"channels": [8, 16], "hidden": [12]}),
    "image": ModalitySpec("resnet18", {"width": 4, "blocks": [1]}),
}
IMAGES = torch.tensor([True, True, False, True, False, False])
CLOUDS = torch.tensor([True, False, True, True, True, True])
VIEWS = 4


@pytest.fixture
def model() -> CrossModalModel:
    return CrossModalModel(10, SPECS, generator=torch.Generator().manual_seed(0)).train()


def _batches(*sizes: int) -> list[Batch]:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randn(6, VIEWS, 3, 16, 16, generator=generator)
    points = torch.randn(6, 3, 20, generator=generator)
    batches, start = [], 0
    for size in sizes:
        rows = torch.arange(start, start + size)
        present = {"image": IMAGES[rows], "pointcloud": CLOUDS[rows]}
        inputs = {
            "image": {"pixels": pixels[rows][present["image"]]},
            "pointcloud": {"points": points[rows][present["pointcloud"]]},
        }
        batches.append(Batch(rows + 100, torch.zeros(size, dtype=torch.int64), inputs, present))
        start += size
    return batches


def test_equals_encoding_at_once_however_it_is_batched(model: CrossModalModel) -> None:
    whole = embed(model, _batches(6))
    # The last batch of two holds no image at all.
    parts = embed(model, iter(_batches(1, 3, 2)))
    assert whole.rows.tolist() == parts.rows.tolist() == [100, 101, 102, 103, 104, 105]
    assert parts.present["image"].tolist() == IMAGES.tolist()
    assert parts.present["pointcloud"].tolist() == CLOUDS.tolist()
    for name in model.modalities:
        assert parts.representations[name].dtype == np.float32
        np.testing.assert_allclose(parts.representations[name], whole.representations[name], atol=1e-5)
        assert not parts.representations[name][~parts.present[name]].any()
    np.testing.assert_allclose(parts.views["image"], whole.views["image"], atol=1e-5)
    with torch.no_grad():
        expected = model.eval().encode(_batches(6)[0])
    np.testing.assert_allclose(whole.representations["image"], expected["image"].numpy(), atol=1e-5)


def test_fewer_views_equal_encoding_fewer_views(model: CrossModalModel) -> None:
    (batch,) = _batches(6)
    two = {**batch.inputs, "image": {"pixels": batch.inputs["image"]["pixels"][:, [0, 2]]}}
    expected = embed(model, [Batch(batch.index, batch.labels, two, batch.present)])
    np.testing.assert_allclose(
        embed(model, [batch]).averaged("image", [0, 2]), expected.representations["image"], atol=1e-5
    )


def test_the_model_is_left_in_training_with_its_statistics(model: CrossModalModel) -> None:
    before = model.fingerprint
    embed(model, _batches(6))
    assert model.fingerprint == before and all(part.training for part in model.modules())


def test_half_precision_is_near_and_float32(model: CrossModalModel) -> None:
    exact, rounded = embed(model, _batches(6)), embed(model, _batches(6), precision="bfloat16")
    for name in model.modalities:
        assert rounded.representations[name].dtype == np.float32
        assert not np.array_equal(rounded.representations[name], exact.representations[name])
        np.testing.assert_allclose(rounded.representations[name], exact.representations[name], atol=0.1)


def test_wrong_calls(model: CrossModalModel) -> None:
    with pytest.raises(InputError, match="at least one batch"):
        embed(model, [])
    embedded = embed(model, _batches(6))
    with pytest.raises(InputError, match="expected some of 0 to 3"):
        embedded.averaged("image", [4])
    with pytest.raises(UnknownNameError, match="image"):
        embedded.averaged("pointcloud", [0])
    one, two = _batches(2, 2)
    fewer = {**two.inputs, "image": {"pixels": two.inputs["image"]["pixels"][:, :2]}}
    with pytest.raises(InputError, match=r"batches have \[2, 4\] views"):
        embed(model, [one, Batch(two.index, two.labels, fewer, two.present)])


def test_moving_a_batch_keeps_it_whole() -> None:
    (batch,) = _batches(6)
    moved = move_batch(batch, "meta")
    assert moved.inputs["image"]["pixels"].device.type == "meta"
    # The host asks which rows are present.
    assert moved.present["image"].device.type == "cpu"
    assert moved.index.device.type == moved.labels.device.type == "meta"
    assert batch.index.device.type == "cpu"
