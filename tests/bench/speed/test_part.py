from __future__ import annotations

from maquette.bench.speed.part import Contest, Part


def test_what_is_not_said_is_not_asked() -> None:
    contest = Contest(lambda: 1, lambda: 1, lambda: 0.0)
    assert contest.items == 1 and contest.notes() == {}
    part = Part("a", "b", "c", lambda task: contest, (1, 2), (1,))
    assert (part.at_least, part.memory_at_least, part.memory, part.per_item) == (None, None, False, False)
