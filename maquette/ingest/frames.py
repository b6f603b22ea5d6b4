"""What passes between a program and its readers: JSON and named arrays in one frame, without pickles.

A reader may have been taken over by the file it read. So whatever it sends is held against a size and a deadline, and
is data: JSON, and arrays as safetensors. Nothing of it is run.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

__all__ = ["FrameError", "receive", "send"]

_HEAD = struct.Struct("<IQ")
_MOST_JSON_BYTES = 8 * 2**20
_AT_ONCE = 2**20


class FrameError(Exception):
    """What came is no frame, is too large, came too late, or the other side is gone."""


def send(
    link: socket.socket, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, deadline: float | None = None
) -> None:
    """Send one frame; `deadline` is a time of `time.monotonic`, None waits for ever."""
    text = json.dumps(values).encode()
    body = save({name: np.ascontiguousarray(array) for name, array in arrays.items()}) if arrays else b""
    try:
        for part in (_HEAD.pack(len(text), len(body)) + text, body):
            _set_clock(link, deadline)
            link.sendall(part)
    except TimeoutError:
        raise FrameError("the other side takes nothing any more") from None
    except OSError as error:
        raise FrameError(f"the other side is gone: {error}") from None


def receive(
    link: socket.socket, *, most_bytes: int, deadline: float | None = None
) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Return the next frame, None if the other side has closed; arrays of at most so many bytes together."""
    head = _exactly(link, _HEAD.size, deadline)
    if head is None:
        return None
    text_size, body_size = _HEAD.unpack(head)
    if text_size > _MOST_JSON_BYTES or body_size > most_bytes:
        raise FrameError(f"a frame of {text_size} + {body_size} bytes: expected {_MOST_JSON_BYTES} + {most_bytes}")
    text, body = _exactly(link, text_size, deadline), _exactly(link, body_size, deadline)
    if text is None or body is None:
        raise FrameError("the other side is gone in the middle of a frame")
    try:
        values = json.loads(text)
        arrays = load(bytes(body)) if body else {}
    except (ValueError, RecursionError, SafetensorError, KeyError, TypeError) as error:
        raise FrameError(f"a damaged frame: {error}") from None
    if not isinstance(values, dict):
        raise FrameError(f"a frame of {type(values).__name__}: expected an object")
    return values, arrays


def _exactly(link: socket.socket, count: int, deadline: float | None) -> bytearray | None:
    """Return so many bytes; None if the other side closed before the first of them."""
    buffer = bytearray()
    while len(buffer) < count:
        _set_clock(link, deadline)
        try:
            part = link.recv(min(count - len(buffer), _AT_ONCE))
        except TimeoutError:
            raise FrameError("no answer in time") from None
        except ConnectionError:
            part = b""
        if not part:
            if buffer:
                raise FrameError("the other side is gone in the middle of a frame")
            return None
        buffer += part
    return buffer


def _set_clock(link: socket.socket, deadline: float | None) -> None:
    link.settimeout(None if deadline is None else max(deadline - time.monotonic(), 1e-3))
