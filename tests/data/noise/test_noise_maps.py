from __future__ import annotations

from collections.abc import Mapping

import pytest

from maquette.data.noise.maps import CLASS_MAPS, MODELNET10_MAP, MODELNET40_MAP, map_of_pairs

NEVER = {"desk", "sofa", "tent", "tv_stand", "vase", "wardrobe"}
# The recovered maps as indices into the alphabetical class list, as the label files have them.
MODELNET10 = [9, 7, 3, 5, 9, 3, 0, 1, 9, 4]
MODELNET40 = [1, 27, 21, 35, 9, 8, 0, 31, 9, 25, 16, 18, 12, 14, 13, 3, 10, 19, 11, 17]
MODELNET40 += [32, 13, 17, 26, 2, 22, 23, 28, 33, 21, 30, 23, 28, 3, 34, 39, 36, 37, 38, 35]


@pytest.mark.parametrize(
    ("class_map", "never", "indices"), [(MODELNET10_MAP, set(), MODELNET10), (MODELNET40_MAP, NEVER, MODELNET40)]
)
def test_the_named_maps_are_the_recovered_indices(
    class_map: Mapping[str, str], never: set[str], indices: list[int]
) -> None:
    names = sorted({*class_map, *never})
    assert [names.index(class_map.get(name, name)) for name in names] == indices


def test_maps_by_name() -> None:
    assert CLASS_MAPS == {"modelnet10": MODELNET10_MAP, "modelnet40": MODELNET40_MAP}
    assert map_of_pairs([]) == {}
    assert map_of_pairs([("a", "b"), ("b", "c")]) == {"a": "b", "b": "a", "c": "b"}
