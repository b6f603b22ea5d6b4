"""3D MNIST: digits as 28 × 28 images and as point clouds; the set of RONO's first table, and of quick experiments.

| | |
|---|---|
| classes | 10 |
| objects | 5,000 to train, 1,000 to test: MNIST's first ones (the stand-in: 1,438 and 359) |
| images | one an object, 28 × 28, grey PNG |
| clouds | made from the images (`digit_clouds`), or RONO's frozen 2048-d features, or Kaggle's own clouds |
| labels | true ones; RONO's noisy ones at 20, 40, 60, 80 percent lie under `labels/` for the noise kind `file` |
| source | images: LeCun et al., MNIST; clouds: https://www.kaggle.com/datasets/daavoo/3d-mnist; features and noisy |
| | labels: Feng et al., RONO, CVPR 2023, https://github.com/penghu-cs/RONO; stand-in: scikit-learn's `load_digits` |
| licence | of Kaggle's files unknown; RONO's state none; of MNIST unknown; scikit-learn's: BSD, as the package |
| checksums | unknown: none are published; the manifest records those of what was read (`digest`) |

Under `root` are written `images/<id>.png`, `clouds/<id>.npy` (or `vectors/<id>.npy`), `labels/train_ori_label.npy`,
`labels/train_label_<percent>.npy` and `manifest.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from maquette.data.atomic import write_atomically
from maquette.data.datasets.base import DATASETS
from maquette.data.datasets.digit_clouds import lift_digit
from maquette.data.datasets.digit_sources import Digits, read_digits
from maquette.data.manifest import Item, Manifest
from maquette.errors import ConfigError

__all__ = ["mnist3d"]

_EDITION = 1
"""To be raised whenever the same source gives other files than before."""

_CLASSES = tuple(str(digit) for digit in range(10))

Clouds = Literal["lifted", "original", "features"]


@DATASETS.register("mnist3d")
def mnist3d(
    root: Path | str,
    *,
    source: Path | str | None = None,
    clouds: Clouds = "lifted",
    points: int = 256,
    turn_degrees: float = 45.0,
    validation_fraction: float = 0.0,
    seed: int = 0,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """The manifest of all digits of `source` (see `read_digits`; None: a built-in stand-in), written under `root`.

    `clouds`: `lifted` makes `points` points from each image, turned about the vertical by up to ±`turn_degrees`;
    `original` takes the source's clouds and `features` its frozen vectors (for the modality `features`), ConfigError
    where it has none. `validation_fraction` of the training objects are drawn as validation split; ids keep the rows of
    the source: `train_00012` is its row 12 whatever the split. The same arguments give the same bytes; files that are
    there already are kept. `workers` threads write; `on_progress(done, total)` counts objects.
    """
    root = Path(root).absolute()
    if clouds not in ("lifted", "original", "features"):
        raise ConfigError(f"mnist3d clouds {clouds!r}: expected lifted, original or features")
    if points < 1 or not 0 <= turn_degrees <= 180 or not 0 <= validation_fraction < 1:
        raise ConfigError(
            f"mnist3d points {points}, turn_degrees {turn_degrees:g}, validation_fraction {validation_fraction:g}: "
            "expected at least 1, 0 to 180, and 0 to less than 1"
        )
    origin, digits = read_digits(None if source is None else Path(source))
    recipe: dict[str, Any] = {
        "dataset": "mnist3d",
        "edition": _EDITION,
        "source": origin,
        "digest": {split: part.digest for split, part in digits.items()},
        "clouds": clouds,
        "validation_fraction": validation_fraction,
        "seed": seed,
        **({"points": points, "turn_degrees": turn_degrees} if clouds == "lifted" else {}),
    }
    known = _known(root, recipe)
    if known is not None:
        if on_progress is not None:
            on_progress(len(known), len(known))
        return known
    for place in ("images", "vectors" if clouds == "features" else "clouds"):
        (root / place).mkdir(parents=True, exist_ok=True)
    tasks = [(split, row) for split in ("test", "train") for row in range(len(digits[split].labels))]
    held_out = _held_out(len(digits["train"].labels), validation_fraction, seed)

    def make(task: tuple[str, int]) -> Item:
        split, row = task
        rng = np.random.default_rng([seed, split == "test", row])
        shape = _shape(digits[split], row, clouds, points, turn_degrees, rng)
        part = "validation" if split == "train" and row in held_out else split
        return _write(root, f"{split}_{row:05d}", part, digits[split], row, shape, folder=clouds)

    items: list[Item] = []
    with ThreadPoolExecutor(max(workers, 1), thread_name_prefix="maquette-mnist3d") as pool:
        for item in pool.map(make, tasks):
            items.append(item)
            if on_progress is not None:
                on_progress(len(items), len(tasks))
    _write_labels(root / "labels", digits["train"])
    manifest = Manifest("mnist3d", root, _CLASSES, tuple(sorted(items, key=lambda item: item.id)), recipe)
    manifest.save(root / "manifest.json")
    return manifest


def _shape(
    digits: Digits, row: int, clouds: Clouds, points: int, turn_degrees: float, rng: np.random.Generator
) -> np.ndarray:
    """A digit's cloud or vector, as float32."""
    if clouds == "lifted":
        return lift_digit(digits.images[row], points, rng=rng, turn_degrees=turn_degrees)
    if clouds == "original" and digits.clouds:
        return np.asarray(digits.clouds[row], dtype=np.float32)
    if clouds == "features" and len(digits.vectors):
        return np.asarray(digits.vectors[row], dtype=np.float32)
    raise ConfigError(f"this source of mnist3d has no {clouds} clouds: use clouds = 'lifted'")


def _write(
    root: Path, identity: str, split: str, digits: Digits, row: int, shape: np.ndarray, *, folder: Clouds
) -> Item:
    picture, cloud = BytesIO(), BytesIO()
    Image.fromarray(digits.images[row]).save(picture, format="PNG")
    np.save(cloud, shape)
    content = {
        f"images/{identity}.png": picture.getvalue(),
        f"{'vectors' if folder == 'features' else 'clouds'}/{identity}.npy": cloud.getvalue(),
    }
    for path, data in content.items():
        (root / path).write_bytes(data)
    image, other = content
    label = int(digits.labels[row])
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
    return Item(identity, split, label, label, {"image": (image,), "pointcloud": (other,)}, sums)


def _write_labels(folder: Path, train: Digits) -> None:
    for name, values in {"ori_label": train.labels, **{f"label_{p}": v for p, v in train.noisy.items()}}.items():
        buffer = BytesIO()
        np.save(buffer, values)
        write_atomically(folder / f"train_{name}.npy", buffer.getvalue())


def _held_out(count: int, fraction: float, seed: int) -> frozenset[int]:
    drawn = np.random.default_rng([seed, 2]).permutation(count)[: round(fraction * count)]
    return frozenset(drawn.tolist())


def _known(root: Path, recipe: dict[str, Any]) -> Manifest | None:
    """What is under `root` already, if it is whole; ConfigError if it was made from something else."""
    path = root / "manifest.json"
    if not path.is_file():
        return None
    manifest = Manifest.load(path, root=root)
    differing = [name for name in recipe if manifest.source.get(name) != recipe[name]]
    if differing:
        raise ConfigError(
            f"{root} holds another data set (it differs in {', '.join(differing)}): "
            "choose an empty folder, or remove what is there"
        )
    try:
        whole = all(
            hashlib.sha256((root / file).read_bytes()).hexdigest() == checksum
            for item in manifest
            for file, checksum in item.checksums.items()
        )
    except OSError:
        whole = False
    return manifest if whole else None
