"""Names lead to builders; a clash, a wrong name and a wrong argument say what they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint

import pytest

from maquette.errors import ConfigError, UnknownNameError
from maquette.registry import Registry


@pytest.fixture
def shapes() -> Registry[str]:
    registry: Registry[str] = Registry("shape")

    @registry.register("disc")
    def disc(*, radius: float = 1.0) -> str:
        return f"disc {radius}"

    return registry


def test_builds_by_name_and_keeps_the_builder_usable(shapes: Registry[str]) -> None:
    assert shapes.build("disc", radius=2.0) == "disc 2.0"
    assert shapes.get("disc")() == "disc 1.0"
    assert shapes.names() == ("disc",)


def test_a_clash_raises(shapes: Registry[str]) -> None:
    with pytest.raises(ConfigError, match="shape 'disc' is registered already"):
        shapes.register("disc")(lambda: "other")


def test_an_unknown_name_lists_the_known(shapes: Registry[str]) -> None:
    with pytest.raises(UnknownNameError, match="unknown shape 'dics': expected one of disc"):
        shapes.build("dics")


class _Box:
    def __init__(self, width: float, *, height: float = 1.0, depth: float = 1.0) -> None:
        self.sides = (width, height, depth)

    def __str__(self) -> str:
        return f"box {self.sides}"


def _box(width: float, *, height: float = 1.0, depth: float = 1.0) -> str:
    return str(_Box(width, height=height, depth=depth))


@pytest.mark.parametrize("builder", [_Box, _box, partial(_box, depth=2.0)], ids=["class", "function", "partial"])
def test_an_unknown_option_lists_those_there_are(builder: Callable[..., object]) -> None:
    shapes: Registry[object] = Registry("shape")
    shapes.register("box")(builder)
    for options, message in (
        ({"width": 1.0, "widht": 2.0}, "shape 'box': unknown option 'widht': expected some of depth, height, width"),
        ({"b": 1, "a": 2}, "shape 'box': unknown options 'a', 'b': expected some of depth, height, width"),
        ({"height": 2.0}, "shape 'box': lacks option 'width': expected a value, there is no default"),
    ):
        with pytest.raises(ConfigError) as caught:
            shapes.build("box", **options)
        assert str(caught.value) == message
    assert str(shapes.build("box", width=3.0, height=5.0, depth=2.0)) == "box (3.0, 5.0, 2.0)"


def test_a_builder_of_no_options_or_of_any(shapes: Registry[str]) -> None:
    shapes.register("point")(lambda: "point")
    shapes.register("any")(lambda **options: ", ".join(sorted(options)))
    with pytest.raises(ConfigError, match=r"unknown option 'size': expected some of \(none\)"):
        shapes.build("point", size=1)
    assert shapes.build("any", sides=3, corners=4) == "corners, sides"


def test_what_is_not_given_has_its_default() -> None:
    shapes: Registry[str] = Registry("shape")
    shapes.register("box")(lambda width, height=2.0, *, depth=None: f"{width} {height} {depth}")
    shapes.register("any")(lambda **options: "any")
    assert shapes.defaults("box", {"width": 1.0}) == {"height": 2.0, "depth": None}
    assert shapes.defaults("box", {"height": 1.0, "depth": 3.0}) == {}
    assert shapes.defaults("any", {}) == {}
    with pytest.raises(UnknownNameError):
        shapes.defaults("ball", {})


def test_an_error_inside_the_builder_is_not_taken_for_the_callers() -> None:
    numbers: Registry[int] = Registry("number")

    @numbers.register("broken")
    def broken(*, size: int = 1) -> int:
        return int(size, argument=2)  # type: ignore[call-overload, no-any-return]  # this very fault is the test

    with pytest.raises(TypeError, match="argument"):
        numbers.build("broken", size=3)


def test_other_packages_register_by_entry_point(monkeypatch: pytest.MonkeyPatch, shapes: Registry[str]) -> None:
    loaded = []

    def load(point: EntryPoint) -> None:
        loaded.append(point.name)
        shapes.register("star")(lambda: "star")

    monkeypatch.setattr(EntryPoint, "load", load)
    points = [EntryPoint("star", "other.package:star", "maquette.shape")]
    monkeypatch.setattr("maquette.registry.entry_points", lambda group: points if group == "maquette.shape" else [])
    assert shapes.build("star") == "star"
    assert shapes.names() == ("disc", "star")
    assert loaded == ["star"], "an entry point is loaded once"
