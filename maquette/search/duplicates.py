"""Which items of a collection are one shape: copied, moved, scaled, mirrored or meshed anew. Nothing is ever removed.

| tier | meaning | evidence |
|---|---|---|
| identical | the same vertices and faces, moved or turned, in whatever format | largest distance of two vertices |
| scaled | the same at another size | the scale |
| mirrored | the mirror image, at any size, of a shape that is not its own | the scale |
| remeshed | other triangles on the same surface, moved or turned, at any size | mean distance of the surfaces |

Shapes are compared, not representations: a pair is looked at where sizes that no motion changes agree, and counts only
where one shape, laid on the other, coincides with it (`congruence.py`, `align.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from maquette.errors import FileError, InputError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES, Cloud, Mesh, face_areas, read_shape
from maquette.ingest import Sandbox
from maquette.search.align import align
from maquette.search.collection import Collection
from maquette.search.congruence import congruence, unit_points
from maquette.search.explain import surface_points
from maquette.search.reading import read_geometry

__all__ = ["DuplicateGroup", "DuplicatePair", "DuplicateReport", "Tier", "compare_shapes", "find_duplicates"]

Tier = Literal["identical", "scaled", "mirrored", "remeshed"]
_TIERS: tuple[Tier, ...] = ("identical", "scaled", "mirrored", "remeshed")

_WELD = 1e-5
_SAME_SCALE = 1e-3
_SAME_AREA = 1e-3
_SURFACE_POINTS = 4096
_SIGNATURE_DISTANCE = 0.03
_NEIGHBOURS = 6
_SAME_SURFACE = 1.15
"""Two samples of one surface are as far apart as two of another sampling of it, give or take this factor."""


@dataclass(frozen=True)
class DuplicatePair:
    """Two items that are one shape: how, and the evidence.

    `distance` is the largest between vertices as a share of the root mean square radius, or, for "remeshed", the mean
    distance of the surfaces as a multiple of what two samples of the first have between them. `scale` is second over
    first.
    """

    first: str
    second: str
    tier: Tier
    scale: float
    mirrored: bool
    distance: float

    def sentence(self) -> str:
        """Return the pair and its evidence in words."""
        if self.tier == "remeshed":
            what = f"surfaces {self.distance:.2f} times as far apart as two samples of one"
        else:
            what = f"vertices at most {self.distance:.1e} of the radius apart"
        return f"{self.first} = {self.second}: {self.tier}, scale {self.scale:.4g}, {what}"


@dataclass(frozen=True)
class DuplicateGroup:
    """Items that are one shape, joined by `pairs`; `tier` is the loosest that is needed to join them."""

    ids: tuple[str, ...]
    tier: Tier
    pairs: tuple[DuplicatePair, ...]


@dataclass(frozen=True)
class DuplicateReport:
    """The groups, largest first; how many items were compared; (path, reason) of those whose file could not be."""

    groups: tuple[DuplicateGroup, ...]
    compared: int
    refused: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {**asdict(self), "refused": [{"path": path, "reason": reason} for path, reason in self.refused]}


@dataclass(frozen=True)
class _Shape:
    """What of a shape is compared: points that stand for it exactly, its surface's, and sizes no motion changes.

    `centre` and `size` are the surface's mean and root mean square radius, by integration.
    """

    points: Float64[np.ndarray, "N 3"]
    areas: Float64[np.ndarray, "F"]
    centre: Float64[np.ndarray, "3"]
    size: float
    surface: Float64[np.ndarray, "S 3"]
    again: Float64[np.ndarray, "S 3"]
    signature: Float64[np.ndarray, "_"] = field(repr=False)


def find_duplicates(
    collection: Collection,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    sandbox: Sandbox | None = None,
) -> DuplicateReport:
    """Return which items of a collection are one shape; items without geometry are not compared.

    Their files are read in the sandbox, if there is one.
    """
    index = collection.index
    index.refresh()
    entries = [
        entry
        for entry in index.get(index.ids())
        if Path(str(entry.metadata["path"])).suffix.lower() in MESH_SUFFIXES | CLOUD_SUFFIXES
    ]
    shapes: dict[str, _Shape] = {}
    refused: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, start=1):
        path = Path(str(entry.metadata["root"]), str(entry.metadata["path"]))
        try:
            shapes[entry.id] = _shape(read_shape(path) if sandbox is None else read_geometry(path, sandbox=sandbox))
        except FileError as error:
            refused.append((str(path), error.reason))
        except InputError as error:
            refused.append((str(path), str(error)))
        if on_progress is not None:
            on_progress(number, len(entries))
    found = (_compare(one, other, shapes[one], shapes[other]) for one, other in _candidates(shapes))
    return DuplicateReport(_grouped([pair for pair in found if pair is not None]), len(shapes), tuple(refused))


def compare_shapes(first: Mesh | Cloud, second: Mesh | Cloud) -> DuplicatePair | None:
    """Return how two shapes are one, None where they are not; the pair's ids are "first" and "second"."""
    return _compare("first", "second", _shape(first), _shape(second))


