"""Where the digits of `mnist3d` come from: an archive, RONO's files, Kaggle's files, or scikit-learn's own digits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.data.archives import NPZ_ERRORS
from maquette.data.noise import symmetric
from maquette.errors import FileError, MissingExtraError

__all__ = ["PERCENTS", "Digits", "read_digits"]

PERCENTS = (20, 40, 60, 80)
"""The nominal noise rates for which RONO published label files."""

_SIDE = 28
_NESTED = "3D_MNIST"


@dataclass(frozen=True)
class Digits:
    """One split: grey images, labels, and what else the source has for it.

    `clouds` are point clouds of any number of points, `vectors` frozen features of the clouds; `noisy` are noisy labels
    by nominal rate in percent. Each is empty where the source has none.
    """

    images: UInt8[np.ndarray, "N 28 28"]
    labels: Int[np.ndarray, "N"]
    clouds: tuple[np.ndarray, ...] = ()
    vectors: Float[np.ndarray, "N D"] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    noisy: Mapping[int, Int[np.ndarray, "N"]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that is in it."""
        arrays = [self.images, self.labels, *self.clouds, self.vectors, *(self.noisy[p] for p in sorted(self.noisy))]
        content = hashlib.sha256()
        for array in arrays:
            content.update(f"{array.dtype} {array.shape}".encode())
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


def read_digits(source: Path | None) -> tuple[str, dict[str, Digits]]:
    """The source's name and its splits "train" and "test"; FileError where it is none of the known ones.

    * a `.npz` (or a folder with one) that holds `{train,test}_image`, `{train,test}_label`, `train_noisy_label_{20…80}`
    * a folder with RONO's `{train,test}_img_feat.npy`, `…_pt_feat.npy`, `…_ori_label.npy`, `train_label_{20…80}.npy`,
      each in it, in `3D_MNIST/` or in `3D_MNIST/3D_MNIST/`: RONO's code looks for the test features one folder deeper
    * a folder with Kaggle's `train_point_clouds.h5` and `test_point_clouds.h5` (needs h5py)
    * None: the 1,797 digits that come with scikit-learn, 8 × 8 enlarged to 28 × 28, a fifth of them for testing, with
      symmetric noise drawn for the same four rates
    """
    if source is None:
        return "scikit-learn digits", _bundled()
    if source.is_file() and source.suffix == ".npz":
        return "npz", _read_npz(source)
    if not source.is_dir():
        raise FileError(source, "is neither a folder nor a .npz file")
    if _find(source, "train_img_feat.npy") is not None:
        return "RONO's files", _read_rono(source)
    if (source / "train_point_clouds.h5").is_file():
        return "Kaggle's files", {split: _read_h5(source / f"{split}_point_clouds.h5") for split in ("train", "test")}
    archives = [path for path in sorted(source.glob("*.npz")) if "train_image" in _names(path)]
    if len(archives) != 1:
        raise FileError(
            source,
            f"holds {len(archives)} archives with train_image, no train_img_feat.npy and no train_point_clouds.h5: "
            "expected exactly one of these sources",
        )
    return "npz", _read_npz(archives[0])


