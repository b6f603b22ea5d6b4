from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from maquette.plots.canvas import RIGHT, WRONG, class_colors, new_figure, save_png, style


def chunks(data: bytes) -> list[bytes]:
    """Names of a PNG's chunks."""
    names, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8])
        at += 12 + length
    return names


def test_a_png_holds_the_picture_and_nothing_else_and_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        with style():
            figure = new_figure(2.0, 1.0)
            figure.add_subplot().plot([1, 2], [3, 4])
        save_png(figure, tmp_path / "new folder" / name)
    first, second = (tmp_path / "new folder" / name for name in ("a.png", "b.png"))
    assert first.read_bytes() == second.read_bytes()
    assert set(chunks(first.read_bytes())) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    assert sorted(path.name for path in first.parent.iterdir()) == ["a.png", "b.png"]


def test_the_users_settings_change_nothing_and_are_put_back(tmp_path: Path) -> None:
    def draw(path: Path) -> bytes:
        with style():
            figure = new_figure(2.0, 1.0)
            figure.add_subplot().plot([1, 2], [3, 4])
        save_png(figure, path)
        return path.read_bytes()

    plain = draw(tmp_path / "plain.png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 20}):
        assert draw(tmp_path / "loud.png") == plain
        assert mpl.rcParams["font.size"] == 30


def _least_apart(colors: list[str]) -> float:
    """The least distance of two colours in red, green and blue."""
    values = np.array([mpl.colors.to_rgb(color) for color in colors])
    distances = np.linalg.norm(values[:, None] - values, axis=2) + 9 * np.eye(len(values))
    return float(distances.min())


@pytest.mark.parametrize("count", [2, 7, 8, 9, 10])
def test_colors_of_few_classes_are_told_apart(count: int) -> None:
    assert _least_apart(class_colors(count)) > 0.25


@pytest.mark.parametrize("count", [1, 7, 8, 10, 11, 40, 100])
def test_every_class_has_its_own_color_that_white_paper_shows(count: int) -> None:
    colors = class_colors(count)
    assert len(set(colors)) == len(colors) == count
    assert all(np.array(mpl.colors.to_rgb(color)) @ [0.2126, 0.7152, 0.0722] < 0.9 for color in colors)


def test_right_and_wrong_differ_in_the_blue_channel_too() -> None:
    # Red-green blindness leaves blue against yellow: bluish green against vermilion is told apart by it.
    assert mpl.colors.to_rgb(RIGHT)[2] - mpl.colors.to_rgb(WRONG)[2] > 0.4
