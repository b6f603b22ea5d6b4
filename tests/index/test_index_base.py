from __future__ import annotations

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.index import INDEXES, Index, LanceIndex, MemoryIndex, Ranking


def test_the_registry_knows_both() -> None:
    assert {"lance", "memory"} <= set(INDEXES.names())
    assert INDEXES.get("memory") is MemoryIndex
    assert INDEXES.get("lance") is LanceIndex


def test_an_index_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="0 dimensions"):
        MemoryIndex(dimensions=0)
    with pytest.raises(InputError, match="each part once"):
        MemoryIndex(dimensions=2, parts=("image", "image"))


def test_the_contract_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Index(dimensions=2)  # type: ignore[abstract]  # what the test is about


@pytest.mark.parametrize(
    ("ids", "scores"),
    [
        (("a", "b"), [0.1, 0.2]),  # worst first
        (("b", "a"), [0.5, 0.5]),  # tie not by id
        (("a", "a"), [0.5, 0.4]),
        (("a",), [0.5, 0.4]),
        (("a",), [np.nan]),
    ],
)
def test_a_ranking_checks_itself(ids: tuple[str, ...], scores: list[float]) -> None:
    with pytest.raises(AssertionError):
        Ranking(ids, np.array(scores))


def test_a_right_ranking_passes() -> None:
    assert len(Ranking(("b", "a", "c"), np.array([0.9, 0.5, 0.5]))) == 3
    assert len(Ranking((), np.empty(0))) == 0
