"""Data sets by command: named, prepared, looked at."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import CliRunner

from maquette.cli.app import app
from maquette.data.datasets import DATASETS, arrays
from maquette.data.downloads import DOWNLOADS, get_download
from maquette.data.noise import NoisyLabels
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.errors import InputError
from maquette.modalities import PointCloudModality
from tests.data.datasets.packed_cases import write_compact, write_hdf5, write_off_tree, write_rgbd, write_scanobjectnn


def test_every_data_set_is_listed_with_a_sentence() -> None:
    listed = json.loads(CliRunner().invoke(app, ["data", "list", "--json"]).stdout)
    assert tuple(listed) == DATASETS.names()
    assert listed["workshop"].startswith("The built-in data set: ")
    assert listed["folder"].startswith("A user's own files: ")
    assert listed["mnist3d"].startswith("3D MNIST: ")
    assert not [sentence for sentence in listed.values() if "manifest" in sentence.lower()], (
        "not what a builder returns"
    )


def test_prepare_skips_what_is_done_and_strict_says_what_was_refused(tmp_path: Path) -> None:
    models = tmp_path / "models" / "box"
    models.mkdir(parents=True)
    for number in range(3):
        corners = "0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
        (models / f"{number}.off").write_text(f"OFF\n4 4 0\n{corners}3 0 2 1\n3 0 1 3\n3 1 2 3\n3 0 3 2\n")
    (models / "bad.off").write_text("OFF\n4 4 0\n")
    config = tmp_path / "c.toml"
    config.write_text(
        f'[data]\nname = "folder"\nroot = "{tmp_path / "models"}"\nprepared = "{tmp_path / "prepared"}"\n'
        '[modalities.pointcloud]\nencoder = "pointnet"\nprepare = { points_prepared = 32, points = 16 }\n'
    )
    done = CliRunner().invoke(app, ["data", "prepare", str(config), "--workers", "0", "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    values = json.loads(done.stdout)
    assert (values["objects"], values["refused"]) == (4, 1)
    assert "bad.off" in done.stderr
    strict = CliRunner().invoke(app, ["data", "prepare", str(config), "--workers", "0", "--strict"])
    assert strict.exit_code == 1


def test_noise_is_written_twice_with_the_same_bytes_and_says_its_rate(tiny_demo: Path, tmp_path: Path) -> None:
    words = ["data", "noise", str(tiny_demo / "prepared"), "--rate", "0.4", "--seed", "0"]
    first = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "one")])
    assert first.exit_code == 0, first.output + repr(first.exception)
    again = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "two"), "--json"])
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    store = Store.open(tiny_demo / "prepared")
    made = NoisyLabels.load(tmp_path / "one")
    wrong = int((made.labels != store.labels("train")).sum())
    assert wrong == round(0.4 * len(store.rows("train")))
    assert f"{wrong} of {len(made)} labels are wrong, realised rate {made.rate:.4f}" in first.stdout
    values = json.loads(again.stdout)
    assert values["realised_rate"] == made.rate
    assert values["kept"]["least"] == made.transition.diagonal().min()
    shares = [entry["share"] for entry in values["confusions"]]
    assert shares == sorted(shares, reverse=True)
    names = list(made.class_names)
    for entry in values["confusions"]:
        assert entry["share"] == made.transition[names.index(entry["true"]), names.index(entry["given"])]


def test_noise_of_a_manifest_with_options(tiny_demo: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    store = Store.open(tiny_demo / "prepared")
    store.manifest.save(manifest)
    first, second, *_ = store.class_names
    words = ["data", "noise", str(manifest), "--kind", "asymmetric", "--rate", "0.4", "--split", "train+validation"]
    words += ["--option", f"class_map={json.dumps({first: second})}", "--out", str(tmp_path / "n"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output + repr(done.exception)
    values = json.loads(done.stdout)
    assert [(entry["true"], entry["given"]) for entry in values["confusions"]] == [(first, second)]
    assert values["parameters"]["split"] == "train+validation"
    changed = np.flatnonzero(NoisyLabels.load(tmp_path / "n").wrong)
    assert len(changed) > 0


def test_noise_that_is_not_asked_for_well_is_refused(tiny_demo: Path, tmp_path: Path) -> None:
    words = ["data", "noise", str(tiny_demo / "prepared"), "--out", str(tmp_path / "n")]
    for more, message in (
        (["--rate", "1.5"], "data noise: noise.rate"),
        (["--option", "among"], "expected key=value"),
        (["--rate", "0.9"], "a label says nothing"),
        (["--kind", "loud", "--rate", "0.1"], "unknown noise 'loud'"),
        (["--rate", "0.1", "--option", "loudness=3"], "loudness"),
    ):
        refused = CliRunner().invoke(app, [*words, *more])
        with pytest.raises(InputError, match=message):
            raise refused.exception or AssertionError(f"{more}: not refused")
    assert not (tmp_path / "n").exists()


def test_freeze_writes_a_set_of_vectors_that_a_configuration_can_name(tiny_demo: Path, tmp_path: Path) -> None:
    run = json.loads((tiny_demo / "run" / "run.json").read_text())["config"]
    config = tmp_path / "c.toml"
    config.write_text('dimensions = 2\n[data]\nname = "workshop"\n[modalities]\n')
    changes = [
        f"data={json.dumps({**run['data'], 'root': str(tiny_demo / 'data'), 'prepared': str(tiny_demo / 'prepared')})}",
        f"modalities={json.dumps(run['modalities'])}",
    ]
    words = ["data", "freeze", str(config), "--model", str(tiny_demo / "run"), "--out", str(tmp_path / "frozen")]
    words += [word for change in changes for word in ("--set", change)]
    done = CliRunner().invoke(app, [*words, "--modality", "mesh", "--workers", "0", "--json"])
    assert done.exit_code == 0, done.output + repr(done.exception)
    values = json.loads(done.stdout)
    manifest = DATASETS.build("frozen", root=tmp_path / "frozen")
    assert values["objects"] == len(manifest)
    assert values["modalities"] == ["mesh"]
    assert {item.paths["mesh"][0].split("/")[0] for item in manifest if "mesh" in item.paths} == {"vectors"}
    assert all("vectors" not in path for item in manifest for path in item.paths.get("image", ()))


def test_fetch_takes_a_copy_and_says_what_comes_next(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as packed:
        packed.writestr("h5_files/main_split/a.h5", b"content")
    words = ["data", "fetch", "scanobjectnn", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*words, "--from", str(tmp_path / "mine.zip")])
    assert done.exit_code == 0, done.output + repr(done.exception)
    place = tmp_path / "out" / "h5_files"
    assert f"next: data.name = 'scanobjectnn', data.options.source = {str(place)!r}\n" in done.stdout
    assert "SHA-256" in done.stdout and (place / "main_split" / "a.h5").read_bytes() == b"content"
    without = CliRunner().invoke(app, ["data", "fetch", "mnist3d", "--out", str(tmp_path / "other")])
    assert isinstance(without.exception, InputError) and "--from FILE" in str(without.exception)
    unknown = CliRunner().invoke(app, ["data", "fetch", "shapenet", "--out", str(tmp_path / "other")])
    assert isinstance(unknown.exception, InputError) and "modelnet40" in str(unknown.exception)


def _write_wikipedia(folder: Path) -> None:
    """Rasiwasia's folder: ten classes, their lists, and a file that is no archive of features."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    savemat(
        folder / "raw_features.mat",
        {key: rng.normal(size=(20, 4 if key[0] == "I" else 3)) for key in ("I_tr", "T_tr", "I_te", "T_te")},
    )
    for split in ("train", "test"):
        lines = [f"text{n} image{n} {n % 10 + 1}" for n in range(20)]
        (folder / f"{split}set_txt_img_cat.list").write_text("\n".join(lines) + "\n")
    (folder / "texts").mkdir()
    (folder / "texts" / "text0.xml").write_text("<document/>")


