"""Pictures of meshes by ray casting on the CPU: no OpenGL, no window, no driver, and the same bytes on every run.

Every subsample of every pixel that a triangle may touch is cast, shaded from the corners of the triangle it meets,
and averaged in linear light. All light is diffuse, so the lights are worked out once a corner and view, not once a ray.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Bool, Float, Int, UInt8

from maquette.errors import ConfigError, InputError
from maquette.geometry.cameras import Camera
from maquette.geometry.light import Light, decode_color, encode_color
from maquette.geometry.mesh import Mesh
from maquette.geometry.shading import Surface, surface_of

__all__ = ["CLAY", "Color", "backdrop", "render"]

Color = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

CLAY: Color = (205, 200, 192)
"""What an object without colors is made of."""

_TILE = 4
"""Pixels along an edge of the tiles in which the empty parts of a picture are skipped."""
_PIXELS_AT_ONCE = 4096
"""Few enough that a batch of rays stays in the cache."""


def render(
    mesh: Mesh,
    cameras: Sequence[Camera],
    *,
    resolution: int = 224,
    supersample: int = 2,
    light: Light | Sequence[Light] | None = None,
    color: Color | UInt8[np.ndarray, "F 3"] | None = None,
    background: Color | UInt8[np.ndarray, "..."] | None = None,
    smooth: bool = True,
) -> UInt8[np.ndarray, "V H W 3"]:
    """One shaded square picture a camera, deterministic to the byte.

    `supersample` S casts S×S rays a pixel. `light`: one for all, or one a camera. `color` (one, or one a face) wins
    over the mesh's own; without either it is clay. `background`: a color, a picture for all views, or one a view
    (white if None; `backdrop` makes gradients). Faces are seen from both sides. `smooth` False shows facets.
    A mesh without faces raises InputError; a camera count of 0 gives an empty array.
    """
    if len(mesh.faces) == 0:
        raise InputError("a mesh with 0 faces cannot be rendered: expected at least one triangle")
    if resolution < 1 or supersample < 1:
        raise ConfigError(f"resolution {resolution}, supersample {supersample}: expected whole numbers of 1 or more")
    lights = _one_each(light, len(cameras))
    images = np.empty((len(cameras), resolution, resolution, 3), dtype=np.uint8)
    images[:] = _background(background, len(cameras), resolution)
    corners = np.ascontiguousarray(mesh.vertices[mesh.faces], dtype=np.float32)
    scene = EmbreeScene(robust=True)
    # The scene does not own its meshes' buffers on the Python side; keep the object while rays are cast.
    held = TriangleMesh(scene, corners)
    surface = surface_of(corners, scene=scene, probe_openness=any(lamp.occlusion > 0.0 for lamp in lights))
    albedo = _albedo(mesh, color)
    for image, camera, lamp in zip(images, cameras, lights, strict=True):
        shades = _corner_brightness(corners, surface, camera, lamp, smooth=smooth)
        tinted = albedo * np.asarray(lamp.tint, dtype=np.float32)
        _paint(image, camera, scene, corners, shades, tinted, supersample)
    del held
    return images


def backdrop(top: Color, bottom: Color, *, resolution: int = 224) -> UInt8[np.ndarray, "H W 3"]:
    """A background that goes evenly from one color at the top row to another at the bottom row."""
    share = np.linspace(0.0, 1.0, resolution)[:, None]
    rows = (1.0 - share) * np.asarray(top, dtype=np.float64) + share * np.asarray(bottom, dtype=np.float64)
    return np.repeat(np.round(rows).astype(np.uint8)[:, None], resolution, axis=1)


def _one_each(light: Light | Sequence[Light] | None, count: int) -> list[Light]:
    if light is None or isinstance(light, Light):
        return [light or Light()] * count
    if len(light) != count:
        raise ConfigError(f"{len(light)} lights for {count} cameras: expected one light, or one a camera")
    return list(light)


def _background(
    background: Color | UInt8[np.ndarray, "..."] | None, count: int, resolution: int
) -> UInt8[np.ndarray, "..."]:
    picture = np.asarray((255, 255, 255) if background is None else background)
    square = (resolution, resolution, 3)
    if picture.shape not in ((3,), square, (count, *square)) or picture.min() < 0 or picture.max() > 255:
        raise ConfigError(
            f"background of shape {picture.shape}: expected a color of three numbers 0 to 255, or uint8 pictures of "
            f"shape {square} or {(count, *square)}"
        )
    return picture.astype(np.uint8)


def _albedo(mesh: Mesh, color: Color | UInt8[np.ndarray, "F 3"] | None) -> Float[np.ndarray, "#F 3"]:
    """Linear color a face, or one row if all are alike."""
    chosen = color if color is not None else mesh.colors if mesh.colors is not None else CLAY
    albedo = decode_color(np.atleast_2d(np.asarray(chosen)))
    if albedo.shape not in ((1, 3), (len(mesh.faces), 3)):
        raise ConfigError(f"colors of shape {albedo.shape}: expected one color, or {len(mesh.faces)} (one a face)")
    return albedo


def _corner_brightness(
    corners: Float[np.ndarray, "F 3 3"], surface: Surface, camera: Camera, light: Light, *, smooth: bool
) -> Float[np.ndarray, "F 3"]:
    """Brightness of a white surface at each face's corners, on the side that this camera sees."""
    seen_from_behind = (
        np.einsum("fk,fk->f", surface.face_normals, camera.position.astype(np.float32) - corners[:, 0]) < 0.0
    )
    normals = surface.corner_normals if smooth else np.repeat(surface.face_normals[:, None], 3, axis=1)
    normals = np.where(seen_from_behind[:, None, None], -normals, normals)
    openness = surface.openness
    if openness is not None:
        openness = np.where(seen_from_behind[:, None], openness[..., 1], openness[..., 0])
    return light.brightness(normals, camera, openness=openness)


