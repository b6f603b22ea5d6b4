"""Names lead to builders; a clash, a wrong name and a wrong argument say what they are."""

from __future__ import annotations

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


def test_an_unknown_argument_is_the_callers_fault_but_an_inner_error_is_not_hidden(shapes: Registry[str]) -> None:
    with pytest.raises(ConfigError, match="shape 'disc': .*sides"):
        shapes.build("disc", sides=3)

    @shapes.register("broken")
    def broken() -> str:
        raise TypeError("inner fault")

    with pytest.raises(TypeError, match="inner fault"):
        shapes.build("broken")


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
