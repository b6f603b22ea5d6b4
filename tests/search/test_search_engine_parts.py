from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError, InputError, UnknownNameError
from maquette.search import UNLIKE, Calibration, Engine, Part
from maquette.search.calibrated import Curve


@pytest.fixture
def filled(engine: Engine, tree: Path) -> Engine:
    engine.add_paths([tree])
    return engine


def vectors(engine: Engine) -> dict[str, np.ndarray]:
    index = engine.collection.index
    return {entry.id: entry.vector.astype(float) for entry in index.get(index.ids())}


def test_parts_of_equal_weight_are_a_plain_search(filled: Engine, tree: Path) -> None:
    mesh, photo = tree / "bars" / "short.stl", tree / "plates" / "wide.png"
    plain = filled.search({"mesh": [mesh], "image": [photo]}, weights={"image": 0.5})
    parts = filled.search_parts([Part("mesh", mesh), Part("image", photo, weight=0.5)])
    assert parts.hits == plain.hits
    assert set(parts.seconds) == {"read", "encode", "search"}


def test_more_like_an_item_and_not_like_another(filled: Engine) -> None:
    stored = vectors(filled)
    like, unlike = "plates/wide.ply", "scans/blob.xyz"
    answer = filled.search_parts([Part(item=like), Part(item=unlike, weight=UNLIKE)], k=9)
    query = stored[like] + UNLIKE * stored[unlike]
    query /= np.linalg.norm(query)
    expected = {id_: float(vector @ query) for id_, vector in stored.items() if id_ not in (like, unlike)}
    assert [hit.id for hit in answer.hits] == sorted(expected, key=lambda id_: -expected[id_])
    np.testing.assert_allclose([hit.score for hit in answer.hits], sorted(expected.values(), reverse=True), atol=1e-6)


def test_a_refused_file_does_not_fail_the_query(filled: Engine, tree: Path) -> None:
    bad = tree / "broken.png"
    bad.write_bytes(b"no picture")
    mesh = Part("mesh", tree / "bars" / "long.off")
    answer = filled.search_parts([Part("image", bad), mesh])
    assert answer.hits == filled.search_parts([mesh]).hits
    assert [path for path, _ in answer.refused] == [str(bad)]
    assert [file.path for file in answer.queries] == [str(mesh.path)]
    for left in ([], [Part(item="plates/wide.ply", weight=-1.0)]):
        with pytest.raises(FileError, match=r"broken\.png"):
            filled.search_parts([Part("image", bad), *left])
    with pytest.raises(FileError, match=r"broken\.png"):
        filled.search({"image": [bad], "mesh": [tree / "bars" / "long.off"]})


def test_queries_that_ask_for_nothing(filled: Engine, tree: Path) -> None:
    for parts in (
        [],
        [Part(item="plates/wide.ply", weight=-1.0)],
        [Part("mesh", tree / "bars" / "long.off", weight=0.0)],
    ):
        with pytest.raises(InputError, match="nothing to search by"):
            filled.search_parts(parts)
    with pytest.raises(InputError, match="'nobody' is not among the 6 items"):
        filled.search_parts([Part(item="nobody")])
    with pytest.raises(UnknownNameError, match="'smell'"):
        filled.search_parts([Part("smell", tree / "bars" / "long.off")])


def test_a_calibration_is_seen_when_it_comes_and_when_it_changes(filled: Engine) -> None:
    part = [Part(item="plates/wide.ply")]
    assert filled.calibration is None
    assert filled.search_parts(part).hits[0].probability is None
    for probability in (0.25, 0.75):
        curve = Curve((0.0, 1.0), (probability, probability), familiar=-1.0, covering=2.0, queries=1)
        Calibration({"item": curve}, filled.fingerprint, "a test", 1, 6, "2026").save(filled.collection.folder)
        assert filled.search_parts(part).hits[0].probability == probability
