"""The Python client against a service that listens: every verb, and what it says when something is refused."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maquette.errors import FileError, ServiceError
from maquette.geometry import read_mesh, write_mesh
from maquette.search import Engine, Part
from maquette.serve import Client
from tests.search.search_cases import box
from tests.serve.serve_cases import Live


def test_a_search_is_the_engines_search(client: Client, shared: Live, folder: Path) -> None:
    photo, mesh = folder / "photo.png", folder / "models" / "bars" / "long.off"
    answer = client.search(images=[photo], meshes=[mesh], like=["plates/wide.off"], weights=[1.0, 2.0, 0.5], k=4)
    parts = [Part("image", photo), Part("mesh", mesh, weight=2.0), Part(item="plates/wide.off", weight=0.5)]
    expected = shared.service.library.engine.search_parts(parts, k=4)
    assert [hit.id for hit in answer.hits] == [hit.id for hit in expected.hits]
    assert np.allclose([hit.score for hit in answer.hits], [hit.score for hit in expected.hits], atol=1e-6)
    assert [(part.name, part.modality, part.weight) for part in answer.query] == [
        ("photo.png", "image", 1.0),
        ("long.off", "mesh", 2.0),
        ("plates/wide.off", "item", 0.5),
    ]
    assert (answer.items, answer.rejected, answer.exact) == (8, False, True)


def test_endings_say_the_modality_and_conditions_filter(client: Client, folder: Path) -> None:
    files = [folder / "photo.png", folder / "models" / "bars" / "long.off", folder / "models" / "scans" / "blob.xyz"]
    answer = client.search(files=files, where=["class=bars"], k=10)
    assert [part.modality for part in answer.query] == ["image", "mesh", "pointcloud"]
    assert {hit.class_name for hit in answer.hits} == {"bars"} and len(answer.hits) == 3


def test_no_path_of_the_server_leaves_it(client: Client, folder: Path) -> None:
    answer = client.search(files=[folder / "photo.png"])
    text = answer.model_dump_json() + client.items().model_dump_json() + client.collection().model_dump_json()
    assert str(folder) not in text and "root" not in answer.hits[0].metadata


def test_a_query_can_be_run_again(client: Client, folder: Path) -> None:
    first = client.search(files=[folder / "models" / "bars" / "short.off"], unlike=["bars/long.off"])
    again = client.again(first.query_id)
    assert [(hit.id, hit.score) for hit in again.hits] == [(hit.id, hit.score) for hit in first.hits]
    assert again.query == first.query and first.query[1].weight < 0
    with pytest.raises(ServiceError, match="not kept") as caught:
        client.again("0" * 32)
    assert (caught.value.status, caught.value.code) == (404, "not_found")


def test_refused_files_are_named_and_the_rest_is_used(client: Client, folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "broken.off"
    bad.write_text("OFF\n3 1 0\n0 0 0\n")
    answer = client.search(files=[bad, folder / "photo.png"])
    assert [refused.name for refused in answer.refused] == ["broken.off"] and answer.refused[0].reason
    assert [part.part for part in answer.query] == [1]
    with pytest.raises(ServiceError, match=r"broken\.off") as caught:
        client.search(files=[bad])
    assert caught.value.status == 422
    odd = tmp_path / "page.html"
    odd.write_text("<script>")
    with pytest.raises(ServiceError, match=r"ending '\.html'") as caught:
        client.search(files=[odd])
    assert caught.value.status == 415


def test_looking_at_items(client: Client, folder: Path, tmp_path: Path) -> None:
    assert client.ready().status == "ok"
    info = client.collection()
    assert info.classes == {"bars": 3, "plates": 3, "scans": 2} and info.writable
    page = client.items(where=["faces=12"], sort="-id", limit=2)
    assert (page.total, [item.id for item in page.items]) == (6, ["plates/wide.off", "plates/thin.stl"])
    assert len(list(client.every_item())) == 8
    assert Image.open(io.BytesIO(client.thumbnail("bars/long.off"))).size == (256, 256)
    strip = np.asarray(Image.open(io.BytesIO(client.turntable("bars/long.off"))))
    frames = np.split(strip, 12, axis=1)
    assert frames[0].shape[0] == frames[0].shape[1] and not np.array_equal(frames[0], frames[2])
    (tmp_path / "a.glb").write_bytes(client.model("plates/wide.off"))
    vertices = read_mesh(tmp_path / "a.glb").vertices
    assert np.isclose(np.linalg.norm(vertices, axis=1).max(), 1.0, atol=1e-5)
    assert client.file("bars/long.off") == (folder / "models" / "bars" / "long.off").read_bytes()
    picture = client.item("scans/only photo.png")
    assert picture.model is None and picture.turntable is None
    for ask in (client.turntable, client.model):
        with pytest.raises(ServiceError, match="picture") as caught:
            ask(picture.id)
        assert caught.value.status == 404


def test_adding_replacing_and_removing(own: Live, tmp_path: Path) -> None:
    new = tmp_path / "new box.off"
    write_mesh(box(3, 2, 1), new)
    with Client(own.address, timeout=300.0) as client:
        job = client.wait(client.add([new], class_name="boxes"))
        assert (job.state, job.added, job.done, job.total) == ("done", ["boxes/new box.off"], 1, 1)
        found = client.search(files=[new], k=9, where=["class=boxes"]).hits
        assert [hit.id for hit in found] == ["boxes/new box.off"]
        write_mesh(box(1, 1, 8), new)
        assert client.wait(client.add([new], class_name="boxes")).added == ["boxes/new box.off"]
        assert client.file("boxes/new box.off") == new.read_bytes()
        assert client.collection().items == 9
        assert client.remove("boxes/new box.off") == 1
        with pytest.raises(ServiceError, match="not in the collection"):
            client.item("boxes/new box.off")
        with pytest.raises(ServiceError, match="not in the collection"):
            client.remove("boxes/new box.off")
    assert not [path for path in (own.folder / "uploads").rglob("*") if path.is_file()]


def test_an_archive_with_good_and_bad_files(own: Live, tmp_path: Path) -> None:
    write_mesh(box(3, 2, 1), tmp_path / "good.off")
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        archive.write(tmp_path / "good.off", "boxes/good.off")
        archive.writestr("boxes/bad.off", "OFF nonsense")
        archive.writestr("../out.off", (tmp_path / "good.off").read_bytes())
    with Client(own.address, timeout=300.0) as client:
        job = client.wait(client.add([tmp_path / "many.zip"]))
        assert job.added == ["boxes/good.off"] and client.item("boxes/good.off").class_name == "boxes"
        assert sorted(refused.name for refused in job.refused) == ["../out.off", "boxes/bad.off"]
        assert (job.done, job.total) == (3, 3)
        assert client.jobs().jobs[0].id == job.id
        assert client.cancel(job.id).state == "done"


def test_what_another_process_adds_is_found(own: Live, tmp_path: Path) -> None:
    write_mesh(box(7, 1, 1), tmp_path / "beam.off")
    with Client(own.address, timeout=300.0) as client:
        before = client.collection()
        Engine.open(own.folder).add_paths([tmp_path / "beam.off"], workers=0)
        assert client.search(files=[tmp_path / "beam.off"], k=9).items == before.items + 1
        assert client.item("beam.off").class_name is None
        assert client.collection().version > before.version


def test_a_batch_is_a_table(client: Client, folder: Path) -> None:
    table = client.batch([folder / "photo.png", folder / "models" / "bars" / "long.off"], k=2)
    rows = list(csv.DictReader(io.StringIO(table)))
    named = [("photo.png", "1"), ("photo.png", "2"), ("long.off", "1"), ("long.off", "2")]
    assert [(row["file"], row["rank"]) for row in rows] == named
    alone = client.search(meshes=[folder / "models" / "bars" / "long.off"], k=2)
    assert [row["id"] for row in rows[2:]] == [hit.id for hit in alone.hits]


def test_the_client_says_what_is_wrong(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be opened"):
        client.search(files=[tmp_path / "none.off"])
    with Client("http://127.0.0.1:9", timeout=2.0) as nobody, pytest.raises(ServiceError, match="cannot be reached"):
        nobody.ready()
    with pytest.raises(ServiceError, match="a JSON list of 1 numbers"):
        client.search(like=["bars/long.off"], weights=[1.0, 2.0])
    with pytest.raises(ServiceError, match="expected one of id, class"):
        client.items(sort="colour")
