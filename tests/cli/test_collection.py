"""Collections by command: made, filled, searched, cleaned; bad files cost only themselves."""

from __future__ import annotations

import json
import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from maquette.cli.app import app


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def answer(*words: str | Path) -> dict[str, object]:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output + str(done.exception)
    values = json.loads(done.stdout)
    assert isinstance(values, dict)
    return values


def _one_of(collection: Path, class_name: str) -> str:
    from maquette.index import parse_where
    from maquette.search import Collection

    return Collection.open(collection).index.ids(where=parse_where([f"class={class_name}"]))[0]


@pytest.fixture
def models(tiny_demo: Path, tmp_path: Path) -> Path:
    """Five good files in their class's folder, and six bad ones."""
    folder = tmp_path / "models"
    good = sorted(path for path in (tiny_demo / "data" / "models").rglob("*.*"))[:25:5]
    for path in good:
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.parent.name)
    bad = folder / "bad"
    bad.mkdir()
    (bad / "truncated.stl").write_bytes(b"\0" * 80 + struct.pack("<I", 100) + b"\0" * 50 * 30)
    (bad / "lying.off").write_text("OFF\n4 900 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n")
    header = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    header += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    (bad / "nan.ply").write_text(header + "0 0 0\nnan 0 0\n0 1 0\n3 0 1 2\n")
    (bad / "empty.obj").write_text("")
    (bad / "zero.glb").write_bytes(b"")
    (bad / "text.ply").write_text("Dear reader,\nthis is a letter.\n")
    return folder


def test_bad_files_are_reported_and_the_good_ones_indexed(tiny_demo: Path, models: Path, tmp_path: Path) -> None:
    collection = tmp_path / "shop"
    answer("index", "create", collection, "--model", tiny_demo / "run")
    done = run("index", "add", collection, models, "--workers", "0")
    assert done.exit_code == 0
    assert "added 5, replaced 0, unchanged 0, refused 6; 5 items" in done.stdout
    refused = {line.split(": ")[0].split("/")[-1]: line for line in done.stderr.splitlines() if "refused" in line}
    for name, reason in {
        "truncated.stl": "truncated|promises",
        "lying.off": "900",
        "nan.ply": "finite|nan",
        "empty.obj": "empty",
        "zero.glb": "empty",
        "text.ply": "ply",
    }.items():
        assert any(word in refused[name].lower() for word in reason.split("|")), refused[name]
    again = run("index", "add", collection, models, "--workers", "2", "--strict")
    assert again.exit_code == 1
    assert "unchanged 5, refused 6" in again.stdout


def test_search_by_each_kind_of_file_and_all_together(tiny_demo: Path) -> None:
    data = tiny_demo / "data"
    own_id = _one_of(tiny_demo / "collection", "chair")
    photo = data / "photos" / "chair" / f"{own_id}.0.png"
    (scan,) = (data / "scans" / "chair").glob(f"{own_id}.*")
    (mesh,) = (data / "models" / "chair").glob(f"{own_id}.*")
    by_photo, by_scan, by_mesh = (["--image", str(photo)], ["--points", str(scan)], ["--mesh", str(mesh)])
    for options in (by_photo, by_scan, by_mesh, [*by_photo, *by_scan, *by_mesh]):
        found = answer("search", tiny_demo / "collection", *options, "-k", "5")
        hits = found["hits"]
        assert isinstance(hits, list)
        assert [hit["rank"] for hit in hits] == [1, 2, 3, 4, 5]
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
    # The collection holds this very mesh, in its own modality among others.
    best = answer("search", tiny_demo / "collection", "--mesh", mesh, "-k", "12")["hits"]
    assert isinstance(best, list)
    own = {hit["id"]: hit["scores"]["mesh"] for hit in best}
    assert max(own.values()) == pytest.approx(own[own_id], abs=1e-6)
    assert own[own_id] == pytest.approx(1.0, abs=1e-4)


def test_filters_come_before_ranking(tiny_demo: Path) -> None:
    photo = sorted((tiny_demo / "data" / "photos" / "chair").glob("*.png"))[0]
    hits = answer("search", tiny_demo / "collection", "--image", photo, "-k", "2", "--where", "class=cup")["hits"]
    assert isinstance(hits, list)
    assert [hit["class_name"] for hit in hits] == ["cup"] * 2
    wrong = run("search", tiny_demo / "collection", "--image", photo, "--where", "class~cup")
    assert wrong.exit_code == 1
    assert "condition" in str(wrong.exception)


def test_the_answer_says_what_the_search_took_and_what_the_model(tiny_demo: Path) -> None:
    photo = sorted((tiny_demo / "data" / "photos" / "cup").glob("*.png"))[0]
    last = run("search", tiny_demo / "collection", "--image", photo, "-k", "3").stdout.splitlines()[-1]
    assert re.fullmatch(r"3 of 8 items, search \d+ ms \(opening the model \d+ ms\)", last), last


def test_remove_info_check(tiny_demo: Path, tmp_path: Path) -> None:
    collection = tmp_path / "copy"
    shutil.copytree(tiny_demo / "collection", collection)
    before = answer("index", "info", collection)
    assert answer("index", "check", collection)["problems"] == []
    removed = answer("index", "remove", collection, _one_of(collection, "chair"), "nobody")
    assert (removed["removed"], removed["not_there"]) == (1, 1)
    after = answer("index", "info", collection)
    classes_before, classes_after = before["classes"], after["classes"]
    assert isinstance(classes_before, dict)
    assert isinstance(classes_after, dict)
    assert classes_before["chair"] - classes_after["chair"] == 1
    model = collection / "model" / "model.safetensors"
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(bytes(data))
    assert run("index", "check", collection).exit_code == 1


def test_another_models_collection_is_refused(tiny_demo: Path, tmp_path: Path) -> None:
    collection = tmp_path / "copy"
    shutil.copytree(tiny_demo / "collection", collection)
    head = json.loads((collection / "collection.json").read_text())
    head["fingerprint"] = "0" * 64
    (collection / "collection.json").write_text(json.dumps(head))
    np.save(tmp_path / "q.npy", np.random.default_rng(0).normal(size=(100, 3)))
    done = run("search", collection, "--points", tmp_path / "q.npy")
    assert type(done.exception).__name__ == "FingerprintError"
