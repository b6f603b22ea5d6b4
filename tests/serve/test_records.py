"""Jobs on disk."""

from __future__ import annotations

from pathlib import Path

from maquette.serve.records import JobRecord, RecordFolder, sync_folder


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = RecordFolder(tmp_path)
    record = JobRecord.new()
    record.files, record.class_name = [("cup.off", "0.off"), ("b.off", "1.off")], "cups"
    record.outcomes, record.removed, record.total = {"cups/cup.off": "added"}, ["x"], 2
    record.refused = [("b.off", "is empty")]
    folder.write(record)
    other = JobRecord.new()
    folder.write(other)
    (tmp_path / ".draft.tmp").write_text("half")
    (tmp_path / "notes.json").write_text("not a job")
    found = RecordFolder(tmp_path).read_all()
    assert {job.id: job for job in found} == {record.id: record, other.id: other}
    assert not (tmp_path / ".draft.tmp").exists()
    shown = record.shown()
    assert (shown.done, shown.total, shown.added) == (2, 2, ["cups/cup.off"])
    assert shown.refused[0].name == "b.off"
    sync_folder(tmp_path)


def test_old_jobs_are_forgotten_but_never_unfinished_ones(tmp_path: Path) -> None:
    folder = RecordFolder(tmp_path)
    records = {}
    for number in range(203):
        record = JobRecord(f"{number:032x}", f"2026-01-01T00:{number // 60:02}:{number % 60:02}", [])
        record.state = "queued" if number == 0 else "done"
        records[record.id] = record
        folder.write(record)
    folder.forget_old(records)
    left = {job.id for job in RecordFolder(tmp_path).read_all()}
    assert left == set(records) == {f"{number:032x}" for number in range(203) if number not in (1, 2)}
