from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.procedural.motor_vehicles import car, truck, van
from tests.geometry.procedural.drawn import draws, extents, is_mirrored, overlap


@pytest.mark.parametrize("build", [car, truck, van])
def test_they_stand_on_wheels_and_left_is_right_mirrored(build: object) -> None:
    for mesh in draws(build):  # type: ignore[arg-type]  # the list above holds builders
        assert mesh.vertices[:, 2].min() == pytest.approx(0, abs=1e-9)
        low = mesh.vertices[mesh.vertices[:, 2] < 0.03]
        assert len(np.unique(np.sign(low[:, 1]))) == 2
        assert np.ptp(low[:, 0]) > 0.35 * np.ptp(mesh.vertices[:, 0])
        assert is_mirrored(mesh, 1)


def test_cars_are_low_vans_high_and_some_between() -> None:
    def height(build: object) -> np.ndarray:
        sizes = extents(build, 60)  # type: ignore[arg-type]  # a builder
        return np.asarray(sizes[:, 2] / sizes[:, 0])

    cars, vans = height(car), height(van)
    assert np.median(cars) < np.median(vans)
    assert overlap(cars, vans) and overlap(vans, height(truck))
