"""The XML of a 3MF model, read as a stream: no tree is built and no entity is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

import numpy as np
from jaxtyping import Float, Int, UInt8

from maquette.geometry.formats.parsed import Fault

__all__ = ["Model", "Part", "Placement", "read_model"]


@dataclass(frozen=True, eq=False)
class Placement:
    """An object placed in the build or in another object; `path` names another model of the archive, or nothing."""

    object: str
    matrix: Float[np.ndarray, "4 4"]
    path: str


@dataclass(frozen=True, eq=False)
class Part:
    """An object: triangles of its own, or other objects placed in it."""

    vertices: Float[np.ndarray, "P 3"]
    faces: Int[np.ndarray, "F 3"]
    colors: UInt8[np.ndarray, "F 3"] | None
    components: tuple[Placement, ...]


@dataclass(frozen=True)
class Model:
    """One model file of the archive."""

    parts: Mapping[str, Part]
    build: tuple[Placement, ...]
    unit: str


def read_model(xml: bytes) -> Model:
    """The objects and the build of one model file."""
    reader = _Reader()
    # With a separator, expat hands names over as "namespace name"; only the name is looked at.
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Fault(f"damaged XML in the model: {error}") from None
    except Fault as error:
        raise Fault(f"line {parser.CurrentLineNumber} of the model: {error}") from None
    if not reader.is_model:
        raise Fault("the XML is no 3MF model: expected the element 'model'")
    return Model(reader.parts, tuple(reader.build), reader.unit)


def _refuse_doctype(*_: object) -> None:
    raise Fault("a document type declaration (entities), which 3MF does not allow")


class _Reader:
    """Gathers objects while the parser walks the elements."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.build: list[Placement] = []
        self.unit = "millimeter"
        self.is_model = False
        self._palettes: dict[str, list[tuple[int, int, int]]] = {}
        self._palette = ""
        self._object: dict[str, str] = {}
        self._vertices: list[tuple[float, float, float]] = []
        self._faces: list[tuple[int, int, int]] = []
        self._colors: list[tuple[int, int, int] | None] = []
        self._components: list[Placement] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        match name.rpartition(" ")[2]:
            case "vertex":
                self._vertices.append((_real(given, "x"), _real(given, "y"), _real(given, "z")))
            case "triangle":
                self._faces.append((_whole(given, "v1"), _whole(given, "v2"), _whole(given, "v3")))
                self._colors.append(self._color(given.get("pid"), given.get("p1")))
            case "component":
                self._components.append(_placement(given))
            case "item":
                self.build.append(_placement(given))
            case "object":
                self._object = given
                self._vertices, self._faces, self._colors, self._components = [], [], [], []
            case "basematerials" | "colorgroup":
                self._palette = given.get("id", "")
                self._palettes[self._palette] = []
            case "base":
                self._palettes.setdefault(self._palette, []).append(_rgb(given.get("displaycolor", "")))
            case "color":
                self._palettes.setdefault(self._palette, []).append(_rgb(given.get("color", "")))
            case "model":
                self.is_model = True
                self.unit = given.get("unit", self.unit)
            case _:
                pass

    def end(self, name: str) -> None:
        """An element ends."""
        if name.rpartition(" ")[2] != "object":
            return
        vertices = np.array(self._vertices, dtype=np.float64).reshape(-1, 3)
        try:
            faces = np.array(self._faces, dtype=np.int64).reshape(-1, 3)
        except OverflowError:
            raise Fault("a triangle refers to a vertex number beyond 64 bits") from None
        bad = np.flatnonzero((faces < 0).any(axis=1) | (faces >= len(vertices)).any(axis=1))
        if bad.size:
            raise Fault(
                f"face {bad[0]} of object {self._object.get('id')!r} refers to vertices {faces[bad[0]].tolist()}: "
                f"expected 0 to {len(vertices) - 1}"
            )
        # The object's own material is known only here, and holds for the triangles that name none.
        default = self._color(self._object.get("pid"), self._object.get("pindex", "0"))
        painted = [color or default for color in self._colors]
        colors = None
        if any(painted):
            colors = np.array([color or (255, 255, 255) for color in painted], dtype=np.uint8)
        self.parts[self._object.get("id", "")] = Part(vertices, faces, colors, tuple(self._components))

    def _color(self, palette: str | None, number: str | None) -> tuple[int, int, int] | None:
        if number is None:
            return None
        colors = self._palettes.get(palette if palette is not None else self._object.get("pid", ""), [])
        return colors[int(number)] if number.isdigit() and int(number) < len(colors) else None


def _placement(given: Mapping[str, str]) -> Placement:
    matrix = np.eye(4)
    if "transform" in given:
        words = given["transform"].split()
        if len(words) != 12:
            raise Fault(f"a transform of {len(words)} numbers, expected 12")
        # Rows of the file are columns of the matrix that multiplies from the left.
        matrix[:3, :] = np.array([_number(word) for word in words]).reshape(4, 3).T
    return Placement(given.get("objectid", ""), matrix, given.get("path", ""))


def _real(given: Mapping[str, str], key: str) -> float:
    return _number(given.get(key, ""))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise Fault(f"{word[:20]!r} where a number was expected") from None


def _whole(given: Mapping[str, str], key: str) -> int:
    try:
        return int(given.get(key, ""))
    except ValueError:
        raise Fault(f"{key} is {given.get(key, '')[:20]!r}, expected a vertex number") from None


def _rgb(word: str) -> tuple[int, int, int]:
    try:
        red, green, blue = bytes.fromhex(word[1:7])
    except ValueError:
        return (255, 255, 255)
    return (red, green, blue)
