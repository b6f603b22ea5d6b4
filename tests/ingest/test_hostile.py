"""Every attack is answered in time, refused with a reason or read as what it is; nothing outside is read or written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from maquette.ingest import Limits, Sandbox
from maquette.search.reading import Reading, Refusal, make_sandbox, read_source
from maquette.search.sources import Source
from tests.ingest.attacks import CANARY, Attack, attacks_on_any, attacks_on_numbers
from tests.ingest.attacks_pictures import attacks_on_pictures
from tests.ingest.attacks_scenes import attacks_on_scenes
from tests.ingest.valid_files import MODALITY, VALID

LIMITS = Limits(memory_bytes=512 * 2**20, cpu_seconds=10.0, wall_seconds=30.0)
SETTINGS = {
    "image": {"views": 1, "train_views": 1, "resolution": 16},
    "mesh": {"faces": 16},
    "pointcloud": {"points_prepared": 32, "points": 16},
}
GROUPS = {
    "any": attacks_on_any,
    "numbers": attacks_on_numbers,
    "scenes": attacks_on_scenes,
    "pictures": attacks_on_pictures,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = make_sandbox(LIMITS)
    assert made is not None
    with made:
        yield made


def source_of(path: Path) -> Source:
    if MODALITY[path.suffix] == "image":
        return Source("x", path.parent, None, {"image": (path.name,)})
    return Source("x", path.parent, path.name)


def answer_to(attack: Attack, folder: Path, sandbox: Sandbox) -> Reading | Refusal:
    path = folder / f"attack{attack.suffix}"
    path.write_bytes(attack.data)
    return read_source(source_of(path), SETTINGS, seed=0, sandbox=sandbox)


def what_is_said(result: Reading | Refusal) -> bytes:
    """Everything an answer holds, as bytes to look for a secret in."""
    if isinstance(result, Refusal):
        return result.reason.encode()
    arrays = b"".join(np.ascontiguousarray(a).tobytes() for own in result.arrays.values() for a in own.values())
    return json.dumps(dict(result.metadata)).encode() + result.thumbnail + arrays


def resident_bytes() -> int:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def test_there_are_more_than_forty_kinds() -> None:
    attacks = [attack for group in GROUPS.values() for attack in group()]
    kinds = [attack.kind for attack in attacks_on_any()]
    generic = {kind.removesuffix(f" {name}") for name in VALID for kind in kinds if kind.endswith(f" {name}")}
    assert len(attacks) > 500
    assert len({attack.kind for attack in attacks}) == len(attacks), "each is counted once"
    assert len(kinds) == len(VALID) * 19
    assert len(generic) == 19


@pytest.mark.parametrize("group", GROUPS)
def test_every_attack_is_answered(
    group: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "what no answer may say: 93d1e8"
    (tmp_path / f"{CANARY}.txt").write_text(secret)
    folder = tmp_path / "inside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / f"{CANARY}.txt").write_text(secret)
    sandbox.enforced()  # a reader is there before memory is measured
    # So are the libraries' own pools, which grow with the first large file and stay.
    for attack in islice(GROUPS[group](), 10):
        answer_to(attack, folder, sandbox)
        (folder / f"attack{attack.suffix}").unlink()
    before, resident = snapshot(tmp_path), resident_bytes()
    wrong = []
    for attack in GROUPS[group]():
        result = answer_to(attack, folder, sandbox)
        (folder / f"attack{attack.suffix}").unlink()
        said = what_is_said(result)
        assert secret.encode() not in said
        assert CANARY.encode() not in said or isinstance(result, Refusal), f"{attack.kind}: metadata came through"
        if isinstance(result, Refusal):
            assert result.reason and "\n" not in result.reason, attack.kind
            assert "maquette-" not in result.reason, "the reader's folder is nobody's business"
            assert result.path == str(folder / f"attack{attack.suffix}")
        elif attack.refused:
            wrong.append(attack.kind)
    assert not wrong, f"read as if they were sound: {wrong}"
    assert snapshot(tmp_path) == before, "a file outside was written"
    assert resident_bytes() - resident < 50 * 2**20, "memory returns"


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize("name", VALID)
def test_sound_files_are_still_accepted(name: str, tmp_path: Path, sandbox: Sandbox) -> None:
    suffix, make = VALID[name]
    for number in range(5):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(make(number))
        result = read_source(source_of(path), SETTINGS, seed=0, sandbox=sandbox)
        assert isinstance(result, Reading), result


def test_what_is_no_regular_file_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    os.mkfifo(tmp_path / "pipe.obj")
    (tmp_path / "folder.obj").mkdir()
    (tmp_path / "device.obj").symlink_to("/dev/zero")
    (tmp_path / "nowhere.obj").symlink_to(tmp_path / "gone.obj")
    (tmp_path / "itself.obj").symlink_to(tmp_path / "itself.obj")
    reasons = {}
    for name in ("pipe", "folder", "device", "nowhere", "itself"):
        result = read_source(Source(name, tmp_path, f"{name}.obj"), SETTINGS, seed=0, sandbox=sandbox)
        assert isinstance(result, Refusal)
        reasons[name] = result.reason
    assert reasons["pipe"] == reasons["device"] == "is no regular file: expected a file on disk"
    assert "No such file" in reasons["nowhere"]
