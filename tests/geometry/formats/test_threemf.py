from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh

from maquette.geometry.formats import threemf
from maquette.geometry.mesh import Mesh, read_mesh

Put = Callable[[str, bytes], Path]
_MESH = (
    '<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/></vertices>'
    '<triangles><triangle v1="0" v2="1" v3="2"/></triangles></mesh>'
)


def model(resources: str, build: str = '<item objectid="1"/>') -> str:
    return (
        '<?xml version="1.0"?><model unit="inch" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" '
        'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )


def archive(**contents: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in contents.items():
            target.writestr(f"3D/{name}.model", content)
    return stream.getvalue()


ONE = f'<object id="1">{_MESH}</object>'


def test_build_items_and_components_are_placed(put: Put) -> None:
    resources = (
        ONE + '<object id="2"><components>'
        '<component objectid="1" transform="0 1 0 -1 0 0 0 0 1 5 0 0"/><component objectid="1"/></components></object>'
    )
    data = archive(m=model(resources, '<item objectid="2" transform="2 0 0 0 2 0 0 0 2 0 0 1"/>'))
    mesh = read_mesh(put("a.3mf", data))
    # The component's quarter turn takes x to y and y to -x, then shifts by 5; the item doubles and lifts by 1.
    assert mesh.vertices.tolist() == [[10, 0, 1], [10, 2, 1], [8, 0, 1], [0, 0, 1], [2, 0, 1], [0, 2, 1]]
    assert mesh.notes["merged_parts"] == 2
    assert mesh.notes["unit"] == "inch"


def test_parts_in_another_model_of_the_archive(put: Put) -> None:
    far = '<object id="1"><components><component objectid="1" p:path="/3D/n.model"/></components></object>'
    mesh = read_mesh(put("a.3mf", archive(m=model(far), n=model(ONE, ""))))
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_colors_of_triangles_and_objects(put: Put) -> None:
    bases = '<basematerials id="9"><base displaycolor="#FF0080"/><base displaycolor="#010203FF"/></basematerials>'
    resources = bases + ONE.replace('v3="2"', 'v3="2" pid="9" p1="1"')
    mesh = read_mesh(put("a.3mf", archive(m=model(resources))))
    assert mesh.colors is not None and mesh.colors.tolist() == [[1, 2, 3]]
    resources = bases + ONE.replace('id="1"', 'id="1" pid="9" pindex="0"')
    mesh = read_mesh(put("b.3mf", archive(m=model(resources))))
    assert mesh.colors is not None and mesh.colors.tolist() == [[255, 0, 128]]
    assert read_mesh(put("c.3mf", archive(m=model(ONE)))).colors is None


def test_agrees_with_another_writer_and_reader(put: Put, prism: Mesh) -> None:
    made = trimesh.Trimesh(prism.vertices, prism.faces, process=False)
    exported = made.export(file_type="3mf")
    assert isinstance(exported, bytes)
    mesh = read_mesh(put("a.3mf", exported))
    np.testing.assert_array_equal(mesh.vertices, prism.vertices)
    np.testing.assert_array_equal(mesh.faces, prism.faces)
    data = threemf.write(prism.vertices, prism.faces, prism.colors)
    loaded = trimesh.load_mesh(io.BytesIO(data), file_type="3mf", process=False)
    np.testing.assert_array_equal(loaded.triangles, prism.vertices[prism.faces])


def _doubling() -> str:
    part = '<object id="{}"><components>' + '<component objectid="{}"/>' * 2 + "</components></object>"
    return ONE + "".join(part.format(k, k - 1, k - 1) for k in range(2, 40))


def _named(names: list[str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in names:
            target.writestr(name, "x")
    return stream.getvalue()


_CYCLE = '<object id="1"><components><component objectid="1"/></components></object>'
_GOOD = archive(m=model(ONE))
_LOL = model(ONE).replace("<model", '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]><model')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a text file\n", "not a 3MF file (a zip archive): File is not a zip file"),
        (_GOOD[:-30], "not a 3MF file (a zip archive)"),
        (_named(["letter.txt"]), "no model among the 1 entries of the archive"),
        (_named([f"{k}.model" for k in range(1001)]), "1001 entries in the archive, expected at most 1000"),
        (archive(m=model(" " * 3_000_000)), "m.model swells from"),
        (archive(m="hello"), "damaged XML in the model: syntax error: line 1"),
        (archive(m=model(ONE)[:-30]), "damaged XML in the model"),
        (archive(m="<html/>"), "the XML is no 3MF model"),
        (archive(m=_LOL), "a document type declaration (entities), which 3MF does not allow"),
        (archive(m=model(_CYCLE)), "object '1': a cycle, or more than 64 levels"),
        (archive(m=model(_doubling(), '<item objectid="39"/>')), "or 10000 parts"),
        (archive(m=model(ONE, '<item objectid="7"/>')), "object '7' is placed but not defined"),
        (archive(m=model(ONE, "")), "no triangles in the 0 parts"),
        (archive(m=model(ONE.replace('v3="2"', 'v3="3"'))), "face 0 of object '1' refers to vertices [0, 1, 3]"),
        (archive(m=model(ONE.replace('v3="2"', 'v3="-1"'))), "expected 0 to 2"),
        (archive(m=model(ONE.replace('v3="2"', 'v3="two"'))), "v3 is 'two', expected a vertex number"),
        (archive(m=model(ONE.replace('x="1"', 'x="one"'))), "'one' where a number was expected"),
        (archive(m=model(ONE.replace('x="1"', 'x="NaN"'))), "1 of 3 vertices are not finite"),
        (archive(m=model(ONE, '<item objectid="1" transform="1 2 3"/>')), "a transform of 3 numbers, expected 12"),
        (archive(m=model(_CYCLE.replace('"1"/>', '"1" p:path="/../../etc/passwd"/>'))), "not in the archive"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], data: bytes, reason: str) -> None:
    assert reason in refused("a.3mf", data)


def test_damaged_in_the_middle(refused: Callable[[str, bytes], str], prism: Mesh) -> None:
    data = bytearray(threemf.write(prism.vertices, prism.faces, None))
    middle = data.index(b"3D/3dmodel.model") + 40
    data[middle : middle + 8] = bytes(8)
    assert "damaged archive: 3D/3dmodel.model" in refused("a.3mf", bytes(data))
