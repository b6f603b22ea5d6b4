"""The tree of errors: what is drawn is what is there, and every message carries its value."""

from __future__ import annotations

import re

from maquette import errors
from maquette.errors import FileError, InputError, MaquetteError, MissingExtraError, UnknownNameError


def test_the_drawn_tree_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│├└─ ]*)(\w+)", line)
        if found:
            depth = len(found[1]) // 4
            del above[depth:]
            if above:
                drawn[found[2]] = above[-1]
            above.append(found[2])
    real = {
        name: getattr(errors, name).__mro__[1].__name__
        for name in errors.__all__
        if getattr(errors, name) is not MaquetteError
    }
    assert drawn == real


def test_exit_codes_follow_who_is_to_blame() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)
        blame_the_input = issubclass(error, InputError | MissingExtraError)
        assert error.exit_code == (2 if blame_the_input else 1), name


def test_messages() -> None:
    error = FileError("a/b.stl", "is empty: 0 bytes")
    assert str(error) == "a/b.stl: is empty: 0 bytes"
    assert (error.path, error.reason) == ("a/b.stl", "is empty: 0 bytes")
    assert (
        str(UnknownNameError("method", "romo", ["rono", "cmcl"])) == "unknown method 'romo': expected one of cmcl, rono"
    )
    assert "pip install 'maquette[cad]'" in str(MissingExtraError("cascadio", "cad", "reading STEP"))
