"""Search a folder of 3D models by a photo.

    python examples/search_a_folder.py MODEL FOLDER PHOTO

MODEL is an exported model, for example `demo/run/model` of a finished demo. The collection is kept in
`my-collection`; a second call adds only what has changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from maquette.search import Collection, Engine


def main(model: Path, folder: Path, photo: Path) -> None:
    place = Path("my-collection")
    if not place.exists():
        Collection.create(place, model=model)
    engine = Engine.open(place)
    report = engine.add_paths([folder])
    print(f"{len(report.added)} new, {len(report.unchanged)} unchanged, {len(report.refused)} refused")
    for path, reason in report.refused:
        print(f"refused {path}: {reason}")
    for hit in engine.search({"image": [photo]}, k=10).hits:
        print(f"  {hit.rank:>2}  {hit.score:.3f}  {hit.class_name or '-':<12} {hit.path}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
