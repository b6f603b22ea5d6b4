from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.index import parse_where
from maquette.search import Collection
from maquette.search.answering import Asked, answer_queries, answer_query
from maquette.search.calibrated import Calibration, Curve
from maquette.search.parts import EncodedPart, Part, Query


@pytest.fixture
def collection(tmp_path: Path, model: Path) -> Collection:
    """Five items whose cosine with the first axis is 0.95, 0.7, 0.5, 0.3, 0.1; the odd ones lean to the second."""
    made = Collection.create(tmp_path / "made", model=model)
    vectors = np.zeros((5, 12))
    vectors[:, 0] = (0.95, 0.7, 0.55, 0.3, 0.1)
    vectors[np.arange(5), np.array([1, 2, 1, 2, 1])] = np.sqrt(1 - vectors[:, 0] ** 2)
    metadata = [{"class": "cup", "root": "/files", "path": f"{name}.off", "faces": 12} for name in "abcde"]
    made.upsert(list("abcde"), vectors, metadata, parts={"mesh": vectors}, fingerprint=made.fingerprint)
    return made


def axis(number: int, part: Part) -> EncodedPart:
    return EncodedPart(part, np.eye(12)[number])


def calibration(*, familiar: float, covering: float) -> Calibration:
    curve = Curve((0.0, 1.0), (0.0, 1.0), familiar, covering, 40)
    return Calibration({"image": curve}, "f", "a test", 2, 5, "2026-01-31")


PHOTO = Part("image", Path("photo.png"))


def test_probabilities_bands_and_scores_by_hand(collection: Collection) -> None:
    made = calibration(familiar=0.7, covering=0.6)
    answer = answer_query(collection, Query((axis(0, PHOTO),)), calibration=made, k=4, where=())
    assert [hit.id for hit in answer.hits] == list("abcd")
    assert [hit.band for hit in answer.hits] == ["likely", "similar", "similar", "weak"]
    assert [hit.probability for hit in answer.hits] == pytest.approx([0.95, 0.7, 0.55, 0.3], abs=1e-6)
    np.testing.assert_allclose([hit.score for hit in answer.hits], [0.95, 0.7, 0.55, 0.3], atol=1e-6)
    assert answer.hits[0].scores == {"mesh": pytest.approx(0.95, abs=1e-6)}
    assert answer.hits[0].path == str(Path("/files/a.off"))
    assert (answer.rejected, answer.covering) == (False, 2), "the mean of 0.95 and 0.7 is above; two are above 0.6"


def test_nothing_like_this_is_the_mean_of_the_best(collection: Collection) -> None:
    query = Query((axis(0, PHOTO),))
    for familiar, rejected in ((0.82, False), (0.83, True)):
        made = calibration(familiar=familiar, covering=0.6)
        # Depth is 2: it is no matter how many are asked for.
        for k in (1, 5):
            assert answer_query(collection, query, calibration=made, k=k, where=()).rejected is rejected
    nothing = answer_query(collection, query, calibration=made, k=3, where=parse_where(["class=hat"]))
    assert (nothing.hits, nothing.rejected) == ((), True)


def test_a_list_that_is_too_short_to_cover_says_so(collection: Collection) -> None:
    query, made = Query((axis(0, PHOTO),)), calibration(familiar=0.0, covering=0.2)
    assert answer_query(collection, query, calibration=made, k=3, where=()).covering is None
    assert answer_query(collection, query, calibration=made, k=5, where=()).covering == 4


def test_without_a_curve_nothing_is_said(collection: Collection) -> None:
    query = Query((axis(0, Part("mesh", Path("a.off"))),))
    for made in (None, calibration(familiar=0.99, covering=0.5)):
        answer = answer_query(collection, query, calibration=made, k=2, where=())
        assert {(hit.probability, hit.band) for hit in answer.hits} == {(None, "similar")}
        assert (answer.rejected, answer.covering) == (False, None)


def test_what_is_asked_against_moves_the_ranking_not_the_meaning(collection: Collection) -> None:
    against = axis(1, Part("mesh", Path("no.off"), weight=-1.0))
    made = calibration(familiar=0.7, covering=0.6)
    answer = answer_query(collection, Query((axis(0, PHOTO), against)), calibration=made, k=5, where=())
    assert [hit.id for hit in answer.hits] == ["b", "a", "d", "c", "e"]
    direction = np.array([1.0, -1.0]) / np.sqrt(2)
    assert answer.hits[1].score == pytest.approx(direction @ (0.95, np.sqrt(1 - 0.95**2)), abs=1e-6)
    assert [hit.probability for hit in answer.hits] == pytest.approx([0.7, 0.95, 0.3, 0.55, 0.1], abs=1e-6)
    assert answer.rejected is False
    assert [(file.modality, file.weight) for file in answer.queries] == [("image", 1.0), ("mesh", -1.0)]


def test_the_querys_own_items_are_no_hits(collection: Collection) -> None:
    query = Query((axis(0, Part(item="a")), axis(0, Part(item="c", weight=-0.5))))
    answer = answer_query(collection, query, calibration=None, k=2, where=())
    assert [hit.id for hit in answer.hits] == ["b", "d"]
    assert [hit.rank for hit in answer.hits] == [1, 2]
    assert [(file.path, file.modality) for file in answer.queries] == [("a", "item"), ("c", "item")]


def test_several_queries_get_what_each_gets_alone(collection: Collection) -> None:
    made = calibration(familiar=0.7, covering=0.6)
    like_b = EncodedPart(Part(item="b"), collection.index.get(["b"])[0].vector)
    queries = [Query((axis(0, PHOTO),)), Query((axis(2, PHOTO),)), Query((like_b,)), Query((axis(0, PHOTO), like_b))]
    wheres = [(), tuple(parse_where(["class=hat"])), tuple(parse_where(["faces>3"]))]
    asked = [Asked(query, k, where) for query in queries for k in (1, 3, 9) for where in wheres]
    together = answer_queries(collection, asked, calibration=made)
    alone = [answer_query(collection, one.query, calibration=made, k=one.k, where=one.where) for one in asked]
    assert together == alone
    assert any(answer.rejected for answer in alone) and any(not answer.hits for answer in alone)
    assert all("b" not in {hit.id for hit in answer.hits} for one, answer in zip(asked, alone, strict=True) if one.own)
    assert answer_queries(collection, [], calibration=made) == []
