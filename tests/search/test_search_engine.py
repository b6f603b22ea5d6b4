from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from maquette.encoders import open_model
from maquette.errors import FileError, FingerprintError, InputError, UnknownNameError
from maquette.geometry import MESH_SUFFIXES, write_mesh
from maquette.index import parse_where
from maquette.modalities import MODALITIES, Arrays
from maquette.search import Answer, Collection, Engine, find_sources
from maquette.search.reading import Reading, read_source
from tests.search.search_cases import box, export

IDS = (
    "bars/long.off",
    "bars/short.stl",
    "plates/square.obj",
    "plates/wide.ply",
    "scans/blob.xyz",
    "scans/only photo.png",
)


def representation(model: Path, name: str, arrays: Arrays) -> np.ndarray:
    """One object through its encoder, by the plainest way there is; of length 1."""
    opened = open_model(model)
    modality = MODALITIES.build(name, **opened.specs[name].preparation)
    with torch.inference_mode():
        inputs = modality.collate({key: value[None] for key, value in arrays.items()})
        row: np.ndarray = opened.encode_inputs(name, inputs)[0].numpy().astype(float)
    unit: np.ndarray = row / np.linalg.norm(row)
    return unit


def naive_items(model: Path, tree: Path) -> dict[str, np.ndarray]:
    """Every item's vector: the mean of its modalities' representations, one item and one modality at a time."""
    settings = {name: dict(spec.preparation) for name, spec in open_model(model).specs.items()}
    items = {}
    for source in find_sources([tree]):
        read = read_source(source, settings, seed=0)
        if isinstance(read, Reading):
            total = sum(representation(model, name, arrays) for name, arrays in read.arrays.items())
            items[source.id] = np.asarray(total) / np.linalg.norm(total)
    return items


def ids(answer: Answer) -> list[str]:
    return [hit.id for hit in answer.hits]


def test_answers_agree_with_a_naive_search(engine: Engine, model: Path, tree: Path) -> None:
    report = engine.add_paths([tree])
    assert (report.added, report.replaced, report.unchanged, report.refused) == (IDS, (), (), ())
    files = {"mesh": tree / "bars" / "short.stl", "image": tree / "plates" / "wide.png"}
    files["pointcloud"] = tree / "scans" / "blob.xyz"
    single = {}
    for name, path in files.items():
        modality = MODALITIES.build(name, **engine.model.specs[name].preparation)
        single[name] = representation(model, name, modality.read([path], np.random.default_rng(0)).arrays)
    items = naive_items(model, tree)
    everything = np.asarray(sum(single.values())) / np.linalg.norm(sum(single.values()))
    cases: dict[tuple[str, ...], np.ndarray] = {(name,): vector for name, vector in single.items()}
    cases[tuple(files)] = everything
    for names, query in cases.items():
        answer = engine.search({name: [files[name]] for name in names}, k=9)
        expected = {id_: float(vector @ query) for id_, vector in items.items()}
        assert ids(answer) == sorted(expected, key=lambda id_: -expected[id_])
        np.testing.assert_allclose(
            [hit.score for hit in answer.hits], [expected[id_] for id_ in ids(answer)], atol=1e-6
        )
        assert [hit.rank for hit in answer.hits] == [1, 2, 3, 4, 5, 6]
        assert (answer.items, set(answer.seconds)) == (6, {"read", "encode", "search"})


