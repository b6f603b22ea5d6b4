"""Objects of the test split that stand in the training split as well, or nearly: figures on them mean little.

Equal files are found by checksum. Near duplicates are found in prepared arrays: of point clouds, two samples of one
surface lie as near to each other as each lies to itself, so the mean distance from the points of one to the nearest of
the other, over the mean distance within, is about 1; it is larger for other shapes. Frozen features are compared by
cosine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from maquette.data.store import Store

__all__ = ["Duplicate", "find_duplicates", "near_comparison", "surface_ratio"]

_CELLS = 8
_CANDIDATES = 3
_POINTS = 512
_LARGEST_RATIO = 1.1
_LEAST_COSINE = 0.9999

_Pair = tuple[int, int, float]


@dataclass(frozen=True, order=True)
class Duplicate:
    """A test object and the training object that it repeats; `how`: file, surface or vector, in which modality.

    `same_class`: whether both have the same given label. `distance`: of equal files 0; of surfaces the `surface_ratio`,
    about 1 for two samples of one surface; of vectors one minus their cosine.
    """

    test: str
    train: str
    modality: str
    how: str
    same_class: bool
    distance: float


def find_duplicates(store: Store) -> tuple[Duplicate, ...]:
    """Test objects that are repeated in training or validation, sorted; of each modality one partner an object.

    Clouds are compared as they lie: an object that was turned is not found.
    """
    found = dict(_equal_files(store))
    for modality in store.modalities:
        test, other = (_present(store, modality, split) for split in (("test",), ("train", "validation")))
        if not len(test) or not len(other):
            continue
        how = near_comparison(store, modality)
        near = {"surface": _near_clouds, "vector": _near_vectors}.get(how)
        for row, partner, distance in near(store, modality, test, other) if near is not None else ():
            found.setdefault((row, modality), (partner, how, distance))
    labels = store.labels()
    return tuple(
        sorted(
            Duplicate(store.ids[row], store.ids[partner], modality, how, bool(labels[row] == labels[partner]), distance)
            for (row, modality), (partner, how, distance) in found.items()
        )
    )


def near_comparison(store: Store, modality: str) -> str:
    """How near duplicates are sought in a modality: surface, vector, or empty where equal files alone are."""
    fields = store.fields[modality]
    return "surface" if "points" in fields else "vector" if "features" in fields else ""


def surface_ratio(one: Float[np.ndarray, "N 3"], other: Float[np.ndarray, "P 3"]) -> float:
    """Mean distance between two clouds over that within each, the larger of both directions; about 1 for one surface.

    Distances within are between each point and its nearest other one. Both need two points or more.
    """
    trees = cKDTree(one), cKDTree(other)
    ratios = []
    for points, own, foreign in ((one, *trees), (other, *reversed(trees))):
        within = own.query(points, k=2)[0][:, 1].mean()
        between = foreign.query(points)[0].mean()
        ratios.append(between / within if within > 0 else (1.0 if between == 0 else np.inf))
    return float(max(ratios))


def _present(store: Store, modality: str, splits: tuple[str, ...]) -> np.ndarray:
    rows = np.concatenate([store.rows(split) for split in splits])
    return np.sort(rows[store.present(modality)[rows]])


def _equal_files(store: Store) -> dict[tuple[int, str], tuple[int, str, float]]:
    """Under (row, modality) of a test object: a row outside the test split with a file of the same content."""
    known: dict[tuple[str, str], int] = {}
    items = store.manifest.items
    sums = [
        (row, modality, item.checksums[path])
        for row, item in enumerate(items)
        for modality, paths in item.paths.items()
        for path in paths
        if path in item.checksums
    ]
    for row, modality, checksum in sums:
        if items[row].split != "test":
            known.setdefault((modality, checksum), row)
    return {
        (row, modality): (known[modality, checksum], "file", 0.0)
        for row, modality, checksum in sums
        if items[row].split == "test" and (modality, checksum) in known
    }


def _near_clouds(store: Store, modality: str, test: np.ndarray, other: np.ndarray) -> list[_Pair]:
    clouds = {int(row): store.arrays(modality, np.array([row]))["points"][0][:_POINTS] for row in (*test, *other)}
    # A coarse picture of where the points are picks the few that are worth measuring.
    seen, known = (np.stack([_cells(clouds[int(row)]) for row in rows]) for rows in (test, other))
    pairs = []
    for at, row in enumerate(test):
        likest = np.argsort(-(known @ seen[at]), kind="stable")[:_CANDIDATES]
        ratios = [surface_ratio(clouds[int(row)], clouds[int(other[place])]) for place in likest]
        if min(ratios) <= _LARGEST_RATIO:
            pairs.append((int(row), int(other[likest[int(np.argmin(ratios))]]), min(ratios)))
    return pairs


def _cells(points: np.ndarray) -> np.ndarray:
    places = np.clip(((points + 1) / 2 * _CELLS).astype(np.int64), 0, _CELLS - 1)
    counts = np.bincount(places @ np.array([_CELLS * _CELLS, _CELLS, 1]), minlength=_CELLS**3).astype(np.float32)
    return np.asarray(np.sqrt(counts / counts.sum()))


def _near_vectors(store: Store, modality: str, test: np.ndarray, other: np.ndarray) -> list[_Pair]:
    seen, known = (_unit(store.arrays(modality, rows)["features"]) for rows in (test, other))
    pairs = []
    for at, row in enumerate(test):
        cosines = known @ seen[at]
        if cosines.max() >= _LEAST_COSINE:
            pairs.append((int(row), int(other[int(cosines.argmax())]), max(1 - float(cosines.max()), 0.0)))
    return pairs


def _unit(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, length, out=np.zeros_like(values), where=length > 0))
