"""A modality of four numbers in a text file, with files that fail in every way, and a log of what was read."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maquette.data.manifest import Item, Manifest
from maquette.errors import FileError
from maquette.geometry import Cloud, Mesh
from maquette.modalities.base import Arrays, Field, Modality, Prepared


class Counting(Modality):
    name = "counting"
    suffixes = frozenset({".txt"})

    def __init__(self, *, width: int = 4, delay: float = 0.0, log: str = "") -> None:
        self.width = width
        self.delay = delay
        self.log = log

    def settings(self) -> dict[str, Any]:
        return {"width": self.width, "delay": self.delay, "log": self.log}

    def fields(self) -> dict[str, Field]:
        return {"values": Field((self.width,), "float32"), "bytes": Field((2, 2), "uint8")}

    def read(self, paths: Sequence[Path], rng: np.random.Generator) -> Prepared:
        text = paths[0].read_text()
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(f"{paths[0].name}\n")
        time.sleep(self.delay)
        if text == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "hang":
            time.sleep(60)
        if text == "bad":
            raise FileError(paths[0], "says that it is bad")
        if text == "parser":
            raise ValueError("unexpected\n  token")
        if text == "nan":
            return Prepared({"values": np.full(self.width, np.nan, np.float32), "bytes": np.zeros((2, 2), np.uint8)})
        if text == "shape":
            return Prepared({"values": np.zeros(9, np.float32), "bytes": np.zeros((2, 2), np.uint8)})
        return self._prepared(float(text), rng)

    def derive(self, shape: Mesh | Cloud, rng: np.random.Generator) -> Prepared | None:
        return self._prepared(float(len(shape.vertices)), rng) if isinstance(shape, Mesh) else None

    def augment(self, arrays: Arrays, rng: np.random.Generator) -> Arrays:
        return {**arrays, "values": arrays["values"] + rng.normal(size=arrays["values"].shape).astype(np.float32)}

    def collate(self, arrays: Arrays) -> dict[str, Tensor]:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def _prepared(self, number: float, rng: np.random.Generator) -> Prepared:
        values = np.full(self.width, number, np.float32)
        values[1:] += rng.random(self.width - 1, dtype=np.float32)
        return Prepared({"values": values, "bytes": rng.integers(0, 256, (2, 2), np.uint8)}, {"number": number})


def write_collection(root: Path, texts: Sequence[str], *, kind: str = "counting") -> Manifest:
    """A manifest of one object a text; every fourth is of the test split, labels 0 1 2 0 1 2 …"""
    root.mkdir(parents=True, exist_ok=True)
    items = []
    for number, text in enumerate(texts):
        name = f"object{number:03d}"
        (root / f"{name}.txt").write_text(text)
        split = "test" if number % 4 == 3 else "train"
        items.append(Item(name, split, number % 3, number % 3, {kind: (f"{name}.txt",)}))
    return Manifest("made-up", root, ("a", "b", "c"), tuple(items))
