"""The demo leaves everything it names, repeats nothing, and goes on where it stopped."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from maquette.bench.demo import Update, demo_config, run_demo
from maquette.errors import ConfigError


def stage(name: str) -> nullcontext[Update]:
    return nullcontext(lambda done, total, note: None)


def _stamps(folder: Path) -> dict[str, int]:
    kept = ("data", "prepared", "run", "results.json")
    files = (path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] in kept)
    # The manifests say the same and are written again; everything costly must stay as it is.
    light = {"manifest.json", "store.json"}
    return {str(path): path.stat().st_mtime_ns for path in files if path.name not in light}


def test_all_nine_pairs_are_measured_at_each_number_of_views(tiny_demo: Path) -> None:
    demo = run_demo(tiny_demo, stage=stage, size="tiny", workers=0)
    assert list(demo.results["views"]) == ["1", "2", "4"]
    for pairs in demo.results["views"].values():
        assert len(pairs) == 9
        assert all(0.0 <= pair["map"] <= 1.0 for pair in pairs.values())
    assert demo.results["split"] == "test"
    assert demo.results["run"]["provenance"]["maquette"]
    assert demo.example_photo.is_file()


def test_the_report_holds_sheet_table_curves_and_queries(tiny_demo: Path) -> None:
    text = (tiny_demo / "report" / "index.html").read_text(encoding="utf-8")
    assert text.count("<img ") == 5
    assert text.count("<td>") == 9 * 4
    assert text.count(" → ") == 9 + 1, "nine pairs under one heading"
    names = {path.name for path in (tiny_demo / "report").glob("*.png")}
    assert names == {"collection.png", "curves.png", "top10_image.png", "top10_mesh.png", "top10_pointcloud.png"}


def test_a_second_call_repeats_nothing(tiny_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(tiny_demo, folder)
    before = _stamps(folder)
    run_demo(folder, stage=stage, size="tiny", workers=0)
    assert _stamps(folder) == before


def test_a_demo_cut_off_after_training_goes_on(tiny_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(tiny_demo, folder)
    shutil.rmtree(folder / "collection")
    (folder / "results.json").unlink()
    weights = (folder / "run" / "model" / "model.safetensors").stat().st_mtime_ns
    demo = run_demo(folder, stage=stage, size="tiny", workers=0)
    assert demo.results == run_demo(tiny_demo, stage=stage, size="tiny", workers=0).results
    assert (folder / "run" / "model" / "model.safetensors").stat().st_mtime_ns == weights
    assert (folder / "collection" / "collection.json").is_file()


@pytest.mark.parametrize("size", ["standard", "tiny"])
def test_the_configuration_is_the_papers_method_on_the_built_in_data(size: str) -> None:
    config = demo_config(Path("x"), size=size)
    assert (config.method.name, config.data.name) == ("cmcl", "workshop")
    assert {name: section.encoder for name, section in config.modalities.items()} == {
        "image": "resnet18",
        "pointcloud": "dgcnn",
        "mesh": "meshnet",
    }


def test_an_unknown_size_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match=r"^demo size 'big': expected one of standard, tiny$"):
        demo_config(Path("x"), size="big")