def _shape(shape: Mesh | Cloud) -> _Shape:
    is_mesh = isinstance(shape, Mesh)
    points = _welded(shape.vertices if isinstance(shape, Mesh) else shape.points)
    areas = np.sort(face_areas(shape)) if isinstance(shape, Mesh) else np.empty(0)
    rng = np.random.default_rng(0)
    surface = surface_points(shape, rng=rng, count=_SURFACE_POINTS)
    again = surface_points(shape, rng=rng, count=_SURFACE_POINTS) if is_mesh else surface
    unit, size = unit_points(surface)
    if not size:
        raise InputError(f"a shape of {len(points)} points in one place: expected an extent")
    radii = np.quantile(np.linalg.norm(unit, axis=1), np.linspace(0.1, 0.9, 9))
    spread = np.sqrt(np.linalg.eigvalsh(unit.T @ unit / len(unit)))
    centre, exact = _moments(shape) if isinstance(shape, Mesh) else (points.mean(axis=0), size)
    return _Shape(points, areas, centre, exact, surface, again, np.concatenate([radii, spread]))


def _welded(points: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "P 3"]:
    """Return the points, one for all that are so near each other that turning or writing them may part or join them."""
    size = unit_points(points)[1]
    near = KDTree(points).query_pairs(_WELD * size, output_type="ndarray")
    joined = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(points), len(points)))
    first = np.unique(connected_components(joined, directed=False)[1], return_index=True)[1]
    kept: Float64[np.ndarray, "P 3"] = points[first]
    return kept


def _moments(mesh: Mesh) -> tuple[Float64[np.ndarray, "3"], float]:
    """Return the mean of the surface and its root mean square radius about it."""
    weights = face_areas(mesh) / face_areas(mesh).sum()
    corners = mesh.vertices[mesh.faces]
    centre = np.einsum("f,fd->d", weights, corners.mean(axis=1))
    about = corners - centre
    # Over a triangle the mean of |x|² is the mean of |v|² and of v·w over its corners, by halves.
    squares = np.einsum("fcd,fcd->f", about, about) + np.einsum("fcd,fed->f", about, about)
    return centre, float(np.sqrt(np.einsum("f,f->", weights, squares) / 12))


