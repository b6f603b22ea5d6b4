"""Encoders through ONNX Runtime against themselves in PyTorch, and the files that other programs read."""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from maquette.encoders import CrossModalModel, ModalitySpec, embed, export_onnx, is_exportable, on_onnxruntime
from maquette.errors import ConfigError, MissingExtraError, UnknownNameError
from maquette.types import Batch

SPECS = {
    "image": ModalitySpec("resnet18", {"width": 4, "blocks": [1]}),
    "pointcloud": ModalitySpec("pointnet", {"channels": [8, 16], "hidden": [12]}),
    "mesh": ModalitySpec("meshnet", {"width": 4}),
}


@pytest.fixture(scope="module")
def model() -> CrossModalModel:
    made = CrossModalModel(10, SPECS, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # statistics and scales that are not those of a fresh network
        for module in made.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.normal_(generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                module.weight.normal_(generator=generator)
                module.bias.normal_(generator=generator)
    return made.train()


def _batch(size: int, *, views: int = 2) -> Batch:
    generator = torch.Generator().manual_seed(2)
    everyone = torch.ones(size, dtype=torch.bool)
    mesh = {name: torch.rand(size, axes, 20, generator=generator) for name, axes in (("centers", 3), ("corners", 9))}
    mesh |= {"normals": torch.rand(size, 3, 20, generator=generator)}
    mesh |= {"neighbours": torch.randint(0, 20, (size, 20, 3), generator=generator)}
    inputs = {
        "image": {"pixels": torch.randn(size, views, 3, 24, 24, generator=generator)},
        "pointcloud": {"points": torch.randn(size, 3, 30, generator=generator)},
        "mesh": mesh,
    }
    return Batch(torch.arange(size), torch.zeros(size, dtype=torch.int64), inputs, dict.fromkeys(inputs, everyone))


def test_embeds_as_pytorch_does(model: CrossModalModel) -> None:
    batches = [_batch(5), _batch(1)]
    expected = embed(model, batches)
    found = embed(model, batches, backend="onnxruntime")
    for name in model.modalities:
        values = expected.representations[name]
        assert np.abs(values).max() > 0.1 and values.std(0).max() > 1e-4
        np.testing.assert_allclose(found.representations[name], values, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.views["image"], expected.views["image"], rtol=0, atol=1e-5)
    # Encoders on graphs are PyTorch's on either side.
    assert np.array_equal(found.representations["mesh"], expected.representations["mesh"])
    # The model is what it was, in training, with its own encoders.
    assert model.training and model.encoders["image"].training
    assert type(model.encoders["image"]).__name__ == "ResNet18"


def test_a_file_takes_any_number_of_objects_and_views(model: CrossModalModel) -> None:
    content = export_onnx(model, "image", _batch(1, views=1).inputs["image"])
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for size, views in ((1, 1), (3, 4)):
        inputs = _batch(size, views=views).inputs["image"]
        (found,) = session.run(["representations"], {"pixels": inputs["pixels"].numpy()})
        assert found.shape == (size, views, 10)
        with torch.no_grad():
            expected = model.eval().encode_inputs("image", inputs).numpy()
        model.train()
        np.testing.assert_allclose(found.mean(1), expected, rtol=0, atol=1e-5)


def test_what_cannot_be_exported(model: CrossModalModel) -> None:
    assert [name for name in model.modalities if is_exportable(model, name)] == ["image", "pointcloud"]
    with pytest.raises(ConfigError, match=r"mesh: encoder 'meshnet' cannot be exported .* here image, pointcloud"):
        export_onnx(model, "mesh", _batch(2).inputs["mesh"])
    with pytest.raises(UnknownNameError, match="unknown modality of this model 'text'"):
        is_exportable(model, "text")
    with pytest.raises(ConfigError, match="backend 'onnxruntime' on cpu in bfloat16: expected"):
        embed(model, [_batch(2)], backend="onnxruntime", precision="bfloat16")


@pytest.mark.parametrize("package", ["onnxruntime", "onnxscript"])
def test_without_the_extra(package: str, model: CrossModalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"needs {package}, .* pip install 'maquette\[onnx\]'"):
        embed(model, [_batch(2)], backend="onnxruntime")


def test_own_encoders_come_back_after_a_failure(model: CrossModalModel) -> None:
    own = model.encoders["image"]
    with pytest.raises(RuntimeError, match="inside"), on_onnxruntime(model):
        assert model.encoders["image"] is not own
        raise RuntimeError("inside")
    assert model.encoders["image"] is own
