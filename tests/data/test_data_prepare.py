from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maquette.data.manifest import Manifest
from maquette.data.prepare import prepare
from maquette.data.store import State, Store
from maquette.errors import ConfigError, MaquetteError
from tests.data.counting_modality import Counting, write_collection

MODALITIES = {"counting": Counting()}


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".npy", ".jsonl"}
    }


def test_one_bad_file_among_good_ones_is_reported_and_skipped(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path / "data", ["0", "1", "bad", "3", "parser"])
    seen: list[tuple[int, int]] = []
    report = prepare(manifest, MODALITIES, tmp_path / "store", on_progress=lambda done, all_: seen.append((done, all_)))
    assert report.counts == {"counting": {"done": 3, "refused": 2, "absent": 0}}
    assert [(r.id, r.modality, r.path, r.reason) for r in report.refused] == [
        ("object002", "counting", "object002.txt", "says that it is bad"),
        ("object004", "counting", "object004.txt", "ValueError: unexpected token"),
    ]
    assert "refused object002.txt: says that it is bad" in report.lines()
    assert seen == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    lines = [json.loads(line) for line in (tmp_path / "store" / "refused.jsonl").read_text().splitlines()]
    assert [line["path"] for line in lines] == ["object002.txt", "object004.txt"]
    store = Store.open(tmp_path / "store")
    assert store.present("counting").tolist() == [True, True, False, True, False]
    assert store.arrays("counting", np.array([3, 0]))["values"][:, 0].tolist() == [3, 0]


def test_strict_raises_at_the_end_with_everything_else_done(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path / "data", ["bad", "1"])
    with pytest.raises(MaquetteError, match=r"1 readings of 2 .* object000\.txt: says") as caught:
        prepare(manifest, MODALITIES, tmp_path / "store", strict=True)
    assert caught.value.exit_code == 1
    assert Store.open(tmp_path / "store").present("counting").tolist() == [False, True]


def test_a_second_call_reads_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    modalities = {"counting": Counting(log=str(log))}
    manifest = write_collection(tmp_path / "data", ["0", "bad", "2"])
    first = prepare(manifest, modalities, tmp_path / "store")
    before = _content(tmp_path / "store")
    for file in (tmp_path / "data").iterdir():
        file.unlink()  # the sources are not needed any more
    second = prepare(manifest, modalities, tmp_path / "store")
    assert len(log.read_text().splitlines()) == 3
    assert (first.read, first.already, second.read, second.already) == (3, 0, 0, 3)
    assert second.refused == first.refused
    assert _content(tmp_path / "store") == before


def test_retry_reads_the_refused_alone_and_forgets_the_refusal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    modalities = {"counting": Counting(log=str(log))}
    manifest = write_collection(tmp_path / "data", ["0", "bad", "parser"])
    prepare(manifest, modalities, tmp_path / "store")
    (tmp_path / "data" / "object001.txt").write_text("5")
    report = prepare(manifest, modalities, tmp_path / "store", retry=True)
    assert [refusal.id for refusal in report.refused] == ["object002"]
    assert Counter(log.read_text().split()) == {"object000.txt": 1, "object001.txt": 2, "object002.txt": 2}
    assert Store.open(tmp_path / "store").arrays("counting", np.array([1]))["values"][0, 0] == 5


def test_processes_change_nothing_and_outlive_crashes_and_hangs(tmp_path: Path) -> None:
    texts = [str(number) for number in range(12)]
    manifest = write_collection(tmp_path / "data", texts)
    prepare(manifest, MODALITIES, tmp_path / "alone", seed=5)
    texts[2], texts[7], texts[9] = "crash", "hang", "bad"
    troubled = write_collection(tmp_path / "data", texts)
    report = prepare(troubled, MODALITIES, tmp_path / "crew", seed=5, workers=2, timeout_seconds=1.5)
    assert {(r.path, r.reason) for r in report.refused} == {
        ("object002.txt", "the reader crashed (signal 9)"),
        ("object007.txt", "reading took longer than 1.5 seconds"),
        ("object009.txt", "says that it is bad"),
    }
    good = np.array([0, 1, 3, 4, 5, 6, 8, 10, 11])
    alone, crew = Store.open(tmp_path / "alone"), Store.open(tmp_path / "crew")
    assert crew.present("counting").nonzero()[0].tolist() == good.tolist()
    for key, array in alone.arrays("counting", good).items():
        np.testing.assert_array_equal(array, crew.arrays("counting", good)[key])
    assert crew.notes == {key: notes for key, notes in alone.notes.items() if alone.ids.index(key[0]) in good}


KILLED = """
import sys
from pathlib import Path
from tests.data.counting_modality import Counting
from maquette.data.manifest import Manifest
from maquette.data.prepare import prepare

if __name__ == "__main__":
    manifest, out, log = map(Path, sys.argv[1:])
    prepare(Manifest.load(manifest), {"counting": Counting(delay=0.03, log=str(log))}, out, workers=int(1))
"""