def _names(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return list(archive.files)
    except NPZ_ERRORS as error:
        raise FileError(path, "is no archive of arrays: remove it, or name the archive itself") from error


def _read_npz(path: Path) -> dict[str, Digits]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        noisy = {p: arrays[f"train_noisy_label_{p}"] for p in PERCENTS if f"train_noisy_label_{p}" in arrays}
        return {
            split: _checked(path, arrays[f"{split}_image"], arrays[f"{split}_label"], noisy if split == "train" else {})
            for split in ("train", "test")
        }
    except NPZ_ERRORS as error:
        raise FileError(path, f"is no archive of digits: {error}") from error


def _find(folder: Path, name: str) -> Path | None:
    """One of RONO's files: in the folder, or in `3D_MNIST` once or twice below it; None where it is in none."""
    places = (folder / name, folder / _NESTED / name, folder / _NESTED / _NESTED / name)
    return next((path for path in places if path.is_file()), None)


def _read_rono(folder: Path) -> dict[str, Digits]:
    features = {split: _find(folder, f"{split}_pt_feat.npy") for split in ("train", "test")}
    if (features["train"] is None) != (features["test"] is None):
        lacking = "train" if features["train"] is None else "test"
        raise FileError(folder, f"holds no {lacking}_pt_feat.npy: expected features of both splits, or of neither")
    splits = {}
    for split, vectors in features.items():
        files = {p: _find(folder, f"train_label_{p}.npy") for p in PERCENTS} if split == "train" else {}
        noisy = {p: _load(path) for p, path in files.items() if path is not None}
        images = _load(_find(folder, f"{split}_img_feat.npy") or folder / f"{split}_img_feat.npy")
        labels = _load(_find(folder, f"{split}_ori_label.npy") or folder / f"{split}_ori_label.npy")
        if images.dtype.kind == "f" and images.size and images.max() <= 1:
            images = images * 255
        splits[split] = _checked(folder, images, labels, noisy, None if vectors is None else _load(vectors))
    return splits


def _read_h5(path: Path) -> Digits:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "hdf5", f"reading {path}") from error
    try:
        with h5py.File(path, "r") as file:
            groups = [file[name] for name in sorted(file, key=int)]
            images = np.stack([np.asarray(group["img"]) for group in groups])
            labels = np.array([int(group.attrs["label"]) for group in groups])
            clouds = tuple(np.asarray(group["points"], dtype=np.float32) for group in groups)
    except (OSError, KeyError, ValueError) as error:
        raise FileError(path, f"is not Kaggle's file of point clouds: {error}") from error
    return _checked(path, images * 255 if images.max() <= 1 else images, labels, {}, clouds=clouds)


def _bundled() -> dict[str, Digits]:
    from PIL import Image
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    images = np.zeros((len(found.target), _SIDE, _SIDE), np.uint8)
    for place, small in enumerate(found.images):
        grey = Image.fromarray(np.round(small * (255 / 16)).astype(np.uint8))
        # A border of four pixels, as MNIST has it.
        images[place, 4:-4, 4:-4] = np.asarray(grey.resize((20, 20), Image.Resampling.BICUBIC))
    labels = found.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(labels))
    tested = len(labels) // 5
    train, test = order[tested:], order[:tested]
    names = [str(digit) for digit in range(10)]
    noisy = {p: symmetric(labels[train], names, rate=p / 100, seed=p).labels for p in PERCENTS}
    return {"train": Digits(images[train], labels[train], noisy=noisy), "test": Digits(images[test], labels[test])}


def _load(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise FileError(path, f"is no .npy array: {error}") from error


def _checked(
    path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    noisy: Mapping[int, np.ndarray],
    vectors: np.ndarray | None = None,
    *,
    clouds: tuple[np.ndarray, ...] = (),
) -> Digits:
    """The arrays as `Digits`, or FileError: RONO's labels are whole numbers kept as float64."""
    if images.ndim != 3 or images.shape[1:] != (_SIDE, _SIDE):
        raise FileError(path, f"has images of shape {images.shape}, expected (N, {_SIDE}, {_SIDE})")
    if images.min() < 0 or images.max() > 255:
        raise FileError(path, f"has pixels from {images.min():g} to {images.max():g}, expected 0 to 255 (or 0 to 1)")
    columns = {"labels": labels, **{f"noisy labels {percent}": values for percent, values in noisy.items()}}
    whole = {}
    for name, values in columns.items():
        flat = values.reshape(-1)
        if len(flat) != len(images) or not np.isin(flat, np.arange(10)).all():
            raise FileError(path, f"has {len(flat)} {name} for {len(images)} images, expected as many, from 0 to 9")
        whole[name] = flat.astype(np.int64)
    extra = {} if vectors is None else {"vectors": vectors.reshape(len(vectors), -1).astype(np.float32)}
    if vectors is not None and len(vectors) != len(images):
        raise FileError(path, f"has {len(vectors)} point features for {len(images)} images, expected as many")
    return Digits(
        np.round(images).astype(np.uint8),
        whole["labels"],
        clouds,
        noisy={percent: whole[f"noisy labels {percent}"] for percent in noisy},
        **extra,
    )
