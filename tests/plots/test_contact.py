from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import UInt8

from maquette.errors import ConfigError
from maquette.plots.contact import contact_sheet


def picture(value: int) -> UInt8[np.ndarray, "H W 3"]:
    return np.full((4, 6, 3), value, dtype=np.uint8)


def test_a_strip_for_each_class_in_order() -> None:
    figure = contact_sheet({"van": [picture(10), picture(20), picture(30)], "axe": [picture(40)], "cup": []}, columns=2)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["van", "axe", "cup (0)"]
    strips = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert [strip.shape for strip in strips] == [(4, 18, 3)] * 2
    assert strips[0][0, ::6, 0].tolist() == [10, 20, 30]
    assert strips[1][0, ::6, 0].tolist() == [40, 255, 255]


def test_places_go_row_by_row() -> None:
    figure = contact_sheet({name: [picture(0)] for name in "abcde"}, columns=2)
    figure.draw_without_rendering()
    corners = [axes.get_position() for axes in figure.axes]
    assert corners[0].y0 == pytest.approx(corners[1].y0)
    assert corners[0].x0 < corners[1].x0
    assert corners[2].y0 < corners[0].y0


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1 column"):
        contact_sheet({"a": [picture(0)]}, columns=0)
    with pytest.raises(ConfigError, match="no class has a picture"):
        contact_sheet({"a": []})
