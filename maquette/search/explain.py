"""Why an item was found: which view of it matched, each modality's score, and whether the shapes lie on each other.

The shapes are compared by `align.py`, which knows nothing of the encoders: evidence of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from maquette.errors import FileError, InputError
from maquette.geometry import CLOUD_SUFFIXES, MESH_SUFFIXES, Cloud, Mesh, normalise, read_shape, sample_surface
from maquette.geometry.cameras import ring_cameras
from maquette.index import Entry
from maquette.modalities import MODALITIES
from maquette.search.align import Alignment, align
from maquette.search.answering import probability_of
from maquette.search.fuse import cosines
from maquette.search.parts import Query
from maquette.search.reading import read_geometry

if TYPE_CHECKING:
    from maquette.search.engine import Engine

__all__ = ["BestView", "Explanation", "explain", "surface_points"]

_POINTS = 1024
_VIEWS = 12
_CLOSE, _ALIKE = 0.9, 0.6


@dataclass(frozen=True)
class BestView:
    """The view of the item most like the query, of `views` on a ring around it; azimuth turns from +x towards +y."""

    number: int
    views: int
    azimuth_degrees: float
    score: float


@dataclass(frozen=True)
class Explanation:
    """Why an item was found.

    `scores` are the query's cosines with the item's modalities, `parts` (name, weight, cosine) those of each part with
    the item. `alignment` is that of the first part with geometry on the item, None where one of the two has none;
    `probability` is None where the collection is not calibrated. `remarks` say what could not be compared.
    """

    id: str
    score: float
    probability: float | None
    scores: Mapping[str, float]
    parts: tuple[tuple[str, float, float], ...]
    best_view: BestView | None
    alignment: Alignment | None
    sentence: str
    remarks: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        parts = [{"name": name, "weight": weight, "score": score} for name, weight, score in self.parts]
        return {**asdict(self), "parts": parts, "remarks": list(self.remarks)}

    def text(self) -> str:
        """Return the explanation as lines for a person."""
        lines = [f"{self.id}: {self.sentence}", ""]
        lines += [f"  score with its {name:<12} {value:6.3f}" for name, value in self.scores.items()]
        lines += [f"  {name}: weight {weight:g}, score {score:.3f}" for name, weight, score in self.parts]
        lines += [f"  {remark}" for remark in self.remarks]
        return "\n".join([*lines, f"  {1000 * self.seconds:.0f} ms"])


def explain(engine: Engine, query: Query, id_: str) -> Explanation:
    """Return why an item was, or was not, found by a query; InputError if it is not in the collection."""
    begun = time.perf_counter()
    collection = engine.collection
    (entry,) = collection.index.get([id_])
    vector = query.vector()
    own = cosines(vector, collection.index.parts([id_]))[0]
    scores = {name: float(value) for name, value in zip(collection.modalities, own, strict=True) if value == value}
    parts = tuple(
        (part.part.name, part.part.weight, float(cosines(entry.vector, part.vector[None, None])[0, 0]))
        for part in query.parts
    )
    probability = probability_of(collection, query, id_, calibration=engine.calibration)
    remarks: list[str] = []
    view, alignment = None, None
    try:
        shape, own_shape = _geometry_of_item(engine, entry), _geometry_of_query(engine, query)
        if shape is not None:
            view = _best_view(engine, query, shape)
        if shape is not None and own_shape is not None:
            rng = np.random.default_rng(0)
            alignment = align(surface_points(own_shape, rng=rng), surface_points(shape, rng=rng))
    except (FileError, InputError) as error:
        remarks.append(f"not compared as shapes: {error}")
    return Explanation(
        id_,
        float(entry.vector.astype(np.float64) @ vector),
        probability,
        scores,
        parts,
        view,
        alignment,
        _sentence(scores, probability, view, alignment),
        tuple(remarks),
        time.perf_counter() - begun,
    )


def surface_points(shape: Mesh | Cloud, *, rng: np.random.Generator, count: int = _POINTS) -> Float[np.ndarray, "N 3"]:
    """Return points of a shape: drawn from a mesh's surface, or some of a scan's own."""
    if isinstance(shape, Mesh):
        return sample_surface(shape, count, rng=rng)
    if len(shape.points) <= count:
        return shape.points
    return shape.points[np.sort(rng.permutation(len(shape.points))[:count])]


def _best_view(engine: Engine, query: Query, shape: Mesh | Cloud) -> BestView | None:
    if "image" not in engine.model.modalities:
        return None
    settings = {**engine.model.specs["image"].preparation, "views": _VIEWS}
    drawn = MODALITIES.build("image", **settings).derive(_normal(shape), np.random.default_rng(0))
    if drawn is None:
        return None
    pictures = drawn.arrays["pixels"]
    encoded = engine.encode("image", [{"pixels": pictures[view : view + 1]} for view in range(_VIEWS)])
    found = cosines(query.wanted(), encoded[:, None])[:, 0]
    best = int(np.argmax(found))
    azimuth = ring_cameras(_VIEWS)[best].azimuth_degrees % 360.0
    return BestView(best + 1, _VIEWS, azimuth, float(found[best]))


def _geometry_of_query(engine: Engine, query: Query) -> Mesh | Cloud | None:
    """Return the shape of the first part that is asked for and has one."""
    for part in (encoded.part for encoded in query.parts if encoded.part.weight > 0):
        if part.item is not None:
            found = _geometry_of_item(engine, engine.collection.index.get([part.item])[0])
            if found is not None:
                return found
        elif part.path is not None and part.modality in ("mesh", "pointcloud"):
            return _read(engine, part.path)
    return None


def _read(engine: Engine, path: Path) -> Mesh | Cloud:
    """As `read_shape`, in the engine's sandbox: a query's file may be a stranger's."""
    return read_shape(path) if engine.sandbox is None else read_geometry(path, sandbox=engine.sandbox)


def _geometry_of_item(engine: Engine, entry: Entry) -> Mesh | Cloud | None:
    path = Path(str(entry.metadata["root"]), str(entry.metadata["path"]))
    return _read(engine, path) if path.suffix.lower() in MESH_SUFFIXES | CLOUD_SUFFIXES else None


def _normal(shape: Mesh | Cloud) -> Mesh | Cloud:
    if isinstance(shape, Mesh):  # to the type checker the two are different calls
        return normalise(shape)
    return normalise(shape)


def _sentence(
    scores: Mapping[str, float], probability: float | None, view: BestView | None, alignment: Alignment | None
) -> str:
    said = []
    if scores:
        best = max(scores, key=lambda name: scores[name])
        said.append(f"most like its {best} (cosine {scores[best]:.2f})")
    if probability is not None:
        said.append(f"of the same class with a probability of {probability:.2f}")
    if view is not None:
        said.append(f"most like its view {view.number} of {view.views}, from {view.azimuth_degrees:.0f} degrees")
    if alignment is not None:
        close = (
            "the shapes coincide"
            if alignment.f_score_after >= _CLOSE
            else "the shapes are alike"
            if alignment.f_score_after >= _ALIKE
            else "the shapes differ"
        )
        mirrored = " as mirror images" if alignment.mirrored else ""
        said.append(
            f"{close}{mirrored}: laid on each other they are {alignment.chamfer_after:.3f} apart on average "
            f"({alignment.chamfer_before:.3f} before)"
        )
    return "; ".join(said) + "." if said else "nothing of it can be compared."
