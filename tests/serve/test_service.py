"""What one service holds, and what it starts and ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maquette.errors import FileError, InputError, ServiceError
from maquette.geometry import write_mesh
from maquette.index import parse_where
from maquette.search import Engine, Part
from maquette.serve import Client, Service, Settings
from tests.search.search_cases import box
from tests.serve.serve_cases import Live


def test_files_are_read_in_processes_of_their_own(shared: Live, folder: Path, tmp_path: Path) -> None:
    sandbox = shared.service.library.engine.sandbox
    assert sandbox is not None and sandbox.limits.upload_bytes == shared.service.settings.file_bytes
    assert shared.service.own_files is not None
    (tmp_path / "bad.off").write_text("OFF nothing")
    with pytest.raises(FileError):
        shared.service.preview("turntable", tmp_path / "bad.off", of_query=True)
    good = folder / "models" / "bars" / "long.off"
    assert shared.service.preview("turntable", good, of_query=True) == shared.service.preview("turntable", good)


def test_requests_share_one_encoder(shared: Live, folder: Path) -> None:
    service = shared.service
    encoder: object = service.library.engine.encode
    assert encoder is service.shared[0]
    service.library.search([Part("image", folder / "photo.png")] * 3, k=1, where=())
    assert 'maquette_encode_batch_objects_bucket{le="4.0"}' in service.measures.text().decode()
    (batches,) = service.measures.encoded.collect()
    values = {(sample.name.rpartition("_")[2], sample.labels.get("le")): sample.value for sample in batches.samples}
    assert values["sum", None] >= 3
    assert values["bucket", "4.0"] > values["bucket", "2.0"], "three photos of a query are one batch"


def test_requests_that_come_together_are_ranked_together(shared: Live) -> None:
    library = shared.service.library
    ids = library.index.ids()
    # Items, which need no encoding: encoded together, representations differ in their last digits.
    asked = [([Part(item=ids[number % len(ids)])], 1 + number % 3) for number in range(12)]
    alone = [library.engine.search_parts(parts, k=k) for parts, k in asked]
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(lambda one: library.search(one[0], k=one[1], where=()), asked))
    assert [answer.hits for answer in found] == [answer.hits for answer in alone]
    text = shared.service.measures.text().decode()
    assert 'maquette_rank_batch_queries_bucket{le="32.0"}' in text
    with pytest.raises(InputError, match="no item has a text or a number in field 'wings'"):
        library.search(asked[0][0], k=1, where=parse_where(["wings=2"]))


def test_limits_are_those_that_hold(shared: Live) -> None:
    limits = shared.service.limits()
    assert limits["faces"] == 5_000_000 and limits["results"] == 1000 and limits["file_bytes"] == 64 * 2**20


def test_there_must_be_a_collection(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no collection"):
        Service.open(tmp_path, Settings())


def test_one_service_at_a_time_writes_to_a_collection(own: Live) -> None:
    with pytest.raises(ServiceError, match=r"another service writes to it: stop that one, or .* --read-only$"):
        Service.open(own.folder, Settings())
    second = Service.open(own.folder, Settings(read_only=True))
    assert second.lock is None
    second.stop()


def test_what_others_write_is_found_without_a_restart_and_nothing_is_lost(own: Live, tmp_path: Path) -> None:
    (tmp_path / "added").mkdir()
    for number in range(6):
        write_mesh(box(1, 2, 3 + number), tmp_path / f"sent{number}.off")
        write_mesh(box(2, 2, 3 + number), tmp_path / "added" / f"other{number}.off")
    with Client(own.address, timeout=300.0) as client:
        job = client.add([tmp_path / f"sent{number}.off" for number in range(6)])
        # What `maquette index add` does, in the middle of the service's own writing.
        report = Engine.open(own.folder).add_paths([tmp_path / "added"], workers=0)
        assert len(report.added) == 6
        found = client.search(meshes=[tmp_path / "added" / "other3.off"], k=20)
        assert {f"other{number}.off" for number in range(6)} <= {hit.id for hit in found.hits}
        assert len(client.wait(job).added) == 6
        ids = {item.id for item in client.every_item()}
    assert ids >= {f"{name}{number}.off" for name in ("sent", "other") for number in range(6)}
    assert len(ids) == 8 + 12