def _write_kaggle(folder: Path) -> None:
    for split in ("train", "test"):
        with h5py.File(folder / f"{split}_point_clouds.h5", "w") as file:
            for row in range(12):
                group = file.create_group(str(row))
                group["img"], group["points"] = np.full((28, 28), 0.5), np.zeros((4, 3))
                group.attrs["label"] = row % 10


@pytest.mark.parametrize(
    ("name", "top", "write", "objects"),
    [
        ("modelnet10", "ModelNet10", write_off_tree, 3),
        ("modelnet40", "ModelNet40", write_off_tree, 6),
        ("modelnet40_hdf5", "", write_hdf5, 21),
        ("scanobjectnn", "h5_files", write_scanobjectnn, 60),
        ("wikipedia", "wikipedia_dataset", _write_wikipedia, 40),
        ("rgbd_object", "rgbd-dataset", write_rgbd, 4),
        ("mnist3d", "", _write_kaggle, 24),
    ],
)
def test_what_fetch_hands_on_builds_the_set(
    tmp_path: Path, name: str, top: str, write: Callable[[Path], object], objects: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    write(packed / top)
    files = [(path, path.relative_to(packed).as_posix()) for path in sorted(packed.rglob("*")) if path.is_file()]
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path, inside in files:
            archive.write(path, inside)
            # What a Mac adds to the archives that it makes.
            archive.writestr(f"__MACOSX/{Path(inside).parent / ('._' + path.name)}", b"resources")
    known = get_download(name)
    unchecked = replace(known, files=tuple(replace(file, members={}) for file in known.files))
    monkeypatch.setitem(DOWNLOADS, name, unchecked)
    words = ["data", "fetch", name, "--out", str(tmp_path / "out"), "--from", str(tmp_path / "mine.zip")]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output + repr(done.exception)
    values = json.loads(done.stdout)
    assert values["options"]["source"] == str(tmp_path / "out" / top)
    manifest = DATASETS.build(values["dataset"], root=tmp_path / "set", **values["options"])
    assert len(manifest) == objects
    again = CliRunner().invoke(app, words)
    assert f"data.options.source = {str(tmp_path / 'out' / top)!r}" in again.stdout


def test_inspect_says_what_is_missing_and_what_is_in_both_splits(tmp_path: Path) -> None:
    manifest = arrays(tmp_path / "set", source=_packed(tmp_path / "packed"))
    prepare(manifest, {"pointcloud": PointCloudModality(points_prepared=16, points=16)}, tmp_path / "prepared")
    values = json.loads(CliRunner().invoke(app, ["data", "inspect", str(tmp_path / "prepared"), "--json"]).stdout)
    assert values["missing"] == {"pointcloud": 0} and values["imbalance"] == 1.0
    # The other clouds are few points drawn from one cube: to the eye of the ratio, samples of one thing.
    files = [(d["test"], d["train"]) for d in values["duplicates"] if d["how"] == "file"]
    assert files == [("kind0/test0", "kind0/train0")]
    assert values["near_duplicates_sought"] == {"pointcloud": "surface"}
    assert values["classes_by_split"] == {
        "train": {"kind0": 2, "kind1": 2},
        "validation": {"kind0": 0, "kind1": 0},
        "test": {"kind0": 2, "kind1": 2},
    }
    assert values["imbalance_by_split"] == {"train": 1.0, "validation": None, "test": 1.0}
    text = CliRunner().invoke(app, ["data", "inspect", str(tmp_path / "prepared")]).stdout
    assert "test objects with an equal file in training: 1 (sought in pointcloud)" in text
    assert "kind0/test0 is kind0/train0 (file of pointcloud)" in text
    for near in (d for d in values["duplicates"] if d["how"] == "surface"):
        assert 0 < near["distance"] <= 1.1
        line = (
            f"{near['test']} looks like {near['train']} (pointcloud, distance {near['distance']:.3f} times that within"
        )
        assert line in text
    rows = {line.split()[0]: line.split()[-3:] for line in text.splitlines() if line.strip().startswith("kind")}
    assert rows["kind0"] == ["2", "0", "2"]
    quick = CliRunner().invoke(app, ["data", "inspect", str(tmp_path / "prepared"), "--no-duplicates", "--json"])
    assert json.loads(quick.stdout)["duplicates"] is None


def test_inspect_counts_each_split_by_itself_and_says_what_it_did_not_compare(tiny_demo: Path) -> None:
    words = ["data", "inspect", str(tiny_demo / "prepared")]
    values = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    store = Store.open(tiny_demo / "prepared")
    for split, of_class in values["classes_by_split"].items():
        labels = store.labels(split).tolist()
        assert of_class == {name: labels.count(label) for label, name in enumerate(store.class_names)}
        assert values["splits"][split] == len(labels)
    assert values["near_duplicates_sought"] == {"image": None, "mesh": None, "pointcloud": "surface"}
    text = CliRunner().invoke(app, words).stdout.splitlines()
    assert "near duplicates were not sought in image, mesh" in text
    header = next(at for at, line in enumerate(text) if line.split() == ["train", "validation", "test"])
    for name, line in zip(store.class_names, text[header + 3 :], strict=False):
        counted = [values["classes_by_split"][split][name] for split in ("train", "validation", "test")]
        assert line.split() == [name, *map(str, counted)]
    # The columns end where their heads do.
    assert len({len(line) for line in text[header : header + 3 + len(store.class_names)]}) == 1


def _packed(folder: Path) -> Path:
    """Compact arrays of which the first test object is the first training object."""
    made = write_compact(folder, "things", kinds=("points",))
    content: dict[str, Any] = made["test"]
    content["points"][0] = made["train"]["points"][0]
    np.savez(folder / "things_points16_test.npz", **content)
    return folder
