"""Queries that can be run again."""

from __future__ import annotations

import os
from pathlib import Path

from maquette.search import Part
from maquette.serve.queries import KeptPart, KeptQueries, is_query_id


def test_kept_over_a_restart_and_dropped_when_there_are_too_many(tmp_path: Path) -> None:
    queries = KeptQueries(tmp_path, most=3)
    parts = [KeptPart("cup.png", 1.0, modality="image", file="0.png"), KeptPart("a/b", -0.5, item="a/b")]
    ids = []
    for number in range(5):
        id_, folder = queries.new()
        (folder / "0.png").write_bytes(b"x")
        queries.keep(id_, parts)
        os.utime(folder / "query.json", (number, number))
        ids.append(id_)
    assert [queries.get(id_) is not None for id_ in ids] == [False, False, True, True, True]
    half, _ = queries.new()  # the server ends here
    again = KeptQueries(tmp_path, most=3)
    found = again.get(ids[-1])
    assert found is not None and found[0] == parts and again.get(half) is None and not (tmp_path / half).exists()
    assert found[0][0].part(found[1]) == Part("image", tmp_path / ids[-1] / "0.png")
    assert found[0][1].part(found[1]) == Part(item="a/b", weight=-0.5)
    # The oldest go by when they were kept, also those that another server kept.
    new, _ = again.new()
    again.keep(new, parts)
    assert [again.get(id_) is not None for id_ in (*ids[2:], new)] == [False, True, True, True]
    again.drop(ids[-1])
    assert again.get(ids[-1]) is None
    later, _ = again.new()
    again.keep(later, parts)
    assert again.get(ids[3]) is not None, "two are left without the one that was dropped"


def test_nothing_else_becomes_a_path(tmp_path: Path) -> None:
    queries = KeptQueries(tmp_path / "queries", most=3)
    (tmp_path / "query.json").write_text('{"parts": []}')
    for id_ in ("..", "../" * 16, "", "A" * 32, "0" * 31, "0" * 32 + "\n"):
        assert not is_query_id(id_) and queries.get(id_) is None
