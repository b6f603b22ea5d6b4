from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from maquette.data.datasets.workshop_photos import encode_png, take_photos
from maquette.geometry.mesh import Mesh, normalise
from maquette.geometry.procedural.parts import box
from maquette.geometry.procedural.solid import join

BODY = join([box(1.0, 0.6, 0.4), box(0.3, 0.3, 0.8).at(x=0.3)])
MESH = normalise(Mesh(BODY.vertices, BODY.faces, np.full((len(BODY.faces), 3), [200, 40, 40], dtype=np.uint8)))


def photos(count: int, style: str = "plain", *, resolution: int = 32, seed: int = 0) -> list[np.ndarray]:
    return take_photos(
        MESH,
        resolution=resolution,
        style=style,  # type: ignore[arg-type]  # one of the two
        paint=np.random.default_rng([seed, 99]),
        shots=[np.random.default_rng([seed, shot]) for shot in range(count)],
    )


@pytest.mark.parametrize("style", ["plain", "background"])
def test_a_shot_does_not_depend_on_the_others(style: str) -> None:
    one, three = photos(1, style), photos(3, style)
    assert np.array_equal(one[0], three[0])
    assert one[0].shape == (32, 32, 3) and one[0].dtype == np.uint8
    assert not np.array_equal(three[0], three[1]) and not np.array_equal(three[1], three[2])


def test_plain_photos_stand_on_one_pale_color() -> None:
    for seed in range(6):
        (picture,) = photos(1, seed=seed)
        corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert np.ptp(corners.astype(int), axis=0).max() == 0
        assert corners.min() > 180
        assert (picture != corners[0]).any(axis=2).mean() > 0.05, "no object in the picture"


def test_backgrounds_are_busy_and_grainy() -> None:
    plain = np.mean([np.abs(np.diff(photos(1, seed=seed)[0][0].astype(int), axis=0)).mean() for seed in range(8)])
    busy = np.mean(
        [np.abs(np.diff(photos(1, "background", seed=seed)[0][0].astype(int), axis=0)).mean() for seed in range(8)]
    )
    assert plain < 0.5 < 2 < busy


def test_the_object_keeps_its_color_from_shot_to_shot_and_is_repainted_at_times() -> None:
    def is_red(picture: np.ndarray) -> bool:
        ground = picture[0, 0]
        seen = picture[(np.abs(picture.astype(int) - ground) > 25).any(axis=2)].astype(int)
        return bool(np.median(seen[:, 0] - seen[:, 1:].max(axis=1)) > 30)

    told = [[is_red(picture) for picture in photos(3, seed=seed)] for seed in range(14)]
    assert all(len(set(shots)) == 1 for shots in told)
    assert 4 <= sum(shots[0] for shots in told) < 14


def test_png_round_trip() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    data = encode_png(picture)
    assert data == encode_png(picture)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), picture)
