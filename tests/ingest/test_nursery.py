"""The nursery's side of the talk, in a thread here with a stand-in for forking."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from maquette.ingest import nursery


def test_orders_are_answered_one_by_one_until_the_program_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    buried: list[int] = []

    def bury(pid: int) -> int:
        buried.append(pid)
        return 9

    monkeypatch.setattr(nursery, "leave_network", lambda: "nowhere")
    monkeypatch.setattr(nursery, "_fork", lambda control, request, descriptor: 100 + request["n"])
    monkeypatch.setattr(nursery, "_bury", bury)
    monkeypatch.setattr("gc.freeze", lambda: None)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=nursery.main, args=(theirs.detach(),))
    thread.start()

    def ask(order: dict[str, object], descriptor: int | None = None) -> dict[str, object]:
        line = json.dumps(order).encode() + b"\n"
        half = len(line) // 2  # an order may come in parts
        if descriptor is None:
            ours.sendall(line[:half])
        else:
            socket.send_fds(ours, [line[:half]], [descriptor])
        ours.sendall(line[half:])
        reply: dict[str, object] = json.loads(replies.readline())
        return reply

    with ours, ours.makefile() as replies, socket.socket() as handed:
        order: dict[str, object] = {"order": "fork", "n": 1, "modules": ["json"]}
        assert ask(order, handed.fileno()) == {"pid": 101, "network": "nowhere"}
        assert ask({**order, "modules": ["not_there"]}, handed.fileno()) == {
            "failed": "ModuleNotFoundError: No module named 'not_there'"
        }
        assert ask({"order": "end", "pid": 7}) == {"status": 9}
        assert buried == [7]
    thread.join(10)
    assert not thread.is_alive()