def test_an_item_searched_by_its_own_file_says_so_per_modality(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    answer = engine.search({"mesh": [tree / "bars" / "short.stl"]}, k=6)
    own = next(hit for hit in answer.hits if hit.id == "bars/short.stl")
    assert own.scores["mesh"] == pytest.approx(1.0, abs=1e-5)
    assert set(own.scores) == {"image", "mesh", "pointcloud"}
    photo = next(hit for hit in answer.hits if hit.id == "scans/only photo.png")
    assert set(photo.scores) == {"image"}
    assert photo.score == pytest.approx(photo.scores["image"], abs=1e-5)
    assert answer.queries[0].assumed["up"] == "z"


def test_hits_lead_to_files_and_pictures(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    for hit in engine.search({"pointcloud": [tree / "scans" / "blob.xyz"]}).hits:
        assert Path(hit.path) == (tree / hit.id).resolve()
        assert hit.class_name == hit.id.split("/")[0]
        with Image.open(hit.thumbnail) as picture:
            assert picture.size == (256, 256)


def test_filters_apply_before_the_ranking(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    query = {"mesh": [tree / "bars" / "short.stl"]}
    whole = ids(engine.search(query, k=6))
    flat = ids(engine.search(query, k=1, where=parse_where(["class=plates", "faces<100"])))
    assert flat == [next(id_ for id_ in whole if id_.startswith("plates"))]
    assert engine.search(query, where=parse_where(["class=nothing"])).hits == ()


def test_a_condition_on_a_field_that_no_item_has_is_refused(engine: Engine, tree: Path) -> None:
    query, wrong = {"mesh": [tree / "bars" / "short.stl"]}, parse_where(["klass=cup"])
    assert engine.search(query, where=wrong).hits == (), "of no items nobody can say what they lack"
    engine.add_paths([tree])
    with pytest.raises(InputError, match=r"field 'klass': expected one of added, .*bytes, checksum, class, .*faces"):
        engine.search(query, where=wrong)
    assert len(engine.search(query, where=parse_where(["points>=1"])).hits) == 1, "one item with the field is enough"


def test_a_file_of_another_kind_is_told_the_endings_of_its_modality(engine: Engine, tree: Path) -> None:
    with pytest.raises(FileError) as caught:
        engine.search({"mesh": [tree / "plates" / "wide.png"]})
    assert caught.value.reason.split("expected one of ")[1].split(", ") == sorted(MESH_SUFFIXES)


def test_bad_files_cost_only_themselves(engine: Engine, tree: Path) -> None:
    bad = tree / "bad"
    bad.mkdir()
    (bad / "cut.stl").write_bytes((tree / "bars" / "short.stl").read_bytes()[:150])
    (bad / "empty.obj").write_text("# nothing\n")
    (bad / "lies.off").write_text("OFF\n9999999 9999999 0\n0 0 0\n")
    (bad / "nan.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 nan\n1 0 0\n0 1 0\n3 0 1 2\n"
    )
    (bad / "text.ply").write_text("Dear Sir or Madam,\n")
    (bad / "zero.glb").write_bytes(b"")
    progress: list[tuple[int, int]] = []
    report = engine.add_paths([tree], on_progress=lambda done, total: progress.append((done, total)))
    assert report.added == IDS
    assert [Path(path).name for path, _ in report.refused] == sorted(path.name for path in bad.iterdir())
    assert all(reason and "\n" not in reason for _, reason in report.refused)
    assert progress == [(done, 12) for done in range(1, 13)]


def test_a_second_call_does_only_what_is_new(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    version = engine.collection.index.version
    again = engine.add_paths([tree])
    assert (again.unchanged, again.added, engine.collection.index.version) == (IDS, (), version)
    write_mesh(box(7, 2, 1), tree / "bars" / "long.off")
    write_mesh(box(2, 2, 2), tree / "bars" / "new.off")
    third = engine.add_paths([tree])
    assert (third.added, third.replaced, len(third.unchanged)) == (("bars/new.off",), ("bars/long.off",), 5)
    found = engine.search({"mesh": [tree / "bars" / "long.off"]}, k=7).hits
    assert next(hit for hit in found if hit.id == "bars/long.off").scores["mesh"] == pytest.approx(1.0, abs=1e-5)


def test_an_id_that_belongs_to_another_file_is_refused(engine: Engine, tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "others"
    shutil.copytree(tree, other)
    write_mesh(box(7, 2, 1), other / "bars" / "long.off")
    report = engine.add_paths([tree, other])
    assert len(report.refused) == 6
    assert all("add it from a folder above" in reason for _, reason in report.refused)
    later = engine.add_paths([other])
    assert len(later.refused) == 6
    # A folder that has moved is no other folder: the files it came from are gone.
    tree.rename(tmp_path / "gone")
    assert engine.add_paths([other]).replaced == IDS


def test_items_removed_are_gone_and_can_come_back(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    collection = engine.collection
    assert collection.remove(collection.index.ids(parse_where(["class=scans"]))) == 2
    assert set(ids(engine.search({"mesh": [tree / "bars" / "long.off"]}))) == set(IDS[:4])
    assert engine.add_paths([tree]).added == IDS[4:]


def test_another_engine_sees_what_was_added(engine: Engine, tree: Path) -> None:
    other = Engine.open(engine.collection.folder)
    query = {"mesh": [tree / "bars" / "long.off"]}
    assert other.search(query).hits == ()
    engine.add_paths([tree])
    assert ids(other.search(query)) == ids(engine.search(query))
    assert other.search(query).items == 6


def test_a_model_that_lacks_modalities(tmp_path: Path, tree: Path) -> None:
    model = export(tmp_path / "model", seed=3, names=("mesh",))
    engine = Engine(Collection.create(tmp_path / "collection", model=model))
    report = engine.add_paths([tree])
    assert report.added == IDS[:4]
    assert {reason for _, reason in report.refused} == {"gives nothing that the model encodes (mesh)"}
    with pytest.raises(UnknownNameError, match="'image': expected one of mesh"):
        engine.search({"image": [tree / "plates" / "wide.png"]})


def test_queries_that_cannot_be_used(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree / "bars"])
    (tree / "broken.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"broken\.png"):
        engine.search({"image": [tree / "broken.png"]})
    with pytest.raises(InputError, match="nothing to search by"):
        engine.search({"image": []})
    with pytest.raises(InputError, match="k = 0"):
        engine.search({"mesh": [tree / "bars" / "long.off"]}, k=0)


def test_a_model_that_is_not_the_collections_own_is_refused(engine: Engine, other_model: Path) -> None:
    shutil.rmtree(engine.collection.model_folder)
    shutil.copytree(other_model, engine.collection.model_folder)
    with pytest.raises(FingerprintError, match="holds representations of model"):
        Engine.open(engine.collection.folder)


def test_a_representation_without_direction_refuses_the_item(
    engine: Engine, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = engine.model.encode_inputs

    def encode(modality: str, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        encoded = plain(modality, inputs).clone()
        encoded[0] = 0.0
        encoded[1] = torch.nan
        return encoded

    monkeypatch.setattr(engine.model, "encode_inputs", encode)
    report = engine.add_paths([tree / "bars", tree / "plates"])
    assert report.added == ("square.obj", "wide.ply")
    assert {reason for _, reason in report.refused} == {"its representation is zero or not finite"}
