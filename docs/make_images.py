"""Makes the pictures of the README and of docs/ with the program itself: python docs/make_images.py [DEMO].

`search.png` is the sheet of photo queries from the report of a finished demo (folder `demo` unless named);
`tsne.png` is the map of the same run's test objects; `workshop.png` shows objects of every class of the built-in data.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from maquette.geometry import normalise
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.procedural import CLASSES
from maquette.geometry.render import render
from maquette.plots import contact_sheet, save_png, tsne_map
from maquette.train.evaluation import encode_run

IMAGES = Path(__file__).parent / "images"
OBJECTS = 3
COLORS = 256


def draw_workshop(path: Path) -> None:
    """Objects 0, 1, 2 of every class, drawn from one seed a class, group by group."""
    classes = {}
    for number, spec in enumerate(CLASSES):
        rng = np.random.default_rng([2021, number])
        shapes = [normalise(spec.build(rng)) for _ in range(OBJECTS)]
        classes[spec.name] = [render(shape, ring_cameras(1), resolution=96)[0] for shape in shapes]
    save_png(contact_sheet(classes, columns=7), path)
    shrink(path, width=1500)


def shrink(path: Path, *, width: int) -> None:
    """The picture again, at most `width` pixels wide and with few colors: a page should load at once."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    height = round(image.height * width / image.width)
    if width < image.width:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(demo: Path) -> None:
    """All pictures, from the finished demo in a folder."""
    IMAGES.mkdir(exist_ok=True)
    draw_workshop(IMAGES / "workshop.png")
    (IMAGES / "search.png").write_bytes((demo / "report" / "top10_image.png").read_bytes())
    shrink(IMAGES / "search.png", width=1400)
    embedded, store, rows = encode_run(demo / "run", split="test")
    labels = store.manifest.true_labels()[rows]
    figure = tsne_map(
        embedded.representations,
        labels,
        class_names=store.class_names,
        rng=np.random.default_rng(0),
        present=embedded.present,
    )
    save_png(figure, IMAGES / "tsne.png")
    shrink(IMAGES / "tsne.png", width=1200)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
