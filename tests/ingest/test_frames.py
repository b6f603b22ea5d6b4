"""What goes in comes out; what a reader that was taken over might send does no harm."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from maquette.ingest.frames import FrameError, receive, send

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def soon() -> float:
    return time.monotonic() + 10


def test_values_and_arrays_come_through(pair: Pair) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "a/b": rng.normal(size=(700, 300)).astype(np.float32),
        "turned": np.asfortranarray(rng.integers(0, 9, (4, 5))),
        "none": np.zeros((0, 3)),
        "bytes": np.frombuffer(b"\x00\xff", np.uint8),
    }
    sender = threading.Thread(target=send, args=(pair[0], {"text": "ä\udc80", "n": [1, None]}, arrays))
    sender.start()
    frame = receive(pair[1], most_bytes=2**20, deadline=soon())
    sender.join()
    assert frame is not None
    assert frame[0] == {"text": "ä\udc80", "n": [1, None]}
    assert frame[1].keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(frame[1][name], array)
        assert frame[1][name].dtype == array.dtype


def test_a_closed_link_is_none_and_half_a_frame_an_error(pair: Pair) -> None:
    send(pair[0], {"n": 1}, {})
    pair[0].sendall(struct.pack("<IQ", 10, 0) + b"{}")
    pair[0].close()
    assert receive(pair[1], most_bytes=0) == ({"n": 1}, {})
    with pytest.raises(FrameError, match="in the middle of a frame"):
        receive(pair[1], most_bytes=0)
    assert receive(pair[1], most_bytes=0) is None
    with pytest.raises(FrameError, match="is gone"):
        send(pair[1], {}, {})


@pytest.mark.parametrize(
    ("sent", "match"),
    [
        (struct.pack("<IQ", 2**32 - 1, 0), "4294967295"),
        (struct.pack("<IQ", 2, 2**63), "9223372036854775808"),
        (struct.pack("<IQ", 4, 0) + b"nope", "a damaged frame"),
        (struct.pack("<IQ", 2, 0) + b"[]", "a frame of list"),
        (struct.pack("<IQ", 2, 16) + b"{}" + b"\xff" * 16, "a damaged frame"),
        (struct.pack("<IQ", 9000, 0) + b"[" * 9000, "a damaged frame"),
    ],
)
def test_what_is_no_frame_is_refused(pair: Pair, sent: bytes, match: str) -> None:
    pair[0].sendall(sent)
    with pytest.raises(FrameError, match=match):
        receive(pair[1], most_bytes=1000, deadline=soon())


def test_arrays_that_promise_more_than_they_hold_are_refused(pair: Pair) -> None:
    head = json.dumps({"a": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 8]}}).encode()
    body = struct.pack("<Q", len(head)) + head + bytes(8)
    pair[0].sendall(struct.pack("<IQ", 2, len(body)) + b"{}" + body)
    with pytest.raises(FrameError, match="a damaged frame"):
        receive(pair[1], most_bytes=1000, deadline=soon())


def test_who_sends_half_and_waits_is_not_waited_for(pair: Pair) -> None:
    pair[0].sendall(struct.pack("<IQ", 100, 0) + b"{")
    with pytest.raises(FrameError, match="no answer in time"):
        receive(pair[1], most_bytes=0, deadline=time.monotonic() + 0.2)


def test_who_takes_nothing_is_not_waited_for(pair: Pair) -> None:
    with pytest.raises(FrameError, match="takes nothing any more"):
        send(pair[0], {}, {"a": np.zeros(3_000_000)}, deadline=time.monotonic() + 0.2)
