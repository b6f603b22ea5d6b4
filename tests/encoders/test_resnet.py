from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from maquette.encoders import ResNet18
from maquette.errors import ConfigError, FileError


def _naive(state: dict[str, Tensor], images: Tensor) -> Tensor:
    """ResNet18 and head in evaluation mode, spelled out from the names of the parameters."""

    def norm(name: str, x: Tensor) -> Tensor:
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean, variance, weight, bias = (
            state[f"{name}.{part}"].view(shape) for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (variance + 1e-5).sqrt() * weight + bias

    x = F.relu(norm("bn1", F.conv2d(images, state["conv1.weight"], stride=2, padding=3)))
    x = F.max_pool2d(x, 3, 2, 1)
    for stage in range(1, 5):
        for block in range(2):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = F.relu(norm(f"{name}.bn1", F.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)))
            y = norm(f"{name}.bn2", F.conv2d(y, state[f"{name}.conv2.weight"], padding=1))
            if f"{name}.downsample.0.weight" in state:
                x = norm(f"{name}.downsample.1", F.conv2d(x, state[f"{name}.downsample.0.weight"], stride=stride))
            x = F.relu(x + y)
    return F.relu(norm("head.norm", x.mean((2, 3)) @ state["head.linear.weight"].T))


def test_equals_a_plain_resnet18(unlike_fresh: Callable[[nn.Module], nn.Module]) -> None:
    encoder = unlike_fresh(ResNet18(dimensions=6, width=4)).double().eval()
    pixels = torch.randn(2, 3, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = torch.stack([_naive(encoder.state_dict(), pixels[:, v]) for v in range(3)], dim=1)
    assert isinstance(encoder, ResNet18)
    torch.testing.assert_close(encoder.forward_views(pixels), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(encoder(pixels), expected.mean(1), rtol=0, atol=1e-12)


def test_names_and_sizes_are_torchvisions() -> None:
    encoder = ResNet18()
    backbone = {n: p for n, p in encoder.state_dict().items() if not n.startswith("head.")}
    assert len(backbone) == 120  # torchvision's 122 without fc.weight and fc.bias
    assert sum(p.numel() for n, p in encoder.named_parameters() if not n.startswith("head.")) == 11_176_512
    assert backbone["layer4.0.downsample.0.weight"].shape == (512, 256, 1, 1)
    assert {
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.conv1.weight",
        "layer2.0.downsample.1.weight",
    } <= backbone.keys()


def test_all_views_are_one_pass() -> None:
    encoder, calls = ResNet18(dimensions=6, width=4, blocks=(1,)), []
    encoder.conv1.register_forward_hook(lambda _m, _i, output: calls.append(output.shape[0]))
    encoder(torch.zeros(2, 5, 3, 32, 32))
    assert calls == [10]


def test_small_stem_keeps_the_resolution() -> None:
    encoder, shapes = ResNet18(dimensions=6, width=4, blocks=(1, 1), stem="small"), []
    encoder.get_submodule("layer1").register_forward_hook(lambda _m, _i, output: shapes.append(tuple(output.shape)))
    encoder(torch.zeros(2, 1, 3, 20, 20))
    assert shapes == [(2, 4, 20, 20)]


@pytest.mark.parametrize("size", [32, 48, 47])
def test_few_channels_train(size: int) -> None:
    """In a process of its own: where the strided 1 × 1 convolution is at fault, it takes the process down."""
    step = (
        "import torch; from maquette.encoders import ResNet18;"
        "encoder = ResNet18(dimensions=8, width=4, blocks=(1, 1, 1), stem='small');"
        "optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1);"
        f"encoder(torch.rand(6, 1, 3, {size}, {size})).square().sum().backward();"
        "assert all(p.grad.isfinite().all() for p in encoder.parameters());"
        "optimizer.step()"
    )
    done = subprocess.run([sys.executable, "-c", step], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"left with {done.returncode}: {done.stderr}"


def test_published_weights_load_without_fc_and_counters(tmp_path: Path) -> None:
    source, target = ResNet18(width=4), ResNet18(width=4)
    tensors = {n: v for n, v in source.state_dict().items() if not n.startswith("head.") and "num_batches" not in n}
    save_file({**tensors, "fc.weight": torch.zeros(1000, 32), "fc.bias": torch.zeros(1000)}, tmp_path / "w.safetensors")
    head = target.head.linear.weight.clone()
    target.load_weights(str(tmp_path / "w.safetensors"))
    assert all(torch.equal(target.state_dict()[name], value) for name, value in tensors.items())
    assert torch.equal(target.head.linear.weight, head)


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    state = {n: v for n, v in ResNet18(width=4).state_dict().items() if not n.startswith("head.")}
    cases = (
        ({n: v for n, v in state.items() if n != "conv1.weight"}, "conv1.weight"),
        ({**state, "extra": torch.zeros(1)}, "extra"),
        ({**state, "bn1.weight": torch.zeros(5)}, "bn1.weight"),
    )
    for tensors, named in cases:
        save_file(tensors, file)
        encoder = ResNet18(width=4)
        before = encoder.state_dict()["conv1.weight"].clone()
        with pytest.raises(FileError, match=named):
            encoder.load_weights(str(file))
        assert torch.equal(encoder.state_dict()["conv1.weight"], before)
    file.write_bytes(b"not safetensors")
    with pytest.raises(FileError, match="cannot be read as safetensors"):
        ResNet18(width=4).load_weights(str(file))
    with pytest.raises(FileError, match="cannot be read as safetensors"):
        ResNet18(width=4).load_weights(str(tmp_path / "none.safetensors"))
    with pytest.raises(FileError, match=r"convert once with: python -c .*weights_only=True"):
        ResNet18(width=4).load_weights("resnet18.pth")


def test_wrong_options() -> None:
    with pytest.raises(ConfigError, match="blocks"):
        ResNet18(blocks=())
