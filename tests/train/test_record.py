"""The record keeps what a checkpoint stands for and forgets the rest."""

from __future__ import annotations

from pathlib import Path

from maquette.train.record import Record, read_record


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    with Record(tmp_path, batches=0) as record:
        record.add("train", 1, {"center": 2.0}, epoch=0, step=0)
        record.add("validation", 1, {"map": 0.5}, epoch=0)
    first, second = read_record(tmp_path)
    assert first == {"kind": "train", "batches": 1, "epoch": 0, "step": 0, "values": {"center": 2.0}}
    assert second["values"] == {"map": 0.5}
    assert any(tmp_path.joinpath("tensorboard").iterdir())


def test_resuming_forgets_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    with Record(tmp_path, batches=0) as record:
        for batch in range(1, 6):
            record.add("train", batch, {"x": float(batch)})
    with Record(tmp_path, batches=3) as record:
        record.add("train", 4, {"x": 40.0})
    assert [entry["values"]["x"] for entry in read_record(tmp_path)] == [1.0, 2.0, 3.0, 40.0]


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    with Record(tmp_path, batches=0) as record:
        record.add("train", 1, {"x": 1.0})
    with (tmp_path / "record.jsonl").open("a") as lines:
        lines.write('{"kind": "train", "ba')
    assert len(read_record(tmp_path)) == 1


def test_a_fresh_run_starts_an_empty_record(tmp_path: Path) -> None:
    with Record(tmp_path, batches=0) as record:
        record.add("train", 1, {"x": 1.0})
    with Record(tmp_path, batches=0):
        pass
    assert read_record(tmp_path) == []
