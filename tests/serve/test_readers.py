"""Readers are on their way before anything else, with the limits for strangers' files, and know all they will need."""

from __future__ import annotations

import subprocess
import sys

import pytest

import maquette.serve.readers as readers
from maquette.errors import ServiceError
from maquette.serve import Settings

_CHECK = f"""
import sys
from importlib import import_module

for name in {sorted(readers.SERVICE_READER_MODULES)}:
    import_module(name)
before = set(sys.modules)
import numpy as np
from maquette.geometry import Cloud, Mesh, simplify
from maquette.geometry.cameras import ring_cameras
from maquette.geometry.splat import splat

points = np.random.default_rng(0).normal(size=(50, 3))
splat(Cloud(points), ring_cameras(1), resolution=16)
corners = np.array([[a, (a + 1) % 50, (a + 2) % 50] for a in range(50)])
simplify(Mesh(points, corners, np.zeros((50, 3), np.uint8)), faces=10)
print(sorted(name for name in set(sys.modules) - before if name.startswith("scipy")))
"""


def test_readers_start_with_the_limits_for_files_of_strangers() -> None:
    sandbox = readers.start_readers(Settings(file_bytes=12_345))
    try:
        assert sandbox.limits.upload_bytes == 12_345 and sandbox.limits.wall_seconds == 30
        assert "memory" in sandbox.enforced()
    finally:
        sandbox.close()


def test_what_is_imported_late_elsewhere_is_there_before_a_reader_is_confined() -> None:
    done = subprocess.run([sys.executable, "-c", _CHECK], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_system_that_cannot_confine_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "can_confine", lambda: False)
    with pytest.raises(ServiceError, match="cannot confine the processes that read files"):
        readers.start_readers(Settings())