def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path) -> None:
    count = 60
    manifest = write_collection(tmp_path / "data", [str(number) for number in range(count)])
    manifest.save(tmp_path / "manifest.json")
    script, log, out = tmp_path / "killed.py", tmp_path / "log", tmp_path / "store"
    script.write_text(KILLED)
    path = os.pathsep.join(
        [str(Path(__file__).parent), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    )
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "manifest.json"), str(out), str(log)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        patience = time.monotonic() + 60
        while time.monotonic() < patience and process.poll() is None:
            state = out / "counting" / "state.npy"
            if state.exists() and (np.load(state) == State.DONE).sum() >= 10:
                break
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(0.2)  # its reader notices that the pipe is closed
    done = np.load(out / "counting" / "state.npy") == State.DONE
    assert 10 <= done.sum() < count
    first = Counter(log.read_text().split())
    with pytest.raises(MaquetteError, match="not prepared in 'counting' yet: run prepare again"):
        Store.open(out)

    log.unlink()
    report = prepare(manifest, {"counting": Counting(log=str(log))}, out)
    second = Counter(log.read_text().split())
    assert sorted(second) == [f"object{row:03d}.txt" for row in np.flatnonzero(~done)]
    assert set(second.values()) == {1}
    assert report.already == done.sum()
    assert len(first | second) == count

    prepare(manifest, MODALITIES, tmp_path / "whole")
    for name in ("values", "bytes", "state"):
        assert (out / "counting" / f"{name}.npy").read_bytes() == (
            tmp_path / "whole" / "counting" / f"{name}.npy"
        ).read_bytes()
    assert Store.open(out).notes == Store.open(tmp_path / "whole").notes


def test_half_a_line_in_the_records_of_a_killed_run_does_no_harm(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path / "data", ["0", "bad", "2"])
    out = tmp_path / "store"
    prepare(manifest, MODALITIES, out)
    for name in ("notes.jsonl", "refused.jsonl"):
        with (out / name).open("a") as file:
            file.write('{"id": "obj')
    state = np.load(out / "counting" / "state.npy", mmap_mode="r+")
    state[:] = State.PENDING
    state.flush()
    report = prepare(manifest, MODALITIES, out)
    assert len(report.refused) == 1
    assert set(Store.open(out).notes) == {("object000", "counting"), ("object002", "counting")}


def test_labels_may_change_files_seed_and_settings_may_not(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path / "data", ["0", "1", "2"])
    out = tmp_path / "store"
    prepare(manifest, MODALITIES, out)
    noisy = manifest.with_labels({"object000": 2}, source={"noise": "by hand"})
    assert prepare(noisy, MODALITIES, out).read == 0
    assert Store.open(out).labels().tolist() == [2, 1, 2]
    assert Store.open(out).true_labels().tolist() == [0, 1, 2]
    fewer = replace(manifest, items=manifest.items[:2])
    with pytest.raises(ConfigError, match=r"prepared with files_digest .* another folder"):
        prepare(fewer, MODALITIES, out)
    with pytest.raises(ConfigError, match="prepared with seed 0, now it is 1"):
        prepare(manifest, MODALITIES, out, seed=1)
    with pytest.raises(ConfigError, match=r"'counting' prepared with .*'width': 4.*'width': 5"):
        prepare(manifest, {"counting": Counting(width=5)}, out)


def test_a_modality_can_be_added_without_reading_the_others_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    out = tmp_path / "store"
    manifest = write_collection(tmp_path / "data", ["0", "1"])
    both = tuple(replace(item, paths={**item.paths, "more": item.paths["counting"]}) for item in manifest.items)
    manifest = replace(manifest, items=both)
    prepare(manifest, {"counting": Counting(log=str(log))}, out)
    prepare(manifest, {"counting": Counting(log=str(log)), "more": Counting(width=7)}, out)
    assert len(log.read_text().splitlines()) == 2
    prepare(manifest, {"more": Counting(width=7)}, out)
    store = Store.open(out)
    assert store.modalities == ("counting", "more")
    assert store.arrays("more", np.array([1]))["values"].shape == (1, 7)


def test_a_store_that_does_not_fit_the_disk_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    manifest = write_collection(tmp_path / "data", ["0"])
    with pytest.raises(MaquetteError, match="GB are free"):
        prepare(manifest, {"counting": Counting(width=2**50)}, tmp_path / "store")
    assert not (tmp_path / "store" / "store.json").exists()


def test_an_empty_manifest_gives_an_empty_store(tmp_path: Path) -> None:
    prepare(Manifest("none", tmp_path, ("a",), ()), MODALITIES, tmp_path / "store")
    assert len(Store.open(tmp_path / "store")) == 0