def _candidates(shapes: dict[str, _Shape]) -> list[tuple[str, str]]:
    """Return the pairs worth a look: as many points, or nearly the same sizes that no motion changes."""
    ids = sorted(shapes)
    pairs: set[tuple[int, int]] = set()
    by_count: dict[tuple[int, int], list[int]] = {}
    for row, id_ in enumerate(ids):
        by_count.setdefault((len(shapes[id_].points), len(shapes[id_].areas)), []).append(row)
    for rows in by_count.values():
        pairs |= {(one, other) for place, one in enumerate(rows) for other in rows[place + 1 :]}
    if len(ids) > 1:
        signatures = np.stack([shapes[id_].signature for id_ in ids])
        near = KDTree(signatures).query(
            signatures, k=min(_NEIGHBOURS + 1, len(ids)), p=np.inf, distance_upper_bound=_SIGNATURE_DISTANCE
        )[1]
        for row, neighbours in enumerate(near):
            pairs |= {(min(row, int(n)), max(row, int(n))) for n in neighbours if n != row and n < len(ids)}
    return [
        (ids[one], ids[other])
        for one, other in sorted(pairs)
        if np.abs(shapes[ids[one]].signature - shapes[ids[other]].signature).max() <= _SIGNATURE_DISTANCE
    ]


def _compare(first: str, second: str, a: _Shape, b: _Shape) -> DuplicatePair | None:
    same = congruence(a.points, b.points) if len(a.areas) == len(b.areas) else None
    if same is not None and _have_equal_faces(a, b, same.scale):
        tier: Tier = "mirrored" if same.mirrored else "identical" if _is_one(same.scale) else "scaled"
        return DuplicatePair(first, second, tier, same.scale, same.mirrored, same.distance)
    if not len(a.areas) or not len(b.areas):
        return None
    laid = align(a.surface[::4], b.surface[::4])
    # The turn is the fit's; size and place are exact, where the fit has them from samples.
    scale = b.size / a.size
    moved = scale * (a.surface - a.centre) @ np.array(laid.rotation).T + b.centre
    floor = max(scale * _mean_distance(a.surface, a.again), _mean_distance(b.surface, b.again))
    distance = _mean_distance(moved, b.surface) / floor
    if distance > _SAME_SURFACE:
        return None
    return DuplicatePair(first, second, "remeshed", scale, laid.mirrored, distance)


def _is_one(scale: float) -> bool:
    return abs(scale - 1.0) <= _SAME_SCALE


def _have_equal_faces(a: _Shape, b: _Shape, scale: float) -> bool:
    if not len(a.areas):
        return True
    wide = a.areas * scale**2
    return bool(np.abs(wide - b.areas).max() <= _SAME_AREA * max(wide.max(), b.areas.max()))


def _mean_distance(a: Float64[np.ndarray, "N 3"], b: Float64[np.ndarray, "P 3"]) -> float:
    return float((KDTree(b).query(a)[0].mean() + KDTree(a).query(b)[0].mean()) / 2)


def _grouped(pairs: list[DuplicatePair]) -> tuple[DuplicateGroup, ...]:
    if not pairs:
        return ()
    ids = sorted({id_ for pair in pairs for id_ in (pair.first, pair.second)})
    place = {id_: row for row, id_ in enumerate(ids)}
    rows = [place[pair.first] for pair in pairs], [place[pair.second] for pair in pairs]
    _, labels = connected_components(coo_array((np.ones(len(pairs)), rows), shape=(len(ids), len(ids))), directed=False)
    groups = []
    for label in sorted(set(labels.tolist())):
        own = [id_ for id_ in ids if labels[place[id_]] == label]
        joined = [pair for pair in pairs if pair.first in own]
        groups.append(DuplicateGroup(tuple(own), _loosest(own, joined), tuple(joined)))
    return tuple(sorted(groups, key=lambda group: (-len(group.ids), group.ids)))


def _loosest(ids: list[str], pairs: list[DuplicatePair]) -> Tier:
    """Return the strictest tier up to which pairs still join all the ids."""
    for tier in _TIERS:
        strict = [pair for pair in pairs if _TIERS.index(pair.tier) <= _TIERS.index(tier)]
        reached = {ids[0]}
        while more := {x for p in strict for x in (p.first, p.second) if {p.first, p.second} & reached} - reached:
            reached |= more
        if reached == set(ids):
            return tier
    return "remeshed"
