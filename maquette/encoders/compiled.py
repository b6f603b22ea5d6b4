"""The compiled kernels, where they were built: selection of neighbours and maxima over them, float32 on a CPU.

`kernels.c` beside this is compiled when Maquette is installed from source on a machine with a C compiler; elsewhere,
and with MAQUETTE_KERNELS=off, PyTorch does the same work in its own operators: tests hold the kernels against them.
What both give is the same, bit for bit, but where scores are equal.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float32, Int32, Int64
from torch import Tensor

__all__ = ["MOST_NEIGHBOURS", "compiled_largest", "compiled_max", "has_kernels"]

MOST_NEIGHBOURS = 64
"""`GROUPS` of kernels.c: more neighbours are selected by PyTorch."""

_LEAST_ROWS = 512
"""Rows that are worth a thread of their own."""


def has_kernels() -> bool:
    """Whether the compiled kernels are there and not switched off."""
    return os.environ.get("MAQUETTE_KERNELS", "") != "off" and _library() is not None


def compiled_largest(scores: Float32[Tensor, "Q N"], k: int) -> Int64[Tensor, "Q k"]:
    """Columns of each row's k largest scores, ascending; k is at most `MOST_NEIGHBOURS` and N."""
    library = _library()
    assert library is not None and k <= min(MOST_NEIGHBOURS, scores.shape[1])
    scores = scores.contiguous()
    queries, count = scores.shape
    columns = torch.empty(queries, k, dtype=torch.int64)

    def work(first: int, last: int) -> None:
        values, held = torch.empty(count), torch.empty(count, dtype=torch.int32)
        library.maquette_largest(
            _at(scores, first), last - first, count, k, _at(values), _at(held), _at(columns, first)
        )

    _in_threads(work, queries)
    return columns


def compiled_max(
    values: Float32[Tensor, "R C"], neighbours: Int64[Tensor, "R K"]
) -> tuple[Float32[Tensor, "R C"], Int32[Tensor, "R C"]]:
    """The largest value among each row's neighbours, per channel, and the row that it comes from.

    IndexError for a neighbour that is no row.
    """
    library = _library()
    assert library is not None
    rows, channels = values.shape
    lowest, highest = (int(bound) for bound in torch.aminmax(neighbours))
    if lowest < 0 or highest >= rows:
        raise IndexError(f"neighbours from {lowest} to {highest}: expected rows from 0 to {rows - 1}")
    values, neighbours = values.detach().contiguous(), neighbours.contiguous()
    largest, origin = torch.empty_like(values), torch.empty(rows, channels, dtype=torch.int32)

    def work(first: int, last: int) -> None:
        library.maquette_neighbour_max(
            _at(values), _at(neighbours), first, last, neighbours.shape[1], channels, _at(largest), _at(origin)
        )

    _in_threads(work, rows)
    return largest, origin


def _at(tensor: Tensor, row: int = 0) -> int:
    """The address of a row of a contiguous tensor."""
    return tensor.data_ptr() + row * tensor.stride(0) * tensor.element_size()


def _in_threads(work: Callable[[int, int], None], rows: int) -> None:
    """`work` on rows [first, last), divided among as many threads as PyTorch uses; ctypes lets go of Python's lock."""
    parts = max(1, min(torch.get_num_threads(), rows // _LEAST_ROWS))
    if parts == 1:
        work(0, rows)
        return
    bounds = [rows * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        # Reading the results raises what a part raised.
        list(pool.map(work, bounds[:-1], bounds[1:]))


@cache
def _library() -> ctypes.CDLL | None:
    folder = Path(__file__).parent
    files = [folder / f"_kernels{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return None
    library = ctypes.CDLL(str(file))
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    library.maquette_largest.argtypes = [pointer, number, number, number, pointer, pointer, pointer]
    library.maquette_neighbour_max.argtypes = [pointer, pointer, *[number] * 4, pointer, pointer]
    for function in (library.maquette_largest, library.maquette_neighbour_max):
        function.restype = None
    return library
