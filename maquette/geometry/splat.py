"""Pictures of point clouds: every point is a small shaded disc, and near discs hide far ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.errors import ConfigError, InputError
from maquette.geometry.cameras import Camera
from maquette.geometry.light import Light, decode_color, encode_color
from maquette.geometry.mesh import Cloud
from maquette.geometry.render import CLAY, Color

__all__ = ["cloud_normals", "nearest_discs", "splat"]

_NEIGHBOURS = 14
_POINTS_AT_ONCE = 65536
_LARGEST_DISC = 0.06
"""No disc is larger than this, in radii of the object: a handful of points stays a handful of dots."""
_GREATEST_NEARNESS = 0.05


def splat(
    cloud: Cloud,
    cameras: Sequence[Camera],
    *,
    resolution: int = 224,
    supersample: int = 2,
    light: Light | None = None,
    color: Color | None = None,
    background: Color | None = None,
) -> UInt8[np.ndarray, "V H W 3"]:
    """One square picture a camera, deterministic to the byte; clay on white by default, as `render` makes.

    Discs are as large as the points' spacing asks for; their brightness comes from normals estimated from the nearest
    neighbours, taken from the side that the camera sees. `light.occlusion` has no effect. No points: InputError.
    """
    if len(cloud.points) == 0:
        raise InputError("a point cloud with 0 points cannot be rendered: expected at least one")
    if resolution < 1 or supersample < 1:
        raise ConfigError(f"resolution {resolution}, supersample {supersample}: expected whole numbers of 1 or more")
    lamp = light or Light()
    points = cloud.points.astype(np.float32)
    normals, spacing, flatness = cloud_normals(cloud.points)
    radius = np.minimum(0.75 * spacing, _LARGEST_DISC)
    albedo = decode_color(np.asarray(color or CLAY)) * np.asarray(lamp.tint, dtype=np.float32)
    empty = decode_color(np.asarray(background or (255, 255, 255)))
    images = np.empty((len(cameras), resolution, resolution, 3), dtype=np.uint8)
    for image, camera in zip(images, cameras, strict=True):
        towards = camera.position.astype(np.float32) - points
        facing = np.where(np.einsum("nk,nk->n", normals, towards)[:, None] < 0.0, -normals, normals)
        # Where there is no surface to speak of, a point is lit as if it faced up and the camera half each, so that
        # guesses do not show as dirt.
        unsure = lamp.brightness(_half_up(camera), camera)
        shades = unsure + flatness * (lamp.brightness(facing, camera) - unsure)
        nearest = nearest_discs(points, radius, camera, resolution * supersample)
        fine = np.where(nearest[..., None] < 0, empty, albedo * shades[nearest][..., None])
        coarse = fine.reshape(resolution, supersample, resolution, supersample, 3).mean(axis=(1, 3))
        image[:] = encode_color(coarse)
    return images


def cloud_normals(
    points: Float[np.ndarray, "N 3"],
) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "N"], Float[np.ndarray, "N"]]:
    """Unit normals of unknown sign, the distance to the fourth neighbour as each point's spacing, and flatness.

    The normal is the direction in which the nearest neighbours spread least, smoothed once over them. Flatness is
    1 where they lie in a plane and 0 where they lie in none, so that the normal means nothing. Fewer than four points,
    or neighbours that all coincide: straight up and 0.
    """
    from scipy.spatial import cKDTree  # here: importing it takes half a second, and most programs never need it

    count = min(_NEIGHBOURS, len(points))
    distances, neighbours = cKDTree(points).query(points, k=count)
    distances, neighbours = distances.reshape(len(points), count), neighbours.reshape(len(points), count)
    spacing = distances[:, min(4, count - 1)].astype(np.float32)
    spacing = np.where(spacing > 0.0, spacing, np.float32(_LARGEST_DISC))
    if count < 4:
        upward = np.tile(np.array([0.0, 0.0, 1.0], dtype=np.float32), (len(points), 1))
        return upward, spacing, np.zeros(len(points), dtype=np.float32)
    near = points[neighbours]
    near = near - near.mean(axis=1, keepdims=True)
    spread = np.einsum("nki,nkj->nij", near, near)
    values, vectors = np.linalg.eigh(spread)
    normals = vectors[:, :, 0]
    normals[values[:, 2] < 1e-20] = (0.0, 0.0, 1.0)
    flatness = 1.0 - np.divide(values[:, 0], values[:, 1], out=np.ones(len(points)), where=values[:, 1] > 1e-20)
    # One round of agreement: neighbours' normals, turned to the point's own side, and weighed by how flat it is there.
    around = normals[neighbours]
    sides = np.sign(np.einsum("nki,ni->nk", around, normals))
    normals = np.einsum("nk,nki->ni", sides * (flatness[neighbours] + 1e-6), around) + 1e-3 * normals
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return normals.astype(np.float32), spacing, flatness.astype(np.float32)


def _half_up(camera: Camera) -> Float[np.ndarray, "3"]:
    """The unit normal halfway between towards the camera and up."""
    normal = np.array([0.0, 0.0, 1.0]) - camera.axes[2]
    length = float(np.linalg.norm(normal))
    unit: Float[np.ndarray, "3"] = (normal / length if length > 1e-6 else -camera.axes[2]).astype(np.float32)
    return unit


def nearest_discs(
    points: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N"], camera: Camera, size: int
) -> Int[np.ndarray, "H W"]:
    """For each of size × size samples the number of the point whose disc is in front, or -1."""
    seen = (points - camera.position.astype(np.float32)) @ camera.axes.T.astype(np.float32)
    # Painter's order: the last to be written is the nearest; ties go by the point's number.
    order = np.argsort(-seen[:, 2], kind="stable")
    order = order[seen[order, 2] > _GREATEST_NEARNESS]
    front = np.full(size * size, -1, dtype=np.int64)
    if len(order) == 0:
        return front.reshape(size, size)
    scale = size / (2.0 * camera.slope)
    depth = seen[order, 2]
    x = size / 2.0 + seen[order, 0] / depth * scale
    y = size / 2.0 - seen[order, 1] / depth * scale
    pixels = np.clip(radius[order] / depth * scale, 0.75, size / 8.0)
    reach = int(np.ceil(pixels.max()))
    down, across = (part.reshape(-1) for part in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    at_once = max(_POINTS_AT_ONCE // len(down), 1)
    for start in range(0, len(order), at_once):
        part = slice(start, start + at_once)
        column = np.floor(x[part]).astype(np.int64)[:, None] + across
        row = np.floor(y[part]).astype(np.int64)[:, None] + down
        inside = (column + 0.5 - x[part, None]) ** 2 + (row + 0.5 - y[part, None]) ** 2 <= pixels[part, None] ** 2
        inside &= (column >= 0) & (column < size) & (row >= 0) & (row < size)
        point = np.broadcast_to(order[part, None], inside.shape)
        # NumPy writes in order, so of several values for one place the last stays.
        front[(row * size + column)[inside]] = point[inside]
    return front.reshape(size, size)
