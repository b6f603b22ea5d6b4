from __future__ import annotations

import json

import pytest

from maquette.search.answers import AddReport, Answer, Hit, QueryFile, band_of


def test_an_answer_survives_json() -> None:
    hit = Hit(1, "a", 0.5, None, "/x/a.off", "", {"mesh": 0.25}, {"faces": 12})
    answer = Answer(
        (hit,), (QueryFile("q.png", "image", {"files": 1}),), {"read": 0.1}, 7, 3, (("bad.stl", "cut short"),)
    )
    data = json.loads(json.dumps(answer.as_json()))
    assert data["hits"][0]["scores"] == {"mesh": 0.25}
    assert data["hits"][0]["class_name"] is None
    assert data["queries"] == [{"path": "q.png", "modality": "image", "assumed": {"files": 1}, "weight": 1.0}]
    assert (data["items"], data["version"], data["refused"]) == (7, 3, [{"path": "bad.stl", "reason": "cut short"}])
    assert (data["hits"][0]["probability"], data["hits"][0]["band"], data["rejected"]) == (None, "similar", False)


@pytest.mark.parametrize(
    ("probability", "band"),
    [(1.0, "likely"), (0.9, "likely"), (0.8999, "similar"), (0.5, "similar"), (0.4999, "weak"), (0.0, "weak")],
)
def test_bands_begin_where_they_are_said_to(probability: float, band: str) -> None:
    assert band_of(probability) == band


def test_a_report_survives_json() -> None:
    report = AddReport(("a",), (), ("b",), (("x.off", "empty"),), 1.5)
    data = json.loads(json.dumps(report.as_json()))
    assert data["refused"] == [{"path": "x.off", "reason": "empty"}]
    assert (data["added"], data["unchanged"], data["seconds"]) == (["a"], ["b"], 1.5)
    # Items that were passed over or refused were not encoded: they do not count.
    assert data["items_per_second"] == report.items_per_second == 1 / 1.5
    assert AddReport((), (), ("b",), (), 0.0).items_per_second == 0
