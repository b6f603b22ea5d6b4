"""Attacks on formats with structure: glTF and GLB (references, counts, cycles), 3MF (archives, XML, components)."""

from __future__ import annotations

import base64
import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from tests.ingest.attacks import CANARY, Attack
from tests.ingest.valid_files import VALID, gltf_json, make_glb

__all__ = ["attacks_on_scenes"]

_Json = Any


def attacks_on_scenes() -> Iterator[Attack]:
    """All of this file."""
    yield from _gltf()
    yield from _glb()
    yield from _threemf()


def _spoilt(change: Callable[[_Json], object]) -> bytes:
    tree = copy.deepcopy(gltf_json())
    change(tree)
    return json.dumps(tree).encode()


def _put(*path: str | int, value: object) -> bytes:
    """The sound tree with one place changed."""

    def change(tree: _Json) -> None:
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = value

    return _spoilt(change)


def _gltf() -> Iterator[Attack]:
    outside = f"../{CANARY}.txt"
    for uri in (outside, f"file:///tmp/{CANARY}.txt", "/etc/passwd", "http://localhost:9/x", "..\\x.bin", "a.bin"):
        yield Attack(f"glTF buffer at {uri[:24]}", ".gltf", _put("buffers", 0, "uri", value=uri))
        yield Attack(f"glTF image at {uri[:24]}", ".gltf", _put("images", value=[{"uri": uri}]))
    for uri in ("data:", "data:;base64,%%%", "data:;base64,AAAA", "data:text/plain,hello", "data:;base64,"):
        yield Attack(f"glTF buffer {uri}", ".gltf", _put("buffers", 0, "uri", value=uri))
    for key, value in (
        ("count", 2**31),
        ("count", -1),
        ("count", 1e9),
        ("count", True),
        ("count", "8"),
        ("count", None),
    ):
        yield Attack(f"glTF accessor {key} {value}", ".gltf", _put("accessors", 0, key, value=value))
    for value in (-1, 10**9, 2**64, "0", 0.5):
        yield Attack(f"glTF accessor offset {value}", ".gltf", _put("accessors", 0, "byteOffset", value=value))
        yield Attack(f"glTF view offset {value}", ".gltf", _put("bufferViews", 0, "byteOffset", value=value))
        yield Attack(f"glTF view length {value}", ".gltf", _put("bufferViews", 0, "byteLength", value=value))
        yield Attack(f"glTF buffer length {value}", ".gltf", _put("buffers", 0, "byteLength", value=value))
    for value in (1, 2**31, -4):
        yield Attack(f"glTF stride {value}", ".gltf", _put("bufferViews", 0, "byteStride", value=value))
    yield Attack("glTF component type", ".gltf", _put("accessors", 0, "componentType", value=9999))
    yield Attack("glTF mode", ".gltf", _put("meshes", 0, "primitives", 0, "mode", value=7))
    for place in ("accessors", "bufferViews", "buffers", "meshes", "nodes"):
        yield Attack(f"glTF {place} is text", ".gltf", _put(place, value="x"))
        yield Attack(f"glTF {place} is empty", ".gltf", _put(place, value=[]), refused=place != "nodes")
        yield Attack(f"glTF {place} of nothing", ".gltf", _put(place, value=[None]))
    yield Attack("glTF zeros from nowhere", ".gltf", _spoilt(_without_views))
    cycle: list[_Json] = [{"children": [1]}, {"children": [0], "mesh": 0}]
    yield Attack("glTF nodes in a cycle", ".gltf", _nodes(cycle, [0]))
    yield Attack("glTF node within itself", ".gltf", _nodes([{"children": [0], "mesh": 0}], [0]))
    chain: list[_Json] = [{"children": [n + 1]} for n in range(5_000)] + [{"mesh": 0}]
    yield Attack("glTF 5,000 levels", ".gltf", _nodes(chain, [0]))
    doubling: list[_Json] = [{"children": [n + 1, n + 1]} for n in range(40)] + [{"mesh": 0}]
    yield Attack("glTF instances 2^40", ".gltf", _nodes(doubling, [0]))
    yield Attack("glTF instances 200,000", ".gltf", _nodes([{"mesh": 0}], [0] * 200_000))
    for matrix in ([0] * 16, [float("nan")] * 16, [1e308] * 16, [1] * 4, "x"):
        data = _nodes([{"mesh": 0, "matrix": matrix}], [0])
        yield Attack(f"glTF matrix {str(matrix)[:12]}", ".gltf", data)
    yield Attack("glTF needs Draco", ".gltf", _put("extensionsRequired", value=["KHR_draco_mesh_compression"]))
    sparse = {"count": 2**30, "indices": {"bufferView": 0, "componentType": 5125}, "values": {"bufferView": 0}}
    yield Attack("glTF sparse of 2^30", ".gltf", _put("accessors", 0, "sparse", value=sparse))
    yield Attack("glTF nested 100,000 deep", ".gltf", b'{"asset":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield Attack(
        "glTF number of 100,000 digits",
        ".gltf",
        _put("asset", value={"v": 1}).replace(b": 1}", b":" + b"9" * 100_000 + b"}"),
    )
    yield Attack("glTF key twice", ".gltf", b'{"asset":{},' + _spoilt(lambda tree: None)[1:], refused=False)


def _nodes(nodes: list[_Json], roots: list[int]) -> bytes:
    def change(tree: _Json) -> None:
        tree.update(nodes=nodes, scenes=[{"nodes": roots}], scene=0)

    return _spoilt(change)


