from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float, Int
from sklearn.metrics import average_precision_score

from maquette.bench.speed.child import peak_bytes
from maquette.errors import InputError
from maquette.metrics.blocks import cosine_scores, rank_blocks
from maquette.metrics.ranking import average_precision, rank_relevant


def clusters(
    seed: int, count: int, *, classes: int = 6, dimensions: int = 8
) -> tuple[Float[np.ndarray, "N D"], Int[np.ndarray, "N"]]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    centers = rng.standard_normal((classes, dimensions))
    return centers[labels] + rng.standard_normal((count, dimensions)), labels


def all_precisions(
    queries: Float[np.ndarray, "Q D"],
    gallery: Float[np.ndarray, "G D"],
    query_labels: Int[np.ndarray, "Q"],
    gallery_labels: Int[np.ndarray, "G"],
    *,
    memory_bytes: int = 1 << 20,
    self_rows: Int[np.ndarray, "Q"] | None = None,
) -> Float[np.ndarray, "Q"]:
    blocks = rank_blocks(
        queries,
        gallery,
        query_labels=query_labels,
        gallery_labels=gallery_labels,
        self_rows=self_rows,
        memory_bytes=memory_bytes,
    )
    return np.concatenate([average_precision(block) for block in blocks])


def test_by_hand() -> None:
    scores = cosine_scores(np.array([[3.0, 4.0]]), np.array([[6.0, 8.0], [-4.0, 3.0], [1.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(scores, [[1, 0, 0.6, 0]], atol=1e-12)


def test_a_naive_loop_over_ranks_gives_the_same() -> None:
    queries, query_labels = clusters(1, 40)
    gallery, gallery_labels = clusters(2, 70)
    scores = cosine_scores(queries, gallery)
    expected = []
    for row, label in zip(scores, query_labels, strict=True):
        hits, total = 0, 0.0
        for rank, item in enumerate(np.argsort(-row, kind="stable"), start=1):
            if gallery_labels[item] == label:
                hits += 1
                total += hits / rank
        expected.append(total / hits)
    assert all_precisions(queries, gallery, query_labels, gallery_labels).tolist() == expected


def test_scikit_learn_agrees_per_query() -> None:
    queries, query_labels = clusters(3, 60)
    gallery, gallery_labels = clusters(4, 300)
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries, gallery)]
    expected = [
        average_precision_score(gallery_labels == label, row)
        for row, label in zip(unit[0] @ unit[1].T, query_labels, strict=True)
    ]
    ours = all_precisions(queries, gallery, query_labels, gallery_labels)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


def test_the_papers_vector() -> None:
    images = np.array([[1, 2, 0], [0, 1, 1], [3, 0, 1]], dtype=np.float64)
    clouds = np.array([[2, 1, 0], [1, 0, 2], [0, 1, 3]], dtype=np.float64)
    labels = np.array([0, 1, 1])
    orders = np.argsort(-cosine_scores(images, clouds), axis=1, kind="stable")
    assert orders.tolist() == [[0, 2, 1], [2, 1, 0], [0, 1, 2]]
    assert all_precisions(images, clouds, labels, labels).mean() == pytest.approx(0.861111, abs=5e-7)


@pytest.mark.parametrize("memory_bytes", [1, 5000, 1 << 14, 1 << 24])
def test_the_size_of_blocks_changes_nothing(memory_bytes: int) -> None:
    queries, query_labels = clusters(5, 50)
    gallery, gallery_labels = clusters(6, 90)
    whole = rank_relevant(cosine_scores(queries, gallery), query_labels[:, None] == gallery_labels)
    ours = all_precisions(queries, gallery, query_labels, gallery_labels, memory_bytes=memory_bytes)
    np.testing.assert_array_equal(ours, average_precision(whole))


def test_the_query_itself_is_left_out_where_it_is_named() -> None:
    values, labels = clusters(7, 40)
    rows = np.arange(40)
    rows[5] = -1
    ours = all_precisions(values, values, labels, labels, self_rows=rows)
    for query in range(40):
        keep = np.arange(40) != rows[query]
        expected = all_precisions(values[[query]], values[keep], labels[[query]], labels[keep])
        assert ours[query] == expected[0]


def test_the_length_of_vectors_does_not_matter() -> None:
    values, labels = clusters(8, 80)
    lengths = np.random.default_rng(0).uniform(1e-6, 1e6, size=(80, 1))
    expected = all_precisions(values, values, labels, labels)
    np.testing.assert_allclose(all_precisions(values * lengths, values / lengths, labels, labels), expected, atol=1e-12)


def test_the_order_of_the_gallery_does_not_matter() -> None:
    values, labels = clusters(9, 80)
    order = np.random.default_rng(0).permutation(80)
    expected = all_precisions(values, values, labels, labels)
    np.testing.assert_allclose(all_precisions(values, values[order], labels, labels[order]), expected, atol=1e-12)


def test_copies_of_a_vector_score_the_same_wherever_they_stand() -> None:
    rng = np.random.default_rng(10)
    for dimensions in (3, 64, 512):
        different = rng.standard_normal((50, dimensions))
        pick = rng.integers(0, 50, 5003)
        scores = cosine_scores(rng.standard_normal((5, dimensions)), different[pick])
        for copies in (np.flatnonzero(pick == i) for i in range(50)):
            assert (scores[:, copies] == scores[:, copies[:1]]).all()


def test_all_zero_vectors_score_zero() -> None:
    values, labels = clusters(11, 20)
    values[3] = 0
    scores = cosine_scores(values, values)
    assert (scores[3] == 0).all()
    assert (scores[:, 3] == 0).all()
    assert np.isfinite(all_precisions(values, values, labels, labels)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_named(value: float) -> None:
    values, labels = clusters(12, 20)
    broken = values.copy()
    broken[7, 2] = value
    with pytest.raises(InputError, match="row 7 of the gallery is not finite"):
        all_precisions(values, broken, labels, labels)
    with pytest.raises(InputError, match="row 7 of the queries is not finite"):
        all_precisions(broken, values, labels, labels, memory_bytes=1)


def test_an_unknown_label_and_an_empty_gallery_score_zero() -> None:
    values, labels = clusters(13, 5)
    assert (all_precisions(values, values, labels + 100, labels) == 0).all()
    assert (all_precisions(values, values[:0], labels, labels[:0]) == 0).all()


def test_memory_stays_bounded_with_the_gallery_on_disk(tmp_path: Path) -> None:
    rng = np.random.default_rng(14)
    count, dimensions, memory = 200_000, 32, 8 << 20
    path = tmp_path / "gallery.npy"
    np.save(path, rng.standard_normal((count, dimensions)).astype(np.float32))
    gallery = np.load(path, mmap_mode="r")
    labels = rng.integers(0, 1000, count)
    queries = rng.standard_normal((12, dimensions))
    tracemalloc.start()
    values = all_precisions(queries, gallery, labels[:12], labels, memory_bytes=memory)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The labels' order and a few arrays of one row's length come on top; all scores at once would be 19 MB, the
    # gallery in float64 51 MB.
    assert peak < memory + 8 * 8 * count
    assert len(values) == 12
    expected = all_precisions(queries[:2], np.asarray(gallery), labels[:2], labels, memory_bytes=1 << 30)
    np.testing.assert_allclose(values[:2], expected, atol=1e-12)


def test_memory_stays_far_below_the_full_matrix() -> None:
    values, labels = clusters(15, 3000, classes=40, dimensions=16)
    tracemalloc.start()
    all_precisions(values, values, labels, labels, memory_bytes=8 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20 < 8 * 3000 * 3000 // 8


@pytest.mark.slow
def test_twelve_thousand_queries_and_items_stay_far_below_a_gigabyte() -> None:
    rng = np.random.default_rng(15)
    count = 12_000
    values = rng.standard_normal((count, 16)).astype(np.float32)
    labels = rng.integers(0, 40, count)
    found: list[Float[np.ndarray, "Q"]] = []
    peak = peak_bytes(lambda: found.append(all_precisions(values, values, labels, labels, memory_bytes=256 << 20)))
    # All scores at once would be 1,152 MB.
    assert peak < 300e6
    some = rng.integers(0, count, 5)
    expected = all_precisions(values[some], values, labels[some], labels)
    assert found[0].shape == (count,)
    np.testing.assert_allclose(found[0][some], expected, atol=1e-12)
