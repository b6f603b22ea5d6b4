"""The compiled kernels against PyTorch's own operators, which do the same work where there is no compiler."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import maquette.encoders.compiled as compiled
from maquette.encoders import DGCNN
from maquette.encoders.compiled import MOST_NEIGHBOURS, compiled_largest, compiled_max, has_kernels
from maquette.encoders.gather import _max_by_slots, neighbour_max
from maquette.encoders.nearest import nearest_rows

SOURCE = Path(compiled.__file__).with_name("kernels.c")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kernels, compiled for this test."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("kernels")
    library = folder / f"_kernels{sysconfig.get_config_var('EXT_SUFFIX')}"
    # What a compiler has to say against them is a fault.
    flags = ["-std=c99", "-O3", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(SOURCE), "-o", str(library)], check=True)
    return folder


@pytest.fixture(autouse=True)
def kernels(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MAQUETTE_KERNELS", raising=False)
    monkeypatch.setattr(compiled, "__file__", str(built / "compiled.py"))
    compiled._library.cache_clear()
    assert has_kernels()
    yield
    compiled._library.cache_clear()


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("count", "k"), [(1, 1), (5, 5), (33, 7), (64, 64), (100, 20), (1024, 20), (1000, 64), (2048, 1)]
)
def test_the_k_largest_are_those_of_topk(count: int, k: int) -> None:
    scores = some(50, count, seed=count)
    assert torch.equal(compiled_largest(scores, k), scores.topk(k).indices.sort(1).values)


def test_equal_scores_give_different_columns_and_the_largest() -> None:
    scores = torch.randint(0, 4, (200, 300), generator=torch.Generator().manual_seed(0)).float()
    found = compiled_largest(scores, 20)
    assert all(len(set(row)) == 20 for row in found.tolist())
    assert torch.equal(scores.gather(1, found).sort(1).values, scores.topk(20).values.sort(1).values)
    # Of equal ones the first.
    assert compiled_largest(torch.zeros(3, 500), MOST_NEIGHBOURS).tolist() == [list(range(MOST_NEIGHBOURS))] * 3


def test_scores_that_are_no_numbers_still_give_columns() -> None:
    scores = some(8, 200)
    scores[0], scores[1, ::2], scores[2, 5], scores[3, :3] = torch.nan, torch.nan, torch.inf, -torch.inf
    found = compiled_largest(scores, 20)
    assert found.min() >= 0 and found.max() < 200
    assert all(len(set(row)) == 20 for row in found.tolist())
    assert 5 in found[2].tolist()


@pytest.mark.parametrize(
    ("rows", "channels", "slots"), [(1, 1, 1), (40, 3, 4), (600, 64, 20), (1500, 100, 3), (30, 259, 7)]
)
def test_the_largest_neighbour_and_its_row(rows: int, channels: int, slots: int) -> None:
    # Few different values: where several are equal it is the first that counts, as in PyTorch's way.
    values = torch.randint(0, 9, (rows, channels), generator=torch.Generator().manual_seed(rows)).float()
    neighbours = torch.randint(0, rows, (rows, slots), generator=torch.Generator().manual_seed(slots))
    largest, origin = compiled_max(values, neighbours)
    expected, expected_rows = _max_by_slots(values, neighbours, with_rows=True)
    assert torch.equal(largest, expected) and torch.equal(origin.long(), expected_rows)
    if rows > 100:
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        try:
            again, again_origin = compiled_max(values, neighbours)
            columns = compiled_largest(values, 2)
        finally:
            torch.set_num_threads(before)
        assert torch.equal(again, largest) and torch.equal(again_origin, origin)
        assert torch.equal(columns, compiled_largest(values, 2))


def test_a_neighbour_that_is_no_row_is_refused() -> None:
    for wrong in (-1, 4):
        with pytest.raises(IndexError, match="expected rows from 0 to 3"):
            compiled_max(some(4, 2), torch.tensor([[0], [1], [2], [wrong]]))


def test_they_are_used_where_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def watched(name: str) -> Callable[..., Any]:
        real = getattr(compiled, name)

        def call(*args: Any) -> Any:
            calls.append(name)
            return real(*args)

        return call

    for room, name in (("nearest", "compiled_largest"), ("gather", "compiled_max")):
        monkeypatch.setattr(f"maquette.encoders.{room}.{name}", watched(name))
    points = some(2, 3, 40)
    network = DGCNN(channels=(8, 12), emb_dims=16, k=5)
    network(points).sum().backward()
    assert calls == ["compiled_largest", "compiled_max"] * 2
    calls.clear()
    network.double()(points.double()).sum().backward()
    nearest_rows(some(1, 80, 3), MOST_NEIGHBOURS + 1)
    neighbour_max(some(4, 2), torch.zeros(4, 1, dtype=torch.int64))
    assert calls == [], "float64, more neighbours than they hold, and no gradient: PyTorch's own"
    monkeypatch.setenv("MAQUETTE_KERNELS", "off")
    network.float()(points).sum().backward()
    assert calls == [] and not has_kernels()


def test_a_network_gives_the_same_with_and_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    points, network = some(3, 3, 80), DGCNN(channels=(16, 24), emb_dims=32, k=6)
    found = []
    for setting in ("", "off"):
        monkeypatch.setenv("MAQUETTE_KERNELS", setting)
        network.zero_grad()
        output = network(points)
        output.square().sum().backward()
        gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
        found.append([output.detach(), *gradients])
    assert len(found[0]) > 5
    for mine, theirs in zip(*found, strict=True):
        assert torch.equal(mine, theirs), "bit for bit"


def test_without_a_library_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    compiled._library.cache_clear()
    assert not has_kernels()
