"""How long a service over many items takes to answer many clients at once, and how it turns away what is too much.

    python benchmarks/load.py --out benchmarks/results/load.json     # 100,000 items, 32 clients, some three minutes
    python benchmarks/load.py --quick                                # 2,000 items, 8 clients, seconds: does it work?

Items have random vectors, and each query is "like this item" for an item drawn at random, so what is measured is the
service and the index: no file is read and nothing is encoded. The service is a process of its own on the same machine,
and so are its clients: their share of the processor is in the figures. Three loads, one after another: one client; all
clients; and an overload, in which the service answers at most a quarter of as many searches at once as there are
clients, and must refuse the rest with 429, fast.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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


@dataclass
class Tally:
    """What clients saw: seconds of each answer, of each refusal (429), and what else went wrong."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def figures(self, seconds: float) -> dict[str, float]:
        """Return counts, and percentiles in milliseconds."""
        for reason in sorted(set(self.failed))[:5]:
            print(reason, file=sys.stderr)
        return {
            "answered": len(self.answered),
            "errors": len(self.failed),
            "answered_per_second": round(len(self.answered) / seconds, 1),
            **percentiles("answer", self.answered),
            "refused_429": len(self.refused),
            **percentiles("refusal", self.refused),
        }


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Return the median, 95th and 99th percentile in milliseconds; nothing of nothing."""
    shares = (50, 95, 99) if seconds else ()
    return {f"{name}_p{share}_ms": round(1000 * float(np.percentile(seconds, share)), 1) for share in shares}


def ask_until(address: str, ids: list[str], end: float, seed: int, tally: Tally) -> None:
    """Search as one client does, one query after another, until the time `end`; after a refusal wait 50 ms."""
    rng = np.random.default_rng(seed)
    with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
        while time.monotonic() < end:
            id_ = ids[int(rng.integers(len(ids)))]
            begun = time.monotonic()
            try:
                answer = client.post("/api/search", data={"like": id_, "k": "20"})
            except httpx.HTTPError as error:
                tally.failed.append(repr(error))
                continue
            taken = time.monotonic() - begun
            if answer.status_code == 429:
                tally.refused.append(taken)
                time.sleep(0.05)
            elif answer.status_code == 200 and len(answer.json()["hits"]) == 20:
                tally.answered.append(taken)
            else:
                tally.failed.append(f"{answer.status_code}: {answer.text[:200]}")


def measure(address: str, ids: list[str], clients: int, seconds: float) -> dict[str, float]:
    """Return the figures of so many clients that ask for so long."""
    tally = Tally()
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=ask_until, args=(address, ids, end, seed, tally)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally.figures(seconds)


@contextmanager
def serving(collection: Path, *options: str) -> Iterator[tuple[str, float, subprocess.Popen[bytes]]]:
    """Run the service; give its address, the seconds until it was ready, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "maquette", "serve", str(collection), "--port", str(port)]
    begun = time.monotonic()
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*command, "--searches-per-minute", "10000000", *options], stderr=subprocess.DEVNULL
    ) as service:
        try:
            while True:
                try:
                    httpx.get(f"{address}/api/ready", trust_env=False, timeout=120).raise_for_status()
                    break
                except httpx.TransportError:
                    if service.poll() is not None:
                        raise SystemExit("the service did not start") from None
                    time.sleep(0.05)
            yield address, time.monotonic() - begun, service
        finally:
            service.terminate()


def processor_seconds(process: subprocess.Popen[bytes]) -> float | None:
    """Return the processor time of a process up to now; None where the system does not say (not Linux)."""
    try:
        text = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
    except OSError:
        return None
    return sum(map(int, text.rpartition(") ")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make the collection, start the service, load it, write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load of many clients; one client: a third")
    parser.add_argument("--quick", action="store_true", help="2,000 items, 8 clients, 3 seconds")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    items, clients, seconds = (2000, 8, 3.0) if asked.quick else (asked.items, asked.clients, asked.seconds)
    result: dict[str, object] = {
        "command": " ".join(["python benchmarks/load.py", *sys.argv[1:]]),
        "items": items,
        "clients": clients,
        "dimensions": DIMENSIONS,
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_average_before": round(os.getloadavg()[0], 1),
    }
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        collection = make_collection(Path(place), items)
        ids = list(collection.index.ids())
        result["seconds_to_make"] = round(time.monotonic() - begun, 1)
        with serving(collection.folder) as (address, ready, service):
            result["seconds_to_ready"] = round(ready, 1)
            result["processor_seconds_to_ready"] = processor_seconds(service)
            result["one_client"] = measure(address, ids, 1, seconds / 3)
            result["many_clients"] = measure(address, ids, clients, seconds)
        at_once = max(1, clients // 4)
        with serving(collection.folder, "--searches-at-once", str(at_once)) as (address, _, _):
            result["overload"] = {"searches_at_once": at_once, **measure(address, ids, clients, seconds)}
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out is not None:
        asked.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
