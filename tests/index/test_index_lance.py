from __future__ import annotations

import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import CollectionError, InputError
from maquette.index.lance import LanceIndex

WRITER = """
import itertools, sys
from pathlib import Path
import numpy as np
from maquette.index import LanceIndex
index = LanceIndex(folder=Path(sys.argv[1]), compact_every=7)
rng = np.random.default_rng(len(index))
for n in itertools.count(len(index)):
    ids = [f"{sys.argv[2]}-{n}-{j}" for j in range(3)]
    index.add(ids, rng.normal(size=(3, 8)), [{"n": n}] * 3)
    print(" ".join(ids), flush=True)
    if n % 4 == 3:
        index.remove(ids[:1])
        print("-" + ids[0], flush=True)
"""


def filled(folder: Path) -> LanceIndex:
    rng = np.random.default_rng(0)
    index = LanceIndex(folder=folder, dimensions=8, parts=("image", "mesh"), tags={"fingerprint": "f1"})
    vectors = rng.normal(size=(40, 8))
    index.add([f"{row:02}" for row in range(40)], vectors, [{"n": row} for row in range(40)], parts={"mesh": vectors})
    index.remove(["07"])
    index.upsert(["03", "new"], rng.normal(size=(2, 8)))
    return index


def content(index: LanceIndex) -> list[tuple[str, bytes, str]]:
    return [(entry.id, entry.vector.tobytes(), str(entry.metadata)) for entry in index.get(index.ids())]


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    index = filled(tmp_path)
    again = LanceIndex(folder=tmp_path)
    assert content(again) == content(index)
    assert len(again) == 40
    assert (again.version, again.dimensions, again.part_names) == (index.version, 8, ("image", "mesh"))
    assert again.tags == {"fingerprint": "f1"}
    np.testing.assert_array_equal(again.parts(["01", "00"]), index.parts(["01", "00"]))
    assert again.info()["bytes"] > 1000


def test_a_reader_keeps_its_version_until_it_refreshes(tmp_path: Path) -> None:
    writer = filled(tmp_path)
    readers = [LanceIndex(folder=tmp_path), LanceIndex(folder=tmp_path)]
    writer.add(["later"], np.ones((1, 8)))
    writer.remove(["00"])
    for reader in readers:
        assert "later" not in reader
        assert "00" in reader
        assert reader.refresh()
        assert not reader.refresh()
        assert content(reader) == content(writer)
        assert reader.search(np.ones((1, 8)), k=1)[0].ids == ("later",)


def test_parts_are_those_of_the_newest_rows_wherever_they_have_moved(tmp_path: Path) -> None:
    ours = LanceIndex(folder=tmp_path, dimensions=4, parts=("image",), compact_every=5)
    theirs = LanceIndex(folder=tmp_path)
    rng = np.random.default_rng(3)
    there: dict[str, np.ndarray] = {}
    for turn in range(30):
        writer, reader = (ours, theirs) if rng.random() < 0.5 else (theirs, ours)
        ids = [f"item{number}" for number in rng.choice(12, 3, replace=False)]
        vectors = np.eye(4)[rng.integers(0, 4, 3)] + rng.random((3, 4))
        if turn % 4 == 3:
            writer.remove(ids[:2])
            there = {id_: vector for id_, vector in there.items() if id_ not in ids[:2]}
        else:
            writer.upsert(ids, vectors, parts={"image": vectors})
            there |= dict(zip(ids, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=True))
        reader.refresh()
        for index in (writer, reader):
            found = index.parts([*there, *list(there)[:1]])[:, 0]
            np.testing.assert_allclose(found, [*there.values(), *list(there.values())[:1]], atol=1e-6)
    with pytest.raises(InputError, match="'gone' is not among"):
        ours.parts(["gone"])


def test_looking_for_a_newer_version_costs_nothing_where_there_is_none(tmp_path: Path) -> None:
    index, other = filled(tmp_path), LanceIndex(folder=tmp_path)
    index.refresh()
    opened, index._table = index._table, None
    assert not index.refresh(), "Lance would have been asked"
    index._table = opened
    other.add(["newest"], np.ones((1, 8)))
    assert index.refresh() and "newest" in index and not index.refresh()


def test_a_writer_sees_what_another_wrote_before_it_decides(tmp_path: Path) -> None:
    one, two = filled(tmp_path), LanceIndex(folder=tmp_path)
    one.add(["mine"], np.ones((1, 8)))
    with pytest.raises(InputError, match="'mine' is in the index already"):
        two.add(["mine"], np.ones((1, 8)))
    assert two.remove(["mine"]) == 1
    assert one.remove(["mine"]) == 0
    assert len(LanceIndex(folder=tmp_path)) == 40


