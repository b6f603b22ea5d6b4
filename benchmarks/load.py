"""How long a service over many items takes to answer many clients at once; the figures go into docs/service.md.

    python benchmarks/load.py --items 100000 --clients 32 --seconds 30 --out benchmarks/results/load.json

Items have random vectors, and each query is "like this item" for an item drawn at random, so what is measured is the
service and the index: no file is read and nothing is encoded. The service is a process of its own on the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import torch

from maquette.encoders import CrossModalModel, ModalitySpec, export_model
from maquette.search import Collection, fuse_parts

DIMENSIONS, CLASSES, LOT = 128, 40, 10_000


def make_collection(folder: Path, items: int) -> Collection:
    """Return a collection of random items whose vectors lie about a center for each class, as a trained model's do."""
    specs = {
        "image": ModalitySpec("resnet18", {"width": 4, "blocks": [1, 1, 1, 1], "stem": "small"}, {"resolution": 32}),
        "pointcloud": ModalitySpec(
            "pointnet", {"channels": [8, 16], "hidden": [16]}, {"points_prepared": 64, "points": 64}
        ),
    }
    model = CrossModalModel(DIMENSIONS, specs, generator=torch.Generator().manual_seed(0))
    export_model(model, folder / "model", card={})
    collection = Collection.create(folder / "collection", model=folder / "model")
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(CLASSES, DIMENSIONS))
    for start in range(0, items, LOT):
        count = min(LOT, items - start)
        classes = rng.integers(0, CLASSES, count)
        parts = (centers[classes][:, None] + 0.5 * rng.normal(size=(count, 2, DIMENSIONS))).astype(np.float32)
        ids = [f"class{label}/{number:06}.off" for number, label in enumerate(classes.tolist(), start)]
        metadata = [
            {
                "class": f"class{label}",
                "path": id_,
                "root": str(folder),
                "files": [id_],
                "format": "off",
                "checksum": id_,
            }
            for id_, label in zip(ids, classes.tolist(), strict=True)
        ]
        collection.index.upsert(
            ids, fuse_parts(parts), metadata, parts={"image": parts[:, 0], "pointcloud": parts[:, 1]}
        )
    return collection


def ask_until(address: str, ids: list[str], end: float, seed: int, taken: list[float], failed: list[str]) -> None:
    """Search as one client does, one query after another, until the time `end`."""
    rng = np.random.default_rng(seed)
    with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
        while time.monotonic() < end:
            id_ = ids[int(rng.integers(len(ids)))]
            begun = time.monotonic()
            try:
                answer = client.post("/api/search", data={"like": id_, "k": "20"})
                sound = answer.status_code == 200 and len(answer.json()["hits"]) == 20
                reason = "" if sound else f"{answer.status_code}: {answer.text[:200]}"
            except httpx.HTTPError as error:
                reason = repr(error)
            taken.append(time.monotonic() - begun)
            if reason:
                failed.append(reason)


def main() -> None:
    """Make the collection, start the service, load it, write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        ids = list(make_collection(Path(place), asked.items).index.ids())
        made = time.monotonic() - begun
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        options = ["--port", str(port), "--searches-per-minute", "10000000"]
        command = [sys.executable, "-m", "maquette", "serve", str(Path(place, "collection")), *options]
        begun = time.monotonic()
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
            address = f"http://127.0.0.1:{port}"
            while True:
                try:
                    httpx.get(f"{address}/api/ready", trust_env=False)
                    break
                except httpx.TransportError:
                    if service.poll() is not None:
                        raise SystemExit("the service did not start") from None
                    time.sleep(0.05)
            ready = time.monotonic() - begun
            figures = {"one": measure(address, ids, 1, asked.seconds / 3)}
            figures["many"] = measure(address, ids, asked.clients, asked.seconds)
            service.terminate()
    result = {
        "items": asked.items,
        "clients": asked.clients,
        "dimensions": DIMENSIONS,
        "seconds_to_make": round(made, 1),
        "seconds_to_ready": round(ready, 1),
        "one_client": figures["one"],
        "many_clients": figures["many"],
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out is not None:
        asked.out.write_text(text + "\n", encoding="utf-8")


def measure(address: str, ids: list[str], clients: int, seconds: float) -> dict[str, float]:
    """Return the figures of so many clients that ask for so long."""
    taken: list[float] = []
    failed: list[str] = []
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=ask_until, args=(address, ids, end, seed, taken, failed)) for seed in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for reason in sorted(set(failed))[:5]:
        print(reason, file=sys.stderr)
    percent = np.percentile(taken, [50, 95, 99]) * 1000
    return {
        "requests": len(taken),
        "errors": len(failed),
        "per_second": round(len(taken) / seconds, 1),
        "p50_milliseconds": round(float(percent[0]), 1),
        "p95_milliseconds": round(float(percent[1]), 1),
        "p99_milliseconds": round(float(percent[2]), 1),
    }


if __name__ == "__main__":
    main()
