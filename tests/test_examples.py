"""The examples run, as a reader would run them, and say what they are about to say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
pytestmark = pytest.mark.slow


def run(name: str, *arguments: str | Path, cwd: Path) -> str:
    """What an example prints."""
    words = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_search_a_folder(tiny_demo: Path, tmp_path: Path) -> None:
    models, photo = tiny_demo / "data" / "models", tiny_demo / "data" / "photos" / "cup" / "cup-00001.0.png"
    first = run("search_a_folder.py", tiny_demo / "run" / "model", models, photo, cwd=tmp_path)
    assert "40 new, 0 unchanged, 0 refused" in first
    assert len([line for line in first.splitlines() if line.startswith("  ")]) == 10
    second = run("search_a_folder.py", tiny_demo / "run" / "model", models, photo, cwd=tmp_path)
    assert "0 new, 40 unchanged, 0 refused" in second
    assert second.splitlines()[1:] == first.splitlines()[1:]


def test_train_on_a_folder(tiny_demo: Path, tmp_path: Path) -> None:
    printed = run("train_on_a_folder.py", tiny_demo / "data" / "models", "out", "--epochs", "1", cwd=tmp_path)
    assert "40 objects of 4 classes" in printed
    assert (tmp_path / "out" / "run" / "model" / "model.safetensors").is_file()


def test_evaluate_representations(tmp_path: Path) -> None:
    printed = run("evaluate_representations.py", cwd=tmp_path)
    rows = dict(line.rsplit(maxsplit=1) for line in printed.splitlines() if "->" in line)
    assert len(rows) == 4
    # The made-up scans are noisier than the made-up photos: their own pair must come last.
    assert min(rows, key=lambda name: float(rows[name])).split()[:3] == ["pointcloud", "->", "pointcloud"]


def test_new_method(tiny_demo: Path, tmp_path: Path) -> None:
    printed = run("new_method.py", tiny_demo, "out", cwd=tmp_path)
    assert "cosine_centers" in printed
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_every_example_has_a_test_and_a_docstring(path: Path) -> None:
    assert f"def test_{path.stem}(" in Path(__file__).read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith('"""')
