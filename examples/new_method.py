"""A method of your own, in one class.

    python examples/new_method.py DEMO OUT

Registered under a name, it is chosen like the built-in ones: by `method.name` in a configuration, trained by the same
loop, evaluated, exported and searched with. DEMO is the folder of a finished demo, whose prepared data are used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor, nn

from maquette.config import RunConfig
from maquette.data.store import Store
from maquette.methods import METHODS, Method
from maquette.train.experiment import train
from maquette.train.run import Run
from maquette.types import Progress, Representations


@METHODS.register("cosine_centers")
class CosineCenters(Method):
    """Every representation is drawn to the direction of its class's center, away from those of the others."""

    def __init__(self, *, classes: int, dimensions: int, modalities: tuple[str, ...], temperature: float = 0.1) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        self.temperature = temperature
        self.centers = nn.Parameter(torch.randn(classes, dimensions))

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        cosines = F.normalize(reps.values, dim=-1) @ F.normalize(self.centers, dim=-1).T
        given = labels[:, None].expand(reps.present.shape)
        # Only what is there counts: an object may lack any modality.
        term = F.cross_entropy(cosines[reps.present] / self.temperature, given[reps.present])
        return {"cosine_centers": term}


def main(demo: Path, out: Path) -> None:
    values = Run.open(demo / "run").config.to_json()
    values["method"] = {"name": "cosine_centers", "options": {"temperature": 0.2}}
    values["train"] |= {"epochs": 1}
    config = RunConfig.from_mapping(values)

    def show(progress: Progress, terms: Mapping[str, float]) -> None:
        print(f"step {progress.step + 1} of {progress.steps}: {dict(terms)}")

    run = train(config, Store.open(config.data.prepared), out=out, resume=True, on_step=show)
    print(f"model: {run.model}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
