"""The page's files as they are shipped: nothing from elsewhere, nothing inline, all of it in the wheel."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.serve.page.pretend import PAGE

ROOT = Path(__file__).parents[3]
FILES = sorted(path for path in PAGE.rglob("*") if path.is_file())
OWN = [path for path in FILES if "vendor" not in path.parts]
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
OWN_SCRIPTS = [path for path in OWN if path.suffix == ".js"]


def name(path: Path) -> str:
    return path.relative_to(PAGE).as_posix()


@pytest.mark.parametrize("path", OWN, ids=name)
def test_no_file_names_another_host(path: Path) -> None:
    found = set(
        re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"^\s*//.*$", "", path.read_text("utf-8"), flags=re.M))
    )
    assert found <= {"http://www.w3.org"}, "namespaces are the only addresses that a page without a network may hold"


def test_the_html_holds_no_script_style_or_handler_of_its_own() -> None:
    html = (PAGE / "index.html").read_text("utf-8")
    assert all(re.search(r'\bsrc="page/', tag) for tag in re.findall(r"<script\b[^>]*>", html))
    assert "<style" not in html
    assert not re.search(r"\s(style|on\w+)=", html)
    for address in re.findall(r'\b(?:src|href)="(page/[^"]+)"', html):
        assert (PAGE / address.removeprefix("page/")).is_file(), address


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_every_import_is_a_file_that_is_there(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"""\b(?:import|export)\b[^"';()]*\bfrom\s*["']([^"']+)|\bimport\(["']([^"']+)""", text)
    for address in (first or second for first, second in found):
        assert address.startswith("."), f"{address}: the browser knows no packages"
        assert (path.parent / address).resolve().is_file(), address


@pytest.mark.parametrize("path", OWN_SCRIPTS, ids=name)
def test_no_text_becomes_markup(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b", text.replace("without innerHTML", "")
    )
    assert 'setAttribute("style"' not in text


@pytest.mark.parametrize("path", OWN, ids=name)
def test_files_are_short_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 300
    if path.suffix in (".js", ".css"):
        assert text.startswith(("// ", "/* "))


def test_the_library_is_shipped_with_its_licence_and_version() -> None:
    folder = PAGE / "vendor" / "three"
    assert "The MIT License" in (folder / "LICENSE").read_text("utf-8")
    (version,) = re.findall(r"three\.js (\d+)\.(\d+)\.(\d+),", (folder / "README.md").read_text("utf-8"))
    assert f'"{version[1]}"' in (folder / "three.core.min.js").read_text("utf-8"), "the README names another revision"


def test_what_is_loaded_first_is_small() -> None:
    first = sum(path.stat().st_size for path in OWN)
    assert first < 200_000
    assert all(path.stat().st_size < 2 * 2**20 for path in FILES)
    eager = [path for path in OWN_SCRIPTS if re.search(r"^import .*vendor/three", path.read_text("utf-8"), flags=re.M)]
    for path in OWN_SCRIPTS:
        if path not in eager:
            imported = re.findall(r'^import .* from "\./([^"]+)"', path.read_text("utf-8"), flags=re.M)
            assert not {one.name for one in eager} & set(imported), f"{name(path)} loads three.js before it is wanted"


def test_the_wheel_takes_every_file() -> None:
    globs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"][
        "maquette"
    ]
    package = ROOT / "maquette"
    taken = {path for pattern in globs for path in package.glob(pattern)}
    assert set(FILES) <= taken
