from __future__ import annotations

import dataclasses
import io
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maquette.errors import FileError, MissingExtraError, UnknownNameError
from maquette.geometry import Cloud, Mesh, read_shape, write_cloud
from maquette.ingest import OWN_FILES, Limits, Sandbox
from maquette.search import item
from maquette.search.reading import (
    Reading,
    Refusal,
    build_modalities,
    make_sandbox,
    read_geometry,
    read_query,
    read_source,
    read_sources,
)
from maquette.search.sources import Source, find_sources

SETTINGS: dict[str, dict[str, Any]] = {
    "image": {"views": 2, "resolution": 32},
    "mesh": {"faces": 32},
    "pointcloud": {"points_prepared": 64, "points": 32},
}


def whole(source: Source) -> Reading:
    result = read_source(source, SETTINGS, seed=0)
    assert isinstance(result, Reading), result
    return result


def test_every_modality_that_the_files_allow(tree: Path) -> None:
    read = {source.id: whole(source) for source in find_sources([tree])}
    assert {id_: sorted(r.arrays) for id_, r in read.items()} == {
        "bars/long.off": ["image", "mesh", "pointcloud"],
        "bars/short.stl": ["image", "mesh", "pointcloud"],
        "plates/square.obj": ["image", "mesh", "pointcloud"],
        "plates/wide.ply": ["image", "mesh", "pointcloud"],
        "scans/blob.xyz": ["image", "pointcloud"],
        "scans/only photo.png": ["image"],
    }
    for result in read.values():
        for name, arrays in result.arrays.items():
            for key, field in build_modalities(SETTINGS)[name].fields().items():
                assert (arrays[key].shape, str(arrays[key].dtype)) == (field.shape, field.dtype)
    # The photo beside a mesh is taken instead of renders of it.
    own, derived = read["plates/wide.ply"], read["bars/long.off"]
    assert own.metadata["assumed"]["image"]["files"] == 1
    assert derived.metadata["assumed"]["image"]["rendered_by"] == "embreex"


def test_metadata_say_what_it_is(tree: Path) -> None:
    metadata = whole(find_sources([tree])[1]).metadata
    assert metadata["class"] == "bars"
    assert metadata["path"] == "bars/short.stl"
    assert (metadata["format"], metadata["faces"], metadata["vertices"]) == ("stl", 12, 8)
    assert metadata["bytes"] == (tree / "bars" / "short.stl").stat().st_size
    assert metadata["assumed"]["up"] == "z"
    scan = whole(find_sources([tree])[4]).metadata
    assert (scan["points"], "faces" in scan) == (200, False)


def test_the_thumbnail_shows_the_object(tree: Path) -> None:
    for source in find_sources([tree]):
        picture = np.asarray(Image.open(io.BytesIO(whole(source).thumbnail)))
        assert picture.shape == (256, 256, 3)
        assert 0.02 < (picture != 255).any(axis=2).mean() < 0.9, source.id
        assert (picture[[0, -1]] == 255).all(), "it fits"


def test_randomness_comes_from_seed_and_id_alone(tree: Path) -> None:
    source = find_sources([tree])[0]
    points = [whole(s).arrays["pointcloud"]["points"] for s in (source, source)]
    np.testing.assert_array_equal(points[0], points[1])
    renamed = Source("another", source.root, source.geometry)
    assert not np.array_equal(points[0], whole(renamed).arrays["pointcloud"]["points"])
    reseeded = read_source(source, SETTINGS, seed=1)
    assert isinstance(reseeded, Reading)
    assert not np.array_equal(points[0], reseeded.arrays["pointcloud"]["points"])


def test_refusals_have_one_line_of_reason(tree: Path) -> None:
    (tree / "bad.off").write_text("OFF\n1000 1000 0\n")
    refused = read_source(Source("bad", tree, "bad.off"), SETTINGS, seed=0)
    assert isinstance(refused, Refusal)
    assert refused.path == str(tree / "bad.off")
    assert "\n" not in refused.reason
    gone = read_source(Source("gone", tree, "gone.off"), SETTINGS, seed=0)
    assert isinstance(gone, Refusal)
    nothing = read_source(Source("scan", tree, "scans/blob.xyz"), {"mesh": {}}, seed=0)
    assert isinstance(nothing, Refusal)
    assert "nothing that the model encodes (mesh)" in nothing.reason


