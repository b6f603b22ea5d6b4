"""A selection takes exactly what is asked for, in a level order, and refuses what is not there."""

from __future__ import annotations

import itertools

import pytest

from maquette.bench.selection import EVERYTHING, SIZES, Place, Selection, check_size
from maquette.errors import ConfigError, UnknownNameError

NAMES = ("one", "two")
NOISES = {"symmetric": (0.2, 0.4, 0.8), "asymmetric": (0.2, 0.4)}


def test_everything_goes_seed_by_seed() -> None:
    places = EVERYTHING.places(NAMES, NOISES, seeds=(0, 7))
    assert len(places) == len(set(places)) == 2 * 5 * 2
    assert places[:3] == (
        Place("one", "symmetric", 0.2, 0),
        Place("two", "symmetric", 0.2, 0),
        Place("one", "symmetric", 0.4, 0),
    )
    assert [place.seed for place in places] == [0] * 10 + [7] * 10
    assert places[8] == Place("one", "asymmetric", 0.4, 0)


def test_any_selection_is_everything_filtered() -> None:
    whole = EVERYTHING.places(NAMES, NOISES, seeds=(0, 1))
    for only, kinds, rates in itertools.product([(), ("two",)], [(), ("asymmetric",)], [(), (0.4,), (0.2, 0.8)]):
        assert Selection(only, kinds, rates).places(NAMES, NOISES, seeds=(0, 1)) == tuple(
            place
            for place in whole
            if (not only or place.name in only)
            and (not kinds or place.kind in kinds)
            and (not rates or place.rate in rates)
        )


def test_usual_rates_hold_until_others_are_asked_for() -> None:
    usual = {"symmetric": (0.4,)}
    assert {place.rate for place in EVERYTHING.places(NAMES, NOISES, usual=usual)} == {0.4}
    asked = Selection(rates=[0.8], seeds=[5]).places(NAMES, NOISES, usual=usual)
    assert asked == (Place("one", "symmetric", 0.8, 5), Place("two", "symmetric", 0.8, 5))


def test_what_is_not_there_is_refused() -> None:
    for selection, error, message in (
        (Selection(only=["three"]), UnknownNameError, "three"),
        (Selection(kinds=["odd"]), UnknownNameError, "odd"),
        (Selection(rates=[0.3]), ConfigError, r"rate 0\.3: expected some of 0\.2, 0\.4, 0\.8"),
        (Selection(kinds=["asymmetric"], rates=[0.8]), ConfigError, r"no row has .* asymmetric: 0\.2 0\.4"),
    ):
        with pytest.raises(error, match=message):
            selection.places(NAMES, NOISES)


def test_sizes() -> None:
    assert [check_size(size, "large", "full") for size in SIZES] == [True, False, False, False]
    with pytest.raises(ConfigError, match="size 'huge': expected smoke or small"):
        check_size("huge")
    with pytest.raises(ConfigError, match="size 'full': expected smoke or small"):
        check_size("full")


def test_data_sets_are_those_asked_for_in_the_tables_order() -> None:
    assert EVERYTHING.data_sets(NAMES) == NAMES
    assert Selection(sets=["two", "one"]).data_sets(NAMES) == NAMES
    with pytest.raises(UnknownNameError, match="unknown data set of this table 'three'"):
        Selection(sets=["three"]).data_sets(NAMES)
