"""Nothing is collected inside, garbage is collected again after, and what was made inside is left in peace."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from maquette.cli.starting import collecting_later


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_rests_inside_and_goes_on_after() -> None:
    gc.set_threshold(1)
    try:
        with collecting_later():
            frozen = gc.get_freeze_count()
            inside = weakref.ref(Knot())
            kept = [Knot() for _ in range(100)]
            assert inside() is not None
        assert gc.isenabled() and gc.get_freeze_count() >= frozen + 100
        gc.collect()
        assert inside() is not None, "it was made inside: nobody looks at it again"
        after = weakref.ref(Knot())
        gc.collect()
        assert after() is None and len(kept) == 100
    finally:
        gc.set_threshold(700, 10, 10)


def test_a_collector_that_was_off_stays_off_and_an_error_passes_through() -> None:
    gc.disable()
    try:
        with pytest.raises(KeyError), collecting_later():
            raise KeyError("x")
        assert not gc.isenabled()
    finally:
        gc.enable()
