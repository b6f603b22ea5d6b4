"""Measure representations that you bring yourself, from any network.

    python examples/evaluate_representations.py

Nothing but NumPy arrays goes in: a matrix a modality, row i is object i, and the true labels. Here they are made up:
200 objects of 5 classes, whose scans scatter more around their class than their photos do.
"""

from __future__ import annotations

import numpy as np

from maquette.metrics import bootstrap_interval, evaluate_pairs, get_protocol


def main() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 200)
    centers = rng.normal(size=(5, 32))
    representations = {
        "image": centers[labels] + 1.0 * rng.normal(size=(200, 32)),
        "pointcloud": centers[labels] + 1.6 * rng.normal(size=(200, 32)),
    }
    pairs = evaluate_pairs(representations, labels, protocol=get_protocol("clean"))
    print("mAP over all ranks in %, protocol clean, 95 % bootstrap interval")
    for (query, gallery), scores in pairs.items():
        interval = bootstrap_interval(scores.measures["average_precision"], rng=rng)
        value = f"{100 * interval.low:.1f}-{100 * interval.high:.1f}"
        print(f"{query:<10} -> {gallery:<10} ({value}) {100 * interval.mean:.2f}")


if __name__ == "__main__":
    main()