def test_old_versions_go_and_content_stays(tmp_path: Path) -> None:
    index = LanceIndex(folder=tmp_path, dimensions=4, compact_every=5, keep_versions=timedelta(milliseconds=1))
    rng = np.random.default_rng(0)
    for n in range(40):
        index.add([f"{n:02}"], rng.normal(size=(1, 4)))
    assert len(list((tmp_path / "items.lance" / "_versions").glob("*.manifest"))) < 12
    assert content(LanceIndex(folder=tmp_path)) == content(index)
    assert len(index) == 40


def test_another_shape_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(InputError, match="holds 8 dimensions"):
        LanceIndex(folder=tmp_path, dimensions=9, parts=("image", "mesh"))
    with pytest.raises(InputError, match="parts"):
        LanceIndex(folder=tmp_path, dimensions=8)


def test_nothing_is_made_where_something_should_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="holds no items"):
        LanceIndex(folder=tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_damaged_file_gives_an_error_or_changes_nothing(tmp_path: Path) -> None:
    """Each file of the table in turn: cut in half, emptied, deleted, overwritten in the middle."""
    expected = content(filled(tmp_path / "whole"))
    files = sorted(
        p.relative_to(tmp_path / "whole") for p in (tmp_path / "whole" / "items.lance").rglob("*") if p.is_file()
    )
    refused = 0
    for number, name in enumerate(files):
        # A deletion file says which rows are gone; with a flipped bit it can hide a row, and no checksum covers it.
        for how in ("cut", "empty", "delete") + (("flip",) if name.parts[1] == "data" else ()):
            folder = tmp_path / f"{number}-{how}"
            shutil.copytree(tmp_path / "whole", folder)
            old = (folder / name).read_bytes()
            middle = len(old) // 2
            new = {"cut": old[:middle], "empty": b"", "flip": old[:middle] + b"\x55\xaa" + old[middle + 2 :]}.get(how)
            (folder / name).unlink() if new is None else (folder / name).write_bytes(new)
            try:
                assert content(LanceIndex(folder=folder)) == expected, (name, how)
            except CollectionError as error:
                refused += 1
                assert str(folder) in str(error)
    assert refused >= 8


def test_a_flipped_bit_in_any_vector_is_found(tmp_path: Path) -> None:
    index = LanceIndex(folder=tmp_path, dimensions=8)
    vectors = np.random.default_rng(1).normal(size=(30, 8))
    index.add([f"{row:02}" for row in range(30)], vectors)
    (file,) = (tmp_path / "items.lance" / "data").iterdir()
    old, target = file.read_bytes(), index.get(["11"])[0].vector.tobytes()
    place = old.index(target)
    file.write_bytes(old[:place] + bytes([old[place] ^ 1]) + old[place + 1 :])
    with pytest.raises(CollectionError, match="item '11' is damaged"):
        LanceIndex(folder=tmp_path)


def test_ids_of_any_spelling(tmp_path: Path) -> None:
    index = LanceIndex(folder=tmp_path, dimensions=2, parts=("image",))
    ids = ["it's", '"', "';--", "a\\'b", "% _", "\n", "\0", "雪", "' OR '1'='1", "a/b.off"]
    index.add(ids, np.ones((len(ids), 2)), parts={"image": np.ones((len(ids), 2))})
    for gone in ids:
        assert index.parts([gone]).shape == (1, 1, 2)
        assert index.remove([gone]) == 1
        assert set(LanceIndex(folder=tmp_path).ids()) == set(ids[ids.index(gone) + 1 :])


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX thing")
def test_kill_nine_loses_nothing_acknowledged_and_brings_nothing_back(tmp_path: Path) -> None:
    LanceIndex(folder=tmp_path, dimensions=8)
    rng = np.random.default_rng()
    added: set[str] = set()
    removed: set[str] = set()
    doubtful: set[str] = set()
    for round_ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(round_)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline()]
            time.sleep(float(rng.uniform(0, 0.25)))
            child.kill()
            lines += child.stdout.readlines()
        whole = [line.split() for line in lines if line.endswith("\n")]
        removed |= {ids[0][1:] for ids in whole if ids[0].startswith("-")}
        writes = [ids for ids in whole if not ids[0].startswith("-")]
        added |= {id_ for ids in writes for id_ in ids}
        # The child may have died between removing an item of its last write and saying so.
        doubtful.add(writes[-1][0])
        index = LanceIndex(folder=tmp_path)
        there = set(index.ids())
        assert added - removed - doubtful <= there
        assert not removed & there
        for n in {id_.rsplit("-", 1)[0] for id_ in there}:
            assert {f"{n}-1", f"{n}-2"} <= there, "a write is there whole or not at all"
    assert len(added) > 15
    index.add(["after"], np.ones((1, 8)))
    assert "after" in LanceIndex(folder=tmp_path)
