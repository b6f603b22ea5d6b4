"""Queries that come at the same time are encoded together, by one thread.

Sixteen photos cost an encoder much less than sixteen times one photo. And each thread that computes with PyTorch brings
a pool of threads of its own: where every request encodes for itself they fight over the cores.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread

import numpy as np
from jaxtyping import Float32

from maquette.modalities import Arrays

__all__ = ["Encode", "SharedEncoder"]

Encode = Callable[[str, Sequence[Arrays]], Float32[np.ndarray, "N D"]]
"""Returns the representations of objects in one modality."""


@dataclass(frozen=True)
class _Order:
    """Objects of one modality that a caller waits for."""

    modality: str
    objects: Sequence[Arrays]
    done: Future[Float32[np.ndarray, "N D"]] = field(default_factory=Future)

    def goes_with(self, other: _Order) -> bool:
        """Whether the two can be encoded as one batch: the same modality, the same arrays, of the same shapes."""
        return self.modality == other.modality and _shapes(self.objects[0]) == _shapes(other.objects[0])


class SharedEncoder:
    """Encodes as `encode` does, for any number of threads, in a thread of its own.

    What is asked for within `wait_seconds` of the first caller, or while the batch before is computed, is one batch of
    at most `most` objects; a caller who brings more gets a batch to himself. Where a batch fails each caller's objects
    are encoded alone: the error reaches him whose objects they are. `on_batch` hears the size of every batch.
    """

    def __init__(
        self,
        encode: Encode,
        *,
        most: int = 16,
        wait_seconds: float = 0.002,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._encode = encode
        self._most = most
        self._wait_seconds = wait_seconds
        self._on_batch = on_batch
        self._changed = Condition()
        self._waiting: deque[_Order] = deque()
        self._thread: Thread | None = None
        self._closed = False

    def __call__(self, modality: str, objects: Sequence[Arrays]) -> Float32[np.ndarray, "N D"]:
        """Return the representations; what `encode` raises for these objects passes through."""
        order = _Order(modality, objects)
        with self._changed:
            is_closed = self._closed
            if not is_closed:
                self._waiting.append(order)
                self._changed.notify_all()
                if self._thread is None:
                    self._thread = Thread(target=self._work, daemon=True, name="encode")
                    self._thread.start()
        return self._encode(modality, objects) if is_closed else order.done.result()

    def close(self) -> None:
        """Finish what was asked for; who asks later encodes in his own thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while lot := self._next():
            self._run(lot)

    def _next(self) -> list[_Order]:
        """Wait for orders; return those of the next batch, none when there will be no more."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            end = time.monotonic() + self._wait_seconds
            while not self._closed and sum(len(order.objects) for order in self._waiting) < self._most:
                left = end - time.monotonic()
                if left <= 0.0:
                    break
                self._changed.wait(left)
            lot: list[_Order] = []
            left_out: deque[_Order] = deque()
            size = 0
            for order in self._waiting:
                fits = not lot or (order.goes_with(lot[0]) and size + len(order.objects) <= self._most)
                (lot if fits else left_out).append(order)
                size += len(order.objects) if fits else 0
            self._waiting = left_out
            return lot

    def _run(self, lot: Sequence[_Order]) -> None:
        objects = [one for order in lot for one in order.objects]
        try:
            found = self._encode(lot[0].modality, objects)
        except Exception as error:  # whatever it is, it is for him whose objects they are
            if len(lot) == 1:
                lot[0].done.set_exception(error)
            else:
                for order in lot:
                    self._run([order])
            return
        self._on_batch(len(objects))
        begin = 0
        for order in lot:
            order.done.set_result(found[begin : begin + len(order.objects)])
            begin += len(order.objects)


def _shapes(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}
