from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maquette.encoders import MeshNet
from maquette.encoders.meshnet import FaceKernelCorrelation, FaceRotateConvolution
from maquette.errors import ConfigError


def _mesh(objects: int, faces: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "centers": torch.randn(objects, 3, faces, dtype=torch.float64, generator=generator),
        "corners": torch.randn(objects, 9, faces, dtype=torch.float64, generator=generator) * 0.1,
        "normals": F.normalize(torch.randn(objects, 3, faces, dtype=torch.float64, generator=generator), dim=1),
        "neighbours": torch.randint(0, faces, (objects, faces, 3), generator=generator),
    }


@pytest.mark.parametrize("leaf", ["centers", "corners", "normals"])
def test_equals_the_textbook_network(
    leaf: str,
    textbook: Callable[[str], ModuleType],
    unlike_fresh: Callable[[nn.Module], nn.Module],
    assert_same_network: Callable[[nn.Module, nn.Module, dict[str, Tensor]], None],
) -> None:
    mesh = _mesh(3, 30)
    inputs = {leaf: mesh.pop(leaf), **mesh}
    ours = unlike_fresh(MeshNet(dimensions=12, width=8))
    assert_same_network(ours, textbook("meshnet").TextbookMeshNet(dimensions=12, width=8), inputs)


def test_sizes_of_the_paper_by_default() -> None:
    shapes = {name: tuple(value.shape) for name, value in MeshNet().named_parameters() if value.ndim == 2}
    assert shapes["structural.0.linear.weight"] == (131, 131)
    assert shapes["conv1.combine.linear.weight"] == (256, 64 + 131)
    assert shapes["conv1.concat.linear.weight"] == (131, 262)
    assert shapes["conv2.combine.linear.weight"] == (512, 512)
    assert shapes["conv2.aggregate.linear.weight"] == (512, 256)
    assert shapes["fusion.linear.weight"] == (1024, 1024)
    assert shapes["concat.linear.weight"] == (1024, 1792)
    assert shapes["head.linear.weight"] == (512, 1024)
    assert shapes["kernel.alpha"] == (64, 4)


def test_which_corner_is_first_does_not_matter() -> None:
    layer = FaceRotateConvolution(8).double()
    corners = _mesh(1, 20)["corners"][0].T
    torch.testing.assert_close(layer(corners.roll(3, dims=1)), layer(corners), rtol=0, atol=1e-12)


def test_kernel_correlation_by_hand() -> None:
    layer = FaceKernelCorrelation(1).eval()
    with torch.no_grad():
        layer.alpha.zero_()  # all four kernel vectors are (0, 0, 1)
    normals = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    neighbours = torch.tensor([[1, 1, 0], [1, 1, 1]])
    far = torch.exp(torch.tensor(-2 / (2 * 0.2**2))).item()
    # Face 0 sees itself twice (itself, and as its third neighbour) and face 1 twice; face 1 sees only itself.
    expected = [(2 * 4 + 2 * 4 * far) / 16, far]
    assert layer(normals, neighbours).flatten().tolist() == pytest.approx(expected, rel=1e-4)


def test_order_of_faces_does_not_matter() -> None:
    encoder, mesh = MeshNet(dimensions=12, width=8).double().eval(), _mesh(1, 20)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    shuffled = {name: mesh[name][:, :, order] for name in ("centers", "corners", "normals")}
    shuffled["neighbours"] = order.argsort()[mesh["neighbours"][:, order]]
    torch.testing.assert_close(encoder(**shuffled), encoder(**mesh), rtol=0, atol=1e-12)


def test_objects_do_not_see_each_others_faces() -> None:
    encoder, mesh = MeshNet(dimensions=12, width=8).double().eval(), _mesh(2, 20)
    alone = {name: value[1:] for name, value in mesh.items()}
    torch.testing.assert_close(encoder(**mesh)[1:], encoder(**alone), rtol=0, atol=1e-12)


def test_odd_width() -> None:
    with pytest.raises(ConfigError, match="width is 7: expected an even number"):
        MeshNet(width=7)
