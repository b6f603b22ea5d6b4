"""Where a picture is taken from: cameras on a ring, on a sphere, or anywhere a person would hold one.

Objects are normalised (bounding-box center at 0, radius 1, z up), so a camera is two angles, a field of view and a
distance; the default distance is the nearest from which the unit sphere is whole in the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from maquette.errors import ConfigError

__all__ = ["Camera", "random_cameras", "ring_cameras", "sphere_cameras"]

_FRONT_AZIMUTH_DEGREES = -60.0
"""Where rings begin: objects mostly face -y, and a three-quarter view tells more than the plain front."""

_GOLDEN_ANGLE_DEGREES = 180.0 * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with a square picture, looking at `target`.

    Azimuth turns from +x towards +y, elevation rises from the horizon to +z, roll turns the camera clockwise about its
    line of sight (so the picture counter-clockwise); the field of view is the whole angle, from edge to edge.
    `distance` None is the nearest from which the unit sphere fits.
    """

    azimuth_degrees: float
    elevation_degrees: float
    field_of_view_degrees: float = 35.0
    distance: float | None = None
    roll_degrees: float = 0.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not 1.0 <= self.field_of_view_degrees <= 150.0:
            raise ConfigError(
                f"field of view of {self.field_of_view_degrees} degrees: expected 1 to 150 degrees from edge to edge"
            )
        if not -90.0 <= self.elevation_degrees <= 90.0:
            raise ConfigError(f"elevation of {self.elevation_degrees} degrees: expected -90 (below) to 90 (above)")
        if self.distance is not None and not self.distance > 0.0:
            raise ConfigError(f"camera distance {self.distance}: expected a number above 0, or None for one that fits")

    @property
    def slope(self) -> float:
        """Half the picture's width at distance 1."""
        return math.tan(math.radians(self.field_of_view_degrees) / 2.0)

    @property
    def position(self) -> Float[np.ndarray, "3"]:
        """The pinhole, in world coordinates."""
        distance = self.distance
        if distance is None:
            distance = 1.0 / math.sin(math.radians(self.field_of_view_degrees) / 2.0)
        position: Float[np.ndarray, "3"] = np.asarray(self.target, dtype=np.float64) - distance * self.axes[2]
        return position

    @property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Three unit rows in world coordinates: right and up in the picture, and forward into the scene."""
        azimuth, elevation, roll = (
            math.radians(angle) for angle in (self.azimuth_degrees, self.elevation_degrees, self.roll_degrees)
        )
        cos_a, sin_a, cos_e, sin_e = math.cos(azimuth), math.sin(azimuth), math.cos(elevation), math.sin(elevation)
        forward = np.array([-cos_e * cos_a, -cos_e * sin_a, -sin_e])
        # From the angles, not from a cross product with z: so it also holds for a camera straight above.
        right = np.array([-sin_a, cos_a, 0.0])
        up = np.array([-sin_e * cos_a, -sin_e * sin_a, cos_e])
        turned = math.cos(roll) * right - math.sin(roll) * up
        return np.stack([turned, math.cos(roll) * up + math.sin(roll) * right, forward])


def ring_cameras(
    count: int,
    *,
    elevation_degrees: float = 25.0,
    azimuth_degrees: float = _FRONT_AZIMUTH_DEGREES,
    field_of_view_degrees: float = 35.0,
) -> list[Camera]:
    """`count` cameras evenly around the object at one elevation, the first at `azimuth_degrees`.

    >>> [camera.azimuth_degrees for camera in ring_cameras(4)]
    [300.0, 30.0, 120.0, 210.0]
    """
    _check_count(count)
    return [
        Camera((azimuth_degrees + 360.0 * k / count) % 360.0, elevation_degrees, field_of_view_degrees)
        for k in range(count)
    ]


def sphere_cameras(count: int, *, field_of_view_degrees: float = 35.0) -> list[Camera]:
    """`count` cameras spread over the whole sphere (Fibonacci spiral), from near the top to near the bottom."""
    _check_count(count)
    return [
        Camera(
            (_FRONT_AZIMUTH_DEGREES + k * _GOLDEN_ANGLE_DEGREES) % 360.0,
            math.degrees(math.asin(1.0 - (2.0 * k + 1.0) / count)),
            field_of_view_degrees,
        )
        for k in range(count)
    ]


def random_cameras(
    count: int,
    *,
    rng: np.random.Generator,
    elevation_degrees: tuple[float, float] = (0.0, 55.0),
    field_of_view_degrees: tuple[float, float] = (25.0, 50.0),
    distance_factor: tuple[float, float] = (0.9, 1.2),
    roll_degrees: float = 4.0,
    shift: float = 0.08,
) -> list[Camera]:
    """`count` cameras as a person would hold them: any azimuth, the rest uniform in the ranges given.

    `distance_factor` multiplies the distance at which the unit sphere just fits; `roll_degrees` is the largest tilt and
    `shift` the farthest that the object sits off center along each axis, in units of its radius.
    """
    _check_count(count)
    cameras = []
    for _ in range(count):
        azimuth = rng.uniform(0.0, 360.0)
        elevation = rng.uniform(*elevation_degrees)
        field_of_view = rng.uniform(*field_of_view_degrees)
        distance = rng.uniform(*distance_factor) / math.sin(math.radians(field_of_view) / 2.0)
        roll = rng.uniform(-roll_degrees, roll_degrees)
        x, y, z = rng.uniform(-shift, shift, 3).tolist()
        cameras.append(Camera(azimuth, elevation, field_of_view, distance, roll, (x, y, z)))
    return cameras


def _check_count(count: int) -> None:
    if count < 1:
        raise ConfigError(f"{count} cameras: expected at least 1")