def test_what_no_other_file_would_cure_is_no_refusal(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> None:
        raise MissingExtraError("cascadio", "cad", "reading STEP")

    monkeypatch.setattr(item, "read_shape", missing)
    with pytest.raises(MissingExtraError):
        read_source(Source("a", tree, "bars/long.off"), SETTINGS, seed=0)

    def broken(path: Path) -> None:
        raise IndexError("list index\nout of range")

    monkeypatch.setattr(item, "read_shape", broken)
    refused = read_source(Source("a", tree, "bars/long.off"), SETTINGS, seed=0)
    assert isinstance(refused, Refusal)
    assert refused.reason == "IndexError: list index out of range"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = make_sandbox(dataclasses.replace(OWN_FILES, memory_bytes=200 * 2**20))
    assert made is not None
    with made:
        yield made


def same(one: Reading | Refusal, other: Reading | Refusal) -> None:
    assert isinstance(one, Reading), one
    assert isinstance(other, Reading), other
    assert (one.source, one.metadata, one.thumbnail) == (other.source, other.metadata, other.thumbnail)
    assert one.arrays.keys() == other.arrays.keys()
    for name, arrays in one.arrays.items():
        assert arrays.keys() == other.arrays[name].keys()
        for key, array in arrays.items():
            np.testing.assert_array_equal(other.arrays[name][key], array)


def test_a_file_too_much_for_its_reader_costs_one_item_and_the_rest_is_the_same(tree: Path, sandbox: Sandbox) -> None:
    rng = np.random.default_rng(0)
    write_cloud(Cloud(rng.normal(size=(500_000, 3))), tree / "scans" / "a large one.xyz")
    sources = find_sources([tree])
    results = list(read_sources(sources, SETTINGS, seed=0, workers=1, sandbox=sandbox))
    assert [result.source.id for result in results] == [source.id for source in sources]
    for source, result in zip(sources, results, strict=True):
        if source.id == "scans/a large one.xyz":
            assert isinstance(result, Refusal)
            assert result.reason == "needs more memory than the limit of 200 MiB: simplify it or split it"
            assert result.path == str(tree / "scans" / "a large one.xyz")
        else:
            same(whole(source), result)


def test_several_readers_keep_the_order(tree: Path) -> None:
    sources = [Source(f"{number}", tree, "bars/long.off") for number in range(12)]
    results = list(read_sources(sources, SETTINGS, seed=0, workers=2, limits=Limits()))
    assert [result.source.id for result in results] == [f"{number}" for number in range(12)]
    same(whole(sources[7]), results[7])


def test_who_leaves_early_waits_for_nothing(tree: Path) -> None:
    results = read_sources(iter(find_sources([tree])), SETTINGS, seed=0, workers=1)
    assert next(results).source.id == "bars/long.off"
    assert isinstance(results, Generator)
    results.close()
    again = list(read_sources(find_sources([tree]), SETTINGS, seed=0, workers=1))
    assert len(again) == 6


def test_a_query_is_the_same_in_a_sandbox(tree: Path, sandbox: Sandbox) -> None:
    files = {"mesh": "bars/short.stl", "pointcloud": "scans/blob.xyz", "image": "plates/wide.png"}
    for name, path in files.items():
        (here, notes), (there, other) = (
            read_query(name, tree / path, SETTINGS, seed=3, sandbox=used) for used in (None, sandbox)
        )
        assert notes == other
        assert here.keys() == there.keys()
        for key in here:
            np.testing.assert_array_equal(here[key], there[key])


def test_a_refused_query_names_its_own_file(tree: Path, sandbox: Sandbox) -> None:
    (tree / "bad.obj").write_text("v 0 0 0")
    for used in (None, sandbox):
        with pytest.raises(FileError, match="1 vertices but no faces") as caught:
            read_query("mesh", tree / "bad.obj", SETTINGS, seed=0, sandbox=used)
        assert caught.value.path == str(tree / "bad.obj")
        with pytest.raises(FileError, match="cannot be opened: No such file"):
            read_query("mesh", tree / "gone.obj", SETTINGS, seed=0, sandbox=used)
        with pytest.raises(UnknownNameError, match="expected one of image, mesh, pointcloud"):
            read_query("text", tree / "bad.obj", SETTINGS, seed=0, sandbox=used)


def test_a_shape_comes_as_it_is_in_the_file(tree: Path, sandbox: Sandbox) -> None:
    mesh, cloud = (read_shape(tree / path) for path in ("plates/wide.ply", "scans/blob.xyz"))
    found = read_geometry(tree / "plates" / "wide.ply", sandbox=sandbox)
    assert isinstance(mesh, Mesh)
    assert isinstance(found, Mesh)
    assert found.notes == mesh.notes
    np.testing.assert_array_equal(found.vertices, mesh.vertices)
    np.testing.assert_array_equal(found.faces, mesh.faces)
    small = read_geometry(tree / "plates" / "wide.ply", sandbox=sandbox, faces=8)
    assert isinstance(small, Mesh)
    assert len(small.faces) <= 8
    scan = read_geometry(tree / "scans" / "blob.xyz", sandbox=sandbox)
    assert isinstance(cloud, Cloud)
    assert isinstance(scan, Cloud)
    np.testing.assert_array_equal(scan.points, cloud.points)


def test_limits_hold_without_a_sandbox_as_well(tree: Path) -> None:
    source = find_sources([tree])[0]
    refused = read_source(source, SETTINGS, seed=0, limits=Limits(faces=11))
    assert isinstance(refused, Refusal)
    assert refused.reason == "12 faces: the limit is 11; simplify it first"


def test_in_this_process_sources_are_read_as_they_are_asked_for(tree: Path) -> None:
    results = read_sources(find_sources([tree]), SETTINGS, seed=0, workers=0)
    assert next(results).source.id == "bars/long.off"
    (tree / "bars" / "short.stl").unlink()
    assert isinstance(next(results), Refusal)
