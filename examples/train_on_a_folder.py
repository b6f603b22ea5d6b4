"""Train on a tree `class/name.ext` of your own.

    python examples/train_on_a_folder.py FOLDER OUT [--epochs N]

The same as `maquette train` with a TOML file; here the configuration is a Python mapping. The networks are small
enough for a laptop; docs/encoders.md lists larger ones.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from maquette.config import RunConfig
from maquette.data.store import Store
from maquette.train.data import build_manifest, prepare_data
from maquette.train.experiment import train


def configuration(folder: Path, out: Path, *, epochs: int) -> RunConfig:
    return RunConfig.from_mapping(
        {
            "dimensions": 128,
            "data": {"name": "folder", "root": str(folder), "prepared": str(out / "prepared")},
            "modalities": {
                "image": {
                    "encoder": "resnet18",
                    "prepare": {"views": 4, "resolution": 48, "augmentation": "photo"},
                    "options": {"width": 16, "blocks": [1, 1, 1, 1]},
                },
                "pointcloud": {
                    "encoder": "pointnet",
                    "prepare": {"points_prepared": 512, "points": 256},
                    "options": {"channels": [32, 32, 64, 256], "hidden": [128]},
                },
                "mesh": {"encoder": "meshnet", "prepare": {"faces": 256}, "options": {"width": 16}},
            },
            "method": {"name": "cmcl"},
            "train": {"epochs": epochs, "batch_size": 14, "optimizer": "adam", "schedule": "cosine", "workers": 0},
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on a tree class/name.ext of 3D models.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    config = configuration(arguments.folder, arguments.out, epochs=arguments.epochs)

    report = prepare_data(config, build_manifest(config))
    for refusal in report.refused:
        print(f"refused {refusal.path}: {refusal.reason}")
    store = Store.open(config.data.prepared)
    print(f"{len(store)} objects of {len(store.class_names)} classes")
    run = train(config, store, out=arguments.out / "run", resume=True)
    print(f"model: {run.model}")


if __name__ == "__main__":
    main()
