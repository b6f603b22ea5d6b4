"""A confined process cannot do what a reader need not, and says what holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from maquette.ingest.confine import confine, leave_network
from maquette.ingest.limits import Limits
from maquette.ingest.sandbox import Sandbox
from tests.ingest import reader_tasks

ALLOWED = {"read own", "start a thread", "import"}


def test_a_reader_cannot_escape(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    with Sandbox(Limits(), modules=[reader_tasks.__name__]) as sandbox:
        enforced = sandbox.enforced()
        request = {"outside": str(outside), "parent": os.getpid()}
        done, _ = sandbox.run(
            f"{reader_tasks.__name__}:escape", request, stage=lambda folder: write(folder / "x.txt", "own")
        )
    assert done["read own"] == "done"
    if sys.platform == "linux":  # Landlock and seccomp are Linux's
        assert {name for name, result in done.items() if result == "done"} == ALLOWED
        assert outside.read_text() == "secret"
        assert enforced["files"].startswith("Landlock")
        assert enforced["system calls"].startswith("seccomp")


def write(path: Path, text: str) -> None:
    path.write_text(text)


def test_what_the_system_lacks_is_said_and_not_fatal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a child, for what is taken away is gone for good."""

    def missing(*_: object) -> str:
        raise OSError("the kernel has no such thing")

    for name in ("restrict_files", "filter_calls", "_drop_privileges", "_control", "_limit_memory", "_limit_files"):
        monkeypatch.setattr(f"maquette.ingest.confine.{name}", missing)
    monkeypatch.setattr("maquette.ingest.confine.allow_cpu_seconds", missing)
    monkeypatch.chdir(tmp_path)  # comes back afterwards
    enforced = confine(tmp_path, Limits())
    assert set(enforced.values()) == {"not enforced: the kernel has no such thing"}


def test_the_network_of_a_nursery_is_said() -> None:
    with Sandbox(Limits(), modules=[reader_tasks.__name__]) as sandbox:
        words = sandbox.enforced()["network"]
    assert words in {"a network namespace without interfaces", "not enforced: the system allows no network namespace"}
    assert callable(leave_network)
