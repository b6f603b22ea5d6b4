"""Whatever a file does to its reader, the caller gets an answer in time and the next file a sound reader."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError, InputError, MaquetteError
from maquette.ingest.limits import Limits
from maquette.ingest.sandbox import Refused, Sandbox, can_confine
from tests.ingest import reader_tasks

TASKS = reader_tasks.__name__
LIMITS = Limits(memory_bytes=200 * 2**20, cpu_seconds=1.0, wall_seconds=300.0)


def make(limits: Limits = LIMITS, *, workers: int = 1) -> Sandbox:
    return Sandbox(limits, modules=[TASKS], workers=workers)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with make() as made:
        yield made


def put(folder: Path) -> None:
    (folder / "x.txt").write_text("content")


def test_a_reader_answers_and_is_used_again(sandbox: Sandbox) -> None:
    assert can_confine()
    values, arrays = sandbox.run(f"{TASKS}:echo", {"n": 4, "deep": {"a": [None, 1.5]}}, stage=put)
    assert values["request"] == {"n": 4, "deep": {"a": [None, 1.5]}}
    assert values["names"] == ["x.txt"]
    np.testing.assert_array_equal(arrays["numbers"], [0, 1, 2, 3])
    again, _ = sandbox.run(f"{TASKS}:echo", {})
    assert (again["names"], again["pid"]) == ([], values["pid"]), "the same process, its folder empty"


def test_secrets_among_the_variables_stay_in_the_program(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "PYTEST_CURRENT_TEST" in os.environ
    variables = sandbox.run(f"{TASKS}:echo", {})[0]["variables"]
    assert not {"PYTEST_CURRENT_TEST", "HOME", "PYTHONPATH"} & set(variables)


@pytest.mark.parametrize(
    ("task", "request_", "reason"),
    [
        ("burn", {}, "took more than 1 s of processor time, the limit for a file: simplify it"),
        ("eat", {"bytes": 400 * 2**20}, "needs more memory than the limit of 200 MiB: simplify it or split it"),
        ("crash", {}, "the process that read it died (SIGSEGV): the file is damaged, or needs more than 200 MiB"),
        ("leave", {}, "the process that read it died (exit code 7): the file is damaged, or needs more than 200 MiB"),
        ("fail", {"how": "file"}, "two lines"),
        ("fail", {"how": "input"}, "odd"),
        ("fail", {"how": "bug"}, "IndexError: list index out of range"),
        ("fail", {"how": "deep"}, "RecursionError:"),
        ("fail", {"how": "memory"}, "needs more memory than the limit of 200 MiB: simplify it or split it"),
    ],
)
def test_a_bad_file_costs_one_refusal(sandbox: Sandbox, task: str, request_: dict[str, object], reason: str) -> None:
    with pytest.raises(Refused) as caught:
        sandbox.run(f"{TASKS}:{task}", request_, stage=put)
    assert caught.value.reason.removesuffix(" of memory") == reason
    assert Path(caught.value.file).name == ("x.txt" if request_.get("how") == "file" else "")
    assert sandbox.run(f"{TASKS}:echo", {}, stage=put)[0]["names"] == ["x.txt"]


def test_a_reader_that_sleeps_is_ended() -> None:
    with make(Limits(wall_seconds=0.5)) as hasty, pytest.raises(Refused, match=r"took more than 0\.5 s, the limit"):
        hasty.run(f"{TASKS}:hang", {})


def test_memory_within_the_limit_may_be_used_file_after_file(sandbox: Sandbox) -> None:
    for _ in range(5):
        assert sandbox.run(f"{TASKS}:eat", {"bytes": 120 * 2**20})[0]["sum"] == 120 * 2**8


def test_a_reader_that_keeps_memory_retires() -> None:
    with make(Limits(memory_bytes=2**30)) as roomy:
        first = roomy.run(f"{TASKS}:echo", {})[0]["pid"]
        roomy.run(f"{TASKS}:eat", {"bytes": 300 * 2**20, "keep": True})
        assert roomy.run(f"{TASKS}:echo", {})[0]["pid"] != first


def test_an_error_that_no_other_file_would_cure_is_no_refusal(sandbox: Sandbox) -> None:
    with pytest.raises(MaquetteError, match="needs a package") as caught:
        sandbox.run(f"{TASKS}:fail", {"how": "package"})
    assert not isinstance(caught.value, InputError)
    with pytest.raises(MaquetteError, match="no reader can start: ModuleNotFoundError: No module named 'nothing_here'"):
        Sandbox(LIMITS, modules=["nothing_here"]).run("nothing_here:x", {})


def test_what_staging_raises_passes_through_and_costs_no_reader(sandbox: Sandbox) -> None:
    def refuse(folder: Path) -> None:
        put(folder)
        raise FileError("mine.obj", "too large")

    before = sandbox.run(f"{TASKS}:echo", {})[0]["pid"]
    with pytest.raises(FileError, match=r"mine\.obj: too large"):
        sandbox.run(f"{TASKS}:echo", {}, stage=refuse)
    after = sandbox.run(f"{TASKS}:echo", {})[0]
    assert (after["pid"], after["names"]) == (before, [])


def test_a_reader_that_was_taken_over_cannot_harm_the_program(sandbox: Sandbox) -> None:
    for raw in (
        b"\xff" * 64,
        b"\0" * 64,
        bytes.fromhex(reader_tasks.frame_of(2**62)),
        b"\x02\0\0\0" + bytes(8) + b"[]",
    ):
        with pytest.raises(Refused, match=r"the process that read it (died|gave no sound answer)"):
            sandbox.run(f"{TASKS}:takeover", {"raw": raw.hex()})
    half = bytes.fromhex(reader_tasks.frame_of(100))
    with make(Limits(wall_seconds=0.5)) as hasty, pytest.raises(Refused, match=r"took more than 0\.5 s"):
        hasty.run(f"{TASKS}:takeover", {"raw": half.hex(), "wait": True})


def test_as_many_files_at_a_time_as_there_are_workers() -> None:
    with make(workers=2) as pair, ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: pair.run(f"{TASKS}:echo", {"n": n}, stage=put), range(20)))
    assert [len(arrays["numbers"]) for _, arrays in found] == list(range(20))
    assert 1 <= len({values["pid"] for values, _ in found}) <= 2


def test_closing_ends_readers_and_removes_their_folders() -> None:
    sandbox = make()
    folders: list[Path] = []
    sandbox.run(f"{TASKS}:echo", {}, stage=folders.append)
    assert folders[0].is_dir()
    sandbox.close()
    assert not folders[0].parent.exists()
    with pytest.raises(MaquetteError, match="the sandbox is closed"):
        sandbox.run(f"{TASKS}:echo", {})
    forgotten = make()
    forgotten.run(f"{TASKS}:echo", {}, stage=folders.append)
    del forgotten
    gc.collect()
    assert not folders[1].parent.exists(), "one that is forgotten leaves nothing either"


def test_closing_does_not_wait_for_a_file() -> None:
    sandbox = make()
    errors: list[str] = []
    sandbox.enforced()

    def read() -> None:
        try:
            sandbox.run(f"{TASKS}:hang", {}, stage=lambda folder: started.set())
        except MaquetteError as error:
            errors.append(str(error))

    started = threading.Event()
    thread = threading.Thread(target=read)
    thread.start()
    started.wait(30)
    time.sleep(0.2)
    sandbox.close()
    thread.join(15)
    assert not thread.is_alive()
    assert errors[0].startswith("the process that read it died")


def test_a_start_ahead_of_need_gives_the_reader_that_is_used() -> None:
    with make() as sandbox:
        sandbox.start()
        assert sandbox.run(f"{TASKS}:echo", {})[0]["names"] == []
        assert len(sandbox._state._all) == 1


def test_closing_while_a_reader_starts_ends_it() -> None:
    sandbox = make()
    sandbox.start()
    sandbox.close()
    for thread in threading.enumerate():
        if thread.name == "sandbox-start":
            thread.join()
    assert not sandbox._state._all
    assert sandbox._state._root is None or not sandbox._state._root.exists()
    with pytest.raises(MaquetteError, match="the sandbox is closed"):
        sandbox.run(f"{TASKS}:echo", {})


def test_no_workers_are_no_sandbox() -> None:
    with pytest.raises(InputError, match="0 workers of a sandbox: expected at least 1"):
        make(workers=0)
