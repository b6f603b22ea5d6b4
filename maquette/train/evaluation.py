"""From a model and a prepared split to its figures: every object encoded once, every pair of modalities measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Int

from maquette.data.loader import Loader
from maquette.data.store import Store
from maquette.encoders import CrossModalModel, Embedded, embed, open_model
from maquette.errors import CheckpointError
from maquette.metrics import (
    Pair,
    PairScores,
    Protocol,
    average_views,
    evaluate_pairs,
    evaluate_views,
    get_protocol,
    views_as_json,
)
from maquette.modalities import Modality
from maquette.train.practice import measured_objects
from maquette.train.run import Run, build_modalities, pick_device

__all__ = [
    "Backend",
    "best_labels",
    "encode_run",
    "encode_split",
    "evaluate_embedded",
    "evaluate_run",
    "mean_map",
    "score_embedded",
]

Backend = Literal["torch", "onnxruntime"]
"""What computes representations: PyTorch, or ONNX Runtime (extra `onnx`)."""

_ENCODE_BATCH = 64


def encode_split(
    model: CrossModalModel,
    store: Store,
    *,
    modalities: Mapping[str, Modality],
    split: str,
    device: torch.device,
    backend: Backend = "torch",
) -> tuple[Embedded, Int[np.ndarray, "N"]]:
    """Representations of the split's objects, each encoded once and un-augmented, and their rows in the store."""
    loader = Loader(
        store,
        split=split,
        modalities=modalities,
        batch_size=_ENCODE_BATCH,
        seed=0,
        shuffle=False,
        augment=False,
        workers=1,
    )
    return embed(model, loader.scan(), device=str(device), backend=backend), loader.rows


def score_embedded(
    embedded: Embedded, labels: Int[np.ndarray, "N"], *, protocol: Protocol
) -> dict[int, dict[Pair, PairScores]]:
    """Scores of all ordered pairs by number of image views: those the protocol reports, as far as there are views.

    Where no object has several images the only number is 1; pairs without images are the same at each.
    """
    others = {name: values for name, values in embedded.representations.items() if name != "image"}
    if "image" in embedded.views:
        views = embedded.views["image"]
        by_views = {count: average_views(views, count) for count in protocol.view_counts if count <= views.shape[1]}
    elif "image" in embedded.representations:
        by_views = {1: embedded.representations["image"]}
    else:
        return {1: evaluate_pairs(others, labels, protocol=protocol, present=embedded.present)}
    return evaluate_views(others, by_views, labels, protocol=protocol, present=embedded.present)


def evaluate_embedded(embedded: Embedded, labels: Int[np.ndarray, "N"], *, protocol: Protocol) -> dict[str, Any]:
    """Means of `score_embedded`, as JSON values."""
    return views_as_json(score_embedded(embedded, labels, protocol=protocol), protocol)


def mean_map(
    model: CrossModalModel, store: Store, *, modalities: Mapping[str, Modality], split: str, device: torch.device
) -> float:
    """Mean over all ordered pairs of the mAP by *given* labels, protocol `clean`: what a choice may rest on."""
    embedded, rows = encode_split(model, store, modalities=modalities, split=split, device=device)
    labels = store.manifest.labels()[rows]
    pairs = evaluate_pairs(embedded.representations, labels, protocol=get_protocol("clean"), present=embedded.present)
    values = [value for value in (scores.mean() for scores in pairs.values()) if value is not None]
    return float(np.mean(values)) if values else 0.0


def encode_run(folder: Path, *, split: str, backend: Backend = "torch") -> tuple[Embedded, Store, Int[np.ndarray, "N"]]:
    """A finished run's representations of a split, the store they are of, and their rows in it.

    On the device that the run was trained on; with `backend` "onnxruntime" on the processor.
    """
    run = Run.open(folder)
    if not run.finished:
        raise CheckpointError(f"{folder}: the run is not finished: go on with maquette train --resume")
    store = Store.open(run.prepared)
    device = pick_device(run.config.train.device if backend == "torch" else "cpu")
    model = open_model(run.model, device=str(device))
    modalities = build_modalities(run.config)
    embedded, rows = encode_split(model, store, modalities=modalities, split=split, device=device, backend=backend)
    return embedded, store, rows


def evaluate_run(folder: Path, *, split: str, protocol: Protocol) -> dict[str, Any]:
    """All pairs of a finished run on a split, with what was run beside them, as JSON; `labels` says which counted."""
    embedded, store, rows = encode_run(folder, split=split)
    labels, known = best_labels(store, rows)
    results = evaluate_embedded(embedded, labels, protocol=protocol)
    kind = "true" if known else "true where known, given elsewhere"
    objects = measured_objects(store, rows, split=split)
    return {**results, "split": split, "labels": kind, "objects": objects, "run": Run.open(folder).facts}


def best_labels(store: Store, rows: Int[np.ndarray, "N"]) -> tuple[Int[np.ndarray, "N"], bool]:
    """True labels of some rows, given ones where nobody knows the true one; and whether all were known."""
    items = [store.manifest.items[row] for row in rows]
    labels = [item.label if item.true_label is None else item.true_label for item in items]
    return np.asarray(labels, dtype=np.int64), all(item.true_label is not None for item in items)
