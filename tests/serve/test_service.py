"""What one service holds, and what it starts and ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from maquette.errors import FileError, InputError
from maquette.search import Part
from maquette.serve import Service, Settings
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
