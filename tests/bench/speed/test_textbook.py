from __future__ import annotations

from pathlib import Path

import pytest

import maquette
from maquette.bench.speed.textbook import checkout, load_textbook
from maquette.errors import InputError


def test_every_formulation_is_found_once() -> None:
    names = sorted(path.stem for path in (checkout() / "benchmarks" / "textbook").glob("[a-z]*.py"))
    assert names == ["dgcnn", "loading", "losses", "meshnet", "ranking", "resnet"]
    assert all(hasattr(load_textbook(name), public) for name in names for public in load_textbook(name).__all__)
    assert load_textbook("dgcnn") is load_textbook("dgcnn")


def test_an_installed_package_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maquette, "__file__", str(tmp_path / "site-packages" / "maquette" / "__init__.py"))
    with pytest.raises(InputError, match=r"has no benchmarks/textbook.*pip install -e \."):
        checkout()
