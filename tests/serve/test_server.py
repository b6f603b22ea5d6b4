"""`maquette serve` as people start it: a process that says where it is, answers, and stops when told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from maquette.errors import ServiceError
from maquette.geometry import write_mesh
from maquette.search import Collection
from maquette.serve import Client
from tests.search.search_cases import box


@pytest.mark.slow
def test_a_process_that_is_told_to_stop_finishes_what_it_writes(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "collection", tmp_path / "collection", ignore=shutil.ignore_patterns("service"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "maquette", "serve", str(tmp_path / "collection"), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert process.stderr is not None
    try:
        assert f"http://127.0.0.1:{port}/" in process.stderr.readline()
        with Client(f"http://127.0.0.1:{port}", timeout=120.0) as client:
            while True:
                try:
                    client.ready()
                    break
                except ServiceError:
                    assert process.poll() is None
            write_mesh(box(1, 2, 9), tmp_path / "new.off")
            write_mesh(box(4, 2, 9), tmp_path / "newer.off")
            client.wait(client.add([tmp_path / "new.off"]))
            client.add([tmp_path / "newer.off"])
        process.send_signal(signal.SIGTERM)
        lines = process.stderr.read().splitlines()
        assert process.wait() in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    events = [json.loads(line) for line in lines]  # every line of the log is JSON
    asked = {(event.get("method"), event.get("path"), event.get("status")) for event in events}
    assert ("POST", "/api/jobs", 202) in asked
    index = Collection.open(tmp_path / "collection").index
    waiting = [json.loads(path.read_text()) for path in (tmp_path / "collection/service/jobs").glob("*.json")]
    assert "new.off" in index
    assert "newer.off" in index or any(job["state"] != "done" for job in waiting)
