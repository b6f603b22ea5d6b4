"""Which items the files of a job make."""

from __future__ import annotations

from pathlib import Path

from maquette.geometry import write_mesh
from maquette.serve.records import JobRecord
from maquette.serve.sources import sources_of_job
from tests.search.search_cases import box


def test_loose_files_keep_their_names_as_ids(tmp_path: Path) -> None:
    record = JobRecord.new()
    record.files = [("cup.off", "0.off"), ("photo.png", "1.png")]
    mesh, picture = sources_of_job(record, tmp_path)
    assert (mesh.id, mesh.geometry, mesh.class_name) == ("cup.off", "0.off", None)
    assert (picture.id, picture.geometry, picture.files) == ("photo.png", None, ("1.png",))
    record.class_name = "cups"
    assert [source.id for source in sources_of_job(record, tmp_path)] == ["cups/cup.off", "cups/photo.png"]


def test_an_archive_is_read_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "files" / "cups").mkdir(parents=True)
    write_mesh(box(1, 2, 3), tmp_path / "files" / "cups" / "a.off")
    (tmp_path / "files" / "cups" / "a_1.png").write_bytes(b"a view")
    record = JobRecord.new()
    record.archive = True
    (source,) = sources_of_job(record, tmp_path)
    assert (source.id, source.class_name, len(source.files)) == ("cups/a.off", "cups", 2)
    record.class_name = "mugs"
    (source,) = sources_of_job(record, tmp_path)
    assert (source.id, source.class_name) == ("mugs/cups/a.off", "mugs")