def _without_views(tree: _Json) -> None:
    for accessor in tree["accessors"]:
        accessor.pop("bufferView", None)
        accessor["count"] = 14_999_999


def _glb() -> Iterator[Attack]:
    sound = VALID["GLB"][1](0)
    for length in (0, 12, 2**31, 2**32 - 1):
        data = sound[:8] + length.to_bytes(4, "little") + sound[12:]
        yield Attack(f"GLB length {length}", ".glb", data)
        yield Attack(f"GLB chunk length {length}", ".glb", sound[:12] + length.to_bytes(4, "little") + sound[16:])
    yield Attack("GLB version 99", ".glb", sound[:4] + (99).to_bytes(4, "little") + sound[8:])
    yield Attack("GLB without JSON", ".glb", make_glb({})[:16] + b"NOPE" + make_glb({})[20:])
    tree: _Json = gltf_json()
    del tree["buffers"][0]["uri"]
    yield Attack("GLB without its buffer", ".glb", make_glb(tree))
    yield Attack("GLB buffer cut", ".glb", make_glb(tree, b"\0" * 16))
    for uri in (f"file:///tmp/{CANARY}.txt", f"../{CANARY}.txt"):
        tree["buffers"][0]["uri"] = uri
        yield Attack(f"GLB buffer at {uri[:12]}", ".glb", make_glb(tree, b"\0" * 4096))
    tree["buffers"][0]["uri"] = "data:;base64," + base64.b64encode(bytes(3_000_000)).decode()
    yield Attack("GLB of nothing but zeros", ".glb", make_glb(tree))


def _threemf() -> Iterator[Attack]:
    parts = {name: zipfile.ZipFile(io.BytesIO(VALID["3MF"][1](0))).read(name) for name in _NAMES}
    model = parts[_MODEL].decode()

    def packed(text: str | bytes, *, method: int = zipfile.ZIP_DEFLATED, more: dict[str, bytes] | None = None) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, content in {**parts, _MODEL: text, **(more or {})}.items():
                archive.writestr(name, content)
        return stream.getvalue()

    def components(count: int, *targets: str) -> str:
        inner = "".join(f'<component objectid="{target}"/>' for target in targets)
        return model.replace(
            "</resources>", f'<object id="9"><components>{inner * count}</components></object></resources>'
        ).replace('item objectid="2"', 'item objectid="9"')

    yield Attack("3MF cycle of components", ".3mf", packed(components(1, "9")))
    yield Attack("3MF 20,000 components", ".3mf", packed(components(20_000, "2")))
    yield Attack("3MF component of nothing", ".3mf", packed(components(1, "77")))
    twice = 2 * '<component objectid="{0}"/>'
    chain = (
        "".join(
            f'<object id="{number}"><components>{twice.format(number + 1)}</components></object>'
            for number in range(100, 140)
        )
        + '<object id="140"><components><component objectid="2"/></components></object>'
    )
    bomb = model.replace("</resources>", chain + "</resources>").replace('item objectid="2"', 'item objectid="100"')
    yield Attack("3MF doubling 2^40", ".3mf", packed(bomb))
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield Attack(
        "3MF billion laughs", ".3mf", packed(model.replace(head, head + f'<!DOCTYPE m [<!ENTITY l0 "ha">{laughs}]>'))
    )
    outside = f'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///tmp/{CANARY}.txt">]>'
    yield Attack("3MF entity outside", ".3mf", packed(model.replace(head, head + outside)))
    yield Attack(
        "3MF swells 1,000 times", ".3mf", packed(model.replace("<resources>", "<resources>" + " " * 50_000_000))
    )
    yield Attack("3MF 5,000 entries", ".3mf", packed(model, more={f"x{n}": b"" for n in range(5_000)}))
    yield Attack(
        "3MF XML nested 200,000 deep", ".3mf", packed(model.replace("<resources>", "<a>" * 200_000 + "<resources>"))
    )
    for path in (f"/../../tmp/{CANARY}.txt", "/3D/none.model", "C:\\x.model"):
        text = model.replace('item objectid="2"', f'item objectid="2" path="{path}"')
        yield Attack(f"3MF item at {path[:16]}", ".3mf", packed(text))
    for before, after in (
        ('v1="', 'v1="-'),
        ('v1="', 'v1="9'),
        ('v1="', 'v1="9999999999999999999999'),
        ('x="', 'x="nan'),
        ('x="', 'x="'),
    ):
        text = model.replace(before, after, 1) if after != 'x="' else model.replace('<vertex x="', '<vertex q="', 1)
        yield Attack(f"3MF {after}", ".3mf", packed(text))
    for numbers in ("1 0", "nan " * 12, "1e308 " * 12):
        text = model.replace('item objectid="2"', f'item objectid="2" transform="{numbers}"')
        yield Attack(f"3MF transform {numbers[:8]}", ".3mf", packed(text))
    yield Attack("3MF without a model", ".3mf", packed(model).replace(b"3dmodel.model", b"3dmodel.nodel"))
    yield Attack("3MF packed by LZMA", ".3mf", packed(model, method=zipfile.ZIP_LZMA), refused=False)
    damaged = bytearray(packed(model))
    damaged[len(damaged) // 2] ^= 0xFF
    yield Attack("3MF damaged stream", ".3mf", bytes(damaged))


_MODEL = "3D/3dmodel.model"
_NAMES = ("[Content_Types].xml", "_rels/.rels", _MODEL)
