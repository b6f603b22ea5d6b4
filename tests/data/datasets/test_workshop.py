from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maquette.data.datasets import DATASETS
from maquette.data.datasets.workshop import workshop
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, UnknownNameError

SMALL: dict[str, Any] = {
    "classes": ["nut", "bolt"], "objects_per_class": 5, "photos": 1, "photo_resolution": 16, "scan_points": 32
}  # fmt: skip


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_manifest_is_whole_and_saved(tmp_path: Path) -> None:
    manifest = DATASETS.build("workshop", root=tmp_path, **SMALL)
    assert manifest.class_names == ("bolt", "nut")
    assert manifest.labels().tolist() == [0] * 5 + [1] * 5
    assert manifest.knows_true_labels and manifest.modalities == ("image", "mesh", "pointcloud")
    assert [len(manifest.rows(split)) for split in ("train", "validation", "test")] == [6, 2, 2]
    assert Manifest.load(tmp_path / "manifest.json") == manifest
    listed = {path for item in manifest for path in item.checksums}
    assert set(contents(tmp_path)) == listed | {"manifest.json"}


def test_same_bytes_with_other_processes_and_order(tmp_path: Path) -> None:
    workshop(tmp_path / "one", **SMALL)
    workshop(tmp_path / "two", **{**SMALL, "classes": ["bolt", "nut"], "workers": 2})
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    workshop(tmp_path / "three", **SMALL, seed=1)
    assert set(contents(tmp_path / "three").values()).isdisjoint(contents(tmp_path / "one").values())


def test_what_is_there_is_not_made_again_and_what_is_broken_is(tmp_path: Path) -> None:
    manifest = workshop(tmp_path, **SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.name != "manifest.json"}
    gone, altered = manifest.items[1], manifest.items[7]
    (tmp_path / gone.paths["image"][0]).unlink()
    (tmp_path / altered.paths["mesh"][0]).write_bytes(b"")
    seen: list[tuple[int, int]] = []
    again = workshop(tmp_path, **SMALL, on_progress=lambda done, total: seen.append((done, total)))
    assert again == manifest and seen == [(8, 10), (9, 10), (10, 10)]
    after = {path: path.stat().st_mtime_ns for path in before}
    touched = {path.relative_to(tmp_path).as_posix() for path in before if after[path] != before[path]}
    assert touched == set(gone.checksums) | set(altered.checksums)


def test_an_interrupted_call_is_taken_up(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Enough

    with pytest.raises(Enough):
        workshop(tmp_path, **SMALL, on_progress=stop)
    with (tmp_path / ".workshop.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"id": "bolt-0000')
    with pytest.raises(Enough):
        workshop(tmp_path, **SMALL, on_progress=lambda done, total: stop(done - 3, total))
    seen: list[int] = []
    manifest = workshop(tmp_path, **SMALL, on_progress=lambda done, total: seen.append(done))
    assert seen == [7, 8, 9, 10]
    assert manifest == Manifest(**{**vars(workshop(tmp_path / "fresh", **SMALL)), "root": tmp_path})
    assert not (tmp_path / ".workshop.jsonl").exists()


def test_a_set_grows_in_place(tmp_path: Path) -> None:
    workshop(tmp_path, **SMALL)
    seen: list[int] = []
    grown = {**SMALL, "objects_per_class": 6, "classes": ["axe", "bolt", "nut"]}
    manifest = workshop(tmp_path, **grown, on_progress=lambda done, total: seen.append(done))
    assert seen[0] == 10 and len(manifest) == 18
    fresh = workshop(tmp_path / "fresh", **grown)
    assert manifest.items == fresh.items


def test_another_recipe_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    workshop(tmp_path, **SMALL)
    before = contents(tmp_path)
    with pytest.raises(ConfigError, match=r"seed 0 instead of 3.*choose an empty folder"):
        workshop(tmp_path, **SMALL, seed=3)
    assert contents(tmp_path) == before


def test_photos_and_journal_hold_nothing_of_the_place(tmp_path: Path) -> None:
    workshop(tmp_path, **SMALL)
    saved = json.loads((tmp_path / "manifest.json").read_text())
    assert saved["root"] == "." and str(tmp_path) not in (tmp_path / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objects_per_class": 0}, "objects_per_class 0: expected 1 or more"),
        ({"photos": -1}, "photos -1"),
        ({"photo_resolution": 4}, "photo_resolution 4: expected 8"),
        ({"scan_points": 0}, "scan_points 0"),
        ({"seed": -5}, "seed -5"),
        ({"workers": -1}, "workers -1"),
        ({"classes": []}, "no workshop class"),
    ],
)
def test_values_out_of_range_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        workshop(tmp_path, **{**SMALL, **change})


def test_an_unknown_class_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"'unicorn'.*teapot"):
        workshop(tmp_path, classes=["unicorn"])
