"""The service is killed at random moments of adding, replacing and removing: what it acknowledged stays so."""

from __future__ import annotations

import logging
import random
import shutil
import signal
import statistics
from pathlib import Path

import pytest

from maquette.search import Engine, Part, check_collection
from tests.serve.kill_cases import Witness

_LOG = logging.getLogger(__name__)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [50, pytest.param(200, marks=pytest.mark.exhaustive)])
def test_nothing_that_was_acknowledged_is_undone(folder: Path, tmp_path: Path, kills: int) -> None:
    shutil.copytree(folder / "collection", tmp_path / "collection", ignore=shutil.ignore_patterns("service"))
    witness = Witness(tmp_path / "collection", tmp_path, random.Random(kills))
    for _ in range(kills):
        witness.round()
    process, client = witness.start()
    with client:
        witness.check(client)
        ids = {item.id for item in client.every_item()}
    process.terminate()
    process.join()
    assert process.exitcode in (0, -signal.SIGTERM)  # uvicorn finishes, and then lets the signal have its way
    slowest, middle = max(witness.restarts), statistics.median(witness.restarts)
    _LOG.info(
        "%d kills, %d acknowledged writes, restarts of %.1f s in the middle and %.1f s at most",
        *(kills, witness.acknowledged, middle, slowest),
    )
    assert witness.acknowledged > kills and any(content != {None} for content in witness.there.values())
    report = check_collection(witness.folder)
    assert report.problems == () and not [line for line in report.remarks if "box" in line]
    files = sorted((witness.folder / "uploads").rglob("*.off"))
    assert len(files) == sum(content != {None} for content in witness.there.values()), "files that belong to no item"
    # The index is what would be made anew of the same files: each is found by itself.
    engine = Engine.open(witness.folder)
    for id_, content in witness.there.items():
        if content != {None}:
            (path,) = [path for path in files if path.read_bytes() in content]
            assert engine.search_parts([Part("mesh", path)], k=len(ids)).items == len(ids), id_
