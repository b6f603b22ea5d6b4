from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from maquette.encoders import DGCNN
from maquette.errors import ConfigError, InputError

SMALL: dict[str, Any] = {"dimensions": 12, "k": 5, "channels": (8, 8, 16, 24), "emb_dims": 20}


def _points(objects: int, count: int) -> Tensor:
    return torch.randn(objects, 3, count, generator=torch.Generator().manual_seed(0))


def test_equals_the_textbook_network(
    textbook: Callable[[str], ModuleType],
    unlike_fresh: Callable[[nn.Module], nn.Module],
    assert_same_network: Callable[[nn.Module, nn.Module, dict[str, Tensor]], None],
) -> None:
    ours, theirs = unlike_fresh(DGCNN(**SMALL)), textbook("dgcnn").TextbookDGCNN(**SMALL)
    assert_same_network(ours, theirs, {"points": _points(4, 48).double()})


def test_sizes_of_the_paper_by_default() -> None:
    shapes = {name: tuple(value.shape) for name, value in DGCNN().named_parameters() if value.ndim > 1}
    assert shapes == {
        "edges.0.linear.weight": (64, 6),
        "edges.1.linear.weight": (64, 128),
        "edges.2.linear.weight": (128, 128),
        "edges.3.linear.weight": (256, 256),
        "mix.linear.weight": (512, 512),
        "head.linear.weight": (512, 1024),
    }
    assert DGCNN().k == 20


def test_order_of_points_does_not_matter() -> None:
    encoder = DGCNN(**SMALL).double().eval()
    points = _points(2, 32).double()
    order = torch.randperm(32, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(encoder(points[:, :, order]), encoder(points), rtol=0, atol=1e-12)


def test_no_tensor_of_edges_is_ever_made() -> None:
    encoder = DGCNN(dimensions=12, k=20, channels=(32, 32), emb_dims=32)
    largest = 0

    def watch(_mode: Any, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        nonlocal largest
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, Tensor) and value.layout == torch.strided:
                largest = max(largest, value.untyped_storage().nbytes())
        return result

    # A class of PyTorch's that carries no types, so it is made rather than declared.
    mode: Any = type("Watch", (TorchDispatchMode,), {"__torch_dispatch__": watch})
    with mode():
        encoder(_points(2, 64)).sum().backward()
    edges = 2 * 64 * 20 * 32 * 4
    assert 0 < largest <= edges / 3


def test_too_few_points_and_wrong_sizes() -> None:
    with pytest.raises(InputError, match="k is 5: expected 1 to 4"):
        DGCNN(**SMALL)(_points(2, 4))
    with pytest.raises(ConfigError, match="emb_dims is 0"):
        DGCNN(emb_dims=0)
