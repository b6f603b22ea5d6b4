"""Sound files with something changed at random: every one is answered, and the reader is fit for the next."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.ingest import Sandbox
from maquette.search.reading import make_sandbox, read_query
from tests.ingest.test_hostile import LIMITS, SETTINGS, resident_bytes
from tests.ingest.valid_files import MODALITY, VALID

_EXTREME = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\0\0", b"\0\0\xc0\x7f", b"\0\0\x80\x7f")
_WORDS = (
    b" -1 ",
    b" nan ",
    b" 1e309 ",
    b" 99999999999999 ",
    b" 0 ",
    b"\n",
    b"\0",
    b'"',
    b"{",
    b"[",
    b"<",
    b" 4294967296 ",
)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four changes: bits, bytes, numbers, words, parts taken out, doubled or put elsewhere."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at, until = sorted(rng.integers(0, len(changed) + 1, 2).tolist())
        until = min(until, at + 200)
        match int(rng.integers(0, 8)):
            case 0:
                changed[at % len(changed)] ^= 1 << int(rng.integers(0, 8))
            case 1:
                changed[at:until] = rng.bytes(until - at)
            case 2:
                word = _EXTREME[rng.integers(0, len(_EXTREME))]
                changed[at : at + 4] = word if rng.random() < 0.5 else word[::-1]
            case 3:
                changed[at:at] = _WORDS[rng.integers(0, len(_WORDS))]
            case 4:
                del changed[at:until]
            case 5:
                changed[at:at] = changed[at:until]
            case 6:
                changed[at:until] = changed[at:until][::-1]
            case _:
                del changed[max(at, 8) :]
        if not changed:
            changed = bytearray(b"\0")
    return bytes(changed)


def answered(count: int, folder: Path, sandbox: Sandbox) -> Counter[str]:
    """How so many mutations, over all formats in turn, were answered."""
    verdicts: Counter[str] = Counter()
    names = sorted(VALID)
    for number in range(count):
        name = names[number % len(names)]
        suffix, make = VALID[name]
        rng = np.random.default_rng([7, number])
        path = folder / f"mutation{suffix}"
        path.write_bytes(mutated(make(int(rng.integers(0, 1000))), rng))
        try:
            arrays, _ = read_query(MODALITY[suffix], path, SETTINGS, seed=0, sandbox=sandbox)
        except FileError as error:
            assert error.reason and "\n" not in error.reason, (name, number)
            verdicts["died" if "the process that read it died" in error.reason else "refused"] += 1
        else:
            assert all(np.isfinite(array).all() for array in arrays.values()), (name, number)
            verdicts["accepted"] += 1
    return verdicts


def check(count: int, folder: Path) -> None:
    made = make_sandbox(LIMITS)
    assert made is not None
    with made as sandbox:
        answered(28, folder, sandbox)
        before = resident_bytes()
        verdicts = answered(count, folder, sandbox)
        assert verdicts.total() == count
        assert verdicts["refused"] > count / 4, "changes that matter are seen"
        assert verdicts["accepted"] > count / 20, "changes that do not are forgiven"
        assert verdicts["died"] == 0, "no parser crashes"
        assert resident_bytes() - before < 50 * 2**20, "memory returns"


@pytest.mark.slow
def test_a_thousand_mutations_are_answered(tmp_path: Path) -> None:
    check(1_000, tmp_path)


@pytest.mark.exhaustive
def test_ten_thousand_mutations_are_answered(tmp_path: Path) -> None:
    check(10_000, tmp_path)


@pytest.mark.exhaustive
def test_a_thousand_sound_files_are_accepted(tmp_path: Path) -> None:
    made = make_sandbox(LIMITS)
    assert made is not None
    with made as sandbox:
        for number in range(1_000):
            suffix, make = VALID[sorted(VALID)[number % len(VALID)]]
            path = tmp_path / f"sound{suffix}"
            path.write_bytes(make(number))
            read_query(MODALITY[suffix], path, SETTINGS, seed=0, sandbox=sandbox)
