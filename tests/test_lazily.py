"""Names are loaded when asked for, unknown ones are refused as ever, and the packages that do so list all they have."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from maquette.lazily import load_lazily


def test_a_name_comes_from_its_module_and_an_unknown_one_is_refused() -> None:
    get = load_lazily("json", {"JSONDecoder": "decoder"})
    assert get("JSONDecoder") is importlib.import_module("json").JSONDecoder
    with pytest.raises(AttributeError, match=r"^module 'json' has no attribute 'dumps'$"):
        get("dumps")


def test_a_name_that_a_module_would_stand_in_for_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"\['decoder'\] are both names and modules"):
        load_lazily("json", {"decoder": "decoder"})


@pytest.mark.parametrize("package", ["maquette.search", "maquette.serve"])
def test_every_public_name_can_be_imported_and_none_is_missing_from_the_list(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name).__class__ is not type(module), name
    with pytest.raises(AttributeError):
        module.__getattr__("Nothing")


@pytest.mark.parametrize(
    ("imported", "without"),
    [
        ("maquette.search.item, maquette.search.previews", "torch lancedb sklearn"),
        ("maquette.data.crew, maquette.modalities", "torch scipy"),
        ("maquette.serve.server, maquette.serve.service", "scipy sklearn pandas matplotlib httpx torchvision"),
        ("maquette.serve.readers", "torch scipy fastapi lancedb"),
    ],
)
def test_what_starts_often_does_not_bring_what_it_does_not_need(imported: str, without: str) -> None:
    code = f"import sys, {imported}\nprint(sorted(set({without.split()}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
