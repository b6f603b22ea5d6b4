"""What one service holds, and what it starts and ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.errors import FileError, InputError, ServiceError
from maquette.geometry import write_mesh
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
    assert service.library.engine.encode is service.encoder
    service.library.search([Part("image", folder / "photo.png")] * 3, k=1, where=())
    assert 'maquette_encode_batch_objects_bucket{le="4.0"}' in service.measures.text().decode()
    (batches,) = service.measures.encoded.collect()
    values = {(sample.name.rpartition("_")[2], sample.labels.get("le")): sample.value for sample in batches.samples}
    assert values["sum", None] >= 3
    assert values["bucket", "4.0"] > values["bucket", "2.0"], "three photos of a query are one batch"


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