def _paint(
    image: UInt8[np.ndarray, "H W 3"],
    camera: Camera,
    scene: EmbreeScene,
    corners: Float[np.ndarray, "F 3 3"],
    shades: Float[np.ndarray, "F 3"],
    albedo: Float[np.ndarray, "#F 3"],
    supersample: int,
) -> None:
    """Draw the mesh over the background that `image` holds."""
    resolution = len(image)
    samples = supersample * supersample
    right, up, forward = camera.axes.astype(np.float32)
    grid = (2.0 * (np.arange(resolution * supersample) + 0.5) / (resolution * supersample) - 1.0) * camera.slope
    across = np.multiply.outer(grid.astype(np.float32), right).reshape(resolution, 1, supersample, 3)
    down = np.multiply.outer(grid.astype(np.float32), up).reshape(resolution, supersample, 1, 3)
    position = camera.position.astype(np.float32)
    # Brightness at the first corner, and its change towards the second and the third.
    slopes = np.stack([shades[:, 0], shades[:, 1] - shades[:, 0], shades[:, 2] - shades[:, 0]], axis=1)
    rows, columns = np.nonzero(_touched_pixels(corners, camera, resolution))
    for start in range(0, len(rows), _PIXELS_AT_ONCE):
        row, column = rows[start : start + _PIXELS_AT_ONCE], columns[start : start + _PIXELS_AT_ONCE]
        directions = (across[column] - (down[row] - forward)).reshape(-1, 3)
        found = scene.run(np.broadcast_to(position, directions.shape), directions, output=True)
        hit = np.flatnonzero(found["primID"] >= 0)
        face = found["primID"][hit]
        terms = np.take(slopes, face, axis=0)
        brightness = terms[:, 0] + found["u"][hit] * terms[:, 1] + found["v"][hit] * terms[:, 2]
        if len(albedo) > 1:
            brightness = brightness[:, None] * np.take(albedo, face, axis=0)
        linear = np.zeros((len(directions), *brightness.shape[1:]), dtype=np.float32)
        linear[hit] = brightness
        linear = np.einsum("ps...->p...", linear.reshape(len(row), samples, *brightness.shape[1:])) / samples
        mean = linear if len(albedo) > 1 else np.multiply.outer(linear, albedo[0])
        covered = (np.bincount(hit // samples, minlength=len(row)) / samples).astype(np.float32)
        drawn = np.flatnonzero(covered)
        row, column = row[drawn], column[drawn]
        behind = (1.0 - covered[drawn])[:, None] * decode_color(image[row, column])
        image[row, column] = encode_color(mean[drawn] + behind)


def _touched_pixels(corners: Float[np.ndarray, "F 3 3"], camera: Camera, resolution: int) -> Bool[np.ndarray, "H W"]:
    """Pixels that some triangle's bounding rectangle touches, in whole tiles: never too few."""
    tiles = -(-resolution // _TILE)
    seen = (corners.reshape(-1, 3) - camera.position) @ camera.axes.T
    depth = seen[:, 2]
    if depth.min() <= 1e-3:
        return np.ones((resolution, resolution), dtype=bool)
    scale = resolution / (2.0 * camera.slope * _TILE)
    across = _tile_range(tiles / 2.0 * (resolution / (tiles * _TILE)) + seen[:, 0] / depth * scale, tiles)
    down = _tile_range(tiles / 2.0 * (resolution / (tiles * _TILE)) - seen[:, 1] / depth * scale, tiles)
    # Each rectangle as four signs at its corners; the running sum over both axes counts the rectangles over a tile.
    signs = np.zeros((tiles + 1) * (tiles + 1), dtype=np.int64)
    for y, y_sign in zip(down, (1, -1), strict=True):
        for x, x_sign in zip(across, (1, -1), strict=True):
            signs += y_sign * x_sign * np.bincount(y * (tiles + 1) + x, minlength=len(signs))
    over = signs.reshape(tiles + 1, tiles + 1).cumsum(axis=0).cumsum(axis=1)[:tiles, :tiles] > 0
    return np.repeat(np.repeat(over, _TILE, axis=0), _TILE, axis=1)[:resolution, :resolution]


def _tile_range(position: Float[np.ndarray, "N"], tiles: int) -> tuple[Int[np.ndarray, "F"], Int[np.ndarray, "F"]]:
    """First tile and one past the last tile that each triangle's corners span, cut to the picture."""
    # A hundredth of a tile on both sides: the rays are float32.
    low = np.floor(position.reshape(-1, 3).min(axis=1) - 0.01)
    high = np.floor(position.reshape(-1, 3).max(axis=1) + 0.01) + 1.0
    return np.clip(low, 0, tiles).astype(np.int64), np.clip(high, 0, tiles).astype(np.int64)
