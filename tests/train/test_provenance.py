"""Where a result came from is stated, with or without git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch

import maquette
from maquette.train.provenance import machine_words, provenance


def test_facts_are_json_and_true() -> None:
    facts = provenance()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["maquette"] == maquette.__version__
    assert facts["libraries"]["torch"] == torch.__version__
    assert facts["threads"] == torch.get_num_threads()


def test_the_kernels_are_stated_and_older_results_say_nothing_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, words in ((True, "compiled kernels"), (False, "no compiled kernels")):
        monkeypatch.setattr("maquette.train.provenance.has_kernels", lambda there=there: there)
        facts = provenance()
        assert facts.pop("compiled_kernels") is there
        assert machine_words({**facts, "compiled_kernels": there}) == f"{machine_words(facts)}, {words}"
    assert machine_words(facts) == f"{facts['machine']}, {facts['device']}"


def test_the_commit_is_that_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for git that answers what git answers: the machine that tests may have none.
    changed = ""

    def git(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert command[:3] == ["git", "-C", str(tmp_path)]
        answers = {"rev-parse": "abc123", "status": changed}
        return subprocess.CompletedProcess(command, 0, stdout=answers[command[3]] + "\n")

    monkeypatch.setattr(maquette, "__file__", str(tmp_path / "maquette" / "__init__.py"))
    monkeypatch.setattr(subprocess, "run", git)
    monkeypatch.delenv("MAQUETTE_COMMIT", raising=False)
    assert provenance()["commit"] is None, "no checkout: nothing is asked of git"
    monkeypatch.setenv("MAQUETTE_COMMIT", "def456")
    assert provenance()["commit"] == "def456"
    (tmp_path / ".git").mkdir()
    assert provenance()["commit"] == "abc123", "a checkout's own commit counts"
    changed = " M maquette/types.py"
    assert provenance()["commit"] == "abc123+changes"


def test_no_git_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(command: list[str], **options: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "git")

    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(maquette, "__file__", str(tmp_path / "maquette" / "__init__.py"))
    monkeypatch.setattr(subprocess, "run", missing)
    assert provenance()["commit"] is None
