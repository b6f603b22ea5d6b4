"""Encoding together gives what encoding alone gives, and a bad part is its sender's alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident
from typing import Any

import numpy as np
import pytest

from maquette.modalities import Arrays
from maquette.search import Engine
from maquette.search.batching import Shared, SharedEncoder
from maquette.search.item import build_modalities
from tests.search.search_cases import SPECS

CALLERS = 12


def sums(modality: str, objects: Sequence[Arrays]) -> np.ndarray:
    """As many numbers as there are letters in the modality, each the sum of an object; 13 is an object too many."""
    values = np.stack([one["x"] for one in objects]).sum(axis=1)
    if (values == 13).any():
        raise ValueError("thirteen")
    return np.repeat(values[:, None], len(modality), axis=1).astype(np.float32)


def thing(*values: float) -> Arrays:
    return {"x": np.array(values)}


def together(encoder: SharedEncoder, orders: Sequence[tuple[str, Sequence[Arrays]]]) -> list[Any]:
    """What each caller gets, or the error he gets, all calling at once."""

    def ask(order: tuple[str, Sequence[Arrays]]) -> Any:
        try:
            return encoder(*order)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(ask, orders))


@pytest.mark.parametrize("name", sorted(SPECS))
def test_encoded_together_is_encoded_alone(engine: Engine, name: str) -> None:
    rng = np.random.default_rng(0)
    modality = build_modalities({name: SPECS[name].preparation})[name]
    objects = [
        {
            key: (rng.integers(0, 9, size=part.shape) if "int" in part.dtype else rng.random(part.shape)).astype(
                part.dtype
            )
            for key, part in modality.fields().items()
        }
        for _ in range(CALLERS)
    ]
    alone = [engine.encode(name, [one]) for one in objects]
    sizes: list[int] = []
    encoder = SharedEncoder(engine.encode, wait_seconds=10.0, most=CALLERS, on_batch=sizes.append)
    found = together(encoder, [(name, [one]) for one in objects])
    encoder.close()
    assert sizes == [CALLERS]
    np.testing.assert_allclose(found, alone, atol=1e-5)
    assert np.ptp(np.concatenate(alone), axis=0).max() > 1e-3, "the objects are told apart"


def test_one_thread_encodes_and_no_batch_is_larger_than_asked() -> None:
    sizes: list[int] = []
    threads: set[int] = set()

    def watched(modality: str, objects: Sequence[Arrays]) -> np.ndarray:
        threads.add(get_ident())
        return sums(modality, objects)

    encoder = SharedEncoder(watched, most=4, wait_seconds=0.05, on_batch=sizes.append)
    orders = [("ab", [thing(number, 0.5)] * (1 + number % 3)) for number in range(20)] + [("ab", [thing(7)] * 9)]
    found = together(encoder, orders)
    encoder.close()
    for (name, objects), values in zip(orders, found, strict=True):
        np.testing.assert_array_equal(values, sums(name, objects))
    assert len(threads) == 1 and get_ident() not in threads
    assert sum(sizes) == sum(len(objects) for _, objects in orders)
    assert max(sizes) == 9 and max(size for size in sizes if size != 9) in (2, 3, 4), "9 were asked for by one caller"
    assert len(sizes) < len(orders)


def test_an_error_reaches_only_him_whose_object_it_is() -> None:
    encoder = SharedEncoder(sums, wait_seconds=10.0, most=4)
    found = together(encoder, [("a", [thing(number)]) for number in (11, 12, 13, 14)])
    encoder.close()
    assert found[2] == "thirteen"
    assert [float(found[place][0, 0]) for place in (0, 1, 3)] == [11.0, 12.0, 14.0]


def test_other_modalities_and_shapes_are_batches_of_their_own() -> None:
    sizes: list[int] = []
    encoder = SharedEncoder(sums, wait_seconds=10.0, most=5, on_batch=sizes.append)
    found = together(
        encoder, [("a", [thing(1)]), ("bb", [thing(2)]), ("a", [thing(3)]), ("a", [thing(4, 5)]), ("bb", [thing(6)])]
    )
    encoder.close()
    assert [values.tolist() for values in found] == [[[1]], [[2, 2]], [[3]], [[9]], [[6, 6]]]
    assert sorted(sizes) == [1, 2, 2]


def test_closing_finishes_what_was_asked_for() -> None:
    entered, go_on = Event(), Event()

    def slow(modality: str, objects: Sequence[Arrays]) -> np.ndarray:
        entered.set()
        assert go_on.wait(60)
        return sums(modality, objects)

    encoder = SharedEncoder(slow, wait_seconds=0.0)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(encoder, "a", [thing(1)])
        assert entered.wait(60)
        second = pool.submit(encoder, "a", [thing(2)])
        closing = pool.submit(encoder.close)
        go_on.set()
        closing.result()
        assert first.result()[0, 0] == 1
        assert second.result()[0, 0] == 2
    assert encoder("a", [thing(3)])[0, 0] == 3, "afterwards in the caller's own thread"


def test_any_work_is_shared_and_each_caller_gets_his_own() -> None:
    sizes: list[int] = []

    def halves(asked: Sequence[int]) -> list[int]:
        if any(one % 2 for one in asked):
            raise ValueError(f"odd among {len(asked)}")
        return [one // 2 for one in asked]

    shared: Shared[int, int] = Shared(halves, name="halves", most=4, wait_seconds=10.0, on_batch=sizes.append)

    def ask(one: int) -> int | str:
        try:
            return shared.ask(one)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, [2, 4, 6, 8, 10, 12, 14, 7]))
    assert found == [1, 2, 3, 4, 5, 6, 7, "odd among 1"]
    assert sum(sizes) == 7 and max(sizes) == 4, "one batch went well as a whole, of the other only the even ones"
    shared.close()
    assert shared.ask(20) == 10
