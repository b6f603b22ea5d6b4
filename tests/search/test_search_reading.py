from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maquette.errors import MissingExtraError
from maquette.search import reading
from maquette.search.reading import Reading, Refusal, build_modalities, read_source, read_sources
from maquette.search.sources import Source, find_sources

SETTINGS: dict[str, dict[str, Any]] = {
    "image": {"views": 2, "resolution": 32},
    "mesh": {"faces": 32},
    "pointcloud": {"points_prepared": 64, "points": 32},
}


class Killer(Source):
    """A source whose reading ends the process, as a crash in a parser would."""

    def checksum(self) -> str:
        os._exit(3)


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

    monkeypatch.setattr(reading, "read_shape", missing)
    with pytest.raises(MissingExtraError):
        read_source(Source("a", tree, "bars/long.off"), SETTINGS, seed=0)

    def broken(path: Path) -> None:
        raise IndexError("list index\nout of range")

    monkeypatch.setattr(reading, "read_shape", broken)
    refused = read_source(Source("a", tree, "bars/long.off"), SETTINGS, seed=0)
    assert isinstance(refused, Refusal)
    assert refused.reason == "IndexError: list index out of range"


@pytest.mark.slow
def test_a_process_that_dies_costs_one_item_and_the_rest_is_the_same(tree: Path) -> None:
    sources = find_sources([tree])
    sources[2] = Killer("killer", tree, "bars/long.off")
    results = list(read_sources(sources, SETTINGS, seed=0, workers=1))
    assert [result.source.id for result in results] == [source.id for source in sources]
    refused = results[2]
    assert isinstance(refused, Refusal)
    assert refused.reason == "the process that read it died"
    for source, result in zip(sources, results, strict=True):
        if source.id != "killer":
            expected = whole(source)
            assert isinstance(result, Reading)
            assert (result.metadata, result.thumbnail) == (expected.metadata, expected.thumbnail)
            for name, arrays in expected.arrays.items():
                for key, array in arrays.items():
                    np.testing.assert_array_equal(result.arrays[name][key], array)


def test_in_this_process_sources_are_read_as_they_are_asked_for(tree: Path) -> None:
    results = read_sources(find_sources([tree]), SETTINGS, seed=0, workers=0)
    assert next(results).source.id == "bars/long.off"
    (tree / "bars" / "short.stl").unlink()
    assert isinstance(next(results), Refusal)
