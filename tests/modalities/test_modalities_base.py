"""The contract itself: built-in modalities register under their names, and a half-made one cannot be built."""

from __future__ import annotations

import pytest

from maquette.modalities import MODALITIES, Field, Modality, Prepared


def test_built_in_modalities_are_registered() -> None:
    assert {"image", "mesh", "pointcloud"} <= set(MODALITIES.names())


def test_a_modality_must_do_it_all() -> None:
    class Half(Modality):
        name = "half"

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]  # the point of the test


def test_prepared_has_notes_of_its_own() -> None:
    first, second = Prepared({}), Prepared({})
    assert first.notes == {}
    assert first.notes is not second.notes
    assert Field((3,), "float32") == Field((3,), "float32") != Field((3,), "float64")
