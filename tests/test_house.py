"""The house stands: imports flow one way, files stay short, every file has its tests, public lists tell the truth."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "maquette"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))

GROUND = {"types", "errors", "registry", "config", "allocator", "lazily", "spreadsheet"}
# A room may import itself and what is listed; a dotted name stands for that file alone.
MAY_IMPORT: dict[str, set[str]] = {
    "geometry": GROUND,
    "modalities": GROUND | {"geometry"},
    "ingest": GROUND | {"geometry", "modalities"},
    "data": GROUND | {"geometry", "modalities"},
    "encoders": GROUND,
    "losses": GROUND,
    "metrics": GROUND,
    "index": GROUND,
    "methods": GROUND | {"losses"},
    "train": GROUND | {"modalities", "data", "encoders", "methods", "metrics"},
    # The votes on labels are those of `consensus`: one piece of code, whether it trains on them or reports them.
    "audit": GROUND | {"data", "metrics", "methods"},
    "search": GROUND
    | {"geometry", "modalities", "ingest", "data.manifest", "data.atomic", "encoders", "index"}
    | {"metrics.calibration"},
    "plots": GROUND | {"metrics"},
    "bench": GROUND
    | {
        "geometry",
        "modalities",
        "ingest",
        "data",
        "encoders",
        "losses",
        "metrics",
        "index",
        "methods",
        "train",
        "audit",
    }
    | {"search", "plots"},
    # Uploads are read in `ingest`'s sandbox; conditions in an address are parsed as the command line parses them; what
    # a job has done is written as the engine writes its pictures; one service at a time writes, by the index's kind of
    # lock. None of the four brings torch or training along.
    "serve": GROUND | {"search", "audit", "ingest", "index.where", "index.lock", "data.atomic"},
}
OPEN = {"cli", "__init__", "__main__"}


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "maquette":
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "maquette"):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.lineno, str(node.module)


def _forbidden(room: str, imported: str) -> bool:
    if room in OPEN:
        return False
    target = imported.removeprefix("maquette").lstrip(".")
    if not target:
        return False
    first = target.split(".")[0]
    if room in GROUND:
        return first not in GROUND
    allowed = MAY_IMPORT[room] | {room}
    return not any(target == name or target.startswith(name + ".") for name in allowed)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_flow_one_way(path: Path) -> None:
    wrong = [f"line {line}: {name}" for line, name in _imports(path) if _forbidden(_room(path), name)]
    assert not wrong, f"{path.relative_to(ROOT)} imports what its floor may not: {wrong}"


def test_the_floors_test_sees_a_forbidden_edge() -> None:
    assert _forbidden("losses", "maquette.metrics.ranking")
    assert _forbidden("search", "maquette.data.loader")
    assert _forbidden("types", "maquette.geometry.mesh")
    assert not _forbidden("search", "maquette.data.manifest")
    assert not _forbidden("methods", "maquette.losses.centers")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "over 300 lines: it holds more than one idea"
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "no module docstring"
    assert "utils" not in path.name
    assert path.stem not in {"helpers", "common", "misc"}


def test_every_file_has_its_tests() -> None:
    names = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    missing = []
    for path in FILES:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1].startswith("__"):
            continue
        # `geometry/mesh.py` is tested by test_mesh.py or, where two rooms share a name, test_geometry_mesh.py.
        wanted = {f"test_{'_'.join(parts[start:])}.py" for start in range(len(parts))}
        if not wanted & names:
            missing.append("/".join(parts))
    assert not missing, f"files without a test file: {missing}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_listed(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    listed: set[str] = set()
    defined: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            listed = set(ast.literal_eval(node.value))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            defined.add(node.name)
    if path.name not in {"__main__.py"} and "cli" not in path.parts:
        assert defined <= listed, f"public but not in __all__: {sorted(defined - listed)}"
