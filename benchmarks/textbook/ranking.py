"""Average precision as it is defined: sort the gallery, walk down the ranks, take the precision at every hit."""

from __future__ import annotations

import numpy as np

__all__ = ["average_precisions"]


def average_precisions(
    queries: np.ndarray, gallery: np.ndarray, query_labels: np.ndarray, gallery_labels: np.ndarray
) -> np.ndarray:
    """One a query, in float64, by cosine over all ranks; 0 for a query that nothing in the gallery is relevant to."""
    unit_queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    unit_gallery = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    scores = unit_queries @ unit_gallery.T
    found = np.zeros(len(queries))
    for query in range(len(queries)):
        order = np.argsort(-scores[query], kind="stable")
        hits, precisions = 0, 0.0
        for rank, item in enumerate(order, start=1):
            if gallery_labels[item] == query_labels[query]:
                hits += 1
                precisions += hits / rank
        found[query] = precisions / hits if hits else 0.0
    return found
