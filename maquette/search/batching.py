"""What is asked for at the same time is done together, by one thread.

Sixteen photos cost an encoder much less than sixteen times one photo, and sixteen rankings one product. And each thread
that computes brings a pool of threads of its own, or waits for Python's lock: where every request works for itself they
fight over the cores.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float32

from maquette.modalities import Arrays

__all__ = ["Encode", "Shared", "SharedEncoder"]

Encode = Callable[[str, Sequence[Arrays]], Float32[np.ndarray, "N D"]]
"""Returns the representations of objects in one modality."""

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
_ToEncode = tuple[str, Sequence[Arrays]]


@dataclass(frozen=True)
class _Order(Generic[_Asked, _Answer]):
    """What a caller waits for."""

    asked: _Asked
    size: int
    done: Future[_Answer] = field(default_factory=Future)


class Shared(Generic[_Asked, _Answer]):
    """Does as `work` does, for any number of threads, in a thread of its own; `work` takes a list and answers each.

    What is asked for within `wait_seconds` of the first caller, or while the batch before is worked on, is one batch of
    `size` at most `most` in all, as far as it `goes_with` the first; a caller who brings more gets a batch to himself.
    Where a batch fails each caller's is done alone: the error reaches him whose it is. `on_batch` hears the size of
    every batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[_Asked]], Sequence[_Answer]],
        *,
        name: str,
        most: int,
        wait_seconds: float = 0.0,
        size: Callable[[_Asked], int] = lambda asked: 1,
        goes_with: Callable[[_Asked, _Asked], bool] = lambda asked, first: True,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._work, self._name = work, name
        self._most, self._wait_seconds = most, wait_seconds
        self._size, self._goes_with, self._on_batch = size, goes_with, on_batch
        self._changed = Condition()
        self._waiting: deque[_Order[_Asked, _Answer]] = deque()
        self._thread: Thread | None = None
        self._closed = False

    def ask(self, asked: _Asked) -> _Answer:
        """Return the answer; what `work` raises for it passes through."""
        order: _Order[_Asked, _Answer] = _Order(asked, self._size(asked))
        with self._changed:
            is_closed = self._closed
            if not is_closed:
                self._waiting.append(order)
                self._changed.notify_all()
                if self._thread is None:
                    self._thread = Thread(target=self._run_all, daemon=True, name=self._name)
                    self._thread.start()
        return self._work([asked])[0] if is_closed else order.done.result()

    def close(self) -> None:
        """Finish what was asked for; who asks later works in his own thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run_all(self) -> None:
        while lot := self._next():
            self._run(lot)

    def _next(self) -> list[_Order[_Asked, _Answer]]:
        """Wait for orders; return those of the next batch, none when there will be no more."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return []
                self._changed.wait()
            end = time.monotonic() + self._wait_seconds
            while not self._closed and sum(order.size for order in self._waiting) < self._most:
                left = end - time.monotonic()
                if left <= 0.0:
                    break
                self._changed.wait(left)
            lot: list[_Order[_Asked, _Answer]] = []
            left_out: deque[_Order[_Asked, _Answer]] = deque()
            size = 0
            for order in self._waiting:
                fits = not lot or (size + order.size <= self._most and self._goes_with(order.asked, lot[0].asked))
                (lot if fits else left_out).append(order)
                size += order.size if fits else 0
            self._waiting = left_out
            return lot

    def _run(self, lot: Sequence[_Order[_Asked, _Answer]]) -> None:
        try:
            found = self._work([order.asked for order in lot])
        except Exception as error:  # whatever it is, it is for him whose it is
            if len(lot) == 1:
                lot[0].done.set_exception(error)
            else:
                for order in lot:
                    self._run([order])
            return
        self._on_batch(sum(order.size for order in lot))
        for order, answer in zip(lot, found, strict=True):
            order.done.set_result(answer)


class SharedEncoder(Shared[_ToEncode, Float32[np.ndarray, "N D"]]):
    """Encodes as `encode` does; batches are of one modality, and of arrays of the same shapes."""

    def __init__(
        self,
        encode: Encode,
        *,
        most: int = 16,
        wait_seconds: float = 0.002,
        on_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        super().__init__(
            self._encode_all,
            name="encode",
            most=most,
            wait_seconds=wait_seconds,
            size=lambda asked: len(asked[1]),
            goes_with=lambda asked, first: _kind(asked) == _kind(first),
            on_batch=on_batch,
        )
        self._encode = encode

    def __call__(self, modality: str, objects: Sequence[Arrays]) -> Float32[np.ndarray, "N D"]:
        """Return the representations; what `encode` raises for these objects passes through."""
        return self.ask((modality, objects))

    def _encode_all(self, lot: Sequence[_ToEncode]) -> list[Float32[np.ndarray, "N D"]]:
        found = self._encode(lot[0][0], [one for _, objects in lot for one in objects])
        ends = np.cumsum([len(objects) for _, objects in lot])
        return list(np.split(found, ends[:-1]))


def _kind(asked: _ToEncode) -> tuple[str, dict[str, tuple[int, ...]]]:
    modality, objects = asked
    return modality, {name: array.shape for name, array in objects[0].items()}
