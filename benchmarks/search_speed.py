"""How long a search takes for a ready representation in a collection of 100,000 items, with and without filters.

    OMP_NUM_THREADS=2 python benchmarks/search_speed.py --out benchmarks/results/search_speed.json

Vectors are random about 100 centers; metadata is as `maquette index add` writes it. The index is `lance`, exact: its
answers are compared with a plain product over all vectors, so recall is a check, not a figure. On a machine that does
other work the time of the wall is that of waiting; `p95_ms_of_processor` is the work itself, summed over threads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from maquette.index import INDEXES, parse_where

FILTERS = {
    "none": [],
    "class": ["class in c07,c31"],
    "faces": ["faces<5000"],
    "size": ["assumed.radius<50"],
    "date": ["added>=2026-01-20"],
    "all of them": ["class!=c00", "faces<15000", "assumed.radius<80", "added>=2026-01-05"],
}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(100, arguments.dimensions))
    labels = rng.integers(0, 100, size=arguments.items)
    vectors = (centers[labels] + 1.5 * rng.normal(size=(arguments.items, arguments.dimensions))).astype(np.float32)
    metadata = [
        {
            "class": f"c{label:02}",
            "path": f"c{label:02}/{row:06}.off",
            "root": "/models",
            "files": [f"c{label:02}/{row:06}.off"],
            "format": "off",
            "bytes": int(rng.integers(1_000, 1_000_000)),
            "faces": int(rng.integers(100, 20_000)),
            "modalities": ["image", "mesh", "pointcloud"],
            "assumed": {"radius": round(float(rng.uniform(1, 100)), 3), "up": "z"},
            "checksum": f"{row:064x}",
            "added": f"2026-01-{rng.integers(1, 29):02}T12:00:00+00:00",
        }
        for row, label in enumerate(labels.tolist())
    ]
    ids = [f"c{label:02}/{row:06}.off" for row, label in enumerate(labels.tolist())]
    with tempfile.TemporaryDirectory() as folder:
        index = INDEXES.build(
            "lance", folder=Path(folder) / "items", dimensions=arguments.dimensions, parts=("image", "mesh")
        )
        for start in range(0, arguments.items, 10_000):
            rows = slice(start, start + 10_000)
            parts = {"image": vectors[rows], "mesh": vectors[rows]}
            index.add(ids[rows], vectors[rows], metadata[rows], parts=parts)
        begun = time.perf_counter()
        index = INDEXES.build("lance", folder=Path(folder) / "items")
        opening = time.perf_counter() - begun
        unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        figures = {}
        for name, texts in FILTERS.items():
            where = parse_where(texts)
            begun = time.perf_counter()
            matching = set(index.ids(where))
            first = time.perf_counter() - begun
            seconds, work, found, right = [], [], 0, 0
            rows = np.array([row for row, id_ in enumerate(ids) if id_ in matching])
            for number in range(arguments.queries):
                query = centers[number % 100] + rng.normal(size=arguments.dimensions)
                begun, busy = time.perf_counter(), time.process_time()
                index.refresh()
                index.require_fields(where)
                (ranking,) = index.search(query[None], k=10, where=where)
                index.get(ranking.ids)
                index.parts(ranking.ids)
                seconds.append(time.perf_counter() - begun)
                work.append(time.process_time() - busy)
                if number < 20:
                    scores = unit[rows] @ query
                    right += len({ids[row] for row in rows[np.argsort(-scores)[:10]]} & set(ranking.ids))
                    found += min(10, len(rows))
            p50, p95, p99 = (1000 * float(np.quantile(seconds, share)) for share in (0.5, 0.95, 0.99))
            figures[name] = {
                "conditions": texts,
                "items": len(matching),
                "p50_ms": round(p50, 1),
                "p95_ms": round(p95, 1),
                "p99_ms": round(p99, 1),
                "p95_ms_of_processor": round(1000 * float(np.quantile(work, 0.95)), 1),
                "first_filter_ms": round(1000 * first, 1),
                "recall_at_10": right / found,
            }
    result = {
        "command": "python benchmarks/search_speed.py",
        "items": arguments.items,
        "dimensions": arguments.dimensions,
        "queries": arguments.queries,
        "opening_seconds": round(opening, 2),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "figures": figures,
    }
    text = json.dumps(result, indent=1) + "\n"
    sys.stdout.write(text)
    if arguments.out is not None:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
